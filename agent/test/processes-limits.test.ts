/** Limits of memory, processes and processors hold a job and all its descendants, where this machine's cgroups support them. */
import { afterEach, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import type { Job } from "../server/processes/jobs";
import { openShell, printedPids, startShell, testJobs } from "./processes-bench";
import { until } from "./within";

const { limits, noLimits } = await testJobs().capabilities();
const why = (name: keyof typeof limits) => (limits[name] ? "" : ` (skipped: ${noLimits})`);
const megabyte = 1024 ** 2;

/** Takes memory until it has this much, and says so. */
const take = (megabytes: number) =>
  `head -c ${megabytes}M /dev/zero | tail | wc -c; echo it has all of it`;

const opened: Job[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((job) => job.stop("hard")));
});

test.skipIf(!limits.processes)(
  `a job starts no more processes than allowed, and says so${why("processes")}`,
  async () => {
    const script = "for i in {1..20}; do sleep 300 & done; wait";
    const end = await startShell(script, { limits: { processes: 8 } }).end;
    expect(end).toMatchObject({ stopped: false, survivors: [] });
    expect(end.leftBehind.length).toBeLessThan(8);
    expect(end.limitHit).toEqual({ limit: "processes", of: "job", most: 8 });
  },
);

test.skipIf(!limits.processes)(
  `a fork bomb stays within its limit, and a stop proves all of it dead${why("processes")}`,
  async () => {
    const bomb = "bomb() { bomb | bomb & }; bomb; sleep 300";
    const options = { limits: { processes: 64 }, leftBehind: "keep" as const };
    const { job } = await openShell(bomb, options);
    await until(() => job.limitHit() !== undefined);
    const end = await job.stop("polite");
    expect(end).toMatchObject({ survivors: [], proof: "proven" });
    expect(end.limitHit).toEqual({ limit: "processes", of: "job", most: 64 });
  },
);

test.skipIf(!limits.memory)(
  `a job over its memory ends as a whole, and says why${why("memory")}`,
  async () => {
    const shell = startShell(`sleep 300 & ${take(200)}`, {
      limits: { memoryBytes: 50 * megabyte },
    });
    const end = await shell.end;
    expect(shell.text()).not.toContain("it has all of it");
    expect(end.limitHit).toEqual({
      limit: "memory",
      of: "job",
      most: 50 * megabyte,
      ended: true,
    });
    expect(end).toMatchObject({ signalName: "SIGKILL", stopped: false, proof: "proven" });
  },
);

test.skipIf(!limits.memory)(
  `an engine over its memory loses the command that needs it, and lives${why("memory")}`,
  async () => {
    const shell = startShell(`(${take(200)}); echo the engine goes on`, {
      isEngine: true,
      limits: { memoryBytes: 50 * megabyte },
    });
    const end = await shell.end;
    expect(shell.text()).toContain("the engine goes on");
    expect(end).toMatchObject({
      exitCode: 0,
      limitHit: { limit: "memory", of: "job", most: 50 * megabyte },
    });
    expect(end.limitHit?.ended).toBeUndefined();
  },
);

test.skipIf(!limits.memory)(
  `a job over its memory ends alone, beside others${why("memory")}`,
  async () => {
    const { job: beside } = await openShell("sleep 300");
    opened.push(beside);
    const ends = await Promise.all(
      Array.from(
        { length: 8 },
        () => startShell(take(200), { limits: { memoryBytes: 50 * megabyte } }).end,
      ),
    );
    for (const end of ends) expect(end.limitHit).toMatchObject({ limit: "memory", ended: true });
    expect(beside.isDead).toBe(false);
    expect(beside.limitHit()).toBeUndefined();
  },
);

test.skipIf(!limits.cpu)(
  `a job uses no more of the processors than allowed${why("cpu")}`,
  async () => {
    const { job } = await openShell("while :; do :; done", { limits: { cpus: 0.2 } });
    opened.push(job);
    const used = () => job.processes().reduce((sum, one) => sum + one.cpuMs, 0);
    await until(() => used() > 200);
    const [before, at] = [used(), performance.now()];
    await Bun.sleep(3000);
    expect(used() - before).toBeLessThan(0.5 * (performance.now() - at));
  },
);

test("a job whose limits cannot be enforced still runs, and the capabilities say so", async () => {
  const jobs = testJobs({ ceiling: { cgroup: false } });
  expect((await jobs.capabilities()).limits).toEqual({
    processes: false,
    memory: false,
    cpu: false,
  });
  expect((await jobs.limits()).each).toEqual({});
  const shell = startShell("echo ran", { limits: { processes: 1, memoryBytes: 1 } }, jobs);
  await shell.end;
  expect(shell.text()).toBe("ran\n");
});

const score = (pid: number | "self"): number =>
  Number(readFileSync(`/proc/${pid}/oom_score_adj`, "utf8"));

test.each(["compiled", "script"] as const)(
  "where memory is short the kernel takes a job before the server and its supervisor (%s)",
  async (supervisor) => {
    const shell = await openShell(
      "sleep 300 & echo pids: $!; wait",
      {},
      testJobs({ ceiling: { supervisor } }),
    );
    opened.push(shell.job);
    const [pid] = await printedPids(shell, 1);
    const parent = Number(readFileSync(`/proc/${shell.job.pid}/stat`, "utf8").split(" ")[3]);
    expect(score(pid!)).toBe(Math.min(score("self") + 500, 1000));
    expect(score(parent)).toBe(score("self"));
  },
);
