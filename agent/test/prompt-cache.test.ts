/** Each request of an agent's conversation reads from the service's cache whatever it has sent before. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { everyWire } from "./api-scene";
import { longRunModels, runLong } from "./long-run";
import { type Rein, startRein } from "./rein";
import { startUpstream, type Upstream } from "./upstream/upstream";

let upstream: Upstream;
let rein: Rein;
beforeAll(async () => {
  upstream = startUpstream({ countsTokens: true });
  rein = await startRein({ environment: everyWire(upstream) });
});
afterAll(async () => {
  await rein[Symbol.asyncDispose]();
  await upstream.close();
});

test.each(longRunModels)(
  "on the $wire wire, each request of 30 turns reads all but its last turn from the cache, and Rein counts it so",
  async (one) => {
    const { requests, usage } = await runLong(rein, upstream, one);
    expect(requests.length).toBeGreaterThanOrEqual(30);
    const missed = requests.flatMap(({ cacheReadTokens, inputTokens }, index) => {
      const sentBefore = requests[index - 1]?.inputTokens ?? 0;
      // The last token of a prompt may be cut in the middle.
      return cacheReadTokens >= sentBefore - 1
        ? []
        : [{ index, cacheReadTokens, sentBefore, inputTokens }];
    });
    expect(missed).toEqual([]);
    const sum = (key: keyof (typeof requests)[0]) =>
      requests.reduce((total, request) => total + request[key], 0);
    // The stopped request was not counted to its end, so its input may be an estimate.
    const last = requests.at(-1)!;
    expect(usage.cacheReadTokens! / sum("cacheReadTokens")).toBeWithin(0.9, 1.0001);
    expect(sum("cacheReadTokens") / sum("inputTokens")).toBeGreaterThan(0.85);
    expect(usage.inputTokens).toBeGreaterThan(sum("inputTokens") - 2 * last.inputTokens);
  },
);
