/** Says, before a run and during it, that a limit in dollars applies to a model whose price is not known. */
import { createMemo, createResource, Show } from "solid-js";
import { unpricedUsdPerMillion } from "../../shared/cost";
import type { Models } from "../../shared/protocol";
import { activeRun } from "../../shared/session-lookup";
import { t } from "../../shared/translation";
import { api, logFailure, requestTimeout } from "../state/api-client";
import { isSettings, useClient } from "../state/client";
import { dollarsOf } from "../state/limit-words";
import { chosenModel, findModel, findProvider } from "../state/model-list";
import type { OpenSession } from "../state/open-session";
import { Button } from "./Button";
import styles from "./LimitQuestion.module.css";
import { tr } from "./tr";
import { VisibleText } from "./VisibleText";

export function PriceNotice(props: { open: OpenSession }) {
  const client = useClient();
  /** Of the next run, where its list has no price of it, or it is in none. */
  const unpriced = createMemo(
    () => {
      const models = client.models.models();
      const chosen = chosenModel(models, props.open.chosen());
      const isPriced = findModel(models, chosen.provider, chosen.model)?.price !== undefined;
      return models === undefined || chosen.model === "" || isPriced ? undefined : chosen;
    },
    undefined,
    { equals: (a, b) => a?.provider === b?.provider && a?.model === b?.model },
  );
  // Asked for only where it matters, and anew after the settings were open.
  const [limits] = createResource(
    () => !isSettings(client.panel()) && unpriced(),
    () => load("The limits", api.limits(requestTimeout())),
  );
  const infoIn = (models: Models | undefined) => {
    const model = unpriced();
    return model && findModel(models, model.provider, model.model);
  };
  const isLimited = () => ({ ...limits()?.day, ...limits()?.run }).usd !== undefined;
  /** A name that was typed is in no list, and its price may be known all the same. */
  const [named] = createResource(
    () =>
      !isSettings(client.panel()) && isLimited() && !infoIn(client.models.models()) && unpriced(),
    (model) => load("What is known of the model", api.modelsWith(model, requestTimeout())),
  );
  const chosen = (): Unpriced[] => {
    const models = client.models.models();
    const info = infoIn(models) ?? infoIn(named());
    if (!isLimited() || !info || info.price !== undefined) return [];
    return [{ model: info.id, statesCost: findProvider(models, info.provider)?.statesCost }];
  };
  const shown = (): Unpriced[] => {
    const run = activeRun(props.open.session);
    // A question says more, and there is little room on a phone.
    if (run?.pause?.reached || run?.stall) return [];
    return run === undefined ? chosen() : (run.unpriced ?? []).filter(isUnknown);
  };
  /** One that was entered meanwhile counts from the next request. */
  const isUnknown = ({ provider, model }: { provider: string; model: string }) => {
    const models = client.models.models();
    const info = models?.own?.[provider]?.[model] ?? findModel(models, provider, model);
    return info?.price === undefined;
  };
  return (
    <Show when={shown().length > 0}>
      <div class={styles.question} role="status" data-testid="price-notice">
        <div>
          <Show when={namesOf(shown().filter(({ statesCost }) => !statesCost))}>
            {(names) => (
              <p>
                {tr(
                  "The price of {models} is not known: the limit in dollars counts its tokens at {price} a million.",
                  { models: <VisibleText text={names()} />, price: price() },
                )}
              </p>
            )}
          </Show>
          <Show when={namesOf(shown().filter(({ statesCost }) => statesCost))}>
            {(names) => (
              <p>
                {tr(
                  "The price of {models} is not known: the limit in dollars counts its tokens at {price} a million while it answers, then the cost that its service states.",
                  { models: <VisibleText text={names()} />, price: price() },
                )}
              </p>
            )}
          </Show>
        </div>
        <Button size="small" onClick={() => client.setPanel("settings")}>
          {t("Enter a price")}
        </Button>
      </div>
    </Show>
  );
}

interface Unpriced {
  model: string;
  statesCost?: true | undefined;
}

function price(): string {
  return dollarsOf(unpricedUsdPerMillion, 0);
}

function namesOf(models: Unpriced[]): string {
  return models.map(({ model }) => model).join(", ");
}

function load<Answer>(what: string, answer: Promise<Answer>): Promise<Answer | undefined> {
  return answer.catch((error: unknown) => {
    logFailure(`${what} could not be loaded`, error);
    return undefined;
  });
}
