/** The history of stops: how often, at which points, how long they took, and each of them. */
import { createMemo, createResource, createSignal, For, type JSX, Show } from "solid-js";
import { stopCauses, stopPoints, type StopRecord } from "../../shared/protocol";
import { Sheet } from "../components/Sheet";
import { pointWords, stoppedWords } from "../conversation/outcome-labels";
import { api, requestTimeout, wordsFor } from "../state/api-client";
import { useClient } from "../state/client";
import { cost, duration, tokens } from "../state/format";
import { pathOf } from "../state/route";
import { Points, Settling, Times } from "./plots";
import "../styles/stops.css";

/** What the page lists; the export has all. */
const maxRows = 200;
const dayMs = 24 * 60 * 60 * 1000;

const periods = [
  { id: "7", name: "7 days" },
  { id: "30", name: "30 days" },
  { id: "", name: "All time" },
];

export function StopsPage() {
  const client = useClient();
  const filters = createFilters();
  const [answer] = createResource(filters.query, (query) => api.stops(query, requestTimeout()));
  const stops = () => (answer.error === undefined ? answer.latest?.stops : undefined);
  return (
    <Sheet title="Stops" close={() => client.route.closeStops()}>
      <div class="stops scroller" data-testid="stops">
        <div class="stops-inner">
          <Filters filters={filters} />
          <Show when={answer.error}>{(error) => <p class="problem">{wordsFor(error())}</p>}</Show>
          <Show when={stops()}>
            {(all) => (
              <Show
                when={all().length > 0}
                fallback={<p class="muted">No run was stopped here.</p>}
              >
                <div class="plots">
                  <Times stops={all()} />
                  <Points stops={all()} choose={filters.setPoint} />
                  <Settling stops={all()} />
                </div>
                <Table stops={all()} />
              </Show>
            )}
          </Show>
        </div>
      </div>
    </Sheet>
  );
}

function createFilters() {
  const [by, setBy] = createSignal("");
  const [point, setPoint] = createSignal("");
  const [days, setDays] = createSignal("30");
  const [survivors, setSurvivors] = createSignal(false);
  const query = createMemo(() => {
    const asked = new URLSearchParams();
    if (by() !== "") asked.set("by", by());
    if (point() !== "") asked.set("point", point());
    if (days() !== "") asked.set("since", String(Date.now() - Number(days()) * dayMs));
    if (survivors()) asked.set("survivors", "only");
    const text = asked.toString();
    return text === "" ? "?" : `?${text}`;
  });
  return { by, setBy, point, setPoint, days, setDays, survivors, setSurvivors, query };
}

function Filters(props: { filters: ReturnType<typeof createFilters> }) {
  const { filters } = props;
  const exportUrl = (format: "csv" | "json") => `/api/stops${filters.query()}&format=${format}`;
  return (
    <form class="stops-filters" onSubmit={(event) => event.preventDefault()}>
      <Choice label="Time" value={filters.days()} choose={filters.setDays}>
        <For each={periods}>{({ id, name }) => <option value={id}>{name}</option>}</For>
      </Choice>
      <Choice label="By" value={filters.by()} choose={filters.setBy}>
        <option value="">Anyone</option>
        <For each={stopCauses}>{(by) => <option value={by}>{by}</option>}</For>
      </Choice>
      <Choice label="Point" value={filters.point()} choose={filters.setPoint}>
        <option value="">Any</option>
        <For each={stopPoints}>{(point) => <option value={point}>{pointWords[point]}</option>}</For>
      </Choice>
      <label class="stops-check">
        <input
          type="checkbox"
          checked={filters.survivors()}
          onChange={(event) => filters.setSurvivors(event.currentTarget.checked)}
        />
        With survivors
      </label>
      <span class="stops-exports">
        <a href={exportUrl("csv")} download="stops.csv">
          CSV
        </a>
        <a href={exportUrl("json")} download="stops.json">
          JSON
        </a>
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
      <span class="muted">{props.label}</span>
      <select value={props.value} onChange={(event) => props.choose(event.currentTarget.value)}>
        {props.children}
      </select>
    </label>
  );
}

function Table(props: { stops: StopRecord[] }) {
  return (
    <>
      <ul class="stops-rows">
        <For each={props.stops.slice(0, maxRows)}>{(stop) => <Row record={stop} />}</For>
      </ul>
      <Show when={props.stops.length > maxRows}>
        <p class="muted">and {props.stops.length - maxRows} more: the export has them all.</p>
      </Show>
    </>
  );
}

function Row(props: { record: StopRecord }) {
  const client = useClient();
  const spent = () => props.record.usage.inputTokens + props.record.usage.outputTokens;
  return (
    <li data-testid="stop-row">
      <a
        href={pathOf(props.record.sessionId)}
        onClick={(event) => {
          event.preventDefault();
          client.route.go(props.record.sessionId);
        }}
      >
        {props.record.title}
      </a>
      <time class="muted">{new Date(props.record.stop.askedAt).toLocaleString()}</time>
      <span>
        {stoppedWords[props.record.stop.by]}, {pointWords[props.record.stop.point]}
        <Show when={props.record.during}>
          {(during) => (
            <>
              : <code>{during()}</code>
            </>
          )}
        </Show>
      </span>
      <span class="muted stops-figures">
        <Show when={props.record.settledMs !== undefined}>
          <span>settled in {duration(props.record.settledMs ?? 0)}</span>
        </Show>
        <Show when={spent() > 0}>
          <span>
            {props.record.usage.estimated ? "about " : ""}
            {tokens(spent())} tokens
          </span>
        </Show>
        <Show when={props.record.usage.costUsd !== undefined}>
          <span>{cost(props.record.usage.costUsd ?? 0)}</span>
        </Show>
        <Show when={props.record.filesChanged > 0}>
          <span>{props.record.filesChanged} files changed</span>
        </Show>
        <Show when={props.record.survivors.length > 0}>
          <span class="stops-survivors">
            survived:{" "}
            {props.record.survivors.map(({ pid, command }) => `${pid} ${command}`).join(", ")}
          </span>
        </Show>
      </span>
    </li>
  );
}
