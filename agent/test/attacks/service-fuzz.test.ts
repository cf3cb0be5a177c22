/**
 * Answers with seeded faults, over HTTP, on each wire: the server lives, every run settles, the next message works, and
 * the next server opens the sessions.
 */
import { expect, test } from "bun:test";
import * as fc from "fast-check";
import { http } from "../upstream/raw-upstream";
import { reasoning, text, toolCall, usage } from "../upstream/script";
import { serviceScene, spoken, wireNames } from "./service-scene";

const isFull = process.env.REIN_TRIES === "full";
const scene = serviceScene();
const sessions = new Set<string>();

/** What stands in the place of a value in an event's JSON. */
const value = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom(null, -1, 1e308, "", "\ud800", "\u0000\u202e", [], {}, [null], true),
);

/** One fault in one frame: a value replaced, a key removed, the frame repeated, dropped, moved, or cut. */
const fault = fc.record({
  at: fc.nat(1000),
  place: fc.nat(1000),
  kind: fc.constantFrom("value", "value", "value", "key", "twice", "drop", "last", "cut", "bytes"),
  value,
});

test.each(wireNames)("on the wire of %s", async (wire) => {
  const whole = spoken(
    wire,
    reasoning("Let me ", "look."),
    text("One ", "two."),
    toolCall("glob", { pattern: "*.none" }),
    usage(10, 5),
  );
  const frames = whole.split(/(?<=\n\n)/);
  await fc.assert(
    fc.asyncProperty(fc.array(fault, { minLength: 1, maxLength: 3 }), async (faults) => {
      const body = faults.reduce(breakFrames, frames).join("");
      const chat = scene.ask(wire, http(Buffer.from(body)));
      // A failure that may be passed is tried again: a person stops that here.
      const event = await chat.until(({ type }) => type === "retry-start" || type === "run-end");
      if (event.type === "retry-start") await scene.rein.stop(chat.sessionId);
      await chat.ended;
      const run = chat.session.runs.at(-1)!;
      expect(run.state).toBe("settled");
      expect(run.error?.code).not.toBe("internal");
      sessions.add(chat.sessionId);
      expect(await scene.next(wire, chat)).toBe("Still here.");
    }),
    { numRuns: isFull ? 1000 : 25, seed: 10, endOnFailure: !isFull },
  );
});

test("the next server opens every session", async () => {
  await scene.restart();
  for (const id of sessions) expect((await scene.rein.session(id)).id).toBe(id);
  expect(scene.rein.output()).not.toContain("damaged");
});

type Fault = typeof fault extends fc.Arbitrary<infer One> ? One : never;

function breakFrames(frames: string[], { at, place, kind, value: other }: Fault): string[] {
  const index = at % Math.max(1, frames.length);
  const frame = frames[index] ?? "";
  const others = frames.toSpliced(index, 1);
  if (kind === "drop") return others;
  if (kind === "last") return [...others, frame];
  if (kind === "twice") return frames.toSpliced(index, 0, frame);
  if (kind === "cut") return frames.toSpliced(index, 1, frame.slice(0, place % (frame.length + 1)));
  if (kind === "bytes")
    return frames.toSpliced(index, 1, `${frame.slice(0, 8)}\u0000\ufffd\r${frame}`);
  return frames.toSpliced(index, 1, mutated(frame, place, kind === "key" ? undefined : other));
}

function mutated(frame: string, place: number, other: unknown): string {
  const data = /data: (.*)/.exec(frame)?.[1];
  if (data === undefined || data === "[DONE]" || !data.startsWith("{")) return frame;
  try {
    const root: unknown = JSON.parse(data);
    const places = placesIn(root);
    const { holder, key } = places[place % places.length]!;
    if (other === undefined) Reflect.deleteProperty(holder, key);
    else Reflect.set(holder, key, other);
    return frame.replace(data, () => JSON.stringify(root));
  } catch {
    // An earlier fault has cut it.
    return frame;
  }
}

function placesIn(value: unknown): { holder: object; key: string }[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, one]) => [{ holder: value, key }, ...placesIn(one)]);
}
