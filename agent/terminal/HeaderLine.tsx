/** @jsxImportSource @opentui/solid */
/** The first line: the session's title, and its directory. */
import { homedir } from "node:os";
import { useClient } from "../client/state/client";
import { visibleString } from "../shared/visible-text";
import { colors } from "./theme";

export function HeaderLine() {
  const client = useClient();
  const open = () => client.current();
  const title = () => open().session.title || "New session";
  const cwd = () => shortened(open().chosen().cwd ?? "");
  return (
    <box height={1} flexDirection="row" justifyContent="space-between" paddingX={1} gap={2}>
      <text fg={colors.text} wrapMode="none" truncate flexShrink={1}>
        <b>{visibleString(title())}</b>
      </text>
      <text fg={colors.muted} wrapMode="none" truncate flexShrink={4}>
        {visibleString(cwd())}
      </text>
    </box>
  );
}

/** A home directory is “~”, as in a shell. */
function shortened(path: string): string {
  const home = homedir();
  return path === home || path.startsWith(`${home}/`) ? `~${path.slice(home.length)}` : path;
}
