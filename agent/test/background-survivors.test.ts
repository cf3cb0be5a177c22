/** Processes that survive a stop stay listed, and a second stop reports its own result. */
import { expect, test } from "bun:test";
import { apply } from "../shared/apply";
import {
  type BackgroundProcess,
  noUsage,
  type Receipt,
  type ReceiptToolCall,
  type Stop,
  type Survivor,
} from "../shared/protocol";
import { isLiving } from "../shared/session-lookup";
import { BackgroundJob } from "../server/background/background-job";
import { endSurvivors } from "../server/background/survivors";
import type { Job, JobEnd, Jobs } from "../server/processes/jobs";
import { identityOf } from "../server/processes/inspect/process-identity";
import type { LiveSession } from "../server/session/live-session";
import { isAlive } from "./machine-facts";
import { testJobs } from "./processes-bench";
import { ToolBench } from "./tools-bench";

const stop: Stop = { by: "user", from: "web", askedAt: 1 };
const survivor = { pid: 9, command: "stubborn", reason: "it runs as another user" };

test("a stop that leaves survivors reports them, and the next stop, which ends them, reports none", async () => {
  using bench = new ToolBench();
  const { job, ends } = stubbornJob();
  const record = process();
  const background = new BackgroundJob(job, record, `${bench.dataDir}/p1.log`, (event) =>
    apply(bench.session, { ...event, seq: bench.session.seq + 1 }),
  );
  const first = background.stop(stop);
  expect(record.state).toBe("stopping");
  ends[0]!.resolve(end({ survivors: [survivor] }));
  expect((await first).survivors).toEqual([survivor]);
  expect(record).toMatchObject({ state: "stopped", stop, survivors: [survivor] });
  expect(isLiving(record)).toBe(true);

  const second = background.stop(stop);
  ends[1]!.resolve(end({ ended: [survivor] }));
  expect((await second).survivors).toEqual([]);
  expect(record).toMatchObject({ state: "stopped", stop });
  expect(record.survivors).toBeUndefined();
  expect(isLiving(record)).toBe(false);
});

test("a process that exited before the stop took effect is reported done, not stopped", async () => {
  using bench = new ToolBench();
  const { job, ends } = stubbornJob();
  const record = process();
  const background = new BackgroundJob(job, record, `${bench.dataDir}/p1.log`, (event) =>
    apply(bench.session, { ...event, seq: bench.session.seq + 1 }),
  );
  const stopping = background.stop(stop);
  ends[0]!.resolve(end({ exitCode: 0, stopped: false }));
  await stopping;
  expect(record).toMatchObject({ state: "done", exitCode: 0 });
  expect(record.stop).toBeUndefined();
});

test("a survivor of an earlier server is killed by its identity, and is then one of the processes that ended", async () => {
  const orphan = Bun.spawn(["sleep", "300"]);
  const { survivors, processes, proof } = await tryAgain([survivorOf(orphan.pid)]);
  expect(survivors).toEqual([]);
  expect(processes).toMatchObject([{ pid: orphan.pid, endedMs: expect.any(Number) }]);
  expect(proof).toBe("seen");
  expect(isAlive(orphan.pid)).toBe(false);
});

test("a survivor that cannot be told from another process of its id is not killed, and stays named while one lives", async () => {
  const other = Bun.spawn(["sleep", "300"]);
  const { startedAt: _, ...older } = survivorOf(other.pid);
  const { survivors } = await tryAgain([older]);
  expect(survivors).toEqual([{ ...older, reason: expect.stringContaining("not known whether") }]);
  expect(isAlive(other.pid)).toBe(true);
  other.kill("SIGKILL");
  await other.exited;
  expect((await tryAgain([older])).survivors).toEqual([]);
});

test("a process that has a dead survivor's id is neither killed nor called a survivor", async () => {
  const other = Bun.spawn(["sleep", "300"]);
  const { survivors } = await tryAgain([{ ...survivorOf(other.pid), startedAt: "1" }]);
  expect(survivors).toEqual([]);
  expect(isAlive(other.pid)).toBe(true);
  other.kill("SIGKILL");
});

test("a survivor of another machine, in a backup that was restored here, is no process of this one", async () => {
  const other = Bun.spawn(["sleep", "300"]);
  const { survivors } = await tryAgain([{ ...survivorOf(other.pid), boot: "of another machine" }]);
  expect(survivors).toEqual([]);
  expect(isAlive(other.pid)).toBe(true);
  other.kill("SIGKILL");
});

