/** Whatever a job does to its supervisor, a stop ends the job, and other jobs continue. */
import { expect, test } from "bun:test";
import { mkdtempSync, readdirSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { childrenOf } from "../server/processes/linux/descendants";
import type { CapabilityCeiling } from "../server/processes/capabilities";
import { compileSupervisor } from "../server/processes/linux/supervisor/compile";
import { readProcess } from "../server/processes/inspect/process-table";
import { isRunning, openShell, printedPids, testJobs } from "./processes-bench";
import { until } from "./within";

const levels: [string, CapabilityCeiling][] = [
  ["a compiled supervisor", { cgroup: false }],
  ["a supervisor in TypeScript", { cgroup: false, supervisor: "script" }],
  ["a supervisor and, where there can be one, a cgroup", {}],
];

/** Delays the attack until the supervisor has reported the command's pid. */
const untilGo = "until [ -e go ]; do sleep .01; done;";

class Folder implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), "rein-supervisor-"));

  go(): void {
    writeFileSync(join(this.path, "go"), "");
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true });
  }
}

for (const [name, level] of levels) {
  test(`a job that kills its supervisor ends with all of its processes, under ${name}`, async () => {
    using folder = new Folder();
    const jobs = testJobs({ ceiling: level });
    const neighbour = await openShell("(setsid sleep 300 &); sleep 300; :", {}, jobs);
    await until(() => neighbour.job.processes().length === 3);
    const shell = await openShell(
      `setsid sleep 300 & one=$!; echo pids: $$ $one $(setsid sleep 300 >/dev/null & echo $!); ${untilGo} kill -KILL $PPID; sleep 300; :`,
      { cwd: folder.path },
      jobs,
    );
    const pids = await printedPids(shell, 3);
    const later = await openShell("sleep 300", {}, jobs);
    folder.go();
    const { proof: kind } = await jobs.capabilities();
    const proof = kind === "supervisor" ? "seen" : "proven"; // an empty cgroup is a proof without the last word
    expect(await shell.job.ended).toMatchObject({ survivors: [], proof });
    expect(pids.filter(isRunning)).toEqual([]);
    expect(neighbour.job.processes()).toHaveLength(3);
    expect(isRunning(later.job.pid)).toBe(true);
    await Promise.all([neighbour.job.stop("hard"), later.job.stop("hard")]);
  });

  test(`a job that stops its supervisor (SIGSTOP) ends with a stop, under ${name}`, async () => {
    const jobs = testJobs({ ceiling: level });
    const script = `echo pids: $$; ${untilGo} kill -STOP $PPID; sleep 300; :`;
    using folder = new Folder();
    const shell = await openShell(script, { cwd: folder.path }, jobs);
    const [pid] = await printedPids(shell, 1);
    folder.go();
    const supervisor = readProcess(pid!)!.parent;
    await until(() => readProcess(supervisor)?.state === "T");
    expect(await shell.job.stop("polite")).toMatchObject({ survivors: [], proof: "proven" });
    expect(isRunning(pid!)).toBe(false);
  });

  test(`a supervisor does not keep the job's output open, under ${name}`, async () => {
    const shell = await openShell("sleep 300", {}, testJobs({ ceiling: level }));
    const supervisor = readProcess(shell.job.pid)!.parent;
    const open = [0, 1, 2].map((descriptor) =>
      readlinkSync(`/proc/${supervisor}/fd/${descriptor}`),
    );
    expect(open).toEqual(["/dev/null", "/dev/null", "/dev/null"]);
    await shell.job.stop("hard");
  });

  test(`an orphaned process is reaped, under ${name}`, async () => {
    const shell = await openShell(
      "(true &); echo pids: $$; sleep 300; :",
      {},
      testJobs({ ceiling: level }),
    );
    const [pid] = await printedPids(shell, 1);
    await until(() => shell.job.processes().length === 2);
    const supervisor = readProcess(pid!)!.parent;
    await until(() => childrenOf(supervisor).length === 1);
    await shell.job.stop("hard");
  });
}

const compiler = Bun.which("cc");
test.skipIf(compiler === null)(
  `a supervisor compiled by several servers at once is complete${compiler ? "" : " (no cc)"}`,
  async () => {
    using folder = new Folder();
    const all = await Promise.all([1, 2, 3].map(() => compileSupervisor(folder.path)));
    expect(new Set(all).size).toBe(1);
    expect(readdirSync(join(folder.path, "supervisor"))).toEqual([basename(all[0]!)]);
    expect(Bun.spawnSync([all[0]!]).exitCode).toBe(2); // it lacks its arguments
  },
);
