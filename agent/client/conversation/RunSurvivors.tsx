/** Processes that outlived the stop, which are shown without opening the receipt. */
import { Show } from "solid-js";
import type { Receipt, Run } from "../../shared/protocol";
import { useClient, useOpen } from "../state/client";
import { createSurvivorEnding } from "../state/survivor-ending";
import { SurvivorList } from "./SurvivorList";

export function RunSurvivors(props: { run: Run; receipt: Receipt }) {
  const { isTrying, tryAgain } = createSurvivorEnding(useClient(), useOpen());
  return (
    <Show when={props.receipt.survivors.length > 0}>
      <SurvivorList
        survivors={props.receipt.survivors}
        isTrying={isTrying()}
        tryAgain={() => tryAgain(props.run.id)}
        testId="survivors"
      />
    </Show>
  );
}
