/** Processes that survive a stop stay listed, and a second stop reports its own result. */
import { expect, test } from "bun:test";
import { apply } from "../shared/apply";
import type { BackgroundProcess, Stop } from "../shared/protocol";
import { isLiving } from "../shared/session-lookup";
import { BackgroundJob } from "../server/background/background-job";
import type { Job, JobEnd } from "../server/processes/jobs";
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

/** A fake job whose ends the test resolves: run as root, no real process survives a stop. */
function stubbornJob() {
  const ends = [Promise.withResolvers<JobEnd>(), Promise.withResolvers<JobEnd>()];
  let tries = 0;
  const job: Job = {
    id: "job",
    pid: 9,
    command: "stubborn",
    owner: { sessionId: "session", runId: "run", toolCallId: "call" },
    startedAt: 0,
    exited: Promise.resolve({ exitCode: null, signalName: null }),
    ended: ends[0]!.promise,
    stop: () => ends[tries++]!.promise,
    isConfined: false,
    processes: () => [],
    has: () => false,
    write: () => {},
    resize: () => {},
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
