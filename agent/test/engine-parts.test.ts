/** What an engine says in a turn, as parts of messages: each kind of event, and what it may not do to a session. */
import { expect, test } from "bun:test";
import type { EventBody, Part } from "../shared/protocol";
import { exportMarkdown } from "../server/session/export-markdown";
import { neverAborts } from "../server/abort";
import type { EngineEnd, EngineEvent } from "../server/engines/engine";
import { engineScene, type EngineSceneOptions } from "./engine-scene";
import { nextTurn } from "./within";

/** A turn that says this and is done. */
async function afterTurn(events: EngineEvent[], options: EngineSceneOptions = {}) {
  const scene = engineScene(async (turn) => {
    for (const event of events) turn.event(event);
    return { outcome: "done" };
  }, options);
  const end = await scene.run("Hi").ended;
  const [answer] = scene.answers();
  return { scene, end, answer: answer!, parts: answer!.parts };
}

const types = (parts: Part[]) => parts.map(({ type }) => type);

const call = (key: string, more: object = {}) =>
  ({ type: "tool", key, name: "bash", kind: "execute", ...more }) as const;

test("text and reasoning are parts in the order in which they come, and each ends with the next", async () => {
  const { parts, end, answer } = await afterTurn([
    { type: "reasoning", key: "r", delta: "Well" },
    { type: "reasoning", key: "r", delta: ", then" },
    { type: "text", key: "t", delta: "Hel" },
    { type: "text", key: "t", delta: "lo" },
    call("a", { input: { command: "ls" } }),
    { type: "text", key: "t", delta: " again" },
  ]);
  expect(end).toEqual({ outcome: "done" });
  expect(answer.outcome).toBe("done");
  expect(parts).toMatchObject([
    { type: "reasoning", text: "Well, then", endedAt: expect.any(Number) },
    { type: "text", text: "Hello" },
    { type: "tool-call" },
    { type: "text", text: " again" },
  ]);
});

test("a call is shown with what is known of it, and changed by what comes later", async () => {
  const { parts, scene } = await afterTurn([
    call("a", { title: "Terminal" }),
    call("a", { title: "ls -l", input: { command: "ls -l" } }),
    { type: "tool-start", key: "a" },
    { type: "tool-output", key: "a", delta: "one\n" },
    { type: "tool-output", key: "a", delta: "two\n" },
    { type: "tool-end", key: "a", outcome: "done", diff: "--- a\n+++ b\n" },
    { type: "tool-output", key: "a", delta: "late" },
    { type: "tool-end", key: "a", outcome: "failed" },
  ]);
  expect(parts).toMatchObject([
    {
      name: "bash",
      kind: "execute",
      title: "ls -l",
      input: { command: "ls -l" },
      state: "done",
      output: "one\ntwo\n",
      diff: "--- a\n+++ b\n",
      startedAt: expect.any(Number),
    },
  ]);
  expect(scene.events.filter(({ type }) => type === "tool-end")).toHaveLength(1);
});

test("output that grows is sent as what is new, and as a whole when it becomes another", async () => {
  const { parts, scene } = await afterTurn([
    call("a"),
    { type: "tool-output", key: "a", whole: "one" },
    { type: "tool-output", key: "a", whole: "one two" },
    { type: "tool-output", key: "a", whole: "three" },
    { type: "tool-end", key: "a", outcome: "failed", output: "three four", error: "exit 1" },
  ]);
  const told = scene.events.flatMap((event): string[] => {
    if (event.type === "part-delta") return [`+${event.delta}`];
    return event.type === "output-replace" ? [`=${event.output}`] : [];
  });
  expect(told).toEqual(["+one", "+ two", "=three", "+ four"]);
  expect(parts).toMatchObject([{ state: "failed", output: "three four", error: "exit 1" }]);
});

test.each(["delta", "whole"] as const)(
  "long output keeps its beginning and its end (%s)",
  async (way) => {
    const long = `first${"x".repeat(100_000)}last`;
    const { parts } = await afterTurn([
      call("a"),
      { type: "tool-output", key: "a", [way]: long } as unknown as EngineEvent,
      { type: "tool-end", key: "a", outcome: "done" },
    ]);
    const [{ output }] = parts as [{ output: string } & Part];
    expect(output.length).toBeLessThan(31_000);
    expect(output.startsWith("first")).toBe(true);
    expect(output.endsWith("last")).toBe(true);
    expect(output).toContain("70,009 characters left out here");
  },
);

test("a plan is one part, which changes", async () => {
  const { parts } = await afterTurn([
    { type: "plan", entries: [{ text: "Look", state: "in_progress" }] },
    { type: "text", key: "t", delta: "Hm." },
    { type: "plan", entries: [{ text: "Look", state: "completed" }] },
  ]);
  expect(parts).toMatchObject([
    { type: "plan", entries: [{ text: "Look", state: "completed" }] },
    { type: "text" },
  ]);
});

