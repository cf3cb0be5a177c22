/** A stop of an engine: in its order, whatever the engine says or does not say, and nothing after it is applied. */
import { describe, expect, test } from "bun:test";
import type { EventBody, StopBy } from "../shared/protocol";
import { abortable, neverAborts } from "../server/abort";
import { ModelWaits, type RequestWait } from "../server/agent/model-waits";
import type { EngineEnd, EngineQuestion } from "../server/engines/engine";
import { engineScene, type Script } from "./engine-scene";
import { stopped } from "./provider-wires";
import { until, nextTurn } from "./within";

const isText = (event: EventBody) => event.type === "part-delta";

const untilInterrupted: Script = async (turn) => {
  turn.say("Hello");
  await turn.interrupted;
  return { outcome: "interrupted" };
};

const untilKilled: Script = async (turn) => {
  turn.say("Hello");
  await turn.killed;
  return { outcome: "done" };
};

test("the engine is interrupted, is idle, its job ends, and only then does the run", async () => {
  const scene = engineScene(untilInterrupted);
  const run = scene.run("Hi");
  await run.until(isText);
  run.stop();
  expect(await run.ended).toEqual({ outcome: "stopped" });
  expect(scene.log).toEqual([
    "open new",
    "keep conversation-1",
    "turn Hi",
    "stop",
    "interrupt",
    "kill hard",
    "dead",
    "end",
  ]);
  expect(scene.answers()[0]).toMatchObject({
    outcome: "stopped",
    parts: [{ type: "text", text: "Hello" }, { type: "interruption" }],
  });
  expect(scene.reports).toMatchObject([{ id: "scripted", waited: "idle", connection: "engine" }]);
  expect(scene.jobEnds).toHaveLength(1);
});

test("an engine that does not answer the interrupt is killed after a second", async () => {
  const scene = engineScene(untilKilled);
  const run = scene.run("Hi");
  await run.until(isText);
  run.stop();
  const began = performance.now();
  expect(await run.ended).toEqual({ outcome: "stopped" });
  expect(performance.now() - began).toBeGreaterThanOrEqual(990);
  expect(scene.reports[0]).toMatchObject({ waited: "time" });
  expect(scene.reports[0]).not.toHaveProperty("idleMs");
});

test("a second press kills at once, without a word of the engine", async () => {
  const scene = engineScene(untilKilled);
  const run = scene.run("Hi");
  await run.until(isText);
  run.stop();
  run.stopHard();
  await run.ended;
  expect(scene.reports[0]).toMatchObject({ waited: "nothing" });
});

test("the run is not over before the job's end is proven, though the engine is idle", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const scene = engineScene(untilInterrupted, { onKill: () => promise });
  const run = scene.run("Hi");
  await run.until(isText);
  run.stop();
  await until(() => scene.log.includes("kill hard"));
  await nextTurn();
  expect(scene.log).not.toContain("end");
  resolve();
  await run.ended;
  expect(scene.log.slice(-2)).toEqual(["dead", "end"]);
});

test("an engine that says done after the stop was stopped", async () => {
  const scene = engineScene(async (turn) => {
    turn.say("Hello");
    await turn.interrupted;
    return { outcome: "done" };
  });
  const run = scene.run("Hi");
  await run.until(isText);
  run.stop();
  expect(await run.ended).toEqual({ outcome: "stopped" });
});

test("an engine that calls its stop a failure was stopped", async () => {
  const scene = engineScene(async (turn) => {
    turn.say("Hello");
    await turn.interrupted;
    return { outcome: "failed", error: { code: "x", message: "aborted_streaming" } };
  });
  const run = scene.run("Hi");
  await run.until(isText);
  run.stop();
  expect(await run.ended).toEqual({ outcome: "stopped" });
});

