/** What a sweep of adversaries has found at one level. */
import type { Capabilities } from "../../server/processes/jobs";

const kinds = ["survivors", "unanswered", "falseReports", "neighbour", "untried"] as const;

/**
 * Processes that outlived a stop; stops without an end in time; ends that do not fit what /proc shows; losses of the job
 * beside them; and adversaries that have not come so far. Each is a sentence.
 */
export type FaultKind = (typeof kinds)[number];

export interface SweepReport extends Record<FaultKind, string[]> {
  capabilities: Capabilities;
  runs: number;
  /** What this machine lacks for an adversary, by the name of that. */
  lacks: Record<string, string>;
  /** How many ends came without a proof. */
  unproven: number;
  /** From the stop to the last death, of those that were timed. */
  deathMs: number[];
}

export function emptyReport(capabilities: Capabilities): SweepReport {
  return {
    capabilities,
    runs: 0,
    lacks: {},
    unproven: 0,
    deathMs: [],
    survivors: [],
    unanswered: [],
    falseReports: [],
    neighbour: [],
    untried: [],
  };
}

export function faultsOf(report: SweepReport): string[] {
  return kinds.flatMap((kind) => report[kind].map((fault) => `${kind}: ${fault}`));
}

/** One row of the table that `bun run test:sweep` prints; a count of the stops that each kind of fault has met. */
export function rowOf(name: string, report: SweepReport): string {
  const { runs, unproven, deathMs, lacks } = report;
  const counts = kinds.map((kind) => report[kind].length);
  const times = [0.5, 0.99].map((share) => quantile(deathMs, share)?.toFixed(1) ?? "–");
  const cells = [name, runs, Object.keys(lacks).length, ...counts, unproven, ...times];
  return `| ${cells.join(" | ")} |`;
}

export const tableHead = [
  "| level | runs | lacking | survivors | unanswered | false reports | neighbour | untried | not proven | p50, ms | p99, ms |",
  "|---|---|---|---|---|---|---|---|---|---|---|",
].join("\n");

function quantile(values: number[], share: number): number | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}
