/** @jsxImportSource @opentui/solid */
/** Processes that could not be killed, each with the reason. */
import { For } from "solid-js";
import { plural } from "../../shared/plural";
import type { Survivor } from "../../shared/protocol";
import { ellipsized } from "../../shared/truncate";
import { Words } from "./Words";

/** The longest part of a command that is drawn, in characters. */
export const maxCommand = 400;

export function SurvivorRows(props: { survivors: Survivor[]; isTrying: boolean }) {
  const title = () =>
    `${plural(props.survivors.length, "process", "processes")} could not be stopped`;
  return (
    <box flexDirection="column" flexShrink={0} paddingLeft={2}>
      <Words
        pieces={[
          { text: title(), color: "warning", bold: true },
          { text: props.isTrying ? "  Trying again…" : "", color: "muted" },
        ]}
      />
      <For each={props.survivors}>
        {({ pid, command, reason }) => (
          <Words
            pieces={[
              { text: `${pid} `, color: "warning" },
              { text: ellipsized(command, maxCommand) },
              { text: `  ${reason}`, color: "muted" },
            ]}
          />
        )}
      </For>
    </box>
  );
}
