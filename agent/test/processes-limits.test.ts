/** Limits of processes and memory apply to a job and all its descendants, where this machine's cgroups support them. */
import { expect, test } from "bun:test";
import { startShell, testJobs } from "./processes-bench";

const { limits } = await testJobs().capabilities();

test.skipIf(!limits.processes)(
  `a job starts no more processes than allowed${limits.processes ? "" : " (no pids controller in our cgroup)"}`,
  async () => {
    const script = "for i in {1..20}; do sleep 300 & done; wait";
    const end = await startShell(script, { limits: { processes: 8 } }).end;
    expect(end).toMatchObject({ stopped: false, survivors: [] });
    expect(end.leftBehind.length).toBeLessThan(8);
  },
);

test.skipIf(!limits.memory)(
  `a job uses no more memory than allowed${limits.memory ? "" : " (no memory controller in our cgroup)"}`,
  async () => {
    const script = "head -c 200M /dev/zero | tail | wc -c";
    const shell = startShell(script, { limits: { memoryBytes: 50_000_000 } });
    await shell.end;
    expect(shell.text()).not.toContain("209715200");
  },
);

test("a job whose limits cannot be enforced still runs, and the capabilities say so", async () => {
  const jobs = testJobs({ ceiling: { cgroup: false } });
  expect((await jobs.capabilities()).limits).toEqual({ processes: false, memory: false });
  const shell = startShell("echo ran", { limits: { processes: 1, memoryBytes: 1 } }, jobs);
  await shell.end;
  expect(shell.text()).toBe("ran\n");
});
