/** The models to which a message can be sent again, in the place of the answer that is there. */
import { onMount, Show } from "solid-js";
import type { Run } from "../../shared/protocol";
import { t } from "../../shared/translation";
import { ModelList } from "../components/ModelList";
import { useClient, useOpen } from "../state/client";
import { offeredProviders } from "../state/engine-list";
import { createModelChoice } from "../state/model-choice";
import { createRunActions } from "../state/run-actions";
import text from "../styles/text-styles.module.css";
import styles from "./OtherModels.module.css";

export function OtherModels(props: { run: Run }) {
  const client = useClient();
  const { chosen } = useOpen();
  const { used, engine } = createModelChoice(client);
  const { retryWith } = createRunActions(props);
  let place!: HTMLDivElement;
  onMount(() => {
    place.querySelector<HTMLElement>("input, [role=listbox]")?.focus();
    // The column, which has grown, scrolls to its end first.
    const show = () => place.scrollIntoView({ block: "nearest" });
    requestAnimationFrame(() => requestAnimationFrame(show));
  });
  return (
    <div ref={place} class={styles.models} data-testid="other-models">
      <Show
        when={retryWith()}
        fallback={
          <p class={text.note}>{t("Once the run has ended, another model can be asked.")}</p>
        }
      >
        {(retry) => (
          <>
            <p class={text.note}>{t("Asks again here, and goes on with that model.")}</p>
            <ModelList
              providers={offeredProviders(client.models.models(), engine(), chosen(), true)}
              provider={used().provider}
              model={used().model}
              choose={({ provider, id }) => retry()({ provider, model: id })}
            />
          </>
        )}
      </Show>
    </div>
  );
}
