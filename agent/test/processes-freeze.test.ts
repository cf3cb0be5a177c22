/** A frozen job does nothing until it goes on, and ends as any other: by a stop of either kind, or with its server. */
import { expect, test } from "bun:test";
import { openShell, testJobs } from "./processes-bench";
import { readProcess } from "../server/processes/inspect/process-table";
import { until } from "./within";

const { proof } = await testJobs().capabilities();
const lack = proof === "supervisor and cgroup" ? "" : " (no cgroup of its own)";
const withCgroup = lack ? test.skip : test;

/** Processes that use the processor, one in a session of its own and one without a parent. */
const busy =
  "while :; do :; done & setsid bash -c 'while :; do :; done' & (setsid -f bash -c 'while :; do :; done'); echo ready; while :; do :; done";

/** The processor time of the whole job, in milliseconds. */
function used(shell: Awaited<ReturnType<typeof openShell>>): number {
  return shell.job.processes().reduce((sum, { cpuMs }) => sum + cpuMs, 0);
}

withCgroup(`a frozen job uses no processor until it goes on${lack}`, async () => {
  const shell = await openShell(busy);
  await shell.untilOutput(/ready/);
  await until(() => shell.job.processes().length === 4 && used(shell) > 50);
  expect(shell.job.freeze()).toBe(true);
  await until(() => shell.job.processes().every(({ pid }) => readProcess(pid)?.state !== "R"));
  const before = used(shell);
  const look = await openShell("sleep 0.2");
  await look.job.ended;
  expect(used(shell)).toBe(before);
  shell.job.thaw();
  await until(() => used(shell) > before + 50);
  expect(await shell.job.stop("hard")).toMatchObject({ survivors: [], proof: "proven" });
});

for (const how of ["polite", "hard"] as const)
  withCgroup(`a ${how} stop ends a frozen job, and what it starts meanwhile${lack}`, async () => {
    const shell = await openShell(
      "trap 'setsid sleep 300 & echo cleaned up; exit 7' TERM; sleep 300 & setsid sleep 300 & echo ready; while :; do wait; done",
    );
    await shell.untilOutput(/ready/);
    await until(() => shell.job.processes().length === 3);
    expect(shell.job.freeze()).toBe(true);
    const stopped = shell.job.stop(how);
    expect(shell.job.freeze()).toBe(false);
    const end = await stopped;
    expect(end).toMatchObject({ stopped: true, survivors: [], proof: "proven" });
    expect(shell.text().includes("cleaned up")).toBe(how === "polite");
  });

withCgroup(`an abort ends a frozen job${lack}`, async () => {
  const shell = await openShell("sleep 300 & echo ready; wait");
  await shell.untilOutput(/ready/);
  shell.job.freeze();
  shell.controller.abort();
  expect(await shell.job.ended).toMatchObject({ stopped: true, survivors: [], proof: "proven" });
});

test("without a cgroup nothing is frozen, and that is said", async () => {
  const jobs = testJobs({ ceiling: { cgroup: false } });
  const command = ["bash", "--norc", "-c", "echo ready; read line; echo got"];
  const shell = await openShell("", { command, stdinOpen: true }, jobs);
  await shell.untilOutput(/ready/);
  expect(shell.job.freeze()).toBe(false);
  shell.job.thaw();
  shell.job.write("\n");
  await shell.untilOutput(/got/);
  await shell.job.ended;
});
