/** Two ways of looking at the system see the same processes. */
import { expect, test } from "bun:test";
import { isDead, lookAt, surveyPs } from "../server/processes/survey";
import { printedPids, startShell } from "./processes-bench";

test("ps and the quick way agree on a job's processes", async () => {
  const shell = startShell("sleep 300 & echo pids: $$ $!; wait");
  const [leader, child] = await printedPids(shell, 2);
  const slow = surveyPs();
  for (const pid of [leader!, child!]) {
    const quick = lookAt(pid)!;
    expect(slow.get(pid)).toMatchObject({ parent: quick.parent, group: leader! });
    expect(isDead(slow.get(pid))).toBe(false);
  }
  expect(lookAt(child!)!.parent).toBe(leader!);
  shell.controller.abort();
  await shell.end;
  expect(isDead(surveyPs().get(child!))).toBe(true);
  expect(isDead(lookAt(child!))).toBe(true);
});

test("a process whose first thread alone has ended is alive", () => {
  const seen = lookAt(process.pid)!;
  expect(isDead({ ...seen, state: "Z", threads: 3 })).toBe(false);
  expect(isDead({ ...seen, state: "Z", threads: 1 })).toBe(true);
});
