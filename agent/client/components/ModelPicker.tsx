/** Chooses the session's model, and how it works. */
import { createEffect, Show } from "solid-js";
import { takenOptions } from "../../shared/model-options";
import { ownLoginModel } from "../../shared/protocol";
import { type Panel, useClient } from "../state/client";
import {
  choosableEngines,
  engineName,
  findEngine,
  hasConversation,
  offeredProviders,
  usesOwnLogin,
} from "../state/engine-list";
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
const EngineChoice = deferred(async () => (await import("./EngineChoice")).EngineChoice);
const ModelList = deferred(async () => (await import("./ModelList")).ModelList);

/** For what opens it from elsewhere. */
export const modelPickerId = "model-picker";

export function ModelPicker() {
  const client = useClient();
  const models = client.models.models;
  const used = () => chosenModel(models(), client.current().chosen());
  const info = () => findModel(models(), used().provider, used().model);
  const chosen = () => client.current().chosen();
  const engine = () => findEngine(client.engines.engines(), chosen().engine?.id);
  const nameOfEngine = () => engineName(client.engines.engines(), chosen().engine);
  const efforts = () => (chosen().engine ? (engine()?.gives.efforts ?? []) : undefined);
  const takesOptions = () => efforts()?.length !== 0;
  const hasBegun = () => hasConversation(client.current().session);
  /** Of an engine that chooses its model itself, its name says all. */
  const isUnnamed = () => usesOwnLogin(chosen()) && used().model === ownLoginModel;
  const name = () => (isUnnamed() ? nameOfEngine()! : (info()?.name ?? used().model));
  // For its name; the others are of interest when the list is opened.
  createEffect(() => {
    if (chosen().engine !== undefined && engine() === undefined) void client.engines.refresh();
  });
  const placeholder = () => {
    if (client.current().phase() === "loading") return "Loading…";
    return models() ? "Choose a model" : "Looking for models…";
  };
  const effort = () => {
    if (chosen().engine !== undefined) return chosen().options?.effort;
    const options = chosen().options ?? models()?.options ?? {};
    return takenOptions(options, info()?.allows).options.effort;
  };
  /** None can be chosen for a new session. */
  const lacksEngines = () => {
    const engines = client.engines.engines();
    const isNew = client.current().id() === undefined;
    if (!isNew || engines === undefined || models() === undefined) return false;
    return choosableEngines(engines, chosen()).length === 0;
  };
  function leaveFor(panel: Panel, close: () => void): void {
    close();
    client.setPanel(panel);
  }
  const label = () => {
    const model = `Model: ${visibleString(name() || "none")}`;
    const engine = nameOfEngine() === undefined ? "" : `, engine ${visibleString(nameOfEngine()!)}`;
    return model + engine + (effort() ? `, effort ${effort()}` : "");
  };
  return (
    <Popup
      button={{ id: modelPickerId }}
      label={label()}
      trigger={
        <>
          <span data-long={nameOfEngine() === undefined ? undefined : ""}>
            <Show when={!isUnnamed() && nameOfEngine()}>
              {(engine) => (
                <>
                  <VisibleText text={engine()} /> ·{" "}
                </>
              )}
            </Show>
            <VisibleText text={name() || placeholder()} />
          </span>
          <Show when={effort()}>{(chosen) => <span class={styles.effort}>· {chosen()}</span>}</Show>
          <Icon name="expand" />
        </>
      }
    >
      {(close) => (
        <>
          <ModelList
            providers={offeredProviders(models(), engine(), chosen(), hasBegun())}
            provider={used().provider}
            model={used().model}
            choose={(chosen) => {
              client.current().change({ provider: chosen.provider, model: chosen.id });
              close();
            }}
          />
          <Show when={models() && used().model && used().provider !== "demo" && takesOptions()}>
            <ModelOptionsPanel info={info()} efforts={efforts()} />
          </Show>
          <EngineChoice />
          <Show when={!hasBegun() || !usesOwnLogin(chosen())}>
            <Button look="quiet" class={styles.add} onClick={() => leaveFor("add-provider", close)}>
              Add a provider…
            </Button>
          </Show>
          <Show when={lacksEngines()}>
            <Button look="quiet" class={styles.add} onClick={() => leaveFor("engines", close)}>
              Add an engine…
            </Button>
          </Show>
        </>
      )}
    </Popup>
  );
}
