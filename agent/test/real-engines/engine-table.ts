/** The table of all measured stops, as Markdown: each engine's own stop beside the same engine stopped by Rein. */
import { figures } from "../../bench/statistics";
import type { Sample } from "./measured-stop";
import { stopKinds } from "./stop-kinds";

const head = [
  "Engine",
  "Stopped by",
  "Runs",
  "Model’s socket closed",
  "Says idle",
  "Proven dead",
  "Next message’s first word",
  "Idle said while a process lives",
  "Survivors",
  "Asked its model after the stop",
  "Its model knows the cut text",
  "… and the cut output",
  "Next message failed",
];

/** `names`: of the engines, by id. Times are p50 / p99 in milliseconds. */
export function engineTable(samples: Sample[], names: Map<string, string>): string {
  const rows = [...names].flatMap(([id, name]) =>
    (["itself", "Rein"] as const).flatMap((by) => {
      const own = samples.filter((one) => one.engine === id && one.by === by);
      return own.length === 0 ? [] : [rowOf(name, by, own)];
    }),
  );
  return [head, head.map(() => "---"), ...rows]
    .map((cells) => `| ${cells.join(" | ")} |`)
    .join("\n");
}

function rowOf(name: string, by: Sample["by"], all: Sample[]): string[] {
  const commands = all.filter(({ kind }) => kind !== "text");
  const texts = all.filter(({ kind }) => kind === "text");
  const share = (list: Sample[], holds: (one: Sample) => boolean) =>
    list.length === 0 ? "–" : `${list.filter(holds).length} of ${list.length}`;
  const times = (read: (one: Sample) => number | undefined) => timesOf(all.map(read));
  return [
    name,
    by,
    String(all.length),
    times(({ closedMs }) => closedMs),
    times(({ idleMs }) => idleMs),
    by === "Rein" ? times(({ endedMs }) => endedMs) : "never",
    times(({ firstWordMs }) => firstWordMs),
    // Rein says that a run is stopped when nothing of it lives.
    by === "Rein"
      ? share(all, ({ survivors }) => survivors > 0)
      : share(commands, ({ aliveAtIdle }) => aliveAtIdle > 0),
    share(commands, ({ survivors }) => survivors > 0),
    share(all, ({ askedAfter }) => askedAfter > 0),
    share(texts, ({ told }) => (told ?? 0) > 0),
    share(commands, ({ told }) => (told ?? 0) > 0),
    share(all, ({ firstWordMs }) => firstWordMs === undefined),
  ];
}

function timesOf(values: (number | undefined)[]): string {
  const known = values.filter((one) => one !== undefined);
  if (known.length === 0) return "–";
  const { p50, p99 } = figures(known);
  return `${p50.toFixed(0)} / ${p99.toFixed(0)} (n = ${known.length})`;
}

/** A line for each kind of stop with its faults: what the table does not say. */
export function faultLines(samples: Sample[]): string[] {
  const faulty = samples.filter(({ by, faults }) => by === "Rein" && faults.length > 0);
  return stopKinds.flatMap(({ name }) =>
    faulty
      .filter(({ kind }) => kind === name)
      .map(({ engine, faults }) => `${engine}, ${name}: ${faults.join("; ")}`),
  );
}
