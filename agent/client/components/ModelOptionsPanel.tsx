/** Beside the list of models: what is chosen for the session's model, and from when a change counts. */
import { Show } from "solid-js";
import type { ModelInfo } from "../../shared/protocol";
import { useClient } from "../state/client";
import { OptionFields } from "./OptionFields";
import styles from "./ModelOptionsPanel.module.css";

export function ModelOptionsPanel(props: { info: ModelInfo | undefined }) {
  const client = useClient();
  const open = () => client.current();
  return (
    <section class={styles.panel} aria-label="Options of the model">
      <OptionFields
        options={open().chosen().options ?? client.models.models()?.options ?? {}}
        allows={props.info?.allows}
        change={(options) => open().change({ options })}
      />
      <Show when={props.info?.allows === undefined}>
        <p class={styles.note}>
          What this model takes is not known: what you choose is sent as it is.
        </p>
      </Show>
      <Show when={open().stage() === "running"}>
        <p class={styles.note} role="status">
          Options count from the next request, another model from your next message.
        </p>
      </Show>
    </section>
  );
}
