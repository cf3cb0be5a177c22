/** Answers are read one after the other without a pause, unless very many are open; and more seldom while the loop is late. */
import { afterEach, expect, test } from "bun:test";
import { neverAborts } from "../server/abort";
import { ReadingPace, readingGapMs } from "../server/providers/reading-pace";

let paces: ReadingPace[] = [];
const open = (count: number, signal: AbortSignal) =>
  (paces = Array.from({ length: count }, () => new ReadingPace(signal)));
afterEach(() => {
  for (const pace of paces) pace.end();
});

test("few open answers are read whenever something has come", () => {
  const [pace] = open(50, neverAborts);
  expect(readingGapMs()).toBe(0);
  for (let read = 0; read < 3; read++) expect(pace!.next()).toBeUndefined();
});

test("of very many each is read again only after the gap, and an end or an abort wakes what waits", async () => {
  const abort = new AbortController();
  const [ended, aborted] = open(1200, abort.signal);
  expect(readingGapMs()).toBeGreaterThanOrEqual(200);
  for (const pace of [ended!, aborted!]) expect(pace.next()).toBeUndefined();
  const begun = performance.now();
  const waits = [ended!.next(), aborted!.next()];
  expect(waits.every((wait) => wait !== undefined)).toBe(true);
  ended!.end();
  await waits[0];
  abort.abort();
  await waits[1];
  expect(performance.now() - begun).toBeLessThan(200);
  expect(readingGapMs()).toBe(0);
});

test("while the loop is late the gap grows, and it shrinks when the loop is free", async () => {
  const all = open(400, neverAborts);
  const least = (400 * 1000) / 4500;
  /** Each is read, and waits to be read again; meanwhile the loop is blocked for so long. */
  const readAll = async (blockMs: number) => {
    await Promise.all(all.map(async (pace) => pace.next()));
    const due = Promise.all(all.map(async (pace) => pace.next()));
    const until = performance.now() + blockMs;
    while (performance.now() < until);
    await due;
  };
  for (let round = 0; round < 10 && readingGapMs() <= 2 * least; round++) await readAll(400);
  const busy = readingGapMs();
  expect(busy).toBeGreaterThan(2 * least);
  expect(busy).toBeLessThanOrEqual(5 * least);
  for (let round = 0; round < 60 && readingGapMs() >= busy; round++) await readAll(0);
  expect(readingGapMs()).toBeLessThan(busy);
}, 60_000);
