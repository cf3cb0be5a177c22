/** What an agent's run of thirty turns costs on each wire, as the service would bill it, and how much comes from its cache. */
import { PriceList } from "../server/catalog/price-list";
import { priced, sumOf, tokensByKind } from "../shared/cost";
import { type ModelPrice, type Models, noUsage, tokenKinds } from "../shared/protocol";
import { kindWords } from "../shared/usage-words";
import { everyWire } from "../test/api-scene";
import { type LongRun, longRunModels, runLong } from "../test/long-run";
import { startRein } from "../test/rein";
import { startUpstream } from "../test/upstream/upstream";
import { printValue } from "./statistics";

/** The services' caches are simulated (test/upstream/prompt-cache.ts); the prices are those that Rein uses. */
export async function benchCost(): Promise<void> {
  const upstream = startUpstream({ countsTokens: true });
  const rein = await startRein({ environment: everyWire(upstream) });
  const prices = new PriceList();
  await prices.load();
  const { providers } = await rein.json<Models>("/api/models");
  for (const one of longRunModels) {
    const models = providers.find(({ id }) => id === one.provider)?.models;
    const listed = models?.find(({ id }) => id === one.model);
    const { price } = listed ?? prices.find({ id: one.pricesAs }, one.model);
    const run = await runLong(rein, upstream, one);
    const title = `${one.model} (${one.wire}), ${run.requests.length} requests`;
    const { cacheReadTokens = 0, inputTokens } = run.usage;
    printValue(
      title,
      `${Math.round((cacheReadTokens / inputTokens) * 100)}% from cache`,
      "over 90%",
    );
    if (price) printCost(run, price);
  }
  await rein[Symbol.asyncDispose]();
  await upstream.close();
}

function printCost({ requests, usage }: LongRun, price: ModelPrice): void {
  const tokens = tokensByKind(usage);
  const costs = usage.costs ?? { input: 0, cacheRead: 0, cacheWrite: 0, output: 0 };
  for (const kind of tokenKinds)
    printValue(
      `  ${kindWords[kind].toLowerCase()}`,
      `${tokens[kind]} tokens, ${dollars(costs[kind])}`,
    );
  const uncached = requests.map(
    ({ inputTokens }) => priced({ ...noUsage, inputTokens }, price).costUsd!,
  );
  const without = uncached.reduce((sum, one) => sum + one, costs.output);
  printValue("  together", `${dollars(sumOf(costs))}, without a cache ${dollars(without)}`);
}

function dollars(usd: number): string {
  return `$${usd.toFixed(4)}`;
}
