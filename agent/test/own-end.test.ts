/** Whose word counts of a run that others have settled while its node was away: the node's own, where it has more and works no longer. */
import { expect, test } from "bun:test";
import { type RunRecord, staysOwn } from "../server/cluster/own-end";

function record(text: string, run: object = { state: "running" }): RunRecord {
  const message = { id: "message", parts: [{ type: "text", id: "part", text }] };
  return { run, messages: [message] } as unknown as RunRecord;
}

const theirs = record("One", { state: "settled", stop: { by: "crash" }, endedAt: Date.now() });

test("what was written until the node died stays, and what it goes on with does not", () => {
  expect(staysOwn(record("One two"), theirs, false)).toBe(true);
  expect(staysOwn(record("One two"), theirs, true)).toBe(false);
  expect(staysOwn(record("One"), theirs, false)).toBe(false);
});

test("an end of before stays, and one that came after theirs does not", () => {
  const ended = (endedAt: number) => record("One", { state: "settled", outcome: "done", endedAt });
  const now = theirs.run.endedAt!;
  expect(staysOwn(ended(now - 1), theirs, false)).toBe(true);
  expect(staysOwn(ended(now - 1), theirs, true)).toBe(false);
  expect(staysOwn(ended(now + 1000), theirs, false)).toBe(false);
});