test("what a survivor has started since is a survivor too, and the proof is the one of the new end", async () => {
  const { job, ends } = stubbornJob();
  const open = { ...job, has: (pid: number) => pid === survivor.pid };
  const child = { ...survivor, pid: 10, command: "its child" };
  ends[0]!.resolve(end({ survivors: [child], proof: "seen" }));
  const first = await tryAgain([survivor], [open]);
  expect(first).toMatchObject({ survivors: [child], processes: [{ pid: 9 }], proof: "seen" });
  ends[1]!.resolve(end({ ended: [child], proof: "proven" }));
  const second = await tryAgain([survivor], [open]);
  expect(second).toMatchObject({ survivors: [], proof: "proven" });
  expect(second.toolCalls.map(({ proof }) => proof)).toEqual(["proven", "proven"]);
});

test("a new end proves nothing of the run's other commands", async () => {
  const { job, ends } = stubbornJob();
  ends[0]!.resolve(end({ ended: [survivor], proof: "proven" }));
  const open = { ...job, has: (pid: number) => pid === survivor.pid };
  expect((await tryAgain([survivor], [open], "unseen")).proof).toBe("unseen");
});

function survivorOf(pid: number): Survivor {
  return { ...identityOf(pid), command: "sleep 300", reason: "it runs as another user" };
}

/** The receipt after another attempt; `other`: the proof of a command besides the one with the survivors. */
async function tryAgain(
  survivors: Survivor[],
  open: Job[] = [],
  other: Receipt["proof"] = "proven",
): Promise<Receipt> {
  using bench = new ToolBench();
  const calls = [{ id: "call", proof: "seen" }, other && { id: "other", proof: other }];
  const receipt: Receipt = {
    settledMs: 1,
    modelCalls: 1,
    modelCallsClosed: 0,
    toolCalls: calls as ReceiptToolCall[],
    processes: [],
    survivors,
    proof: other === "unseen" ? "unseen" : "seen",
    subagents: [],
    usage: noUsage,
  };
  const { session } = bench;
  session.runs.push({ id: "run", state: "settled", startedAt: 0, usage: noUsage, receipt });
  const emit = (event: object) => apply(session, { ...event, seq: session.seq + 1 } as never);
  const jobs: Jobs = { ...testJobs(), list: () => open };
  const answer = await endSurvivors({ session, emit } as unknown as LiveSession, "run", jobs);
  expect(session.runs[0]!.receipt).toEqual(answer);
  return answer!;
}

/** A fake job whose ends the test resolves: run as root, no real process survives a stop. */
function stubbornJob() {
  const ends = [Promise.withResolvers<JobEnd>(), Promise.withResolvers<JobEnd>()];
  let tries = 0;
  const job: Job = {
    id: "job",
    pid: 9,
    shownPid: 9,
    command: "stubborn",
    owner: { sessionId: "session", runId: "run", toolCallId: "call" },
    startedAt: 0,
    isDead: false,
    exited: Promise.resolve({ exitCode: null, signalName: null }),
    ended: ends[0]!.promise,
    stop: () => ends[tries++]!.promise,
    isConfined: false,
    isHelper: false,
    isEngine: false,
    isMcpServer: false,
    isLanguageServer: false,
    processes: () => [],
    observe: async () => {},
    noteOwn: () => [],
    commands: () => [],
    stopCommand: async () => undefined,
    has: () => false,
    write: () => true,
    closeInput: () => {},
    resize: () => {},
    canFreeze: false,
    freeze: () => false,
    limitHit: () => undefined,
    thaw: () => {},
  };
  return { job, ends };
}

function end(how: Partial<JobEnd>): JobEnd {
  return {
    exitCode: null,
    signalName: null,
    stopped: true,
    timedOut: false,
    ended: [],
    leftBehind: [],
    survivors: [],
    proof: "seen",
    outputHeld: false,
    ...how,
  };
}

function process(): BackgroundProcess {
  return {
    id: "p1",
    command: "stubborn",
    pid: 9,
    runId: "run",
    toolCallId: "call",
    startedAt: 0,
    pinned: false,
    state: "running",
  };
}
