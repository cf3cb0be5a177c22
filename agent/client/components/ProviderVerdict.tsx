/** What the test of a provider has found, read aloud too, and what can be done next. */
import { Show } from "solid-js";
import type { ProviderInfo, ProviderTest } from "../../shared/protocol";
import { t, tn } from "../../shared/translation";
import { findModel } from "../state/model-list";
import { useClient } from "../state/client";
import { Button } from "./Button";
import { isGood, type ProviderTrial } from "./provider-trial";
import styles from "./ProviderSettings.module.css";
import { tr } from "./tr";
import { VisibleText } from "./VisibleText";

export function ProviderVerdict(props: {
  id: string;
  trial: ProviderTrial;
  provider: ProviderInfo;
}) {
  const failed = () => {
    const found = props.trial.found();
    return found && !isGood(found) && !props.trial.isKept() ? found : undefined;
  };
  return (
    <div id={props.id}>
      {/* There before its words, which are read aloud. */}
      <div role="status">
        <Show when={props.trial.isTesting()}>
          <p class={styles.hint}>{t("Asking {provider}…", { provider: props.provider.name })}</p>
        </Show>
        <Show when={props.trial.isKept()}>
          <div class={styles.found} data-testid="verdict">
            <p>
              <VisibleText text={keptWords(props.provider, props.trial.found())} />
            </p>
            <Use trial={props.trial} provider={props.provider} />
          </div>
        </Show>
      </div>
      <Show when={props.trial.problem()}>
        {(words) => (
          <p class={styles.found} data-works="false" role="alert">
            <VisibleText text={words()} />
          </p>
        )}
      </Show>
      <Show when={failed()}>
        {(found) => (
          <div class={styles.found} data-works="false" role="alert" data-testid="verdict">
            <p>
              <VisibleText text={found().reason ?? ""} />
            </p>
            <Show when={found().state === "no-list"}>
              <p>{t("With the name of a model it is asked for one word, which tests the key.")}</p>
            </Show>
            <Show when={props.trial.isChanged()}>
              <p>
                {t(
                  "Nothing was saved. You can save it without a test, for example when you are offline.",
                )}
              </p>
              <Button size="small" onClick={() => void props.trial.keep()}>
                {t("Save anyway")}
              </Button>
            </Show>
          </div>
        )}
      </Show>
    </div>
  );
}

function Use(props: { trial: ProviderTrial; provider: ProviderInfo }) {
  const { models } = useClient().models;
  const nameOf = (model: string) => findModel(models(), props.provider.id, model)?.name ?? model;
  const used = () => props.trial.usedNow();
  const first = () => props.trial.firstModel();
  return (
    <Show
      when={used().provider === props.provider.id && used().model}
      fallback={
        <Show when={first()}>
          <Button size="small" onClick={() => props.trial.use(first())}>
            <span>
              {tr("Use {model} in this session", { model: <VisibleText text={nameOf(first())} /> })}
            </span>
          </Button>
        </Show>
      }
    >
      {(model) => (
        <p>{tr("This session uses {model}.", { model: <VisibleText text={nameOf(model())} /> })}</p>
      )}
    </Show>
  );
}

function keptWords({ name, key = "none" }: ProviderInfo, found: ProviderTest | undefined): string {
  if (found === undefined || !isGood(found)) return t("Saved without a test that worked.");
  const isKeyed = key !== "none";
  if (found.models === 0) {
    if (found.reason !== undefined) return found.reason;
    return isKeyed
      ? t("The key works: the model has answered.")
      : t("{name} answers: the model has answered.", { name });
  }
  const models = modelWords(found);
  return isKeyed
    ? t("The key works: {models}.", { models })
    : t("{name} answers: {models}.", { name, models });
}

function modelWords({ models, examples: found }: ProviderTest): string {
  const examples = found.join(", ");
  return models > found.length
    ? tn(models, "{count} model, such as {examples}", "{count} models, such as {examples}", {
        examples,
      })
    : tn(models, "{count} model, {examples}", "{count} models, {examples}", { examples });
}
