/** Three small plots of stops, as plain SVG: when, at which point, and how long until settled. */
import { createMemo, For, Show } from "solid-js";
import type { StopRecord } from "../../shared/protocol";
import { t } from "../../shared/translation";
import { Button } from "../components/Button";
import { pointLabels } from "../state/outcome-labels";
import { dateLocale, duration, timeOfDay } from "../state/format";
import text from "../styles/text-styles.module.css";
import styles from "./StopPlots.module.css";

interface PlotProps {
  stops: StopRecord[];
}

const width = 320;
const height = 120;
/** Of the labels at the right, which no dot covers. */
const tickWidth = 36;
const bins = 30;
const dayMs = 24 * 60 * 60 * 1000;

/** The number of stops over time, from the first to the last, in thirty bars. */
export function Times(props: PlotProps) {
  const counts = createMemo(() => {
    const { first, span } = rangeOf(props.stops);
    const all = Array.from({ length: bins }, () => 0);
    for (const { stop } of props.stops)
      all[Math.min(bins - 1, Math.floor(((stop.askedAt - first) / span) * bins))]! += 1;
    return all;
  });
  const most = () => Math.max(1, ...counts());
  return (
    <figure class={styles.plot}>
      <figcaption>{t("Stops over time ({count})", { count: props.stops.length })}</figcaption>
      <svg viewBox={`0 0 ${width} ${height}`} role="img" aria-label={t("Stops over time")}>
        <For each={counts()}>
          {(count, index) => (
            <rect
              class={styles.bar}
              x={(index() * width) / bins + 1}
              width={width / bins - 2}
              y={height - (count / most()) * (height - 4)}
              height={(count / most()) * (height - 4)}
            >
              <title>{count}</title>
            </rect>
          )}
        </For>
        <line class={styles.axis} x1="0" x2={width} y1={height} y2={height} />
      </svg>
      <Ends stops={props.stops} />
    </figure>
  );
}

/** A bar for each point of the run; a click filters by it. */
export function Points(props: PlotProps & { choose(point: string): void }) {
  const counts = createMemo(() => {
    const groups = Map.groupBy(props.stops, ({ stop }) => stop.point);
    return [...groups]
      .map(([point, group]) => ({ point, count: group.length }))
      .toSorted((a, b) => b.count - a.count);
  });
  const most = () => Math.max(1, ...counts().map(({ count }) => count));
  return (
    <figure class={styles.plot}>
      <figcaption>{t("Stopped while")}</figcaption>
      <ul class={styles.points}>
        <For each={counts()}>
          {({ point, count }) => (
            <li>
              <Button look="quiet" size="small" onClick={() => props.choose(point)}>
                {pointLabels[point]}
              </Button>
              <svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
                <rect class={styles.bar} width={(count / most()) * 100} height="8" />
              </svg>
              <span>{count}</span>
            </li>
          )}
        </For>
      </ul>
    </figure>
  );
}

/** A dot for each stop, from 1 ms to 10 s on a logarithmic scale. */
export function Settling(props: PlotProps) {
  const dots = createMemo(() => {
    const { first, span } = rangeOf(props.stops);
    return props.stops.flatMap(({ stop, settledMs }) =>
      settledMs === undefined
        ? []
        : [
            {
              x: ((stop.askedAt - first) / span) * (width - tickWidth - 8) + 4,
              y: yOf(settledMs),
              settledMs,
            },
          ],
    );
  });
  const median = createMemo(() => at(dots(), 0.5));
  return (
    <figure class={styles.plot}>
      <figcaption>{t("Time to stop")}</figcaption>
      <svg viewBox={`0 0 ${width} ${height}`} role="img" aria-label={t("Time to stop")}>
        <For each={[1, 10, 100, 1000, 10_000]}>
          {(ms) => (
            <>
              <line class={styles.axis} x1="0" x2={width} y1={yOf(ms)} y2={yOf(ms)} />
              <text class={styles.tick} x={width} y={yOf(ms) - 2}>
                {duration(ms)}
              </text>
            </>
          )}
        </For>
        <For each={dots()}>
          {(dot) => (
            <circle class={styles.dot} cx={dot.x} cy={dot.y} r="3">
              <title>{duration(dot.settledMs)}</title>
            </circle>
          )}
        </For>
      </svg>
      <Ends stops={props.stops} />
      <Show when={median() !== undefined}>
        <p class={text.facts}>
          {t("Median {median}, 95 % under {most}", {
            median: duration(median() ?? 0),
            most: duration(at(dots(), 0.95) ?? 0),
          })}
        </p>
      </Show>
    </figure>
  );
}

function Ends(props: PlotProps) {
  const range = () => rangeOf(props.stops);
  const day = (time: number) =>
    range().span < dayMs ? timeOfDay(time) : new Date(time).toLocaleDateString(dateLocale());
  return (
    <p class={`${styles.ends} ${text.facts}`}>
      <span>{day(range().first)}</span>
      <span>{day(range().first + range().span)}</span>
    </p>
  );
}

/** The span is never 0, also for a single stop. */
function rangeOf(stops: StopRecord[]): { first: number; span: number } {
  const times = stops.map(({ stop }) => stop.askedAt);
  const first = times.reduce((a, b) => Math.min(a, b));
  const last = times.reduce((a, b) => Math.max(a, b));
  return { first, span: Math.max(1, last - first) };
}

function yOf(ms: number): number {
  const share = Math.log10(Math.min(10_000, Math.max(1, ms))) / 4;
  return height - 4 - share * (height - 18);
}

function at(dots: { settledMs: number }[], share: number): number | undefined {
  const sorted = dots.map(({ settledMs }) => settledMs).toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}
