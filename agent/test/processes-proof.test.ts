/** An end claims proof only when the kernel has confirmed that no process is left. */
import { expect, test } from "bun:test";
import { accessSync, constants, mkdirSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import { neverAborts } from "../server/abort";
import { OpenJob } from "../server/processes/job";
import type { ProcessGroup } from "../server/processes/process-group";
import { isDead, readProcess } from "../server/processes/inspect/process-table";
import { ControlPipe } from "../server/processes/linux/control-pipe";
import { markNextProcess, markOf } from "../server/processes/linux/inherited-mark";
import { OrphanOwner } from "../server/processes/linux/orphans";
import { startSupervised } from "../server/processes/linux/supervised";
import { untilGone } from "../server/processes/linux/supervisor-end";
import type { JobRequest } from "../server/processes/jobs";
import { noteSpawned } from "../server/processes/spawn";
import { commandOf, pidsWith } from "./machine-facts";
import { isRunning, openShell, testJobs } from "./processes-bench";
import { until } from "./within";

/** Of cgroup v1, where root may use them. */
const freezers = "/sys/fs/cgroup/freezer";

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

const never = new Promise<never>(() => {});
/** A group of which nothing is ever heard. */
const silent: ProcessGroup = {
  pid: process.pid,
  exited: never,
  gone: never,
  output: [{ ended: never, cancel: () => never }],
  members: () => [],
  kill: () => {},
  write: () => true,
  closeInput: () => {},
  resize: () => {},
};

test("a stop of a job of which nothing is ever heard ends, claims no proof, and knows no exit", async () => {
  const times = { graceMs: 0, killTimeoutMs: 20 };
  const job = new OpenJob("silent", request(""), silent, times, neverAborts);
  const unknown = { exitCode: null, signalName: null, survivors: [], proof: "seen" };
  expect(await job.stop("polite")).toMatchObject({ ...unknown, outputHeld: true });
  expect(await job.stop("hard")).toMatchObject(unknown);
  expect(await job.exited).toEqual({ exitCode: null, signalName: null });
  expect(job.isOver).toBe(true);
});

test("a stop and a list end in time though a look finds dead processes without end", async () => {
  const endless: ProcessGroup = {
    ...silent,
    output: [],
    *members() {
      for (;;) yield undefined;
    },
  };
  const times = { graceMs: 20, killTimeoutMs: 20 };
  const job = new OpenJob("endless", request(""), endless, times, neverAborts);
  expect(job.processes()).toEqual([]);
  const before = performance.now();
  expect(await job.stop("polite")).toMatchObject({ survivors: [], proof: "seen" });
  expect(performance.now() - before).toBeLessThan(1000);
});

test("an end of which nothing can be looked at is unseen, though the rest of it seems proven", async () => {
  const blind: ProcessGroup = {
    ...silent,
    output: [],
    gone: Promise.resolve("proven"),
    members() {
      throw new Error("too many open files");
    },
  };
  const times = { graceMs: 20, killTimeoutMs: 20 };
  const job = new OpenJob("blind", request(""), blind, times, neverAborts);
  const stopped = job.stop("polite");
  expect(await stopped).toMatchObject({ stopped: true, survivors: [], proof: "unseen" });
});

test("a job ends with a stop though its supervisor neither kills nor exits", async () => {
  const group = await start("sleep 300", 'echo "pid $!" >&3; exec sleep 300');
  group.kill();
  expect(await Promise.race([group.gone, Bun.sleep(10_000)])).toBe("seen");
  expect([group.pid, group.supervisor!].filter(isRunning)).toEqual([]);
});

test("a start whose supervisor reports nothing is a job once it is stopped, and its processes are seen and killed", async () => {
  const controller = new AbortController();
  const sleep = `sleep 300.${crypto.getRandomValues(new Uint32Array(1))[0]}`;
  const program = ["bash", "-c", `setsid bash -c '${sleep}; :' & while :; do kill -STOP $$; done`];
  const starting = startSupervised(request(""), { program, cgroup: undefined }, controller.signal);
  // Itself, its shell, and what would be the supervisor; before it is itself it is another of its shell.
  const isItself = (pid: number) => commandOf(pid).trim() === sleep;
  await until(() => pidsWith(sleep).length === 3 && pidsWith(sleep).some(isItself));
  controller.abort("stopped");
  const times = { graceMs: 0, killTimeoutMs: 1500 };
  const job = new OpenJob("held", request(""), await starting, times, controller.signal);
  const end = await job.ended;
  expect(end).toMatchObject({ stopped: true, survivors: [] });
  expect(end.ended.map(({ command }) => command)).toContain(sleep);
  expect(pidsWith(sleep)).toEqual([]);
});

test("a start whose supervisor has neither reported nor started anything ends with the abort of its signal", async () => {
  const controller = new AbortController();
  const cookie = crypto.randomUUID();
  const program = ["bash", "-c", `: ${cookie}; while :; do :; done`];
  const starting = startSupervised(
    request(""),
    { program, cgroup: undefined },
    controller.signal,
  ).catch((error: unknown) => error);
  await until(() => pidsWith(cookie).length === 1);
  controller.abort("stopped");
  expect(await starting).toBe("stopped");
});

test.skipIf(!isFreezable())(
  "a start goes on though its supervisor was frozen before its report",
  async () => {
    const freezer = join(freezers, crypto.randomUUID());
    mkdirSync(freezer);
    using _ = { [Symbol.dispose]: () => rmdirSync(freezer) };
    const freeze = `echo $$ >${freezer}/tasks; echo FROZEN >${freezer}/freezer.state`;
    const group = await start("sleep 300", `${freeze}; echo "pid $!" >&3; read -r -u 3`);
    expect(isRunning(group.pid)).toBe(true);
    group.kill();
    await group.gone;
    expect(isRunning(group.pid)).toBe(false);
  },
);

test("a kill goes on though the system lets nothing be looked at", async () => {
  let kills = 0;
  const cgroup = {
    path: "",
    kill: () => void kills++,
    freeze: () => false,
    limitHit: () => undefined,
    pids: () => {
      throw new Error("too many open files");
    },
    remove: () => Promise.resolve(),
  };
  const program = ["bash", "-c", 'sleep 300 & echo "pid $!" >&3; exec sleep 300'];
  const group = await startSupervised(request(""), { program, cgroup }, neverAborts);
  group.kill();
  await until(() => kills > 10);
  process.kill(group.supervisor!, "SIGKILL");
  await group.gone;
  expect(isRunning(group.pid)).toBe(false);
});

test("a supervisor that exits with 0 before its last word proves nothing, and its job is killed", async () => {
  const group = await start("sleep 300", 'echo "pid $!" >&3; read -r -u 3');
  expect(isRunning(group.pid)).toBe(true);
  group.kill();
  expect(await group.gone).toBe("seen");
  expect(isRunning(group.pid)).toBe(false);
  expect(await group.exited).toMatchObject({ exitCode: null });
});

test("a supervisor that exits with 0 after the command's exit and without its last word proves nothing", async () => {
  const group = await start("exit 3", 'echo "pid $!" >&3; wait $!; echo "exit $?" >&3');
  expect(await group.gone).toBe("seen");
  expect(await group.exited).toEqual({ exitCode: 3, signalName: null });
});

test("the last word of a supervisor is not believed while a process of its job lives: it is killed", async () => {
  const group = await start("sleep 300", 'echo "pid $!" >&3; echo "exit 0" >&3; echo done >&3');
  expect(await group.gone).toBe("seen");
  expect(isRunning(group.pid)).toBe(false);
});

test("a supervisor that exits with 0 after its last word is the proof", async () => {
  const group = await start(
    "exit 3",
    'echo "pid $!" >&3; wait $!; echo "exit $?" >&3; echo done >&3',
  );
  expect(await group.gone).toBe("proven");
  expect(await group.exited).toEqual({ exitCode: 3, signalName: null });
});

test("a control pipe that is flooded is closed", async () => {
  using flooding = controlPipeOf("head -c 1000000 /dev/zero >&3; exec sleep 30");
  const ended = flooding.pipe.ended.then(() => "closed");
  expect(await Promise.race([ended, Bun.sleep(10_000)])).toBe("closed");
});

test("a control pipe that another process than the job's holds open does not keep the job from ending", async () => {
  using held = controlPipeOf("exec sleep 30");
  const child = noteSpawned(Bun.spawn(["false"]));
  const orphanOwner = new OrphanOwner(child, undefined);
  const rest = { cgroup: undefined, isLost: false, killingMs: 0 };
  const gone = untilGone({ child, orphanOwner, pipe: held.pipe, ...rest });
  expect(await Promise.race([gone, Bun.sleep(10_000)])).toBe("seen");
  expect(held.isRunning()).toBe(true);
});

/** What supervisors do: one says its true last word when it is told to end; one a false word at SIGUSR1; one nothing. */
const honest = 'echo "pid $!" >&3; wait $!; echo "exit $?" >&3; read -r -u 3; echo done >&3';
const forging = `trap 'echo "exit 0" >&3; echo done >&3; exit 0' USR1; echo "pid $!" >&3; wait`;
const silently = 'echo "pid $!" >&3; exec sleep 300';

test("a job is proven though another one loses its supervisor at the same moment", async () => {
  const one = await start("exit 3", honest);
  const other = await start("sleep 300", silently);
  await one.exited;
  atOnce([one, () => one.kill()], [other, "SIGKILL"]);
  expect(await one.gone).toBe("proven");
  expect(await other.gone).toBe("seen");
  expect(isRunning(other.pid)).toBe(false);
});

test("a false last word is not believed though another job loses its supervisor at the same moment", async () => {
  const one = await start("sleep 300", forging);
  const other = await start("sleep 300", silently);
  atOnce([one, "SIGUSR1"], [other, "SIGKILL"]);
  expect(await Promise.all([one.gone, other.gone])).toEqual(["seen", "seen"]);
  expect([one.pid, other.pid].filter(isRunning)).toEqual([]);
});

test("a false last word is not believed though the job's process has the mark of another one", async () => {
  const other = await start("sleep 300", silently);
  const mark = markOf(other.pid)!.job;
  const one = await start(`ulimit -S -x ${mark}; exec sleep 300`, forging);
  await until(() => markOf(one.pid)?.job === mark);
  atOnce([one, "SIGUSR1"]);
  expect(await one.gone).toBe("seen");
  expect([one.pid, other.pid].filter(isRunning)).toEqual([other.pid]);
  atOnce([other, "SIGKILL"]);
  expect(await other.gone).toBe("seen");
});

test("the orphans of a job are killed by its own end alone, and by any other's once it has ended", async () => {
  const [one, other] = [await orphan(), await orphan()];
  const unmarked = await orphan("ulimit -S -x 5");
  unmarked.owner.settle();
  await one.owner.kill();
  expect([one, other, unmarked].map(({ pid }) => isRunning(pid))).toEqual([false, true, false]);
  const waiting = one.owner.hasNone();
  other.owner.settle();
  expect(await waiting).toBe(false);
  await one.owner.kill();
  expect(isRunning(other.pid)).toBe(false);
});

/** The control pipe to a process that is of no job. */
function controlPipeOf(script: string) {
  const stdio = ["ignore", "ignore", "ignore", "pipe"] as const;
  const child = noteSpawned(Bun.spawn(["bash", "-c", script], { stdio: [...stdio] }));
  return {
    pipe: new ControlPipe(child.stdio[3] as unknown as number),
    isRunning: () => isRunning(child.pid),
    [Symbol.dispose]: () => child.kill("SIGKILL"),
  };
}

function isFreezable(): boolean {
  try {
    accessSync(freezers, constants.W_OK);
    return process.getuid?.() === 0;
  } catch {
    return false;
  }
}

/** A process that has lost its parent, the supervisor of a job. */
async function orphan(first = ":"): Promise<{ pid: number; owner: OrphanOwner }> {
  const mark = markNextProcess(crypto.randomUUID());
  const script = `${first}; setsid sleep 60 >/dev/null 2>&1 & echo $!`;
  const supervisor = noteSpawned(Bun.spawn(["bash", "-c", script], { stdout: "pipe" }));
  const owner = new OrphanOwner(supervisor, mark);
  const pid = Number(await new Response(supervisor.stdout).text());
  await supervisor.exited;
  await until(() => readProcess(pid)?.session === pid);
  return { pid, owner };
}

/** This process learns of the exits of all these supervisors together, whatever the machine does meanwhile. */
function atOnce(...ends: [ProcessGroup, NodeJS.Signals | (() => void)][]): void {
  for (const [{ supervisor }, end] of ends)
    if (typeof end === "string") process.kill(supervisor!, end);
    else end();
  while (ends.some(([{ supervisor }]) => !isDead(readProcess(supervisor!)))) Bun.sleepSync(1);
}

/** Starts this script under a supervisor that starts it in a session of its own, and then runs the other one. */
function start(script: string, supervisor: string): Promise<ProcessGroup> {
  // It ignores its first four arguments.
  const program = ["bash", "-c", `shift 4; setsid "$@" 3>&- & ${supervisor}`, "supervisor"];
  const mark = markNextProcess(crypto.randomUUID());
  return startSupervised(request(script), { program, cgroup: undefined, mark }, neverAborts);
}

function request(script: string): JobRequest {
  const command = ["bash", "-c", script];
  return { command, cwd: "/", owner: { sessionId: "session" }, onOutput: () => {} };
}
