/**
 * Stops every adversary at one level, a neighbour's processes beside it, and says in JSON who survived.
 * A program of its own, so that it can be run as any user: `bun adversaries-sweep.ts <level as JSON> <repeats>`.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createJobs, type JobsOptions } from "../server/processes/create-jobs";
import type { Job, JobEnd, JobRequest, Jobs, Capabilities } from "../server/processes/jobs";
import { type Adversary, adversaries } from "./adversaries";
import { commandOf, pidsWith } from "./machine-facts";
import { until, within } from "./within";

export interface SweepReport {
  level: Capabilities;
  runs: number;
  /** What lived after a stop, and what a stop said that was not so; each as a sentence. */
  faults: string[];
}

export type SweepLevel = Pick<JobsOptions, "ceiling" | "sandbox">;

const [levelText = "{}", repeats = "1"] = process.argv.slice(2);
const options = JSON.parse(levelText) as SweepLevel;
/** The end of its shell is the end of a sandbox. */
const isShutIn = options.sandbox !== undefined;
const dataDir = mkdtempSync(join(tmpdir(), "rein-sweep-"));
try {
  const jobs = createJobs({ dataDir, ...options });
  console.log(JSON.stringify(await sweep(jobs, Number(repeats))));
} finally {
  rmSync(dataDir, { recursive: true, force: true });
}
process.exit();

async function sweep(jobs: Jobs, repeats: number): Promise<SweepReport> {
  const faults: string[] = [];
  const ours = number();
  const neighbour = await startNeighbour(jobs, `${ours}0`);
  const before = pidsWith(`${ours}0`);
  for (let round = 1; round <= repeats; round++)
    for (const [index, adversary] of adversaries.entries()) {
      const cookie = `${ours}${round}${100 + index}`;
      const found = await stopOne(jobs, adversary, cookie, round % 2 === 1 ? "polite" : "hard");
      faults.push(...found.map((fault) => `${adversary.name}: ${fault}`));
      const lost = before.filter((pid) => !pidsWith(`${ours}0`).includes(pid));
      if (lost.length > 0) faults.push(`${adversary.name}: the neighbour lost ${lost.length}`);
    }
  await neighbour.stop("hard");
  // Who forks faster than one can look has come to rest by now.
  for (const pid of pidsWith(ours)) faults.push(`at the end: ${commandOf(pid)} (pid ${pid})`);
  return { level: await jobs.capabilities(), runs: repeats * adversaries.length, faults };
}

async function stopOne(
  jobs: Jobs,
  adversary: Adversary,
  cookie: string,
  how: "polite" | "hard",
): Promise<string[]> {
  const ready = Promise.withResolvers<void>();
  const job = await start(jobs, adversary, cookie, ready.resolve);
  await within(`“ready” of ${adversary.name}`, Promise.race([ready.promise, job.ended]));
  if (adversary.afterExit) await within(`the exit of ${adversary.name}`, job.exited);
  if (!(isShutIn && adversary.afterExit))
    await until(() => standing(cookie).length > 0, `${adversary.name} to stand`);
  const end = await job.stop(how);
  const survivors = pidsWith(cookie);
  for (const pid of survivors) process.kill(pid, "SIGKILL");
  rmSync(`/tmp/${cookie}`, { force: true });
  return [
    ...survivors.map((pid) => `pid ${pid} survived`),
    ...(end.proven ? [] : [`no proof: ${JSON.stringify(end)}`]),
    ...misreports(end),
  ];
}

function misreports(end: JobEnd): string[] {
  return end.survivors.map(({ command, reason }) => `said to survive: ${command}, ${reason}`);
}

function start(
  jobs: Jobs,
  adversary: Adversary,
  cookie: string,
  onReady: () => void,
): Promise<Job> {
  let said = "";
  const request: JobRequest = {
    command: ["bash", "-c", adversary.script(cookie), cookie],
    cwd: "/tmp",
    owner: { sessionId: "adversary" },
    leftBehind: "keep",
    ...(adversary.terminal && { terminal: { columns: 80, rows: 24 } }),
    onOutput(text) {
      said = `${said}${text}`.slice(-1000);
      if (said.includes("ready")) onReady();
    },
  };
  return jobs.open(request, new AbortController().signal);
}

/** A shell, a child of it, and a daemon: whatever is done to the others, these live. */
async function startNeighbour(jobs: Jobs, cookie: string): Promise<Job> {
  const script = (): string =>
    `setsid sleep 590.${cookie} >/dev/null 2>&1 & (sleep 580.${cookie} >/dev/null 2>&1 & ); wait`;
  const job = await start(jobs, { name: "neighbour", script }, cookie, () => {});
  await until(() => isWhole(standing(cookie).map(commandOf)), "the neighbour's three processes");
  return job;
}

/** Two sleeps, and of the shells only the one that waits. */
function isWhole(commands: string[]): boolean {
  return commands.length === 3 && commands.filter((one) => one.startsWith("sleep ")).length === 2;
}

/** Who has the cookie but for those who watch him: they are given his command to start it. */
function standing(cookie: string): number[] {
  return pidsWith(cookie).filter((pid) => !/^\S*bwrap |\/supervisor\//.test(commandOf(pid)));
}

function number(): string {
  return String(Math.trunc(Math.random() * 1e9) + 1e9);
}
