/** The history of stops: one row each, newest first, as JSON and as CSV. */
import { z } from "zod";
import { roundedUsd } from "../../shared/cost";
import { defined } from "../../shared/defined";
import type { ReceiptEngine, Run, StopRecord } from "../../shared/protocol";
import type { stopsQuery } from "../../shared/requests";

/** A run that was stopped, and its session. */
export interface StoppedRun {
  sessionId: string;
  title: string;
  run: Run;
  /** Of a cluster. */
  node?: string;
}

export function selectStops(
  runs: StoppedRun[],
  { by, user, point, since, survivors, unproven }: z.output<typeof stopsQuery>,
): StopRecord[] {
  return runs
    .flatMap((one) => recordOf(one) ?? [])
    .filter(
      (record) =>
        (by === undefined || record.stop.by === by) &&
        (user === undefined || record.stop.user === user) &&
        (point === undefined || record.stop.point === point) &&
        (since === undefined || record.stop.askedAt >= since) &&
        (survivors === undefined || record.survivors.length > 0) &&
        (unproven === undefined || (record.proof ?? "proven") !== "proven"),
    )
    .toSorted((a, b) => b.stop.askedAt - a.stop.askedAt);
}

function recordOf({ sessionId, title, run, node }: StoppedRun): StopRecord | undefined {
  const { stop, receipt } = run;
  if (stop === undefined) return undefined;
  const subagents = receipt?.subagents ?? [];
  return {
    sessionId,
    title,
    runId: run.id,
    stop,
    // How long a crash took is not known.
    ...defined({
      settledMs: stop.by === "crash" ? undefined : receipt?.settledMs,
      during: receipt?.during,
      proof: receipt?.proof,
      unreached: receipt?.unreached,
      engine: receipt?.engine && engineOf(receipt.engine),
      node,
    }),
    usage: run.usage,
    modelCallsClosed: receipt?.modelCallsClosed ?? 0,
    processesEnded: receipt?.processes.length ?? 0,
    subagentsStopped: subagents.filter(({ outcome }) => outcome === "stopped").length,
    filesChanged: run.changes?.count ?? 0,
    survivors: receipt?.survivors ?? [],
  };
}

function engineOf({ name, processes, idleMs }: ReceiptEngine): StopRecord["engine"] {
  return { name, processesEnded: processes.length, ...defined({ idleMs }) };
}

/** With a header line; line ends as in RFC 4180. */
export function stopsCsv(records: StopRecord[]): string {
  return [csv(Object.keys(columns)), ...records.map(csvLine)].join("");
}

/** One of its lines, with its end. */
export function csvLine(record: StopRecord): string {
  return csv(Object.values(columns).map((read) => read(record)));
}

function csv(row: (string | number)[]): string {
  return `${row.map(field).join(",")}\r\n`;
}

const columns: Record<string, (record: StopRecord) => string | number> = {
  asked_at: ({ stop }) => new Date(stop.askedAt).toISOString(),
  by: ({ stop }) => stop.by,
  from: ({ stop }) => stop.from,
  point: ({ stop }) => stop.point,
  during: ({ during }) => during ?? "",
  settled_ms: ({ settledMs }) => settledMs ?? "",
  input_tokens: ({ usage }) => usage.inputTokens,
  cache_read_tokens: ({ usage }) => usage.cacheReadTokens ?? "",
  cache_write_tokens: ({ usage }) => usage.cacheWriteTokens ?? "",
  output_tokens: ({ usage }) => usage.outputTokens,
  tokens_estimated: ({ usage }) => String(usage.estimated),
  cost_usd: ({ usage }) => roundedUsd(usage.costUsd) ?? "",
  unpriced_tokens: ({ usage }) => usage.unpricedTokens ?? "",
  model_calls_closed: ({ modelCallsClosed }) => modelCallsClosed,
  processes_ended: ({ processesEnded }) => processesEnded,
  subagents_stopped: ({ subagentsStopped }) => subagentsStopped,
  files_changed: ({ filesChanged }) => filesChanged,
  survivors: ({ survivors }) => survivors.map(({ pid, command }) => `${pid} ${command}`).join("; "),
  proof: ({ proof }) => proof ?? "",
  session_id: ({ sessionId }) => sessionId,
  session: ({ title }) => title,
  run_id: ({ runId }) => runId,
  engine: ({ engine }) => engine?.name ?? "",
  engine_processes_ended: ({ engine }) => engine?.processesEnded ?? "",
  engine_idle_ms: ({ engine }) => engine?.idleMs ?? "",
  user: ({ stop }) => stop.user ?? "",
  node: ({ node }) => node ?? "",
};

/** An apostrophe before text that a spreadsheet would read as a formula: a title is untrusted. */
function field(value: string | number): string {
  const text = typeof value === "string" && /^[=+\-@\t\r]/.test(value) ? `'${value}` : `${value}`;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
