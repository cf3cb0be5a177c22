/** When a run ran, which models answered, and what it has used, kind by kind. */
import { For } from "solid-js";
import type { Run } from "../../shared/protocol";
import { VisibleText } from "../components/VisibleText";
import { useClient, useOpen } from "../state/client";
import { runDetails } from "../state/run-details";

export function RunDetails(props: { run: Run }) {
  const { session } = useOpen();
  const { engines } = useClient().engines;
  return (
    <For each={runDetails(props.run, session, engines())}>
      {(line) => (
        <p>
          <VisibleText text={line} />
        </p>
      )}
    </For>
  );
}
