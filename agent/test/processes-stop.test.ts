/** When the stop of a job resolves, every process of it is dead. */
import { expect, spyOn, test } from "bun:test";
import * as procfs from "../server/processes/inspect/procfs";
import type { JobRequest } from "../server/processes/jobs";
import {
  commandOf,
  isDead,
  readProcess,
  readProcessTable,
} from "../server/processes/inspect/process-table";
import { killDescendants, treesOf } from "../server/processes/linux/descendants";
import { noteSpawned } from "../server/processes/spawn";
import { pidsWith } from "./machine-facts";
import {
  isRunning,
  napping,
  openShell,
  printedPids,
  startShell,
  testJobs,
} from "./processes-bench";
import { until } from "./within";

test("an abort ends the shell, its children and their children before the stop resolves", async () => {
  const shell = startShell(
    "cat /dev/zero | wc -c & bash -c 'sleep 300 & echo pids: $$ $PPID $!; wait' & wait",
  );
  const pids = await printedPids(shell, 3);
  await until(() => commandOf(pids[2]!) === "sleep 300");
  shell.controller.abort();
  const end = await shell.end;
  expect(pids.filter(isRunning)).toEqual([]);
  expect(end).toMatchObject({ stopped: true, timedOut: false, exitCode: null, survivors: [] });
  expect(end.ended.map(({ pid }) => pid)).toEqual(expect.arrayContaining(pids));
  expect(end.ended).toHaveLength(5);
  expect(end.ended.map(({ command }) => command)).toContain("sleep 300");
});

test("a child in a session of its own is killed with its shell", async () => {
  const shell = startShell("setsid sleep 300 & echo pids: $!; wait");
  const [pid] = await printedPids(shell, 1);
  await until(() => readProcess(pid!)?.session === pid);
  shell.controller.abort();
  await shell.end;
  expect(isRunning(pid!)).toBe(false);
});

test("a process that ignores every termination signal is killed", async () => {
  const shell = startShell("trap '' TERM INT HUP; echo pids: $$; while :; do :; done");
  const [pid] = await printedPids(shell, 1);
  shell.controller.abort();
  expect(await shell.end).toMatchObject({ stopped: true, signalName: "SIGKILL" });
  expect(isRunning(pid!)).toBe(false);
});

test("a process that has stopped itself is killed", async () => {
  const shell = startShell("echo pids: $$; kill -STOP $$");
  const [pid] = await printedPids(shell, 1);
  shell.controller.abort();
  await shell.end;
  expect(isRunning(pid!)).toBe(false);
});

const chains =
  "link() { (( $1 == 0 )) || link $(( $1 - 1 )) & }; for i in {1..3}; do link 5000; done";

test("a stop ends chains of processes that keep forking and exiting", async () => {
  const shell = startShell(`${chains}; echo pids: $$; sleep 300`);
  const [leader] = await printedPids(shell, 1);
  shell.controller.abort();
  expect((await shell.end).survivors).toEqual([]);
  await until(() => isEmptyGroup(leader!));
});

test("chains of processes whose shell has exited end with the job", async () => {
  const shell = startShell(`${chains}; echo pids: $$`);
  const [leader] = await printedPids(shell, 1);
  expect((await shell.end).exitCode).toBe(0);
  await until(() => isEmptyGroup(leader!));
});

test("a child in a session of its own that keeps starting others is killed with all of them", async () => {
  const spawner = "echo pids: $$; for i in {1..1000}; do sleep 20 & done; wait";
  const shell = startShell(`setsid bash -c '${spawner}' & wait`);
  const [leader] = await printedPids(shell, 1);
  shell.controller.abort();
  expect((await shell.end).survivors).toEqual([]);
  const alive = [...readProcessTable().values()].filter(
    (seen) => seen.group === leader && !isDead(seen),
  );
  expect(alive).toEqual([]);
});

test("a stop of one job does not affect others", async () => {
  const jobs = testJobs();
  const one = startShell("sleep 300 & echo pids: $!; wait", {}, jobs);
  const other = startShell("sleep 300 & echo pids: $!; wait", {}, jobs);
  const [, pid] = await Promise.all([printedPids(one, 1), printedPids(other, 1)]);
  await until(() => jobs.list().length === 2);
  one.controller.abort();
  await one.end;
  expect(jobs.list()).toHaveLength(1);
  expect(isRunning(pid[0]!)).toBe(true);
  other.controller.abort();
  await other.end;
  expect(jobs.list()).toEqual([]);
});

