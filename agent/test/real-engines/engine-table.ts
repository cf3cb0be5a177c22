/** The table of all measured stops, as Markdown: each engine's own stop beside the same engine stopped by Rein. */
import { figures } from "../../bench/statistics";
import type { Sample } from "./measured-stop";
import { stopKinds } from "./stop-kinds";

const head = [
  "Engine",
  "Stopped by",
  "Stops",
  "Model’s socket closed",
  "Proven dead",
  "Next message’s first word",
  "A new session’s first word",
  "Idle said while a process lived",
  "Survivors",
  "Asked its model after the stop",
  "Its model is told: the text; the cut output",
];

/** `names`: of the engines with their versions, by their rows. Times are p50 / p99 in milliseconds. */
export function engineTable(samples: Sample[], names: Map<string, string>): string {
  const rows = [...names].flatMap(([row, name]) =>
    (["itself", "Rein"] as const).flatMap((by) => {
      const all = samples.filter((one) => one.engine === row && one.by === by);
      return all.length === 0 ? [] : [cellsOf(name, by, all)];
    }),
  );
  return [head, head.map(() => "---"), ...rows]
    .map((cells) => `| ${cells.join(" | ")} |`)
    .join("\n");
}

function cellsOf(name: string, by: Sample["by"], all: Sample[]): string[] {
  const commands = all.filter(({ kind }) => kind !== "text");
  const texts = all.filter(({ kind }) => kind === "text");
  const isTold = ({ told }: Sample) => (told ?? 0) > 0;
  const isRein = by === "Rein";
  return [
    name,
    by,
    String(all.length),
    timesOf(all.map(({ closedMs }) => closedMs)),
    isRein ? timesOf(all.map(({ endedMs }) => endedMs)) : "never",
    nextOf(all),
    timesOf(all.map(({ newSessionMs }) => newSessionMs)),
    // Rein says that a run is stopped when nothing of it lives.
    isRein
      ? share(all, ({ survivors }) => survivors > 0)
      : share(commands, ({ aliveAtIdle }) => aliveAtIdle > 0),
    share(isRein ? all : commands, ({ survivors }) => survivors > 0),
    share(all, ({ askedAfter }) => askedAfter > 0),
    `${share(texts, isTold)}; ${share(commands, isTold)}`,
  ];
}

function nextOf(all: Sample[]): string {
  const failed = all.filter(({ firstWordMs }) => firstWordMs === undefined).length;
  const times = timesOf(all.map(({ firstWordMs }) => firstWordMs));
  return failed === 0 ? times : `${times}; ${failed} of ${all.length} failed`;
}

function share(list: Sample[], holds: (one: Sample) => boolean): string {
  return list.length === 0 ? "–" : `${list.filter(holds).length} of ${list.length}`;
}

function timesOf(values: (number | undefined)[]): string {
  const known = values.filter((one) => one !== undefined);
  if (known.length === 0) return "–";
  const { p50, p99 } = figures(known);
  return `${whole(p50)} / ${whole(p99)}`;
}

function whole(ms: number): string {
  return Math.round(ms).toLocaleString("en");
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
