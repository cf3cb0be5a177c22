/** When a run of an engine counts as paused: it waits for Rein, and nothing of it is open at a model. */
import { expect, test } from "bun:test";
import { EngineHolds } from "../server/agent/engine-holds";
import { PauseGate } from "../server/agent/pause-gate";

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
