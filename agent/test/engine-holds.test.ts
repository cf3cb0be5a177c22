/** When a run of an engine counts as paused: it waits for Rein, and nothing of it is open at a model. */
import { expect, test } from "bun:test";
import { EngineHolds } from "../server/agent/engine-holds";
import { PauseGate } from "../server/agent/pause-gate";
import type { LimitWatch } from "../server/run/limit-watch";
import { RunPauses } from "../server/run/run-pauses";
import type { LiveSession } from "../server/session/live-session";
import { apply } from "../shared/apply";
import type { EventBody, Session } from "../shared/protocol";

const reason = { by: "pause", from: "web", askedAt: 1 } as const;

test("any number of waits is one halt, and a request that is open is none", () => {
  let halts = 0;
  const gate = new PauseGate(() => halts++);
  const holds = new EngineHolds(gate);
  gate.close(reason, false);
  const request = holds.request();
  const first = holds.idle();
  const second = holds.idle();
  expect(gate.isHalted).toBe(false);
  request[Symbol.dispose]();
  expect(gate.isHalted).toBe(true);
  expect(halts).toBe(1);
  first[Symbol.dispose]();
  expect(gate.isHalted).toBe(true);
  second[Symbol.dispose]();
  expect(gate.isHalted).toBe(false);
});

test("a further pause is offered only while there is something that it would freeze", () => {
  const session = { seq: 0, runs: [{ id: "run" }] } as Session;
  const emit = (event: EventBody) => apply(session, { ...event, seq: session.seq + 1 });
  const live = { session, emit } as unknown as LiveSession;
  const limits = { clearTimers() {}, check() {} } as LimitWatch;
  const pauses = new RunPauses(live, "run", limits, new AbortController().signal);
  const holds = new EngineHolds(pauses.gate);
  using _model = holds.request();
  using _job = holds.freezable({ freeze: () => true, thaw() {} }, () => {});
  const asked = { from: "web", askedAt: 1 } as const;
  expect(pauses.pause(asked, false)).toEqual({ ...asked, state: "pausing", atOnce: true });
  // An answer goes on beside what is frozen.
  expect(pauses.pause(asked, true)).toEqual({ ...asked, state: "pausing" });
  expect(session.runs[0]!.pause).toEqual({ ...asked, state: "pausing" });
});

test("what waits at the pause gate goes on when it opens, and when its signal aborts", async () => {
  const gate = new PauseGate(() => {});
  const holds = new EngineHolds(gate);
  gate.close(reason, false);
  const never = new AbortController().signal;
  const passed = holds.pass(never);
  const stopper = new AbortController();
  const stopped = holds.pass(stopper.signal);
  stopper.abort();
  await stopped;
  expect(gate.isHalted).toBe(true);
  gate.open();
  await passed;
  expect(gate.isHalted).toBe(false);
});