test("a plan is the session's to-do list too; once its run is over, what was under way is shown as stopped", async () => {
  const { scene } = await afterTurn([
    { type: "plan", entries: [{ text: "Look", state: "completed" }] },
    {
      type: "plan",
      entries: [
        { text: "Look", state: "completed" },
        { text: "Paint", state: "in_progress" },
      ],
    },
  ]);
  const { session } = scene;
  expect(session.todo?.entries.map(({ state }) => state)).toEqual(["completed", "in_progress"]);
  expect(exportMarkdown(session)).toContain("- [ ] Paint (in progress)");
  session.runs[0]!.state = "settled";
  expect(exportMarkdown(session)).toContain("- [x] Look\n- [ ] Paint (stopped)");
});

test("a notice is a part of its own, and usage and context end the message", async () => {
  const usage = { inputTokens: 10, outputTokens: 5, estimated: false };
  const { parts, answer, scene } = await afterTurn([
    { type: "notice", text: "The model was changed." },
    { type: "usage", usage },
    { type: "context", usedTokens: 15, windowTokens: 200 },
  ]);
  expect(parts).toMatchObject([{ type: "other", name: "notice", text: "The model was changed." }]);
  expect(answer.usage).toEqual(usage);
  expect(scene.session.context).toEqual({ usedTokens: 15, windowTokens: 200 });
});

const subagent: EngineEvent[] = [
  call("s", { name: "Agent", kind: "think" }),
  { type: "subagent", key: "s", title: "Look around", kind: "Explore" },
  { type: "text", key: "t", delta: "Looking", agent: "s" },
  call("inner", { agent: "s", input: { command: "ls" } }),
  { type: "tool-start", key: "inner" },
];

test("an engine's subagent is a card with messages of its own", async () => {
  const { parts } = await afterTurn([
    ...subagent,
    { type: "tool-end", key: "inner", outcome: "done" },
    { type: "text", key: "t2", delta: "Nested", agent: "inner" },
    { type: "subagent-end", key: "s", outcome: "done" },
    { type: "tool-end", key: "s", outcome: "done", output: "Nothing there" },
  ]);
  expect(parts).toMatchObject([
    {
      state: "done",
      output: "Nothing there",
      subagent: {
        title: "Look around",
        kind: "Explore",
        messages: [
          {
            outcome: "done",
            parts: [{ text: "Looking" }, { state: "done" }, { text: "Nested" }],
          },
        ],
      },
    },
  ]);
});

test("a subagent that goes on after its call has a card that goes on", async () => {
  const { scene } = await afterTurn([
    ...subagent,
    { type: "tool-end", key: "s", outcome: "done", output: "In the background" },
    { type: "text", key: "t3", delta: " on", agent: "s" },
    { type: "tool-end", key: "inner", outcome: "done" },
    { type: "subagent-end", key: "s", outcome: "done" },
  ]);
  const order = scene.events.flatMap(({ type }) =>
    type === "subagent-end" || type === "tool-end" ? type : [],
  );
  expect(order).toEqual(["tool-end", "subagent-end", "tool-end"]);
});

test("one subagent is stopped alone, and the turn goes on", async () => {
  const stopped = Promise.withResolvers<string>();
  const scene = engineScene(
    async (turn) => {
      for (const event of subagent) turn.event(event);
      const key = await stopped.promise;
      turn.event({ type: "subagent-end", key, outcome: "stopped" });
      turn.say("Then without it.");
      return { outcome: "done" };
    },
    {
      conversation: {
        stopSubagent: async (key) => {
          stopped.resolve(key);
          return true;
        },
      },
    },
  );
  const run = scene.run("Hi");
  await run.until(({ type }) => type === "tool-start");
  await run.until((event) => event.type === "part-start" && event.agentId !== undefined);
  const card = scene.calls()[0]!;
  const stop = { by: "user", from: "web", askedAt: 1 } as const;
  await scene.scopes.stop(card.id, stop);
  expect(await run.ended).toEqual({ outcome: "done" });
  expect(scene.calls()[0]).toMatchObject({
    state: "stopped",
    stop,
    subagent: { messages: [{ outcome: "stopped" }] },
  });
  expect(scene.answers()[0]!.outcome).toBe("done");
});

test("a subagent that its engine cannot stop says so, and offers nothing", async () => {
  const { scene, parts } = await afterTurn(
    [...subagent, { type: "subagent-end", key: "s", outcome: "done" }],
    { gives: { stopsSubagents: false } },
  );
  expect(parts).toMatchObject([{ subagent: { notStoppable: true } }]);
  expect(scene.scopes.stop(parts[0]!.id, { by: "user", from: "web", askedAt: 1 })).toBeUndefined();
});