test("what it says until it is idle is applied, and nothing after its end is", async () => {
  const scene = engineScene(async (turn) => {
    turn.event({ type: "tool", key: "a", name: "bash", kind: "execute", input: { command: "ls" } });
    turn.event({ type: "tool-start", key: "a" });
    await turn.interrupted;
    turn.event({ type: "tool-output", key: "a", delta: "so far" });
    await turn.killed;
    turn.event({ type: "tool-output", key: "a", delta: " and more" });
    turn.event({ type: "tool-end", key: "a", outcome: "done" });
    turn.say("All done.");
    return { outcome: "done" };
  });
  const run = scene.run("Hi");
  await run.until(({ type }) => type === "tool-start");
  run.stop();
  await run.until(isText);
  run.stopHard();
  await run.ended;
  await nextTurn();
  expect(scene.calls()).toMatchObject([{ state: "stopped", output: "so far" }]);
  expect(scene.answers()[0]!.parts.map(({ type }) => type)).toEqual(["tool-call", "interruption"]);
});

test("a call that fails by the stop was stopped, one that is done was done, and both keep their output", async () => {
  const scene = engineScene(async (turn) => {
    for (const key of ["a", "b"]) {
      turn.event({ type: "tool", key, name: "bash", kind: "execute", input: {} });
      turn.event({ type: "tool-start", key });
      turn.event({ type: "tool-output", key, delta: "so far" });
    }
    await turn.interrupted;
    turn.event({ type: "tool-end", key: "a", outcome: "failed", output: "It was denied." });
    turn.event({ type: "tool-end", key: "b", outcome: "done", output: "so far and done" });
    return { outcome: "interrupted" };
  });
  const run = scene.run("Hi");
  await run.until(() => scene.calls().filter(({ output }) => output !== "").length === 2);
  run.stop();
  await run.ended;
  expect(scene.calls()).toMatchObject([
    { state: "stopped", output: "so far", stop: { by: "user" } },
    { state: "done", output: "so far and done" },
  ]);
  expect(scene.calls()[0]).not.toHaveProperty("error");
});

const question: EngineQuestion = {
  key: "a",
  name: "bash",
  kind: "execute",
  input: { command: "make" },
  access: { kind: "command", command: "make" },
};

test("a question is answered cancelled before the engine is interrupted", async () => {
  const scene = engineScene(async (turn) => {
    const answer = await turn.ask(question, neverAborts);
    expect(answer).toEqual({ allow: false, cancelled: true });
    turn.event({ type: "tool-start", key: "a" });
    turn.event({ type: "tool-output", key: "a", whole: "It was denied." });
    await turn.interrupted;
    return { outcome: "interrupted" };
  });
  scene.session.permissions = "ask";
  const run = scene.run("Hi");
  await run.until(({ type }) => type === "approval-request");
  run.stop();
  await run.ended;
  expect(scene.log.slice(scene.log.indexOf("stop"))).toEqual([
    "stop",
    "answer cancelled",
    "interrupt",
    "kill hard",
    "dead",
    "end",
  ]);
  const [call] = scene.calls();
  expect(call).toMatchObject({ state: "stopped", output: "", approval: { subject: "make" } });
  expect(call).not.toHaveProperty("startedAt");
});

test("a process that dies in the middle of a turn fails the run, and is asked for its end", async () => {
  const scene = engineScene(async (turn) => {
    turn.say("Hello");
    turn.die();
    await new Promise(() => {});
    return { outcome: "done" };
  });
  const end = await scene.run("Hi").ended;
  const message =
    "Scripted has ended in the middle of its answer. Your next message starts it again.";
  expect(end).toEqual({ outcome: "failed", error: { code: "engine-ended", message } });
  expect(scene.jobEnds).toHaveLength(1);
  expect(scene.answers()[0]).toMatchObject({ outcome: "failed" });
});

test("a stop while the engine is being opened ends that, and no turn is sent", async () => {
  const scene = engineScene(untilInterrupted, {
    onOpen: (_request, signal) =>
      new Promise((_resolve, reject) =>
        signal.addEventListener("abort", () => reject(signal.reason)),
      ),
  });
  const run = scene.run("Hi");
  await until(() => scene.log.includes("open new"));
  run.stop();
  expect(await run.ended).toEqual({ outcome: "stopped" });
  expect(scene.log).toEqual(["open new", "stop", "end"]);
  // It had no process yet: the receipt has nothing to say of it.
  expect([scene.jobEnds, scene.reports]).toEqual([[], []]);
  await scene.conversations.close();
});

