/** The filters of the page of stops, and the export of what they leave. */
import { For, type JSX, Show } from "solid-js";
import { stopCauses, stopPoints } from "../../shared/protocol";
import { t } from "../../shared/translation";
import { visibleString } from "../../shared/visible-text";
import { pointLabels } from "../state/outcome-labels";
import { Button } from "../components/Button";
import { download } from "../components/download";
import { useClient } from "../state/client";
import { byPerson, causeNames, createStopFilters, periods } from "../state/stop-filters";
import text from "../styles/text-styles.module.css";
import styles from "./StopFilters.module.css";

interface StopFiltersProps {
  filters: ReturnType<typeof createStopFilters>;
  /** The people that can be chosen. */
  stoppers: string[];
}

export function StopFilters(props: StopFiltersProps) {
  const { filters } = props;
  const { notices } = useClient();
  const save = (format: "csv" | "json") =>
    void download(`/api/stops${filters.query()}&format=${format}`, notices);
  return (
    <form class={styles.filters} onSubmit={(event) => event.preventDefault()}>
      <Choice label={t("Time")} value={filters.days()} choose={filters.setDays}>
        <For each={periods}>{(one) => <option value={one.id}>{one.name}</option>}</For>
      </Choice>
      <Choice label={t("By")} value={filters.by()} choose={filters.setBy}>
        <option value="">{t("Anyone")}</option>
        <For each={stopCauses}>{(by) => <option value={by}>{causeNames[by]}</option>}</For>
        <Show when={props.stoppers.length > 0}>
          <optgroup label={t("People")}>
            <For each={props.stoppers}>
              {(name) => <option value={byPerson(name)}>{visibleString(name)}</option>}
            </For>
          </optgroup>
        </Show>
      </Choice>
      <Choice label={t("During")} value={filters.point()} choose={filters.setPoint}>
        <option value="">{t("Anything")}</option>
        <For each={stopPoints}>
          {(point) => <option value={point}>{pointLabels[point]}</option>}
        </For>
      </Choice>
      <Check
        label={t("With survivors")}
        checked={filters.survivors()}
        choose={filters.setSurvivors}
      />
      <Check label={t("Not proven")} checked={filters.unproven()} choose={filters.setUnproven} />
      <span class={styles.exports}>
        <Button look="link" onClick={() => save("csv")}>
          CSV
        </Button>
        <Button look="link" onClick={() => save("json")}>
          JSON
        </Button>
      </span>
    </form>
  );
}

function Choice(props: {
  label: string;
  value: string;
  choose(value: string): void;
  children: JSX.Element;
}) {
  return (
    <label>
      <span class={text.muted}>{props.label}</span>
      <select value={props.value} onChange={(event) => props.choose(event.currentTarget.value)}>
        {props.children}
      </select>
    </label>
  );
}

function Check(props: { label: string; checked: boolean; choose(checked: boolean): void }) {
  return (
    <label>
      <input
        type="checkbox"
        checked={props.checked}
        onChange={(event) => props.choose(event.currentTarget.checked)}
      />
      {props.label}
    </label>
  );
}