test("what is open at a stop is marked, in subagents too", async () => {
  const scene = engineScene(async (turn) => {
    for (const event of subagent) turn.event(event);
    turn.event({ type: "tool-output", key: "inner", delta: "so far" });
    await turn.interrupted;
    return { outcome: "interrupted" };
  });
  const run = scene.run("Hi");
  await run.until((event) => event.type === "part-delta" && event.field === "output");
  run.stop();
  await run.ended;
  expect(scene.calls()).toMatchObject([
    {
      state: "stopped",
      subagent: {
        messages: [
          {
            outcome: "stopped",
            parts: [
              { type: "text" },
              { state: "stopped", output: "so far" },
              { type: "interruption" },
            ],
          },
        ],
      },
    },
  ]);
});

test("a call whose end is never told is not left running", async () => {
  const { parts } = await afterTurn([call("a"), { type: "tool-start", key: "a" }]);
  expect(parts).toMatchObject([{ state: "failed", error: "The engine did not say how it ended." }]);
});

test("a message that reaches a turn comes between two answers", async () => {
  const steered = Promise.withResolvers<string>();
  const scene = engineScene(
    async (turn) => {
      turn.say("First");
      turn.say(`Then ${await steered.promise}`, "second");
      return { outcome: "done" };
    },
    {
      gives: { steers: true },
      conversation: {
        steer: async (text) => {
          steered.resolve(text);
          return true;
        },
      },
    },
  );
  const run = scene.run("Hi");
  await run.until(({ type }) => type === "part-delta");
  scene.queue("blue");
  expect(await run.ended).toEqual({ outcome: "done" });
  expect(
    scene.session.messages.map(({ role, parts }) => [role, (parts[0] as { text: string }).text]),
  ).toEqual([
    ["user", "Hi"],
    ["assistant", "First"],
    ["user", "blue"],
    ["assistant", "Then blue"],
  ]);
  expect(scene.answers().map(({ outcome }) => outcome)).toEqual(["done", "done"]);
  expect(scene.log.filter((line) => line.startsWith("turn"))).toEqual(["turn Hi"]);
});

/** An engine that takes messages in its turn: `asked` resolves when it is given one, and `answer` says whether it takes it. */
function steered() {
  const asked = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<boolean>();
  const steer = () => {
    asked.resolve();
    return answer.promise;
  };
  const options: EngineSceneOptions = { gives: { steers: true }, conversation: { steer } };
  return { asked: asked.promise, answer: answer.resolve, options };
}

test("a message of which the engine says after the turn that it came too late is the next turn", async () => {
  const { asked, answer, options } = steered();
  const scene = engineScene(async (turn) => {
    turn.say("First");
    if (turn.text === "Hi") await asked;
    void nextTurn().then(() => answer(false));
    return { outcome: "done" };
  }, options);
  const run = scene.run("Hi");
  await run.until(({ type }) => type === "part-delta");
  scene.queue("blue");
  await run.ended;
  expect(scene.log.filter((line) => line.startsWith("turn"))).toEqual(["turn Hi", "turn blue"]);
});

test("a message that the engine has not taken when a stop comes is still queued", async () => {
  const { asked, answer, options } = steered();
  const scene = engineScene(async (turn) => {
    turn.say("First");
    await turn.interrupted;
    answer(false);
    return { outcome: "interrupted" };
  }, options);
  const run = scene.run("Hi");
  await run.until(({ type }) => type === "part-delta");
  scene.queue("blue");
  await asked;
  run.stop();
  await run.ended;
  expect(scene.queued).toMatchObject([{ text: "blue" }]);
  expect(scene.session.messages.map(({ role }) => role)).toEqual(["user", "assistant"]);
  await scene.conversations.close();
});

test("a stop after a message was taken, and before its answer, is shown after that message", async () => {
  const { asked, answer, options } = steered();
  const scene = engineScene(async (turn) => {
    turn.say("First");
    await turn.interrupted;
    return { outcome: "interrupted" };
  }, options);
  const run = scene.run("Hi");
  await run.until(({ type }) => type === "part-delta");
  scene.queue("blue");
  await asked;
  answer(true);
  await run.until((event) => event.type === "message-end");
  run.stop();
  await run.ended;
  expect(
    scene.session.messages.map(({ role, outcome, parts }) => [role, outcome, parts[0]?.type]),
  ).toEqual([
    ["user", "done", "text"],
    ["assistant", "done", "text"],
    ["user", "done", "text"],
    ["assistant", "stopped", "interruption"],
  ]);
  await scene.conversations.close();
});

