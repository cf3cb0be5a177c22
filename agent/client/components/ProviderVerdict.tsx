/** What the test of a provider has found, read aloud too, and what can be done next. */
import { Show } from "solid-js";
import type { ProviderInfo, ProviderTest } from "../../shared/protocol";
import { plural } from "../../shared/plural";
import { findModel } from "../state/model-list";
import { useClient } from "../state/client";
import { Button } from "./Button";
import { isGood, type ProviderTrial } from "./provider-trial";
import styles from "./ProviderSettings.module.css";
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
          <p class={styles.hint}>Asking {props.provider.name}…</p>
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
              <p>With the name of a model it is asked for one word, which tests the key.</p>
            </Show>
            <Show when={props.trial.isChanged()}>
              <p>
                Nothing was saved. You can save it without a test, for example when you are offline.
              </p>
              <Button size="small" onClick={() => void props.trial.keep()}>
                Save anyway
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
              Use <VisibleText text={nameOf(first())} /> in this session
            </span>
          </Button>
        </Show>
      }
    >
      {(model) => (
        <p>
          This session uses <VisibleText text={nameOf(model())} />.
        </p>
      )}
    </Show>
  );
}

function keptWords({ name, key = "none" }: ProviderInfo, found: ProviderTest | undefined): string {
  if (found === undefined || !isGood(found)) return "Saved without a test that worked.";
  const begin = key === "none" ? `${name} answers` : "The key works";
  if (found.models === 0) return found.reason ?? `${begin}: the model has answered.`;
  const more = found.models > found.examples.length ? "such as " : "";
  return `${begin}: ${plural(found.models, "model")}, ${more}${found.examples.join(", ")}.`;
}
