/** So much is under way at once, and what hangs keeps nothing else from its turn. */
import { expect, test } from "bun:test";
import { neverAborts } from "../server/abort";
import { Turns } from "../server/turns";
import { nextTurn, until } from "./within";

const most = 16;

/** So many that read, and one that waits: whether it has its turn. */
async function startReads(turns: Turns) {
  const reading = [];
  for (let index = 0; index < most; index++) reading.push(await turns.take(neverAborts));
  const state = { hasTurn: false };
  const waiting = turns.take(neverAborts).then((end) => {
    state.hasTurn = true;
    return end;
  });
  return { reading, waiting, state };
}

test("one that waits has its turn when another has read, and not before", async () => {
  const { reading, waiting, state } = await startReads(new Turns({ atOnce: most, mostMs: 60_000 }));
  await nextTurn();
  expect(state.hasTurn).toBe(false);
  reading[0]!();
  await waiting;
});

test("reads that hang keep others waiting for a while only", async () => {
  const turns = new Turns({ atOnce: most, mostMs: 30 });
  const { reading, state } = await startReads(turns);
  await until(() => state.hasTurn, "the one that waits has its turn");
  for (const end of reading) end();
});

test("a read that is ended twice gives one turn", async () => {
  const turns = new Turns({ atOnce: most, mostMs: 60_000 });
  const { reading, waiting } = await startReads(turns);
  for (const end of [...reading, ...reading]) end();
  (await waiting)();
  const next = await startReads(turns);
  await nextTurn();
  expect(next.state.hasTurn).toBe(false);
  next.reading[0]!();
  await next.waiting;
});

test("who has least under way is next, however many of another wait", async () => {
  const turns = new Turns({ atOnce: 2, mostMs: 60_000 });
  const [first, second] = [
    await turns.take(neverAborts, "eve"),
    await turns.take(neverAborts, "eve"),
  ];
  const begun: string[] = [];
  const waiting = ["eve", "eve", "anna"].map(async (by) => {
    const end = await turns.take(neverAborts, by);
    begun.push(by);
    return end;
  });
  first();
  await until(() => begun.length === 1, "one has its turn");
  expect(begun).toEqual(["anna"]);
  second();
  for (const one of waiting) (await one)();
});

test("who asks in the moment in which a turn is given to another waits as well, and no more go on from then on", async () => {
  const turns = new Turns({ atOnce: 1, mostMs: 60_000 });
  const begun: string[] = [];
  const take = (name: string) =>
    turns.take(neverAborts).then((end) => {
      begun.push(name);
      return end;
    });
  const first = await take("first");
  const all = [take("second")];
  first();
  all.push(take("third"), take("fourth"));
  for (const [index, one] of all.entries()) {
    const end = await one;
    await nextTurn();
    expect(begun).toEqual(["first", "second", "third", "fourth"].slice(0, index + 2));
    end();
  }
});

test("a turn that is given to one that gives up in that moment goes to the next", async () => {
  const turns = new Turns({ atOnce: 1, mostMs: 60_000 });
  for (let steps = 0; steps < 12; steps++) {
    const first = await turns.take(neverAborts);
    const giving = new AbortController();
    const given = turns.take(giving.signal).then(
      (end) => end(),
      () => undefined,
    );
    const next = turns.take(neverAborts);
    first();
    for (let step = 0; step < steps; step++) await Promise.resolve();
    giving.abort();
    await given;
    (await next)();
  }
});

test("a turn that ends when one has just given up goes to the next", async () => {
  const turns = new Turns({ atOnce: 1, mostMs: 60_000 });
  const first = await turns.take(neverAborts);
  const giving = new AbortController();
  const given = turns.take(giving.signal).catch(() => undefined);
  const next = turns.take(neverAborts);
  giving.abort();
  first();
  await given;
  (await next)();
});
