/** Beside the list of models: what is chosen for the session's model, and from when a change counts. */
import { Show } from "solid-js";
import type { Effort, ModelInfo } from "../../shared/protocol";
import { t } from "../../shared/translation";
import { useClient } from "../state/client";
import type { OpenSession } from "../state/open-session";
import { OptionFields } from "./OptionFields";
import styles from "./ModelOptionsPanel.module.css";

export interface ModelOptionsPanelProps {
  open: OpenSession;
  info: ModelInfo | undefined;
  /** Of the session's engine: it takes nothing else. */
  efforts: readonly Effort[] | undefined;
}

export function ModelOptionsPanel(props: ModelOptionsPanelProps) {
  const client = useClient();
  return (
    <section class={styles.panel} aria-label={t("Options of the model")}>
      <OptionFields
        options={
          props.open.chosen().options ??
          (props.efforts ? {} : (client.models.models()?.options ?? {}))
        }
        allows={
          props.efforts ? { efforts: [...props.efforts], serviceTiers: [] } : props.info?.allows
        }
        effortOnly={props.efforts !== undefined}
        change={(options) => props.open.change({ options })}
      />
      <Show when={props.efforts === undefined && props.info?.allows === undefined}>
        <p class={styles.note}>
          {t("What this model takes is not known: what you choose is sent as it is.")}
        </p>
      </Show>
      <Show when={props.open.stage() === "running"}>
        <p class={styles.note} role="status">
          {props.efforts
            ? t("A change counts from your next message.")
            : t("Options count from the next request, another model from your next message.")}
        </p>
      </Show>
    </section>
  );
}
