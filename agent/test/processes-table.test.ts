/** Two ways of looking at the system see the same processes. */
import { expect, test } from "bun:test";
import { isDead, readProcess, readPsTable } from "../server/processes/inspect/process-table";
import { printedPids, startShell } from "./processes-bench";

test("ps and the quick way agree on a job's processes", async () => {
  const shell = startShell("sleep 300 & echo pids: $$ $!; wait");
  const [leader, child] = await printedPids(shell, 2);
  const slow = readPsTable();
  for (const pid of [leader!, child!]) {
    const quick = readProcess(pid)!;
    expect(slow.get(pid)).toMatchObject({ parent: quick.parent, group: leader! });
    expect(isDead(slow.get(pid))).toBe(false);
  }
  expect(readProcess(child!)!.parent).toBe(leader!);
  shell.controller.abort();
  await shell.end;
  expect(isDead(readPsTable().get(child!))).toBe(true);
  expect(isDead(readProcess(child!))).toBe(true);
});

test("a process whose first thread alone has ended is alive", () => {
  const seen = readProcess(process.pid)!;
  expect(isDead({ ...seen, state: "Z", threads: 3 })).toBe(false);
  expect(isDead({ ...seen, state: "Z", threads: 1 })).toBe(true);
});
