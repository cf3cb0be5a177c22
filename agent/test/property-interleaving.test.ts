/** Whatever people, pages and crashes do, in whatever order: every run ends once, nothing is lost, and the next message works. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import * as fc from "fast-check";
import { anyAct } from "./sweep/harness-commands";
import { ModelHarness } from "./sweep/model-harness";
import { openServerFixture, type ServerFixture } from "./sweep/server-fixture";

let fixture: ServerFixture;
beforeAll(async () => {
  fixture = await openServerFixture();
});
afterAll(() => fixture[Symbol.asyncDispose]());

test("any order of messages, stops, pauses, chips, retries, summaries, reloads, hang-ups and crashes leaves every session whole", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyAct, { minLength: 2, maxLength: 16 }), async (acts) => {
      const harness = new ModelHarness(fixture);
      for (const act of acts) await harness.do(act);
      expect(await harness.settle()).toEqual([]);
    }),
    // A failure names the seed and the path to its smallest case.
    { seed: 4, numRuns: Number(process.env.REIN_INTERLEAVINGS ?? 250) },
  );
}, 600_000);
