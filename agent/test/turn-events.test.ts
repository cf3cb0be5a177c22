/** Between an engine and the loop: nothing outside a turn, everything of it in order, and bounded. */
import { expect, test } from "bun:test";
import type { EngineEnd, EngineEvent } from "../server/engines/engine";
import { TurnEvents } from "../server/engines/turn-events";

const text = (delta: string, key = "t", agent?: string): EngineEvent => ({
  type: "text",
  key,
  delta,
  ...(agent !== undefined && { agent }),
});

async function read(turn: AsyncGenerator<EngineEvent, EngineEnd>) {
  const events: EngineEvent[] = [];
  for (;;) {
    const { done, value } = await turn.next();
    if (done) return { events, end: value };
    events.push(value);
  }
}

test("what comes outside a turn is dropped", async () => {
  const events = new TurnEvents();
  expect(events.push(text("early"))).toBe(false);
  events.end({ outcome: "done" });
  const turn = events.begin();
  expect(events.push(text("in it"))).toBe(true);
  events.end({ outcome: "done" });
  expect(events.push(text("late"))).toBe(false);
  events.end({ outcome: "interrupted" });
  expect(await read(turn)).toEqual({ events: [text("in it")], end: { outcome: "done" } });
  const next = events.begin();
  events.end({ outcome: "interrupted" });
  expect(await read(next)).toEqual({ events: [], end: { outcome: "interrupted" } });
});

test("a second turn cannot begin before the first has ended, and a reader that leaves ends it", async () => {
  const events = new TurnEvents();
  const turn = events.begin();
  expect(() => events.begin()).toThrow();
  events.push(text("one"));
  await turn.next();
  await turn.return({ outcome: "done" });
  expect(events.isOpen).toBe(false);
  expect(events.push(text("two"))).toBe(false);
});

test("a reader that keeps up gets each event as it comes", async () => {
  const events = new TurnEvents();
  const turn = events.begin();
  for (const delta of ["a", "b", "c"]) {
    const next = turn.next();
    events.push(text(delta));
    expect(await next).toEqual({ done: false, value: text(delta) });
  }
});

test("deltas that wait are joined, and no other event is passed over", async () => {
  const events = new TurnEvents();
  const turn = events.begin();
  const tool: EngineEvent = { type: "tool", key: "c", name: "bash", kind: "execute" };
  events.push(text("a"));
  events.push(text("x", "u", "sub"));
  events.push(text("b"));
  events.push(tool);
  events.push(text("c"));
  events.push({ type: "tool-output", key: "c", delta: "1" });
  events.push({ type: "tool-output", key: "c", delta: "2" });
  events.push(text("y", "u", "sub"));
  events.push({ type: "reasoning", key: "t", delta: "r" });
  events.push({ type: "plan", entries: [{ text: "old", state: "pending" }] });
  events.push({ type: "tool-output", key: "c", whole: "3" });
  events.push({ type: "tool-output", key: "c", delta: "4" });
  events.push({ type: "plan", entries: [{ text: "new", state: "pending" }] });
  events.end({ outcome: "done" });
  const got = await read(turn);
  expect(got.events).toEqual([
    text("ab"),
    text("xy", "u", "sub"),
    tool,
    text("c"),
    { type: "tool-output", key: "c", whole: "34" },
    { type: "reasoning", key: "t", delta: "r" },
    { type: "plan", entries: [{ text: "new", state: "pending" }] },
  ]);
});

test("a million deltas that nobody reads are one event", async () => {
  const events = new TurnEvents();
  const turn = events.begin();
  for (let count = 0; count < 1_000_000; count++) events.push(text("word "));
  events.end({ outcome: "done" });
  const got = await read(turn);
  expect(got.events).toHaveLength(1);
  expect(got.end).toEqual({ outcome: "done" });
});

const long = "x".repeat(1_000_000);
const asTool = (key: string, input: unknown): EngineEvent => ({
  type: "tool",
  key,
  name: "write",
  kind: "edit",
  input,
});

test.each<[what: string, event: (key: string) => EngineEvent, most: number]>([
  ["text", (key) => text(long, key), 34],
  ["inputs", (key) => asTool(key, { files: [{ content: long }] }), 34],
  ["names in inputs", (key) => asTool(key, { [long]: 1 }), 34],
  ["many inputs", (key) => asTool(key, Array(10_000).fill("x".repeat(100))), 34],
  ["titles", (key) => ({ type: "subagent", key, title: long }), 34],
  ["output at the end", (key) => ({ type: "tool-end", key, outcome: "done", output: long }), 34],
  ["events", (key) => ({ type: "tool-start", key }), 100_001],
])("an engine that writes more than can be kept fails its turn: %s", async (_, event, most) => {
  const events = new TurnEvents();
  const turn = events.begin();
  let count = 0;
  while (count <= most && events.push(event(String(count)))) count++;
  expect(count).toBeGreaterThan(most / 10);
  expect(count).toBeLessThanOrEqual(most);
  const { end } = await read(turn);
  expect(end).toMatchObject({ outcome: "failed", error: { code: "engine-flood" } });
});