test("an aborted signal starts nothing and throws its reason", async () => {
  const jobs = testJobs();
  const reason = { by: "user" };
  const running = jobs.run(
    {
      command: ["bash", "-c", "echo started"],
      cwd: "/",
      owner: { sessionId: "s", runId: "r", toolCallId: "t" },
      onOutput: () => expect.unreachable("it was started"),
    },
    AbortSignal.abort(reason),
  );
  expect(jobs.list()).toEqual([]);
  expect(await running.catch((error: unknown) => error)).toBe(reason);
});

test("an abort in the tick of the start starts nothing", async () => {
  const shell = startShell("echo started");
  shell.controller.abort("at once");
  expect(await shell.end.catch((error: unknown) => error)).toBe("at once");
  expect(shell.text()).toBe("");
});

test("a command that had exited by itself is not reported as stopped by a later abort", async () => {
  const shell = startShell("sleep 300 & echo pids: $$ $!; exit 3");
  const [leader, child] = await printedPids(shell, 2);
  await until(() => readProcess(leader!) === undefined);
  shell.controller.abort();
  expect(await shell.end).toMatchObject({ stopped: false, exitCode: 3 });
  expect(isRunning(child!)).toBe(false);
});

test("the time-out ends a job as a stop does, and is reported as the time-out", async () => {
  const cookie = crypto.randomUUID();
  const shell = startShell(`: ${cookie}; sleep 300 & wait`, { timeoutMs: 200 });
  await until(() => pidsWith(cookie).length > 0);
  const end = await shell.end;
  expect(end).toMatchObject({ timedOut: true, stopped: false, survivors: [] });
  expect(pidsWith(cookie)).toEqual([]);
});

test("a command that a signal killed is reported with that signal", async () => {
  const shell = startShell("kill -SEGV $$");
  expect(await shell.end).toMatchObject({ exitCode: null, signalName: "SIGSEGV", stopped: false });
});

test("a program or a directory that does not exist is an error that names it", async () => {
  const failure = (options: Partial<JobRequest>) =>
    startShell("", options).end.catch((error: unknown) => String(error));
  expect(await failure({ command: ["no-such-program"] })).toContain("no-such-program");
  expect(await failure({ cwd: "/no/such/directory" })).toContain("/no/such/directory");
});

test.skipIf(process.platform !== "linux")("one walk kills a deep tree", async () => {
  const level = '[ $1 -gt 0 ] || exec sleep 60; bash -c "$0" "$0" $(($1 - 1)) & wait';
  const command = ["bash", "-c", level, level, "60"];
  const io = { stdin: "ignore", stdout: "ignore", stderr: "ignore" } as const;
  const root = noteSpawned(Bun.spawn(command, { ...io, detached: true }));
  await until(() => [...treesOf([root.pid])].filter(Boolean).length === 61);
  const pids = [...treesOf([root.pid])].flatMap((row) => row?.pid ?? []);
  killDescendants(() => [root.pid]);
  await root.exited;
  await until(() => !pids.some(isRunning));
});

test.skipIf(process.platform !== "linux")(
  "a walk goes not down from a process whose pid another one has got meanwhile",
  async () => {
    const { readProc } = procfs;
    const shell = await openShell(`${napping}; echo ready; wait`);
    await shell.untilOutput(/ready/);
    const { pid } = shell.job;
    expect([...treesOf([pid])]).toHaveLength(2);
    const walk = treesOf([pid]);
    expect(walk.next().value).toMatchObject({ pid });
    using _ = spyOn(procfs, "readProc").mockImplementation((path) =>
      path === `${pid}/stat` ? readProc("self/stat") : readProc(path),
    );
    expect([...walk]).toEqual([]);
    await shell.job.stop("hard");
  },
);

/** Asks the kernel: reading the process table can miss a chain. */
function isEmptyGroup(pid: number): boolean {
  try {
    return !process.kill(-pid, 0);
  } catch {
    return true; // ESRCH: no process, not even a zombie
  }
}
