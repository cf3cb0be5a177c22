/** A job may do to its supervisor what it likes: it ends all the same, and its neighbours live. */
import { expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { childrenOf } from "../server/processes/family";
import type { LevelWish } from "../server/processes/level";
import { lookAt } from "../server/processes/survey";
import { lives, openShell, printedPids, testJobs, until } from "./processes-bench";

const levels: [string, LevelWish][] = [
  ["a compiled supervisor", { cgroup: false }],
  ["a supervisor in TypeScript", { cgroup: false, supervisor: "script" }],
  ["a supervisor and, where there can be one, a cgroup", {}],
];

for (const [name, level] of levels) {
  test(`a job that kills its supervisor ends with all of its processes, under ${name}`, async () => {
    const folder = mkdtempSync(join(tmpdir(), "rein-supervisor-"));
    const jobs = testJobs({ level });
    const neighbour = await openShell("(setsid sleep 50 &); echo ready; sleep 50; :", {}, jobs);
    await neighbour.said(/ready/);
    const shell = await openShell(
      "setsid sleep 50 & one=$!; echo pids: $$ $one $(setsid sleep 50 >/dev/null & echo $!); until [ -e go ]; do sleep .01; done; kill -KILL $PPID; sleep 50; :",
      { cwd: folder },
      jobs,
    );
    const pids = await printedPids(shell, 3);
    writeFileSync(join(folder, "go"), "");
    expect(await shell.job.ended).toMatchObject({ survivors: [], proven: true });
    expect(pids.filter(lives)).toEqual([]);
    expect(neighbour.job.processes()).toHaveLength(3);
    await neighbour.job.stop("hard");
    rmSync(folder, { recursive: true });
  });

  test(`a job that stops its supervisor ends when it is told to, under ${name}`, async () => {
    const jobs = testJobs({ level });
    const shell = await openShell("kill -STOP $PPID; echo pids: $$; sleep 50", {}, jobs);
    const [pid] = await printedPids(shell, 1);
    const supervisor = lookAt(pid!)!.parent;
    await until(() => lookAt(supervisor)?.state === "T");
    expect(await shell.job.stop("polite")).toMatchObject({ survivors: [], proven: true });
    expect(lives(pid!)).toBe(false);
  });

  test(`an orphan is buried, under ${name}`, async () => {
    const shell = await openShell("(true &); echo pids: $$; sleep 50; :", {}, testJobs({ level }));
    const [pid] = await printedPids(shell, 1);
    await until(() => shell.job.processes().length === 2);
    const supervisor = lookAt(pid!)!.parent;
    await until(() => childrenOf(supervisor).length === 1);
    await shell.job.stop("hard");
  });
}
