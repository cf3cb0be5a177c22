/**
 * Stops adversaries while a neighbouring job runs, and prints as JSON what survived, was not answered, or was reported
 * falsely. A program of its own, so that it can be run as any user: `bun stop-adversaries.ts <SweepRequest as JSON>`.
 */
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createJobs, type JobsOptions } from "../../server/processes/create-jobs";
import type { Jobs } from "../../server/processes/jobs";
import { isAlive } from "../machine-facts";
import { until } from "../within";
import { adversaries } from "./adversaries";
import type { Adversary } from "./adversary";
import { commandProcessesOf, describe, processesOf } from "./hostile-processes";
import { killAll } from "./killed-by-pid";
import { LastDeathWatch } from "./last-death";
import { emptyReport, type SweepReport } from "./sweep-report";
import { type Stopped, StoppedAdversary } from "./stopped-adversary";

export interface SweepRequest {
  options: Pick<JobsOptions, "ceiling" | "sandbox">;
  /** Names of adversaries. */
  names: string[];
  repeats: number;
  /** How many run at once. With 1, the last death is timed. */
  atOnce: number;
  /** The program of tricks.c, where there is a compiler. */
  tricks?: string | undefined;
}

const request = JSON.parse(process.argv[2]!) as SweepRequest;
const folder = mkdtempSync(join(tmpdir(), "rein-adversaries-"));
chmodSync(folder, 0o755);
try {
  mkdirSync(join(folder, "data"));
  const jobs = createJobs({ dataDir: join(folder, "data"), ...request.options });
  console.log(JSON.stringify(await sweep(jobs, request)));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exit();

async function sweep(
  jobs: Jobs,
  { names, repeats, atOnce, tricks }: SweepRequest,
): Promise<SweepReport> {
  const report = emptyReport(await jobs.capabilities());
  using watch = atOnce === 1 ? new LastDeathWatch() : undefined;
  const prefix = String(Math.trunc(Math.random() * 1e9) + 1e9);
  const neighbour = await startNeighbour(jobs, `${prefix}0`);
  const before = processesOf(`${prefix}0`);
  const chosen = adversaries.filter(({ name }) => names.includes(name));
  const all = Array.from({ length: repeats }, (_, round) =>
    chosen.map((adversary, index) => ({
      adversary,
      index,
      round,
      cookie: `${prefix}${round + 1}${100 + index}`,
    })),
  ).flat();
  const tryOne = async ({ adversary, index, round, cookie }: (typeof all)[number]) => {
    const lack = lackOf(adversary, tricks);
    const how = (index + round) % 2 === 0 ? "polite" : "hard";
    try {
      const one = new StoppedAdversary(jobs, adversary, cookie, { folder, tricks, watch });
      add(lack ? { lack } : await one.stop(how), { name: adversary.name, how }, report);
    } catch (error) {
      report.untried.push(`${adversary.name}: ${String(error)}`);
    }
    const lost = before.filter((pid) => !isAlive(pid));
    if (lost.length > 0) report.neighbour.push(`${adversary.name}: it lost ${lost.length}`);
  };
  // Apart: the orphans of a killed supervisor are in the way of the proof of others that end at the same moment.
  const [tampering, others] = [true, false].map((is) =>
    all.filter(({ adversary }) => (adversary.tampers ?? false) === is),
  );
  await eachOf(others!, atOnce, tryOne);
  await eachOf(tampering!, atOnce, tryOne);
  await neighbour.stop("hard");
  // A fork chain that was faster than the reads above has finished by now.
  const late = processesOf(prefix);
  report.survivors.push(...late.map((pid) => `at the end: ${describe(pid)}`));
  await killAll(prefix);
  return report;
}

function add(
  stopped: Stopped,
  { name, how }: { name: string; how: "polite" | "hard" },
  report: SweepReport,
): void {
  if ("lack" in stopped) {
    report.lacks[name] = stopped.lack;
    return;
  }
  report.runs++;
  const ms = stopped.deathMs;
  if (ms !== undefined) report.deaths.push({ name, how, ms });
  if (stopped.isUnproven) report.unproven++;
  for (const kind of ["survivors", "unanswered", "falseReports"] as const)
    report[kind].push(...stopped[kind].map((fault) => `${name}: ${fault}`));
}

function lackOf({ needs }: Adversary, tricks: string | undefined): string | undefined {
  if (needs === "cc" && tricks === undefined) return "no C compiler";
  return needs === "x64" && process.arch !== "x64" ? "not an x64" : undefined;
}

/** A shell, its child and a daemon, which must survive the stops of other jobs. */
async function startNeighbour(jobs: Jobs, cookie: string) {
  const script = `setsid sleep 590.${cookie} >/dev/null 2>&1 & (sleep 580.${cookie} >/dev/null 2>&1 & ); wait`;
  const job = await jobs.open(
    {
      command: ["bash", "-c", script, cookie],
      cwd: "/tmp",
      owner: { sessionId: "neighbour" },
      leftBehind: "keep",
      onOutput: () => {},
    },
    new AbortController().signal,
  );
  // Two sleeps and the shell that waits, without the shells that started them.
  await until(() => {
    const living = commandProcessesOf(cookie).map((pid) => describe(pid));
    return living.length === 3 && living.filter((one) => one.includes("): sleep ")).length === 2;
  }, "the neighbour's three processes");
  return job;
}

async function eachOf<T>(
  items: T[],
  atOnce: number,
  act: (item: T) => Promise<void>,
): Promise<void> {
  const rest = items.values();
  const lanes = Array.from({ length: atOnce }, async () => {
    for (const item of rest) await act(item);
  });
  await Promise.all(lanes);
}
