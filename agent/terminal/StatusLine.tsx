/** @jsxImportSource @opentui/solid */
/** What the run is doing, below the input: "Ready", "Working", "Stopping…", "Ready · stopped in 3 ms · 2 processes ended". */
import { For } from "solid-js";
import { useClient } from "../client/state/client";
import type { OpenSession } from "../client/state/open-session";
import { visibleString } from "../shared/visible-text";
import { colors } from "./theme";

export function StatusLine(props: { open: OpenSession }) {
  const client = useClient();
  return (
    <box flexDirection="column" paddingX={1}>
      <For each={client.notices.list}>
        {({ notice }) => <text fg={colors.warning}>{visibleString(notice.text)}</text>}
      </For>
      <text fg={colors.muted}>{words[props.open.stage()]}</text>
    </box>
  );
}

const words = { idle: "Ready", running: "Working", stopping: "Stopping…", stopped: "Ready" };
