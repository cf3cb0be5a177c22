/** What a sweep of adversaries has found at one level. */
import { figures } from "../../bench/statistics";
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
  /** Those that were timed and have all died. */
  deaths: LastDeath[];
}

/** From the stop to the death of the command's last process. */
interface LastDeath {
  name: string;
  how: "polite" | "hard";
  ms: number;
}

export function emptyReport(capabilities: Capabilities): SweepReport {
  return {
    capabilities,
    runs: 0,
    lacks: {},
    unproven: 0,
    deaths: [],
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
  const { runs, unproven, deaths, lacks } = report;
  const counts = kinds.map((kind) => report[kind].length);
  const times = (["hard", "polite"] as const).flatMap((how) => {
    const all = deaths.filter((one) => one.how === how).map(({ ms }) => ms);
    const { p50, p99 } = figures(all);
    return [p50, p99].map((value) => (all.length === 0 ? "–" : value.toFixed(1)));
  });
  const cells = [name, runs, Object.keys(lacks).length, ...counts, unproven, ...times];
  return `| ${cells.join(" | ")} |`;
}

export const tableHead = [
  "| level | runs | lacking | survivors | unanswered | false reports | neighbour | untried | not proven | hard: p50, ms | p99 | polite: p50, ms | p99 |",
  "|---|---|---|---|---|---|---|---|---|---|---|---|---|",
].join("\n");

/** The slowest of a sweep, as a sentence. */
export function slowestOf({ deaths }: SweepReport): string {
  const slowest = deaths.toSorted((a, b) => b.ms - a.ms).slice(0, 5);
  return slowest.map(({ name, how, ms }) => `${name} (${how}) ${ms.toFixed(0)} ms`).join(", ");
}
