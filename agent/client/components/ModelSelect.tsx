/** Chooses a model in a form, by the same list as the header's: one that a provider lists, or another one by its name. */
import { Show } from "solid-js";
import type { ProviderInfo } from "../../shared/protocol";
import { visibleString } from "../../shared/visible-text";
import { t } from "../../shared/translation";
import { useClient } from "../state/client";
import { findModel } from "../state/model-list";
import { Button } from "./Button";
import { Icon } from "./Icon";
import { Popup } from "./Menu";
import { ModelList } from "./ModelList";
import styles from "./ModelSelect.module.css";
import { VisibleText } from "./VisibleText";

export interface ModelSelectProps {
  label: string;
  /** The words for no choice; absent: one must be chosen. */
  none?: string;
  /** Those that can be chosen; absent: all. */
  providers?: ProviderInfo[] | undefined;
  chosen: { provider?: string; model?: string } | undefined;
  choose(model: { provider: string; model: string } | undefined): void;
}

export function ModelSelect(props: ModelSelectProps) {
  const { models } = useClient().models;
  const provider = () => props.chosen?.provider ?? "";
  const model = () => props.chosen?.model ?? "";
  const name = () =>
    (
      props.providers
        ?.find(({ id }) => id === provider())
        ?.models.find(({ id }) => id === model()) ?? findModel(models(), provider(), model())
    )?.name ||
    model() ||
    (props.none ?? t("Choose a model"));
  return (
    <Popup
      button={{ look: "plain", class: styles.select }}
      label={`${props.label}: ${visibleString(name())}`}
      trigger={
        <>
          <VisibleText text={name()} />
          <Icon name="expand" />
        </>
      }
    >
      {(close) => (
        <>
          <Show when={props.none !== undefined && model() !== ""}>
            <Button
              look="quiet"
              class={styles.none}
              onClick={() => {
                props.choose(undefined);
                close();
              }}
            >
              {props.none}
            </Button>
          </Show>
          <ModelList
            providers={props.providers}
            provider={provider()}
            model={model()}
            choose={(chosen) => {
              props.choose({ provider: chosen.provider, model: chosen.id });
              close();
            }}
          />
        </>
      )}
    </Popup>
  );
}
