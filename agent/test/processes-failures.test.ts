/** A failing disk or system call only costs a line in the log: jobs still run, end, and can be stopped. */
import { afterEach, beforeEach, expect, type Mock, spyOn, test } from "bun:test";
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { neverAborts } from "../server/abort";
import { log } from "../server/log";
import { createJobs } from "../server/processes/create-jobs";
import { startSupervised } from "../server/processes/linux/supervised";
import { isRunning, openShell, testJobs } from "./processes-bench";
import { until } from "./within";

let dataDir: string;
let logged: Mock<typeof log.error>;
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), "rein-failures-"));
  logged = spyOn(log, "error").mockImplementation(() => {});
});
afterEach(() => {
  expect(logged).toHaveBeenCalled();
  logged.mockRestore();
  rmSync(dataDir, { recursive: true, force: true });
});

// From here on orphans are this process's children, as they are the server's.
await testJobs().capabilities();

const ledger = () => join(dataDir, "jobs");

test("a job whose ledger entry cannot be removed ends, and is no longer listed", async () => {
  const jobs = createJobs({ dataDir });
  const shell = await openShell("sleep 300", {}, jobs);
  const [entry] = readdirSync(ledger());
  rmSync(join(ledger(), entry!));
  mkdirSync(join(ledger(), entry!)); // unlinking fails where a directory exists
  expect(await shell.job.stop("polite")).toMatchObject({ stopped: true, proof: "proven" });
  await until(() => jobs.list().length === 0);
  const next = await openShell("exit 3", {}, jobs);
  expect(await next.job.ended).toMatchObject({ exitCode: 3 });
});

test("a job whose ledger entry cannot be written runs, and can be stopped", async () => {
  const jobs = createJobs({ dataDir });
  await jobs.capabilities();
  rmSync(ledger(), { recursive: true });
  const shell = await openShell("echo ready; sleep 300", {}, jobs);
  await shell.untilOutput(/ready/);
  expect(jobs.list()).toHaveLength(1);
  expect(await shell.job.stop("polite")).toMatchObject({ stopped: true, survivors: [] });
});

test("a ledger entry that cannot be processed does not keep the server from starting", async () => {
  mkdirSync(join(ledger(), `${crypto.randomUUID()}.jsonl`), { recursive: true });
  const shell = await openShell("exit 3", {}, createJobs({ dataDir }));
  expect(await shell.job.ended).toMatchObject({ exitCode: 3 });
});

test("an output receiver that throws neither ends the server nor leaves the stop without an answer", async () => {
  const failing = {
    onOutput: () => {
      throw new Error("the receiver is broken");
    },
  };
  const shell = await openShell("echo lost; echo lost >&2; sleep 300", failing);
  await until(() => logged.mock.calls.length === 2);
  expect(await shell.job.stop("polite")).toMatchObject({ stopped: true, survivors: [] });
});

test("a job whose cgroup cannot be killed or removed still reports its end", async () => {
  const refuse = () => {
    throw new Error("the system refuses");
  };
  // An empty path: the supervisor itself has no cgroup here.
  const cgroup = {
    path: "",
    pids: () => [],
    kill: refuse,
    freeze: () => false,
    limitHit: () => undefined,
    remove: async () => refuse(),
  };
  const group = await startSupervised(
    request("sleep 300"),
    { program: lyingSupervisor, cgroup },
    neverAborts,
  );
  group.kill();
  expect(await group.gone).toBe("seen");
  expect(isRunning(group.pid)).toBe(false);
});

const request = (script: string) => ({
  command: ["bash", "-c", script],
  cwd: "/",
  owner: { sessionId: "session" },
  onOutput: () => {},
});

/** Reports the command's start, and exits with 0 while the command runs. */
const lyingSupervisor = [
  "bash",
  "-c",
  'shift 3; setsid "$@" 3>&- & echo "pid $!" >&3; read -r -u 3',
  "supervisor",
];
