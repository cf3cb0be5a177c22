/** The sweep: every intervention at every injection point of scripted conversations, on each wire. This test tries a fixed share of them. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { scenarios, waysOf } from "./sweep/scenarios";
import { readSelection, splitConversations } from "./sweep/selection";
import type { ConversationResult } from "./sweep/sweep-worker";
import { startSweepWorkers, type SweepWorkers } from "./sweep/sweep-workers";
import { Tally } from "./sweep/tally";

/** `bun run test:sweep` tries all points. */
const share = "0/1200";
/** An engine’s points were a fifth of its time. */
const thin = "6";
const workerCount = 2;

const tally = new Tally();
const results = new Map<string, ConversationResult>();
const conversations = scenarios.flatMap(waysOf);
let workers: SweepWorkers;
let onProgress = (): void => {};

beforeAll(() => {
  const selection = readSelection(["--share", share, "--thin", thin]);
  workers = startSweepWorkers(splitConversations(selection, workerCount), (result) => {
    results.set(`${result.scenario}, ${result.wire}`, result);
    for (const [intervention, count] of result.counts) tally.add(intervention, count);
    onProgress();
  });
});
afterAll(async () => {
  const isComplete = results.size === conversations.length;
  if (isComplete) expect(await workers.exited).toEqual(Array(workerCount).fill(0));
  await workers[Symbol.asyncDispose]();
  console.log(String(tally));
});

for (const scenario of scenarios)
  describe(`the scenario “${scenario.name}”`, () => {
    test.each([...waysOf(scenario)])(
      "keeps every invariant at every injection point, on the wire of %s",
      async (wire) => {
        const { faults } = await resultOf(`${scenario.name}, ${wire}`);
        expect(faults).toEqual([]);
      },
      1_800_000,
    );
  });

/** Resolves once a worker has tried the points of the conversation; rejects when all exit without it. */
async function resultOf(name: string): Promise<ConversationResult> {
  const complete = new Promise<void>((resolve) => {
    onProgress = () => results.has(name) && resolve();
    onProgress();
  });
  await Promise.race([complete, workers.exited]);
  const result = results.get(name);
  if (result === undefined) throw new Error(`A sweep worker exited without a result for: ${name}`);
  return result;
}
