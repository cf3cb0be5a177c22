/** @jsxImportSource @opentui/solid */
/** The hooks that ran around a call, or after a run: a line each. */
import { For } from "solid-js";
import { hookLine } from "../../client/state/hook-words";
import type { HookRecord } from "../../shared/protocol";
import { Words } from "./Words";

export function HookRows(props: { hooks: readonly HookRecord[] | undefined }) {
  return (
    <For each={props.hooks ?? []}>
      {(hook) => (
        <Words
          pieces={[
            { text: hookLine(hook), color: hook.outcome === "failed" ? "warning" : "muted" },
            { text: hook.words ? ` · ${hook.words}` : "", color: "muted", prose: true },
          ]}
        />
      )}
    </For>
  );
}
