/** An end claims proof only when the kernel has confirmed that no process is left. */
import { expect, test } from "bun:test";
import { ShownProcesses } from "../server/processes/inspect/shown-processes";
import { terminate } from "../server/processes/terminate";
import type { ProcessGroup } from "../server/processes/process-group";
import { startSupervised } from "../server/processes/linux/supervised";
import type { JobRequest } from "../server/processes/jobs";
import { isRunning, openShell, testJobs } from "./processes-bench";

// From here on orphans are this process's children, as they are the server's.
await testJobs().capabilities();

test("a stop without a supervisor claims no proof, though it has killed everything", async () => {
  const jobs = testJobs({ ceiling: { supervisor: "none" } });
  const shell = await openShell("echo ready; sleep 300", {}, jobs);
  await shell.untilOutput(/ready/);
  expect(await shell.job.stop("polite")).toMatchObject({ survivors: [], proof: "seen" });
  expect(isRunning(shell.job.pid)).toBe(false);
});

test("a job without a supervisor that ends by itself claims no proof", async () => {
  const jobs = testJobs({ ceiling: { supervisor: "none" } });
  const shell = await openShell("exit 3", {}, jobs);
  expect(await shell.job.ended).toMatchObject({ exitCode: 3, survivors: [], proof: "seen" });
});

test("a stop whose processes are not confirmed dead in time claims no proof", async () => {
  const never = new Promise<never>(() => {});
  const group: ProcessGroup = {
    pid: process.pid,
    exited: never,
    gone: never,
    output: [],
    members: () => [],
    kill: () => {},
    write: () => {},
    resize: () => {},
  };
  const end = await terminate(group, {
    graceMs: 0,
    hardStop: never,
    sandboxPid: undefined,
    shown: new ShownProcesses({ command: ["bash"] }),
    killTimeoutMs: 20,
  });
  expect(end).toEqual({ ended: [], survivors: [], proof: "seen" });
});

test("a supervisor that exits with 0 before its last report proves nothing, and its job is killed", async () => {
  const group = await startSupervised(request("sleep 300"), {
    program: supervisor('echo "pid $!" >&3; read -r -u 3'),
    cgroup: undefined,
  });
  expect(isRunning(group.pid)).toBe(true);
  group.kill();
  expect(await group.gone).toBe("seen");
  expect(isRunning(group.pid)).toBe(false);
  expect(await group.exited).toEqual({ exitCode: null, signalName: "SIGKILL" });
});

test("a supervisor that exits with 0 after its last report is the proof", async () => {
  const group = await startSupervised(request("exit 3"), {
    program: supervisor('echo "pid $!" >&3; wait $!; echo "exit $?" >&3'),
    cgroup: undefined,
  });
  expect(await group.gone).toBe("proven");
  expect(await group.exited).toEqual({ exitCode: 3, signalName: null });
});

function request(script: string): JobRequest {
  const command = ["bash", "-c", script];
  return { command, cwd: "/", owner: { sessionId: "session" }, onOutput: () => {} };
}

/** A supervisor that starts the command in a session of its own, and then runs this script. It ignores its first four arguments. */
function supervisor(script: string): string[] {
  return ["bash", "-c", `shift 4; setsid "$@" 3>&- & ${script}`, "supervisor"];
}
