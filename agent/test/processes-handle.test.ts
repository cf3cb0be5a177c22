/** The handle of a job: it outlives its call, lists its processes, has a terminal, and can be stopped again. */
import { expect, test } from "bun:test";
import type { JobOwner } from "../server/processes/jobs";
import { isRunning, napping, openShell, printedPids, testJobs } from "./processes-bench";
import { until } from "./within";

test("a kept job continues after its command has exited, and ends with a stop", async () => {
  const shell = await openShell(`${napping}; echo pids: $!; exit 3`, { leftBehind: "keep" });
  expect(await shell.job.exited).toEqual({ exitCode: 3, signalName: null });
  const [pid] = await printedPids(shell, 1);
  expect(isRunning(pid!)).toBe(true);
  expect(shell.job.processes()).toMatchObject([{ pid: pid!, command: "sleep 300" }]);
  const end = await shell.job.stop("polite");
  expect(end).toMatchObject({ exitCode: 3, stopped: false, leftBehind: [] });
  expect(end.ended).toEqual([{ pid: pid!, command: "sleep 300" }]);
  expect(isRunning(pid!)).toBe(false);
});

test("a kept job ends when its last process exits by itself", async () => {
  const jobs = testJobs();
  const options = { leftBehind: "keep" as const };
  const shell = await openShell("(sleep 0.1; echo late) & echo early", options, jobs);
  expect(await shell.job.exited).toMatchObject({ exitCode: 0 });
  expect(await shell.job.ended).toMatchObject({ exitCode: 0, ended: [], proof: "proven" });
  expect(shell.text()).toBe("early\nlate\n");
  expect(jobs.list()).toEqual([]);
});

test("a full pipe of a background process does not delay the command's exit", async () => {
  const shell = await openShell("yes >&2 & yes & sleep 300 & exit 0", { leftBehind: "keep" });
  expect(await shell.job.exited).toMatchObject({ exitCode: 0 });
  expect(await shell.job.stop("polite")).toMatchObject({ survivors: [], outputHeld: false });
});

test("an abort stops a kept job after its command has exited", async () => {
  const shell = await openShell("sleep 300 & exit 0", { leftBehind: "keep" });
  await shell.job.exited;
  shell.controller.abort();
  expect(await shell.job.ended).toMatchObject({ stopped: false, survivors: [] });
});

test("the time-out applies to a kept job", async () => {
  const options = { leftBehind: "keep" as const, timeoutMs: 100 };
  // On a busy machine the command itself may take longer.
  for (let isCut = true; isCut; options.timeoutMs *= 4) {
    const shell = await openShell("sleep 300 & exit 0", options);
    const end = await shell.job.ended;
    isCut = end.timedOut;
    if (!isCut) expect(end).toMatchObject({ exitCode: 0, survivors: [] });
  }
});

test("jobs are listed by owner, oldest first", async () => {
  const jobs = testJobs();
  const owners: JobOwner[] = [
    { sessionId: "a" },
    { sessionId: "a", runId: "one", toolCallId: "call" },
    { sessionId: "b", runId: "two" },
  ];
  const shells = [];
  for (const owner of owners) shells.push(await openShell("sleep 300", { owner }, jobs));
  const listed = (owner?: Partial<JobOwner>) => jobs.list(owner).map((job) => job.owner);
  expect(listed()).toEqual(owners);
  expect(listed({ sessionId: "a" })).toEqual(owners.slice(0, 2));
  expect(listed({ sessionId: "a", runId: "one" })).toEqual([owners[1]!]);
  await Promise.all(jobs.list({ sessionId: "a" }).map((job) => job.stop("hard")));
  expect(listed()).toEqual([owners[2]!]);
  await shells[2]!.job.stop("hard");
});

test("a job's processes are listed with the processor time and memory that they use", async () => {
  const shell = await openShell("while :; do :; done & echo pids: $$ $!; wait");
  const [leader, busy] = await printedPids(shell, 2);
  const isBusy = () => (shell.job.processes().find(({ pid }) => pid === busy)?.cpuMs ?? 0) >= 50;
  await until(isBusy);
  const views = shell.job.processes();
  expect(views.map(({ pid, parent }) => [pid, parent])).toEqual([
    [leader!, expect.any(Number)],
    [busy!, leader!],
  ]);
  for (const { pid, memoryBytes, startedAt } of views) {
    // In the unit of `ps`, whatever the size of a page.
    const [kilobytes] = [Bun.spawnSync(["ps", "-o", "rss=", "-p", `${pid}`]).stdout.toString()];
    expect(memoryBytes / 1024 / Number(kilobytes)).toBeCloseTo(1, 1);
    expect(Math.abs(Date.now() - startedAt)).toBeLessThan(60_000);
  }
  await shell.job.stop("hard");
  expect(shell.job.processes()).toEqual([]);
});

for (const supervisor of ["compiled", "script", "none"] as const)
  test(`a job controls its own terminal, ${supervisor} supervisor`, async () => {
    const jobs = testJobs({ ceiling: { supervisor } });
    const terminal = { columns: 100, rows: 30 };
    const script =
      "tty && : </dev/tty && read -r word && echo read $word; stty size; read -r; stty size";
    const shell = await openShell(script, { terminal }, jobs);
    await shell.untilOutput(/\/dev\/pts\/\d+/);
    shell.job.write("hello\r");
    await shell.untilOutput(/read hello\r\n30 100/);
    shell.job.resize({ columns: 40, rows: 10 });
    shell.job.write("\r");
    await shell.untilOutput(/10 40/);
    expect(await shell.job.ended).toMatchObject({ exitCode: 0, outputHeld: false });
    shell.job.write("after the end");
  });

test("a terminal's interrupt key reaches the command, and a stop ends the whole job", async () => {
  // A child that bash has just forked could miss the key, and bash would wait for it: so bash itself waits for input.
  const script = "trap 'echo interrupted' INT; sleep 300 & echo ready; while :; do read -r; done";
  const shell = await openShell(script, { terminal: { columns: 80, rows: 24 } });
  await shell.untilOutput(/ready/);
  // With a line behind it: bash notices a key that comes just before it waits with the next input alone.
  shell.job.write("\x03\r");
  await shell.untilOutput(/interrupted/);
  expect(await shell.job.stop("polite")).toMatchObject({ stopped: true, survivors: [] });
});