test("after a stop the conversation is opened ahead by its name, and the next message shares it", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const scene = engineScene(untilInterrupted, {
    onOpen: ({ conversationId }) => (conversationId ? promise : undefined),
  });
  const run = scene.run("Hi");
  await run.until(isText);
  run.stop();
  await run.ended;
  await until(() => scene.log.includes("open conversation-1"));
  const next = scene.run("And now?");
  resolve();
  await until(() => scene.log.includes("turn And now?"));
  expect(scene.log.filter((line) => line.startsWith("open"))).toEqual([
    "open new",
    "open conversation-1",
  ]);
  next.stop();
  await next.ended;
  await scene.conversations.close();
});

describe("a conversation is opened ahead of the next message, which adds to its history,", () => {
  /** Whether it was, after a stop by this of a turn that then ended so. */
  async function isOpenedAhead(by: StopBy, end: EngineEnd): Promise<boolean> {
    let amendments = 0;
    const amend = async () => ++amendments > 0;
    const script: Script = async (turn) => {
      if (turn.text === "Next") return { outcome: "done" };
      turn.say("Hello");
      await turn.interrupted;
      return end;
    };
    const scene = engineScene(script, { conversation: { amend } });
    const run = scene.run("Hi");
    await run.until(isText);
    run.stop(by);
    expect(await run.ended).toEqual({ outcome: "stopped" });
    expect(await scene.run("Next").ended).toEqual({ outcome: "done" });
    await scene.conversations.close();
    return amendments > 0;
  }

  test("after a person's stop, and after no other: nobody may come back", async () => {
    const end = { outcome: "interrupted" } as const;
    expect(await isOpenedAhead("user", end)).toBe(true);
    for (const by of ["timeout", "budget", "disconnect", "shutdown"] as const)
      expect(await isOpenedAhead(by, end)).toBe(false);
  });

  test("unless it has failed by a fault of its own", async () => {
    const failed = (code: string): EngineEnd => ({
      outcome: "failed",
      error: { code, message: "It wrote too much." },
    });
    expect(await isOpenedAhead("user", failed("engine-wire"))).toBe(false);
    expect(await isOpenedAhead("user", failed("aborted"))).toBe(true);
  });
});

test("a stop between two turns of a run has the end of the engine's job in the receipt once", async () => {
  let endLeft = async () => {};
  const adapting = Promise.withResolvers<void>();
  const setModel = () => {
    adapting.resolve();
    return new Promise<void>(() => {});
  };
  const scene = engineScene(async () => ({ outcome: "done" }), {
    conversation: { setModel },
    request: { leave: (end) => (endLeft = end) },
  });
  scene.queued.push({ id: "q", text: "And then?", createdAt: 0, waitsFor: "turn" });
  const run = scene.run("Hi");
  await run.until((event) => event.type === "message-end");
  scene.session.model = "other";
  await adapting.promise;
  run.stop();
  await run.ended;
  await endLeft();
  await scene.conversations.close();
  expect(scene.jobEnds).toHaveLength(1);
});

test("the name of the conversation is kept before the message goes out", async () => {
  const scene = engineScene(async () => ({ outcome: "done" }));
  await scene.run("Hi").ended;
  expect(scene.log.slice(0, 3)).toEqual(["open new", "keep conversation-1", "turn Hi"]);
});

/** Short waits for the engine's word, and how many of them are open: without one it cannot stall. */
class CountedWaits extends ModelWaits {
  open = 0;
  readonly stalls: (number | undefined)[];

  constructor() {
    const stalls: (number | undefined)[] = [];
    super({ stallMs: () => 5, onStall: (since) => stalls.push(since), onConnecting() {} });
    this.stalls = stalls;
  }

  override request(again?: () => void): RequestWait {
    const wait = super.request(again);
    this.open++;
    const end = () => {
      this.open--;
      wait[Symbol.dispose]();
    };
    return { ...wait, [Symbol.dispose]: end };
  }
}

