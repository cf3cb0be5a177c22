/** Each request of an agent's conversation reads from the service's cache whatever it has sent before. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "bun:test";
import { everyWire } from "./api-scene";
import { longRunModels, runLong } from "./long-run";
import { type Rein, startRein } from "./rein";
import {
  startUpstream,
  text,
  toolCall,
  type Upstream,
  type UpstreamRequest,
} from "./upstream/upstream";

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

test.each(longRunModels)(
  "on the $wire wire, old outputs that are left out break the cache once, and read the same in every later request",
  async ({ provider, model: usual }) => {
    // One of its own: what is entered of it is for this test.
    const model = `${usual}-small`;
    const models = { [provider]: { [model]: { contextTokens: 60_000 } } };
    await rein.json("/api/settings", { method: "PUT", body: JSON.stringify({ models }) });
    const lines = Array.from(
      { length: 3000 },
      (_, n) => `Line ${n + 1} says what no other does, and a little more.`,
    );
    writeFileSync(join(rein.cwd, "lines.txt"), lines.join("\n"));
    const look = (nth: number) => [
      text(`Part ${nth}.`),
      toolCall("read", { path: "lines.txt", offset: 1 + nth * 400, limit: 400 }),
    ];
    const before = upstream.requests.length;
    upstream.script(...[0, 1, 2, 3, 4, 5, 6].map(look), [text("All read.")]);
    const chat = rein.chat({
      message: "Read.",
      provider,
      model,
      permissions: "all",
      onDisconnect: "continue",
    });
    await chat.ended;
    const requests = upstream.requests.slice(before);
    const drops = chat.events.filter(({ type }) => type === "outputs-drop");
    expect([chat.session.runs[0]!.outcome, drops.length, requests.length]).toEqual(["done", 1, 8]);
    const misses = requests.flatMap(({ counted }, index) => {
      const sentBefore = requests[index - 1]?.counted?.inputTokens ?? 0;
      return (counted?.cacheReadTokens ?? 0) >= sentBefore - 1 ? [] : [index];
    });
    expect(misses).toHaveLength(1);
    const leftOut = (request: UpstreamRequest) =>
      JSON.stringify(request.body).match(/\[output left out; read output:[\w-]+\]/g) ?? [];
    const [first = 0] = misses;
    expect(requests.slice(0, first).flatMap(leftOut)).toEqual([]);
    const [now, ...later] = requests.slice(first).map(leftOut);
    expect(now!.length).toBeGreaterThan(0);
    for (const one of later) expect(one).toEqual(now!);
  },
);
