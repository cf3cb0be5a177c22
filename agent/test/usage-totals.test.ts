/** The usage of a day's runs: the sum by the database equals the sum over all sessions. */
import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { join } from "node:path";
import * as fc from "fast-check";
import { readTotalsOfOthers, totalsOfOthers } from "../server/run/usage-totals";
import { SessionRegistry } from "../server/session/session-registry";
import { Store } from "../server/store/store";
import { type Message, noUsage, type Run, type ToolCallPart, type Usage } from "../shared/protocol";
import { emptySession } from "./long-session";
import { temporaryDirectory } from "./temporary-directory";

const hourMs = 3_600_000;
const midnight = new Date(2026, 5, 15).getTime();
const now = midnight + 12 * hourMs;

const anyUsage: fc.Arbitrary<Usage> = fc.record(
  {
    inputTokens: fc.nat(1_000_000),
    outputTokens: fc.nat(100_000),
    estimated: fc.boolean(),
    costUsd: fc.double({ min: 0, max: 50, noNaN: true }),
    unpricedTokens: fc.nat(1_000_000),
  },
  { requiredKeys: ["inputTokens", "outputTokens", "estimated"] },
);

/** The usage of one run: begun yesterday or today, paused earlier or still paused, with and without subagents. */
const anyRun = fc.record({
  startedAt: fc.integer({ min: midnight - 2 * hourMs, max: now }),
  tookMs: fc.nat(hourMs),
  heldMs: fc.option(fc.nat(hourMs / 2), { nil: undefined }),
  isHeld: fc.boolean(),
  usage: anyUsage,
  /** One number for each answer: the number of answers of its subagent; 0 is an answer without a subagent. */
  answers: fc.array(fc.nat(3), { maxLength: 4 }),
});
const anySession = fc.record({
  runs: fc.array(anyRun, { minLength: 1, maxLength: 4 }),
  isSettled: fc.boolean(),
});

test("the total usage of any sessions is the sum of each, whether they are live and unsaved or only on disk", () => {
  fc.assert(
    fc.property(fc.array(anySession, { maxLength: 5 }), fc.nat(20), (sessions, nth) => {
      const store = new Store(":memory:");
      const live = new SessionRegistry(store);
      const runIds = sessions.flatMap((session, index) => writeSession(live, `${index}`, session));
      const except = runIds[nth] ?? "none of them";
      const sum = totalsOfOthers(live, except, now);
      expectSame(sum, readTotalsOfOthers(live, except, now));
      expectSame(sum, readTotalsOfOthers(new SessionRegistry(store), except, now));
      store.close();
    }),
    { seed: 20_261, numRuns: 300 },
  );
});

test("a day without runs has no usage", () => {
  const store = new Store(":memory:");
  expect(totalsOfOthers(new SessionRegistry(store), "none", now)).toEqual({
    turns: 0,
    minutes: 0,
    tokens: 0,
    usd: 0,
    unpricedTokens: 0,
  });
  store.close();
});

test("usage that cannot be saved at the moment counts too", () => {
  using directory = temporaryDirectory();
  const path = join(directory.path, "rein.db");
  const store = new Store(path);
  const sessions = new SessionRegistry(store);
  const live = sessions.create({ ...emptySession("/"), usage: noUsage });
  const run: Run = { id: "run", state: "running", startedAt: now - 1, usage: noUsage };
  live.emit({ type: "run-start", sessionId: live.session.id, run });
  store.flush();
  const other = new Database(path);
  other.run("BEGIN IMMEDIATE");
  live.emit({ type: "message-start", message: messageOf("run", "assistant", "answer") });
  expect(totalsOfOthers(sessions, "none", now)).toMatchObject({ turns: 1 });
  other.close();
  store.close();
});

type Totals = ReturnType<typeof totalsOfOthers>;

/** Fractions are added in another order, so they may differ in their last digit. */
function expectSame(sum: Totals, expected: Totals): void {
  const { turns, tokens, unpricedTokens } = expected;
  expect([sum.turns, sum.tokens, sum.unpricedTokens]).toEqual([turns, tokens, unpricedTokens]);
  expect(sum.minutes).toBeCloseTo(expected.minutes, 9);
  expect(sum.usd).toBeCloseTo(expected.usd, 9);
}

/** Returns the names of its runs. Only the last one may not have settled. */
function writeSession(
  sessions: SessionRegistry,
  id: string,
  { runs, isSettled }: typeof anySession extends fc.Arbitrary<infer Value> ? Value : never,
): string[] {
  const live = sessions.create({ ...emptySession("/"), id, usage: noUsage });
  const ordered = runs.toSorted((a, b) => a.startedAt - b.startedAt);
  return ordered.map((drawn, index) => {
    const { startedAt, tookMs, heldMs, isHeld, usage, answers } = drawn;
    const runId = `${id}-${index}`;
    const run: Run = { id: runId, state: "running", startedAt, usage };
    live.emit({ type: "run-start", sessionId: id, run });
    live.emit({ type: "message-start", message: messageOf(runId, "user", "question") });
    for (const [turn, inner] of answers.entries()) {
      const message = messageOf(runId, "assistant", `answer ${turn}`);
      const call = subagentCall(`${message.id} call`);
      if (inner > 0) message.parts = [call];
      live.emit({ type: "message-start", message });
      for (let at = 0; at < inner; at++) {
        const answer = messageOf(runId, "assistant", `answer ${turn} ${at}`);
        live.emit({ type: "message-start", agentId: call.id, message: answer });
      }
    }
    const pause = { state: "pausing" as const, from: "api" as const, askedAt: startedAt };
    const held = heldMs === undefined ? {} : { heldMs };
    if (isHeld) live.emit({ type: "run-pause", runId, pause, ...held });
    else if (heldMs !== undefined) live.emit({ type: "run-pause", runId, heldMs });
    if (isSettled || index < runs.length - 1)
      live.emit({ type: "run-end", runId, at: startedAt + tookMs, outcome: "done", usage });
    return runId;
  });
}

function messageOf(runId: string, role: Message["role"], name: string): Message {
  return { id: `${runId} ${name}`, runId, role, parts: [], createdAt: 1 };
}

function subagentCall(id: string): ToolCallPart {
  const subagent = {
    role: "simple" as const,
    title: "one",
    ...model,
    messages: [],
    usage: noUsage,
  };
  const call = { callId: id, name: "subagent", inputText: "{}", state: "running" as const };
  return { type: "tool-call", id, ...call, output: "", subagent };
}

const model = { provider: "openai-chat", model: "m" };
