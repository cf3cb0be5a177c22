/** @jsxImportSource @opentui/solid */
/** The first line: the session's title, and the end of its directory as far as there is room. */
import { useTerminalDimensions } from "@opentui/solid";
import { homedir } from "node:os";
import { useClient } from "../client/state/client";
import { visibleString } from "../shared/visible-text";
import { cutAtEnd, cutAtStart } from "./fitting-words";
import { colors } from "./theme";

const gap = 2;
/** Less of a directory says nothing. */
const leastColumns = 8;

export function HeaderLine() {
  const client = useClient();
  const open = () => client.current();
  const size = useTerminalDimensions();
  const width = () => size().width - 2;
  const title = () => cutAtEnd(visibleString(open().session.title || "New session"), width());
  const cwd = () => {
    const room = width() - Bun.stringWidth(title()) - gap;
    const path = visibleString(shortened(open().chosen().cwd ?? ""));
    return room < leastColumns && path.length > room ? "" : cutAtStart(path, room);
  };
  return (
    <box height={1} flexDirection="row" justifyContent="space-between" paddingX={1} gap={gap}>
      <text fg={colors.text} wrapMode="none">
        <b>{title()}</b>
      </text>
      <text fg={colors.muted} wrapMode="none">
        {cwd()}
      </text>
    </box>
  );
}

/** A home directory is “~”, as in a shell. */
function shortened(path: string): string {
  const home = homedir();
  return path === home || path.startsWith(`${home}/`) ? `~${path.slice(home.length)}` : path;
}
