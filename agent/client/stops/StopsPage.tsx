/** The history of stops: plots, and a list with filters and export. */
import { createResource, Show } from "solid-js";
import { t } from "../../shared/translation";
import { Sheet } from "../components/Sheet";
import { api, requestTimeout, wordsFor } from "../state/api-client";
import { useClient } from "../state/client";
import text from "../styles/text-styles.module.css";
import { createStopFilters } from "../state/stop-filters";
import { StopFilters } from "./StopFilters";
import { StopList } from "./StopList";
import { Points, Settling, Times } from "./StopPlots";
import styles from "./StopsPage.module.css";

export function StopsPage() {
  const client = useClient();
  const filters = createStopFilters();
  const [answer] = createResource(filters.query, (query) => api.stops(query, requestTimeout()));
  const stops = () => (answer.error === undefined ? answer.latest?.stops : undefined);
  return (
    <Sheet title={t("Stops")} close={() => client.route.closeStops()}>
      <div data-scroller data-testid="stops">
        <div class={styles.column}>
          <StopFilters filters={filters} />
          <Show when={answer.error}>
            {(error) => <p class={text.problem}>{wordsFor(error())}</p>}
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
