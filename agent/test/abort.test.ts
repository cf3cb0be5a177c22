/** Every wait on an abort signal removes its listener when it ends: a run's signal outlives thousands of waits. */
import { describe, expect, test } from "bun:test";
import {
  abortable,
  link,
  neverAborts,
  Scopes,
  settledOrAborted,
  wait,
  within,
} from "../server/abort";
import { Approvals } from "../server/agent/approvals";
import { PauseGate } from "../server/agent/pause-gate";
import type { Stop } from "../shared/protocol";

const stop: Stop = { by: "user", from: "api", askedAt: 0 };
const never = new Promise<never>(() => {});

describe("no abort listener is left by", () => {
  const waits: Record<string, (signal: AbortSignal) => unknown> = {
    "a link that is disposed of": (signal) => {
      using _linked = link(signal);
    },
    "a scope that has ended": (signal) => {
      using _scope = new Scopes(neverAborts).open("call", signal);
    },
    "a scope that is stopped": (signal) => {
      const scopes = new Scopes(neverAborts);
      using scope = scopes.open("call", signal);
      void scopes.stop("call", stop);
      expect(scope.signal.reason).toBe(stop);
    },
    "a delay that has elapsed": (signal) => wait(1, signal),
    "an abortable promise that resolves": (signal) => abortable(Promise.resolve(), signal),
    "an abortable promise that rejects": (signal) =>
      abortable(Promise.reject(new Error("it failed")), signal).catch(() => {}),
    "a wait for a promise that resolves": (signal) => settledOrAborted(Promise.resolve(), signal),
    "a wait for a promise that rejects": (signal) =>
      settledOrAborted(Promise.reject(new Error("it failed")), signal),
    "a bounded wait for a promise that resolves": (signal) =>
      within(1_000_000, Promise.resolve(), signal),
    "a bounded wait that times out": (signal) => within(1, never, signal),
    "an approval that is answered": async (signal) => {
      const approvals = new Approvals();
      const reply = approvals.wait("approval", pendingCall, signal);
      approvals.reply("approval", { decision: "once", digest: "digest" });
      await reply;
    },
    "a model call that is closed": (signal) => {
      using _call = new PauseGate(() => {}).openModelCall(signal);
    },
    "a pause that is resumed": async (signal) => {
      const gate = new PauseGate(() => {});
      gate.close(stop, false);
      const passed = gate.pass(signal);
      gate.open();
      await passed;
    },
  };
  for (const [name, run] of Object.entries(waits))
    test(name, async () => {
      const { signal, listeners, count } = countingListeners();
      await run(signal);
      expect(count()).toBe(1);
      expect(listeners.size).toBe(0);
    });
});

describe("no listener is added to a signal that is already aborted by", () => {
  const waits: Record<string, (signal: AbortSignal) => unknown> = {
    "a link": (signal) => {
      using linked = link(signal);
      expect(linked.controller.signal.reason).toBe(stop);
    },
    "a delay": async (signal) => expect(await caught(wait(1_000_000, signal))).toBe(stop),
    "an abortable promise": async (signal) =>
      expect(await caught(abortable(never, signal))).toBe(stop),
    "a wait for a promise": (signal) => settledOrAborted(never, signal),
    "a bounded wait": (signal) => within(1_000_000, never, signal),
    "an approval": async (signal) => {
      const approvals = new Approvals();
      const reply = approvals.wait("approval", pendingCall, signal);
      expect(await caught(reply)).toBe(stop);
      expect(approvals.reply("approval", { decision: "once", digest: "digest" })).toBe("gone");
    },
  };
  for (const [name, run] of Object.entries(waits))
    test(name, async () => {
      const { signal, controller, count } = countingListeners();
      controller.abort(stop);
      await run(signal);
      expect(count()).toBe(0);
    });
});

/** A signal that exposes its current listeners and counts all that were ever added. */
function countingListeners() {
  const controller = new AbortController();
  const { signal } = controller;
  const listeners = new Set<unknown>();
  let added = 0;
  const add = signal.addEventListener.bind(signal) as EventTarget["addEventListener"];
  const remove = signal.removeEventListener.bind(signal) as EventTarget["removeEventListener"];
  signal.addEventListener = (...args: Parameters<EventTarget["addEventListener"]>) => {
    added++;
    listeners.add(args[1]);
    add(...args);
  };
  signal.removeEventListener = (...args: Parameters<EventTarget["removeEventListener"]>) => {
    listeners.delete(args[1]);
    remove(...args);
  };
  return { controller, signal, listeners, count: () => added };
}

function caught(promise: Promise<unknown>): Promise<unknown> {
  return promise.catch((error: unknown) => error);
}

const pendingCall = {
  sessionId: "s",
  digest: "digest",
  offered: 0,
  isPlan: false,
  isAllowed: () => false,
  keep: () => true,
};
