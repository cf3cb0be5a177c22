/** The filters of the page of stops, and the export of what they leave. */
import { createMemo, createSignal, For, type JSX } from "solid-js";
import { stopCauses, stopPoints } from "../../shared/protocol";
import { pointLabels } from "../state/outcome-labels";
import { Button } from "../components/Button";
import { download } from "../components/download";
import { useClient } from "../state/client";
import text from "../styles/text-styles.module.css";
import styles from "./StopFilters.module.css";

const dayMs = 24 * 60 * 60 * 1000;

const periods = [
  { id: "7", name: "7 days" },
  { id: "30", name: "30 days" },
  { id: "", name: "All time" },
];

export function createStopFilters() {
  const [by, setBy] = createSignal("");
  const [point, setPoint] = createSignal("");
  const [days, setDays] = createSignal("30");
  const [survivors, setSurvivors] = createSignal(false);
  const [unproven, setUnproven] = createSignal(false);
  const query = createMemo(() => {
    const asked = new URLSearchParams();
    if (by() !== "") asked.set("by", by());
    if (point() !== "") asked.set("point", point());
    if (days() !== "") asked.set("since", String(Date.now() - Number(days()) * dayMs));
    if (survivors()) asked.set("survivors", "only");
    if (unproven()) asked.set("unproven", "only");
    const text = asked.toString();
    return text === "" ? "?" : `?${text}`;
  });
  return {
    by,
    setBy,
    point,
    setPoint,
    days,
    setDays,
    survivors,
    setSurvivors,
    unproven,
    setUnproven,
    query,
  };
}

const causes: Record<(typeof stopCauses)[number], string> = {
  user: "User",
  disconnect: "Connection lost",
  timeout: "Time limit",
  budget: "Budget",
  shutdown: "Server stopped",
  crash: "Server crashed",
};

export function StopFilters(props: { filters: ReturnType<typeof createStopFilters> }) {
  const { filters } = props;
  const { notices } = useClient();
  const save = (format: "csv" | "json") =>
    void download(`/api/stops${filters.query()}&format=${format}`, notices);
  return (
    <form class={styles.filters} onSubmit={(event) => event.preventDefault()}>
      <Choice label="Time" value={filters.days()} choose={filters.setDays}>
        <For each={periods}>{({ id, name }) => <option value={id}>{name}</option>}</For>
      </Choice>
      <Choice label="By" value={filters.by()} choose={filters.setBy}>
        <option value="">Anyone</option>
        <For each={stopCauses}>{(by) => <option value={by}>{causes[by]}</option>}</For>
      </Choice>
      <Choice label="During" value={filters.point()} choose={filters.setPoint}>
        <option value="">Anything</option>
        <For each={stopPoints}>
          {(point) => <option value={point}>{pointLabels[point]}</option>}
        </For>
      </Choice>
      <Check label="With survivors" checked={filters.survivors()} choose={filters.setSurvivors} />
      <Check label="Not proven" checked={filters.unproven()} choose={filters.setUnproven} />
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
