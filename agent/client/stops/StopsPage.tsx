/** The history of stops: plots, and a list with filters and export. */
import { createResource, Show } from "solid-js";
import { t } from "../../shared/translation";
import { Sheet } from "../components/Sheet";
import { VisibleText } from "../components/VisibleText";
import { api, requestTimeout, wordsFor } from "../state/api-client";
import { useClient } from "../state/client";
import text from "../styles/text-styles.module.css";
import { createStopFilters, createStoppers } from "../state/stop-filters";
import { StopFilters } from "./StopFilters";
import { StopList } from "./StopList";
import { Points, Settling, Times } from "./StopPlots";
import styles from "./StopsPage.module.css";

export function StopsPage() {
  const client = useClient();
  const filters = createStopFilters();
  const [answer] = createResource(filters.query, (query) => api.stops(query, requestTimeout()));
  const shown = () => (answer.error === undefined ? answer.latest : undefined);
  const stops = () => shown()?.stops;
  const stoppers = createStoppers(stops);
  const unreached = () => shown()?.unreached?.map(({ node }) => node) ?? [];
  return (
    <Sheet title={t("Stops")} close={() => client.route.closeStops()}>
      <div data-scroller data-testid="stops">
        <div class={styles.column}>
          <StopFilters filters={filters} stoppers={stoppers()} />
          <Show when={answer.error}>
            {(error) => <p class={text.problem}>{wordsFor(error())}</p>}
          </Show>
          <Show when={unreached().length > 0}>
            <p class={text.note} role="status">
              <VisibleText
                text={t("Not shown, as their servers did not answer: {names}", {
                  names: unreached().join(", "),
                })}
              />
            </p>
          </Show>
          <Show when={stops()}>
            {(all) => (
              <Show
                when={all().length > 0}
                fallback={<p class={text.muted}>{t("No stops found.")}</p>}
              >
                <div class={styles.plots}>
                  <Times stops={all()} />
                  <Points stops={all()} choose={filters.setPoint} />
                  <Settling stops={all()} />
                </div>
                <StopList stops={all()} />
              </Show>
            )}
          </Show>
        </div>
      </div>
    </Sheet>
  );
}
