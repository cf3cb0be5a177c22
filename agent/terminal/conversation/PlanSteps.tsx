/** @jsxImportSource @opentui/solid */
/** Steps of a plan or a to-do list, each with how far it is. */
import { For } from "solid-js";
import { planWords } from "../../client/state/message-words";
import type { PlanEntry } from "../../shared/protocol";
import { Words } from "./Words";

const marks = { pending: "○", in_progress: "▸", completed: "✓", stopped: "■" } as const;

/** The mark alone does not say it. */
function isSaid(state: PlanEntry["state"]): boolean {
  return state === "in_progress" || state === "stopped";
}

export function PlanSteps(props: { entries: readonly PlanEntry[] }) {
  return (
    <For each={props.entries}>
      {({ state, text }) => (
        <Words
          pieces={[
            { text: `${marks[state]} `, color: state === "completed" ? "good" : "muted" },
            { text: isSaid(state) ? `${planWords[state]}: ` : "", bold: true },
            { text, color: state === "completed" ? "muted" : "text", prose: true },
          ]}
        />
      )}
    </For>
  );
}