test.each([
  ["that cannot be steered", {}],
  ["that says it was too late", { conversation: { steer: async () => false } }],
])("a queued message is the next turn of the same run for an engine %s", async (_name, options) => {
  const go = Promise.withResolvers<void>();
  const scene = engineScene(async (turn) => {
    turn.say("First");
    await go.promise;
    return { outcome: "done" };
  }, options);
  const run = scene.run("Hi");
  await run.until(({ type }) => type === "part-delta");
  scene.queue("blue");
  await nextTurn();
  go.resolve();
  await run.ended;
  expect(scene.log.filter((line) => line.startsWith("turn"))).toEqual(["turn Hi", "turn blue"]);
  expect(scene.session.messages.map(({ role }) => role)).toEqual([
    "user",
    "assistant",
    "user",
    "assistant",
  ]);
});

test.each<[string, EngineEvent]>([
  ["name", call("a", { name: "n".repeat(100_000) })],
  ["key", call("k".repeat(100_000))],
  ["title", call("a", { title: "t".repeat(100_000) })],
  ["input", call("a", { input: { content: "i".repeat(3_000_000) } })],
  ["notice", { type: "notice", text: "n".repeat(100_000) }],
  [
    "plan",
    {
      type: "plan",
      entries: Array.from({ length: 5_000 }, () => ({ text: "p".repeat(5_000), state: "pending" })),
    },
  ],
])("a long %s is cut", async (_name, event) => {
  const { answer } = await afterTurn([event]);
  expect(JSON.stringify(answer).length).toBeLessThan(60_000);
});

test.each<[string, EngineEvent[]]>([
  [
    "parts",
    Array.from({ length: 2_001 }, (_, key) => ({ type: "text", key: `${key}`, delta: "x" })),
  ],
  ["calls at once", Array.from({ length: 201 }, (_, key) => call(`${key}`))],
  [
    "changes",
    Array.from({ length: 30 }, (_, at) =>
      call("a", { input: { content: `${at}${"x".repeat(1_900_000)}` } }),
    ),
  ],
])("a turn with too many %s fails, and its engine is ended", async (_name, events) => {
  const { end, scene } = await afterTurn(events);
  expect(end).toMatchObject({ outcome: "failed", error: { code: "engine-flood" } });
  expect(scene.log).toContain("kill hard");
  expect(types(scene.answers()[0]!.parts).length).toBeLessThanOrEqual(2_000);
});

test("numbers that cannot be are none", async () => {
  const usage = { inputTokens: Number.NaN, outputTokens: -5, estimated: false, costUsd: Infinity };
  const { answer } = await afterTurn([
    { type: "usage", usage },
    { type: "context", usedTokens: 1e30 },
  ]);
  expect(answer.usage).toBeUndefined();
});

test("a turn that its engine ended by itself has failed, and says so", async () => {
  const scene = engineScene(async () => ({ outcome: "interrupted" }));
  expect(await scene.run("Hi").ended).toMatchObject({
    outcome: "failed",
    error: { code: "engine-interrupted" },
  });
});

test("an engine that cannot be opened fails the run in its own words", async () => {
  const scene = engineScene(async () => ({ outcome: "done" }), {
    onOpen: () => {
      throw new Error("No such program.");
    },
  });
  const end = await scene.run("Hi").ended;
  expect(end.error?.message).toBe("Scripted could not be started: No such program.");
  const answer = scene.answers()[0]!;
  expect(answer.outcome).toBe("failed");
  const isEnd = ({ type }: EventBody) => type === "message-end";
  expect(scene.events.filter(isEnd)).toHaveLength(1);
});

test("a question comes after all that was said before it, however much that is", async () => {
  const pieces = Array.from({ length: 20 }, (_, at) => `t${at}`);
  const scene = engineScene(async (turn) => {
    for (const key of pieces) turn.say(key, key);
    const access = { kind: "command", command: "ls" } as const;
    await turn.ask({ key: "a", name: "bash", kind: "execute", access }, neverAborts);
    turn.say("After");
    turn.event({ type: "tool-end", key: "a", outcome: "done" });
    return { outcome: "done" };
  });
  await scene.run("Hi").ended;
  expect(types(scene.answers()[0]!.parts)).toEqual([
    ...pieces.map(() => "text" as const),
    "tool-call",
    "text",
  ]);
});

test("a run that sums up is the engine's own summary, and fails where it has none", async () => {
  const compact = async function* (): AsyncGenerator<EngineEvent, EngineEnd> {
    yield { type: "notice", text: "Summed up." };
    return { outcome: "done" };
  };
  const request = { sumsUp: true } as const;
  const own = await afterTurn([], { request, conversation: { compact } });
  expect(own.end).toEqual({ outcome: "done" });
  expect(own.parts).toMatchObject([{ type: "other", text: "Summed up." }]);
  expect(own.scene.log.some((line) => line.startsWith("turn"))).toBe(false);
  const none = await afterTurn([], { request });
  expect(none.end).toMatchObject({ outcome: "failed", error: { code: "engine-summary" } });
});