test("an engine that is silent by its own log-in has stalled, but not while a call runs, and cannot be asked again", async () => {
  const waits = new CountedWaits();
  const { stalls } = waits;
  const begun = Promise.withResolvers<void>();
  const scene = engineScene(
    async (turn) => {
      turn.event({ type: "tool", key: "a", name: "bash", kind: "execute", input: {} });
      turn.event({ type: "tool-start", key: "a" });
      await begun.promise;
      turn.event({ type: "tool-end", key: "a", outcome: "done" });
      await turn.interrupted;
      return { outcome: "interrupted" };
    },
    { request: { waits } },
  );
  const run = scene.run("Hi");
  await run.until(({ type }) => type === "tool-start");
  await nextTurn();
  expect(waits.open).toBe(0);
  begun.resolve();
  await until(() => stalls.at(-1) !== undefined);
  expect(waits.askAgain()).toBe(false);
  run.stop();
  await run.ended;
  expect(stalls.at(-1)).toBeUndefined();
});

test("an engine that a pause has frozen is not silent, and a stop thaws it before its interrupt", async () => {
  const waits = new CountedWaits();
  const { stalls } = waits;
  const order: string[] = [];
  const job = {
    canFreeze: true,
    noteOwn: () => [],
    observe: async () => {},
    freeze: () => order.push("frozen") > 0,
    thaw: () => void order.push("thawed"),
  };
  const scene = engineScene(
    async (turn) => {
      turn.say("Hello");
      await turn.interrupted;
      order.push("interrupted");
      return { outcome: "interrupted" };
    },
    { request: { waits }, job },
  );
  const run = scene.run("Hi");
  await run.until(isText);
  await until(() => stalls.length > 0);
  scene.pauseGate.close({ by: "pause", from: "web", askedAt: 1 }, true);
  expect(scene.pauseGate.isHalted).toBe(true);
  expect(stalls.at(-1)).toBeUndefined();
  expect(waits.open).toBe(0);
  run.stop();
  scene.pauseGate.open();
  await run.ended;
  expect(order).toEqual(["frozen", "thawed", "interrupted"]);
  expect(stalls.at(-1)).toBeUndefined();
});

test("an engine that waits for a person's answer by its own log-in has not stalled", async () => {
  const waits = new CountedWaits();
  const said = Promise.withResolvers<void>();
  const scene = engineScene(
    async (turn) => {
      turn.say("Hello");
      await said.promise;
      await turn.ask(question, neverAborts);
      await turn.interrupted;
      return { outcome: "interrupted" };
    },
    { request: { waits } },
  );
  scene.session.permissions = "ask";
  const run = scene.run("Hi");
  await run.until(isText);
  await until(() => waits.open === 1);
  said.resolve();
  await run.until(({ type }) => type === "approval-request");
  await nextTurn();
  expect(waits.open).toBe(0);
  run.stop();
  await run.ended;
});

test("a subagent that an engine does not stop is left after some seconds, and whoever waits is answered", async () => {
  const scene = engineScene(
    async (turn) => {
      turn.event({ type: "subagent", key: "s", title: "Look around" });
      await turn.interrupted;
      return { outcome: "interrupted" };
    },
    { conversation: { stopSubagent: () => new Promise(() => {}) } },
  );
  const run = scene.run("Hi");
  await run.until(({ type }) => type === "subagent-start");
  await scene.scopes.stop(scene.calls()[0]!.id, { ...stopped, askedAt: Date.now() });
  await run.until((event) => JSON.stringify(event).includes("could not stop “Look around” alone"));
  run.stop();
  await run.ended;
});

test("what an engine starts after a question that comes first is not its own", async () => {
  const scene = engineScene(async (turn) => {
    await turn.ask(question, neverAborts);
    return { outcome: "done" };
  });
  await scene.run("Hi").ended;
  const { id, cwd, model } = scene.session;
  const setting = { key: id, sessionId: id, engine: scene.engine, cwd, model };
  const open = await scene.conversations.take(setting, new AbortController().signal);
  expect(open.hasCalled).toBe(true);
  await scene.conversations.close();
});

test("what was opened for a message that a stop kept from being sent is ended with the server", async () => {
  const opened = Promise.withResolvers<void>();
  const readyToWrite = (signal: AbortSignal) => {
    opened.resolve();
    return abortable(new Promise<never>(() => {}), signal);
  };
  const scene = engineScene(async () => ({ outcome: "done" }), { request: { readyToWrite } });
  const run = scene.run("Hello");
  await opened.promise;
  run.stop();
  expect(await run.ended).toEqual({ outcome: "stopped" });
  await scene.conversations.close();
  expect(scene.log).toEqual(["open new", "stop", "end", "kill hard", "dead"]);
});
