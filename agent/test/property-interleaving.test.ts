/** Model-based test of interleavings: after any order of commands every run has ended once, nothing is lost, and the next message works. */
import { afterAll, beforeAll, expect } from "bun:test";
import * as fc from "fast-check";
import { anyCommand } from "./sweep/harness-commands";
import { ModelHarness } from "./sweep/model-harness";
import { anyCommands, propertyTest } from "./sweep/property-test";
import { openServerFixture, type ServerFixture } from "./sweep/server-fixture";

let fixture: ServerFixture;
beforeAll(async () => {
  fixture = await openServerFixture();
});
afterAll(() => fixture[Symbol.asyncDispose]());

propertyTest(
  "any order of messages, stops, pauses, queue changes, retries, summaries, reloads, hang-ups and crashes leaves every session complete",
  { file: "property-interleaving.test.ts", seed: 4, numRuns: 50, timeoutMs: 600_000 },
  fc.asyncProperty(anyCommands(anyCommand, 16), async (commands) => {
    const harness = new ModelHarness(fixture);
    const model = { hasSession: [false, false] };
    await fc.asyncModelRun(() => ({ model, real: harness }), commands);
    expect(await harness.settle()).toEqual([]);
  }),
);
