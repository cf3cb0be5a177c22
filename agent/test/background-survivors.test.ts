/** What a stop could not end stays in sight, and another try says what came of it. */
import { expect, test } from "bun:test";
import { apply, isLiving } from "../shared/apply";
import type { BackgroundProcess, Stop } from "../shared/protocol";
import { BackgroundJob } from "../server/background/background-job";
import type { Job, JobEnd } from "../server/processes/jobs";
import { ToolBench } from "./tools-bench";

const stop: Stop = { by: "user", from: "web", askedAt: 1 };
const survivor = { pid: 9, command: "stubborn", reason: "it runs as another user" };

test("a stop that leaves survivors is told with them, and the next one without", async () => {
  using bench = new ToolBench();
  const { job, ends } = stubbornJob();
  const record = process();
  const kept = new BackgroundJob(job, record, `${bench.dataDir}/p1.log`, (event) =>
    apply(bench.session, { ...event, seq: bench.session.seq + 1 }),
  );
  const first = kept.stop(stop);
  expect(record.state).toBe("stopping");
  ends[0]!.resolve(end({ survivors: [survivor] }));
  expect((await first).survivors).toEqual([survivor]);
  expect(record).toMatchObject({ state: "stopped", stop, survivors: [survivor] });
  expect(isLiving(record)).toBe(true);

  const second = kept.stop(stop);
  ends[1]!.resolve(end({ ended: [survivor] }));
  expect((await second).survivors).toEqual([]);
  expect(record).toMatchObject({ state: "stopped", stop });
  expect(record.survivors).toBeUndefined();
  expect(isLiving(record)).toBe(false);
});

test("a process that had ended by itself when the stop came is not called stopped", async () => {
  using bench = new ToolBench();
  const { job, ends } = stubbornJob();
  const record = process();
  const kept = new BackgroundJob(job, record, `${bench.dataDir}/p1.log`, (event) =>
    apply(bench.session, { ...event, seq: bench.session.seq + 1 }),
  );
  const stopping = kept.stop(stop);
  ends[0]!.resolve(end({ exitCode: 0, stopped: false }));
  await stopping;
  expect(record).toMatchObject({ state: "done", exitCode: 0 });
  expect(record.stop).toBeUndefined();
});

/** The system lets root end everything, so this one job is played: its ends are the test's. */
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
    processes: () => [],
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
    proven: false,
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
