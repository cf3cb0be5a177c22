/** Says, before a run and during it, that a limit in dollars applies to a model whose price is not known. */
import { createResource, Show } from "solid-js";
import { activeRun } from "../../shared/apply";
import { unpricedUsdPerMillion } from "../../shared/cost";
import { api, logFailure, requestTimeout } from "../state/api-client";
import { useClient } from "../state/client";
import { chosenModel, findModel } from "../state/model-list";
import type { OpenSession } from "../state/open-session";
import { Button } from "./Button";
import styles from "./LimitQuestion.module.css";
import { VisibleText } from "./VisibleText";

export function PriceNotice(props: { open: OpenSession }) {
  const client = useClient();
  /** Of the next run: a model that no list names is named by the run itself. */
  const chosen = () => {
    const models = client.models.models();
    const { provider, model } = chosenModel(models, props.open.chosen());
    const info = findModel(models, provider, model);
    return info && info.price === undefined ? model : undefined;
  };
  // Asked for only where it matters, and anew after the settings were open.
  const [limits] = createResource(
    () => client.panel() !== "settings" && chosen(),
    () =>
      api.limits(requestTimeout()).catch((error: unknown) => {
        logFailure("The limits could not be loaded", error);
        return undefined;
      }),
  );
  const isLimited = () => ({ ...limits()?.day, ...limits()?.run }).usd !== undefined;
  const unpriced = () => {
    const run = activeRun(props.open.session);
    // A question says more, and there is little room on a phone.
    if (run?.pause?.reached || run?.stall) return undefined;
    if (run !== undefined) return run.unpriced?.filter(isUnknown).map(nameOf).join(", ");
    return isLimited() ? chosen() : undefined;
  };
  /** One that was entered meanwhile counts from the next request. */
  const isUnknown = ({ provider, model }: { provider: string; model: string }) => {
    const models = client.models.models();
    const info = models?.own?.[provider]?.[model] ?? findModel(models, provider, model);
    return info?.price === undefined;
  };
  const nameOf = ({ model }: { model: string }) => model;
  return (
    <Show when={unpriced()}>
      {(models) => (
        <div class={styles.question} role="status" data-testid="price-notice">
          <p>
            The price of <VisibleText text={models()} /> is not known: the limit in dollars counts
            its tokens at ${unpricedUsdPerMillion} a million.
          </p>
          <Button size="small" onClick={() => client.setPanel("settings")}>
            Enter a price
          </Button>
        </div>
      )}
    </Show>
  );
}
