/** The cost of a job, and the time from a stop to the proof that no process is left, with each kind of supervisor here. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createJobs } from "../server/processes/create-jobs";
import type { Job, Jobs, Capabilities } from "../server/processes/jobs";
import type { CapabilityCeiling } from "../server/processes/capabilities";
import { printFigures, printValue } from "./statistics";

const samples = 40;
const atOnce = 50;
const crowds = [500, 5000];

const levels: { name: string; wish: CapabilityCeiling; found: Partial<Capabilities> }[] = [
  {
    name: "supervisor in C and cgroup",
    wish: {},
    found: { supervisor: "compiled", proof: "supervisor and cgroup" },
  },
  { name: "supervisor in C", wish: { cgroup: false }, found: { supervisor: "compiled" } },
  {
    name: "supervisor in TypeScript",
    wish: { cgroup: false, supervisor: "script" },
    found: { supervisor: "script" },
  },
  { name: "walk without proof", wish: { supervisor: "none" }, found: { proof: "none" } },
];

const obedient = "sleep 50 & (setsid sleep 50 >/dev/null 2>&1 &); echo ready; wait";
const stubborn = `trap : TERM; ${obedient}; while :; do sleep 50; done`;

export async function benchProcesses(): Promise<void> {
  const dataDir = mkdtempSync(join(tmpdir(), "rein-bench-"));
  await benchPlainSpawn();
  for (const { name, wish, found } of levels) {
    const jobs = createJobs({ dataDir, ceiling: wish });
    const level = await jobs.capabilities();
    const isFound = Object.entries(found).every(
      ([key, value]) => level[key as keyof Capabilities] === value,
    );
    if (!isFound) {
      printValue(name, "not on this machine");
      continue;
    }
    await benchLevel(name, jobs);
  }
  rmSync(dataDir, { recursive: true, force: true });
}

async function benchPlainSpawn(): Promise<void> {
  const times = await timed(samples, async () => {
    const child = Bun.spawn(["true"], { stdin: "ignore", stdout: "pipe", stderr: "pipe" });
    await Promise.all([child.exited, new Response(child.stdout).text()]);
  });
  printFigures("plain spawn of true, to its end", times);
}

async function benchLevel(name: string, jobs: Jobs): Promise<void> {
  const run = { command: ["true"], cwd: "/", owner: { sessionId: "bench" }, onOutput: () => {} };
  const { signal } = new AbortController();
  printFigures(`${name}: true, to its proof`, await timed(samples, () => jobs.run(run, signal)));
  await benchStops(`${name}: stop of an obedient job`, jobs, obedient, samples);
  await benchStops(`${name}: stop of a stubborn job`, jobs, stubborn, 10);
  await benchAtOnce(`${name}: stop of ${atOnce} jobs at once`, jobs);
  for (const size of crowds) {
    await using crowd = await Crowd.gather(size);
    await benchStops(`${name}: obedient, ${crowd.size} others`, jobs, obedient, 20);
  }
}

async function benchStops(name: string, jobs: Jobs, script: string, count: number): Promise<void> {
  const times: number[] = [];
  for (let sample = 0; sample < count; sample++) {
    const job = await openReady(jobs, script);
    times.push(...(await timed(1, () => job.stop("polite"))));
  }
  printFigures(name, times);
}

async function benchAtOnce(name: string, jobs: Jobs): Promise<void> {
  const times: number[] = [];
  for (let sample = 0; sample < 5; sample++) {
    const opened = await Promise.all(
      Array.from({ length: atOnce }, () => openReady(jobs, obedient)),
    );
    times.push(...(await timed(1, () => Promise.all(opened.map((job) => job.stop("polite"))))));
  }
  printFigures(name, times, "under 50 ms");
}

/** A job of several processes that has begun to write, and that ends when it is asked to. */
export function openObedient(jobs: Jobs): Promise<Job> {
  return openReady(jobs, obedient);
}

async function openReady(jobs: Jobs, script: string): Promise<Job> {
  const ready = Promise.withResolvers<void>();
  const job = await jobs.open(
    {
      command: ["bash", "-c", script],
      cwd: "/",
      owner: { sessionId: "bench" },
      onOutput: () => ready.resolve(),
    },
    new AbortController().signal,
  );
  await ready.promise;
  return job;
}

/** Processes that belong to no job: one shell and its children. */
class Crowd implements AsyncDisposable {
  readonly size: number;
  readonly #leader: Bun.Subprocess;

  private constructor(size: number, leader: Bun.Subprocess) {
    this.size = size;
    this.#leader = leader;
  }

  static async gather(size: number): Promise<Crowd> {
    // The shell outlives its children and reaps them: otherwise this process, a subreaper, would get the zombies.
    const script = `trap : TERM; i=0; while [ $i -lt ${size} ]; do sleep 600 & i=$((i+1)); done; echo ready; wait; wait`;
    const leader = Bun.spawn(["sh", "-c", script], {
      detached: true,
      stdin: "ignore",
      stderr: "ignore",
    });
    await leader.stdout.getReader().read();
    return new Crowd(size, leader);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    process.kill(-this.#leader.pid, "SIGTERM");
    await this.#leader.exited;
  }
}

async function timed(count: number, work: () => Promise<unknown>): Promise<number[]> {
  const times: number[] = [];
  for (let sample = 0; sample < count; sample++) {
    const start = performance.now();
    await work();
    times.push(performance.now() - start);
  }
  return times;
}
