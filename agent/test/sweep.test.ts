/** The sweep: every intervention at every injection point of scripted conversations, on each wire. This test tries a fixed share of them. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { scenarios, waysOf } from "./sweep/scenarios";
import { readSelection } from "./sweep/selection";
import type { ConversationResult } from "./sweep/sweep-worker";
import { startSweepWorkers, type SweepWorkers } from "./sweep/sweep-workers";
import { Tally } from "./sweep/tally";

/** `bun run test:sweep` tries all points. */
const share = "0/250";
/** An engine's points were 56 s of 314. */
const thin = "6";
const workerCount = 2;

const tally = new Tally();
const results = new Map<string, ConversationResult[]>();
let workers: SweepWorkers;
let onProgress = (): void => {};

beforeAll(() => {
  workers = startSweepWorkers(
    readSelection(["--share", share, "--thin", thin]),
    workerCount,
    (result) => {
      const name = `${result.scenario}, ${result.wire}`;
      results.set(name, [...(results.get(name) ?? []), result]);
      for (const [intervention, count] of result.counts) tally.add(intervention, count);
      onProgress();
    },
  );
});
afterAll(async () => {
  const isComplete = [...results.values()].flat().length === results.size * workerCount;
  if (isComplete) expect(await workers.exited).toEqual(Array(workerCount).fill(0));
  await workers[Symbol.asyncDispose]();
  console.log(String(tally));
});

for (const scenario of scenarios)
  describe(`the scenario “${scenario.name}”`, () => {
    test.each([...waysOf(scenario)])(
      "keeps every invariant at every injection point, on the wire of %s",
      async (wire) => {
        const found = await resultsOf(`${scenario.name}, ${wire}`);
        expect(found.flatMap(({ faults }) => faults)).toEqual([]);
      },
      1_800_000,
    );
  });

/** Resolves once every worker has tried its part of the conversation; rejects when they exit without it. */
async function resultsOf(name: string): Promise<ConversationResult[]> {
  const isComplete = () => results.get(name)?.length === workerCount;
  const complete = new Promise<void>((resolve) => {
    onProgress = () => isComplete() && resolve();
    onProgress();
  });
  await Promise.race([complete, workers.exited]);
  if (!isComplete()) throw new Error(`A sweep worker exited without a result for: ${name}`);
  return results.get(name)!;
}
