/** Processes that a command leaves in the background are killed with it and reported, and never make it hang. */
import { afterEach, expect, test } from "bun:test";
import {
  isRunning,
  napping,
  openShell,
  printedPids,
  startShell,
  testJobs,
} from "./processes-bench";
import { ToolBench } from "./tools-bench";

const escaped: number[] = [];
afterEach(() => {
  for (const pid of escaped.splice(0)) if (isRunning(pid)) process.kill(pid, "SIGKILL");
});

test("a background child that keeps the output open does not make the command hang, and is killed with it", async () => {
  const shell = startShell(`${napping}; echo pids: $!`);
  const end = await shell.end;
  const [pid] = await printedPids(shell, 1);
  expect(end).toMatchObject({ exitCode: 0, stopped: false, ended: [], outputHeld: false });
  expect(end.leftBehind).toEqual([{ pid: pid!, command: "sleep 300" }]);
  expect(isRunning(pid!)).toBe(false);
});

test("a background child that has closed the output is killed with the command too", async () => {
  const shell = startShell("nohup sleep 300 >/dev/null 2>&1 & echo pids: $!");
  const end = await shell.end;
  const [pid] = await printedPids(shell, 1);
  expect(end.leftBehind).toHaveLength(1);
  expect(isRunning(pid!)).toBe(false);
});

test("a process in a session of its own that keeps the output open is killed with the command too", async () => {
  const shell = startShell(escaping);
  const end = await shell.end;
  const [pid] = await printedPids(shell, 1);
  expect(end).toMatchObject({ exitCode: 0, outputHeld: false, proof: "proven" });
  expect(isRunning(pid!)).toBe(false);
});

test("without a supervisor, a process in a session of its own escapes, does not make the command hang, and is reported", async () => {
  const shell = startShell(escaping, {}, testJobs({ ceiling: { supervisor: "none" } }));
  const [pid] = await printedPids(shell, 1);
  escaped.push(pid!);
  expect(await shell.end).toMatchObject({ exitCode: 0, outputHeld: true, proof: "seen" });
});

const escaping = "read -r < <(setsid bash -c 'echo pids: $$ >&2; echo ready; exec sleep 300 >&2')";

test("a command whose main process has exited is listed with the id that it began with", async () => {
  const { job } = await openShell("sleep 300 >/dev/null 2>&1 &", { leftBehind: "keep" });
  using bench = new ToolBench({ ...testJobs(), list: () => [job] });
  const { record } = bench.background.keep(job, "left");
  await job.exited;
  const looks = bench.background.inspect("session");
  expect(looks).toMatchObject([{ pid: record.pid, processes: 1 }]);
  expect(record.pid).toBe(job.pid);
  await job.stop("hard");
});

test("a background child that is exiting when the command exits can finish writing its line", async () => {
  const shell = startShell("(while kill -0 $$; do :; done 2>/dev/null; echo written late) &");
  const end = await shell.end;
  expect(shell.text()).toBe("written late\n");
  expect(end.leftBehind).toEqual([]);
});
