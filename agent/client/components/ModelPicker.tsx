/** Chooses the session's model, and how it works. */
import { Show } from "solid-js";
import { type Panel, useClient } from "../state/client";
import {
  choosableEngines,
  hasConversation,
  offeredProviders,
  usesOwnLogin,
} from "../state/engine-list";
import { createModelChoice } from "../state/model-choice";
import { Button } from "./Button";
import { deferred } from "./deferred";
import { Icon } from "./Icon";
import { Popup } from "./Menu";
import styles from "./ModelPicker.module.css";
import { VisibleText } from "./VisibleText";
import { visibleString } from "../../shared/visible-text";
import { t } from "../../shared/translation";

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
  const chosen = () => client.current().chosen();
  const { used, info, engine, engineName, efforts, isUnnamed, name, placeholder, effort } =
    createModelChoice(client);
  const takesOptions = () => efforts()?.length !== 0;
  const hasBegun = () => hasConversation(client.current().session);
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
    const model = name() ? t("Model: {name}", { name: visibleString(name()) }) : t("Model: none");
    const engine = engineName() && t("engine {name}", { name: visibleString(engineName()!) });
    const chosen = effort() && t("effort {effort}", { effort: effort()! });
    return [model, engine, chosen].filter(Boolean).join(", ");
  };
  return (
    <Popup
      button={{ id: modelPickerId }}
      label={label()}
      trigger={
        <>
          <span data-long={engineName() === undefined ? undefined : ""}>
            <Show when={!isUnnamed() && engineName()}>
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
              void client.current().change({ provider: chosen.provider, model: chosen.id });
              close();
            }}
          />
          <Show
            when={
              models() && used().model && used().provider !== "demo" && takesOptions()
                ? client.current()
                : undefined
            }
            keyed
          >
            {(open) => <ModelOptionsPanel open={open} info={info()} efforts={efforts()} />}
          </Show>
          <EngineChoice />
          <Show when={!hasBegun() || !usesOwnLogin(chosen())}>
            <Button look="quiet" class={styles.add} onClick={() => leaveFor("add-provider", close)}>
              {t("Add a provider…")}
            </Button>
          </Show>
          <Show when={lacksEngines()}>
            <Button look="quiet" class={styles.add} onClick={() => leaveFor("engines", close)}>
              {t("Add an engine…")}
            </Button>
          </Show>
        </>
      )}
    </Popup>
  );
}
