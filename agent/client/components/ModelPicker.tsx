/** Chooses the session's model, and how it works. */
import { Show } from "solid-js";
import { takenOptions } from "../../shared/model-options";
import { useClient } from "../state/client";
import { chosenModel, findModel } from "../state/model-list";
import { Button } from "./Button";
import { deferred } from "./deferred";
import { Icon } from "./Icon";
import { Popup } from "./Menu";
import styles from "./ModelPicker.module.css";
import { VisibleText } from "./VisibleText";
import { visibleString } from "../../shared/visible-text";

const ModelOptionsPanel = deferred(
  async () => (await import("./ModelOptionsPanel")).ModelOptionsPanel,
);
const ModelList = deferred(async () => (await import("./ModelList")).ModelList);

/** For what opens it from elsewhere. */
export const modelPickerId = "model-picker";

export function ModelPicker() {
  const client = useClient();
  const models = client.models.models;
  const used = () => chosenModel(models(), client.current().chosen());
  const info = () => findModel(models(), used().provider, used().model);
  const name = () => info()?.name ?? used().model;
  const placeholder = () => {
    if (client.current().phase() === "loading") return "Loading…";
    return models() ? "Choose a model" : "Looking for models…";
  };
  const effort = () => {
    const options = client.current().chosen().options ?? models()?.options ?? {};
    return takenOptions(options, info()?.allows).options.effort;
  };
  return (
    <Popup
      button={{ id: modelPickerId }}
      label={`Model: ${visibleString(name() || "none")}${effort() ? `, effort ${effort()}` : ""}`}
      trigger={
        <>
          <VisibleText text={name() || placeholder()} />
          <Show when={effort()}>{(chosen) => <span class={styles.effort}>· {chosen()}</span>}</Show>
          <Icon name="expand" />
        </>
      }
    >
      {(close) => (
        <>
          <ModelList
            provider={used().provider}
            model={used().model}
            choose={(chosen) => {
              client.current().change({ provider: chosen.provider, model: chosen.id });
              close();
            }}
          />
          <Show when={models() && used().model && used().provider !== "demo"}>
            <ModelOptionsPanel info={info()} />
          </Show>
          <Button
            look="quiet"
            class={styles.add}
            onClick={() => {
              close();
              client.setPanel("add-provider");
            }}
          >
            Add a provider…
          </Button>
        </>
      )}
    </Popup>
  );
}
