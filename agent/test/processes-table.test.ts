/** Both ways of reading the process table give the same processes. */
import { expect, test } from "bun:test";
import { viewOf } from "../server/processes/inspect/process-info";
import { isDead, readProcess, readPsTable } from "../server/processes/inspect/process-table";
import { printedPids, startShell } from "./processes-bench";

test("ps and /proc agree on a job's processes", async () => {
  const shell = startShell("sleep 300 & echo pids: $$ $!; wait");
  const [leader, child] = await printedPids(shell, 2);
  const fromPs = readPsTable();
  for (const pid of [leader!, child!]) {
    const fromProc = readProcess(pid)!;
    expect(fromPs.get(pid)).toMatchObject({ parent: fromProc.parent, group: leader! });
    expect(isDead(fromPs.get(pid))).toBe(false);
  }
  expect(readProcess(child!)!.parent).toBe(leader!);
  shell.controller.abort();
  await shell.end;
  expect(isDead(readPsTable().get(child!))).toBe(true);
  expect(isDead(readProcess(child!))).toBe(true);
});

test("a process of which only the first thread has exited is alive", () => {
  const row = readProcess(process.pid)!;
  expect(isDead({ ...row, state: "Z", threads: 3 })).toBe(false);
  expect(isDead({ ...row, state: "Z", threads: 1 })).toBe(true);
});

test("a process that has gone since it was listed has used nothing that can be read", async () => {
  const gone = Bun.spawn(["sleep", "300"]);
  const row = readProcess(gone.pid)!;
  gone.kill();
  await gone.exited;
  expect(viewOf(row, "sleep 300")).toMatchObject({ cpuMs: 0, memoryBytes: 0, ports: [] });
});
