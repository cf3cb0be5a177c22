/** While very many answers are open, what has come at once of one part is one event with the same text; nothing is held back. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mergedDeltas } from "../server/providers/merged-deltas";
import type { ModelEvent } from "../server/providers/provider";
import { ReadingPace } from "../server/providers/reading-pace";

const delta = (key: string, text: string) =>
  ({ type: "part-delta", key, delta: text }) as unknown as ModelEvent;

async function* of(...events: (ModelEvent | Error | Promise<unknown>)[]) {
  for (const event of events) {
    if (event instanceof Error) throw event;
    if (event instanceof Promise) await event;
    else yield event;
  }
}

async function read(answer: AsyncIterable<ModelEvent>): Promise<unknown[]> {
  const got: unknown[] = [];
  for await (const event of mergedDeltas(answer)) got.push(event);
  return got;
}

test("where few are open each event stays as it is", async () => {
  const events = [delta("a", "1"), delta("a", "2")];
  expect(await read(of(...events))).toEqual(events);
});

describe("where very many are open,", () => {
  let paces: ReadingPace[] = [];
  beforeEach(() => {
    paces = Array.from({ length: 500 }, () => new ReadingPace(undefined));
  });
  afterEach(() => {
    for (const pace of paces) pace.end();
  });

  test("deltas of one part are one, and those of another begin anew, in their order", async () => {
    const events = [delta("a", "1"), delta("a", "2"), delta("b", "3"), delta("a", "4")];
    expect(await read(of(...events))).toEqual([delta("a", "12"), delta("b", "3"), delta("a", "4")]);
  });

  test("none waits for one that has not come yet", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const merged = mergedDeltas(of(delta("a", "1"), promise, delta("a", "2")));
    expect((await merged.next()).value).toEqual(delta("a", "1"));
    resolve();
    expect((await merged.next()).value).toEqual(delta("a", "2"));
    expect((await merged.next()).done).toBe(true);
  });

  test("a failure comes after the text before it", async () => {
    const merged = mergedDeltas(of(delta("a", "1"), delta("a", "2"), new Error("It broke.")));
    expect((await merged.next()).value).toEqual(delta("a", "12"));
    expect(merged.next()).rejects.toThrow("It broke.");
  });

  test("who reads no further ends the answer", async () => {
    let ended = false;
    async function* answer() {
      try {
        yield delta("a", "1");
        yield delta("b", "2");
      } finally {
        ended = true;
      }
    }
    for await (const _ of mergedDeltas(answer())) break;
    expect(ended).toBe(true);
  });
});
