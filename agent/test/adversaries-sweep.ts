/**
 * Stops every adversary while a neighbouring job runs, and prints as JSON what survived. A program of its own, so that
 * it can be run as any user: `bun adversaries-sweep.ts <options as JSON> <repeats>`.
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
  capabilities: Capabilities;
  runs: number;
  /** Processes that survived, and wrong stop reports; each as a sentence. */
  faults: string[];
}

export type SweepOptions = Pick<JobsOptions, "ceiling" | "sandbox">;

const [optionsText = "{}", repeats = "1"] = process.argv.slice(2);
const options = JSON.parse(optionsText) as SweepOptions;
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
  const prefix = randomNumber();
  const neighbour = await startNeighbour(jobs, `${prefix}0`);
  const before = pidsWith(`${prefix}0`);
  for (let round = 1; round <= repeats; round++)
    for (const [index, adversary] of adversaries.entries()) {
      const cookie = `${prefix}${round}${100 + index}`;
      const found = await stopOne(jobs, adversary, cookie, round % 2 === 1 ? "polite" : "hard");
      faults.push(...found.map((fault) => `${adversary.name}: ${fault}`));
      const lost = before.filter((pid) => !pidsWith(`${prefix}0`).includes(pid));
      if (lost.length > 0) faults.push(`${adversary.name}: the neighbour lost ${lost.length}`);
    }
  await neighbour.stop("hard");
  // A fork chain that was faster than the reads above has finished by now.
  for (const pid of pidsWith(prefix)) faults.push(`at the end: ${commandOf(pid)} (pid ${pid})`);
  return { capabilities: await jobs.capabilities(), runs: repeats * adversaries.length, faults };
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
  await until(() => running(cookie).length > 0, `${adversary.name} to run`);
  const end = await job.stop(how);
  const survivors = pidsWith(cookie).map((pid) => ({ pid, command: commandOf(pid) }));
  for (const { pid } of survivors) process.kill(pid, "SIGKILL");
  rmSync(`/tmp/${cookie}`, { force: true });
  return [
    ...survivors.map(({ pid, command }) => `pid ${pid} survived: ${command}`),
    ...(end.proof === "proven" ? [] : [`no proof: ${JSON.stringify(end)}`]),
    ...misreports(end),
  ];
}

function misreports(end: JobEnd): string[] {
  return end.survivors.map(({ command, reason }) => `reported as survivor: ${command}, ${reason}`);
}

function start(
  jobs: Jobs,
  adversary: Adversary,
  cookie: string,
  onReady: () => void,
): Promise<Job> {
  let output = "";
  const request: JobRequest = {
    command: ["bash", "-c", adversary.script(cookie), cookie],
    cwd: "/tmp",
    owner: { sessionId: "adversary" },
    leftBehind: "keep",
    ...(adversary.terminal && { terminal: { columns: 80, rows: 24 } }),
    onOutput(text) {
      output = `${output}${text}`.slice(-1000);
      if (output.includes("ready")) onReady();
    },
  };
  return jobs.open(request, new AbortController().signal);
}

/** A shell, its child and a daemon, which must survive the stops of other jobs. */
async function startNeighbour(jobs: Jobs, cookie: string): Promise<Job> {
  const script = (): string =>
    `setsid sleep 590.${cookie} >/dev/null 2>&1 & (sleep 580.${cookie} >/dev/null 2>&1 & ); wait`;
  const job = await start(jobs, { name: "neighbour", script }, cookie, () => {});
  await until(() => isComplete(running(cookie).map(commandOf)), "the neighbour's three processes");
  return job;
}

/** Two sleeps and the shell that waits, without the shells that started them. */
function isComplete(commands: string[]): boolean {
  return commands.length === 3 && commands.filter((one) => one.startsWith("sleep ")).length === 2;
}

/** The processes with the cookie, except the supervisor and bwrap, which have the command in their arguments. */
function running(cookie: string): number[] {
  return pidsWith(cookie).filter((pid) => !/^\S*bwrap |\/supervisor\//.test(commandOf(pid)));
}

function randomNumber(): string {
  return String(Math.trunc(Math.random() * 1e9) + 1e9);
}
