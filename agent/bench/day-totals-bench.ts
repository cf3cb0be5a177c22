/** The cost of a daily limit before each turn: the usage of all of today's runs, during which every Stop waits. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readTotalsOfOthers, totalsOfOthers } from "../server/run/usage-totals";
import { SessionRegistry } from "../server/session/session-registry";
import { Store } from "../server/store/store";
import { type Message, noUsage } from "../shared/protocol";
import { emptySession } from "../test/long-session";
import { printFigures } from "./statistics";

const sessionCount = 100;
const runsEach = 5;
const answersEach = 10;
const rounds = 50;
const output = "A line that a command has put out.\n".repeat(30);

export async function benchDayTotals(): Promise<void> {
  const dataDir = mkdtempSync(join(tmpdir(), "rein-bench-"));
  const store = new Store(join(dataDir, "rein.db"));
  const sessions = new SessionRegistry(store);
  for (let index = 0; index < sessionCount; index++) writeSession(sessions, `session-${index}`);
  store.flush();
  const sums: number[] = [];
  const readings: number[] = [];
  for (let round = 0; round < rounds; round++) {
    sums.push(timeOf(() => totalsOfOthers(sessions, "none")));
    readings.push(timeOf(() => readTotalsOfOthers(sessions, "none", Date.now())));
  }
  printFigures(`the day's usage, ${sessionCount} sessions`, sums, "under 5 ms");
  printFigures("the same by reading each session", readings);
  store.close();
  rmSync(dataDir, { recursive: true, force: true });
}

function timeOf(work: () => unknown): number {
  const begun = performance.now();
  work();
  return performance.now() - begun;
}

function writeSession(sessions: SessionRegistry, id: string): void {
  const live = sessions.create({ ...emptySession("/"), id });
  for (let index = 0; index < runsEach; index++) {
    const runId = `${id}-${index}`;
    const startedAt = Date.now();
    const run = { id: runId, state: "running" as const, startedAt, usage: noUsage };
    live.emit({ type: "run-start", sessionId: id, run });
    for (let turn = 0; turn < answersEach; turn++)
      live.emit({ type: "message-start", message: answer(runId, turn) });
    const usage = { inputTokens: 1000, outputTokens: 100, estimated: false, costUsd: 0.01 };
    live.emit({ type: "run-end", runId, at: startedAt, outcome: "done", usage });
  }
}

/** A message with a call and its output. */
function answer(runId: string, turn: number): Message {
  const id = `${runId}-${turn}`;
  const input = { callId: id, name: "bash", inputText: '{"command":"ls"}' };
  const call = { type: "tool-call" as const, id, ...input, state: "done" as const, output };
  return { id, runId, role: "assistant", parts: [call], createdAt: 1, outcome: "done" };
}
