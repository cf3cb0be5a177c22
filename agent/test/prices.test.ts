/** A request costs what the service documents: each kind of token at its own rate, a long prompt at its higher one. */
import { beforeAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { usageOf } from "../server/agent/token-estimate";
import type { Turn, TurnRequest } from "../server/agent/turn-types";
import { Catalog } from "../server/catalog/catalog";
import type { ProviderEntry } from "../server/catalog/provider-set-up";
import { PriceList } from "../server/catalog/price-list";
import { SettingsFile } from "../server/config/settings-file";
import { AnswerGuard } from "../server/providers/answer-guard";
import type { ModelEvent, Provider } from "../server/providers/provider";
import { limitedUsd, priced, tokensByKind } from "../shared/cost";
import { costWords, usageDetails, usageWords } from "../shared/usage-words";
import { stopsCsv } from "../server/session/stop-history";
import {
  addUsage,
  type ModelInfo,
  type ModelPrice,
  noUsage,
  type StopRecord,
  type Usage,
} from "../shared/protocol";
import { ask, messageOf } from "./provider-wires";
import { temporaryDirectory } from "./temporary-directory";

const list = new PriceList();
beforeAll(() => list.load());

const openrouter: ModelPrice = { input: 3, cacheRead: 0.3, cacheWrite: 3.75, output: 15 };
const deepseek = { baseUrl: "https://api.deepseek.com/v1" };

/** Input, of it read from and written to a cache, and output; then the arithmetic of the service's own page of prices. */
const examples: [
  string,
  ModelPrice | undefined | (() => ModelPrice | undefined),
  number[],
  number,
][] = [
  [
    "Anthropic: a write for five minutes costs 1.25 times the input",
    () => priceOf({ id: "anthropic" }, "claude-sonnet-4-6"),
    [4740, 0, 4735, 255],
    5 * 3 + 4735 * 3.75 + 255 * 15,
  ],
  [
    "Anthropic: a read costs a tenth",
    () => priceOf({ id: "anthropic" }, "claude-sonnet-4-6"),
    [4740, 4735, 0, 255],
    5 * 3 + 4735 * 0.3 + 255 * 15,
  ],
  [
    "OpenAI: cached input costs a tenth",
    () => priceOf({ id: "openai" }, "gpt-5.4"),
    [10_000, 8000, 0, 1000],
    2000 * 2.5 + 8000 * 0.25 + 1000 * 15,
  ],
  [
    "OpenAI: a write costs 1.25 times the input from GPT-5.6 on",
    () => priceOf({ id: "openai" }, "gpt-6-sol"),
    [10_000, 0, 8000, 1000],
    2000 * 2 + 8000 * 2.5 + 1000 * 10,
  ],
  [
    "OpenAI: beyond 272,000 tokens the whole request is dearer",
    () => priceOf({ id: "openai" }, "gpt-6-sol"),
    [300_000, 200_000, 0, 1000],
    100_000 * 4 + 200_000 * 0.4 + 1000 * 15,
  ],
  [
    "Gemini: up to 200,000 tokens",
    () => priceOf({ id: "google" }, "gemini-2.5-pro"),
    [200_000, 0, 0, 1000],
    200_000 * 1.25 + 1000 * 10,
  ],
  [
    "Gemini: above 200,000 tokens the output is dearer too",
    () => priceOf({ id: "google" }, "gemini-2.5-pro"),
    [200_001, 100_000, 0, 1000],
    100_001 * 2.5 + 100_000 * 0.25 + 1000 * 15,
  ],
  [
    "DeepSeek: hits and misses, at the normal hour",
    () => list.find(deepseek, "deepseek-v4-pro", new Date("2026-11-01T12:00:00Z")).price,
    [10_000, 7000, 0, 500],
    3000 * 0.66 + 7000 * 0.022 + 500 * 1.98,
  ],
  [
    "DeepSeek: twice as much at the peak hour",
    () => list.find(deepseek, "deepseek-v4-pro", new Date("2026-11-01T02:00:00Z")).price,
    [10_000, 7000, 0, 500],
    2 * (3000 * 0.66 + 7000 * 0.022 + 500 * 1.98),
  ],
  [
    "Perplexity: a fee for the request, too",
    () => list.find({ baseUrl: "https://api.perplexity.ai" }, "sonar-pro").price,
    [1000, 0, 0, 100],
    1000 * 3 + 100 * 15 + 14_000,
  ],
  [
    "OpenRouter: as it states",
    openrouter,
    [10_000, 6000, 3000, 100],
    1000 * 3 + 6000 * 0.3 + 3000 * 3.75 + 100 * 15,
  ],
  [
    "a price without rates for the cache: all input alike",
    { input: 2, output: 8 },
    [10_000, 6000, 3000, 100],
    10_000 * 2 + 100 * 8,
  ],
];

test.each(examples)("%s", (_name, price, [input, read, write, output], millionths) => {
  const usage = counted(input!, read!, write!, output!);
  const { costUsd, costs } = priced(usage, typeof price === "function" ? price() : price);
  expect(costUsd).toBeCloseTo(millionths / 1e6, 12);
  const kinds = tokensByKind(usage);
  expect(kinds.input + kinds.cacheRead + kinds.cacheWrite).toBe(input!);
  expect(costs!.input + costs!.cacheRead + costs!.cacheWrite + costs!.output).toBe(costUsd!);
});

test("tokens without a known price cost nothing that is known, and are counted by themselves", () => {
  const known = priced(counted(1000, 0, 0, 100), { input: 2, output: 10 });
  const unknown = priced(counted(3000, 0, 0, 400), undefined);
  expect(unknown).toMatchObject({ unpricedTokens: 3400 });
  expect(unknown.costUsd).toBeUndefined();
  const sum = addUsage(addUsage(noUsage, known), unknown);
  expect(sum).toMatchObject({ costUsd: 0.003, unpricedTokens: 3400 });
  expect(limitedUsd(sum)).toBeCloseTo(0.003 + 0.034, 12);
});

test.each([
  [-1, 0],
  [0.5, 0],
  [900, 200],
  [Number.NaN, 0],
  [0, 1e300],
])(
  "a service that says more from a cache than can be (%p read, %p written) is not believed, and the input stands",
  (cacheReadTokens, cacheWriteTokens) => {
    const guard = new AnswerGuard(ask("m"));
    const counts = { type: "usage" as const, inputTokens: 1000, outputTokens: 5 };
    const said = { ...counts, cacheReadTokens, cacheWriteTokens };
    expect(guard.check(said)).toEqual(counts);
  },
);

test.each([-1, Number.NaN, Infinity, 1e300])(
  "a service that says a cost that cannot be (%p) is not believed, and its counts stand",
  (costUsd) => {
    const guard = new AnswerGuard(ask("m"));
    const counts = { type: "usage" as const, inputTokens: 1000, outputTokens: 5 };
    expect(guard.check({ ...counts, costUsd })).toEqual(counts);
    expect(guard.check({ ...counts, costUsd: 0 })).toEqual({ ...counts, costUsd: 0 });
    expect(guard.check({ ...counts, inputTokens: -1, costUsd })).toBeUndefined();
  },
);

describe("what a service says that an answer cost", () => {
  const said = { inputTokens: 1000, outputTokens: 100, costUsd: 0.5 };
  const answer = messageOf([], "p", "m");
  function cost(turn: Turn, price?: ModelPrice): Usage {
    return usageOf({ info: () => model("m", price) }, answer, turn);
  }

  test("is its cost, with and without a known price, and is no estimate", () => {
    const whole = { inputTokens: 1000, outputTokens: 100, estimated: false, costUsd: 0.5 };
    expect(cost(turnOf(said))).toEqual(whole);
    expect(cost(turnOf(said), { input: 2, output: 10 })).toEqual(whole);
    // Whose prices the list does not have.
    const turn = turnOf({ ...said, hasOtherModel: true });
    turn.request.options = { serviceTier: "flex" };
    expect(cost(turn)).toEqual(whole);
    expect(cost(turnOf({ ...said, costUsd: 0 }))).toMatchObject({ costUsd: 0 });
  });

  test("is not the cost of an answer that was cut", () => {
    const { finish: _finish, ...cut } = turnOf(said);
    const reckoned = { costUsd: 0.003, estimated: true };
    expect(cost(cut, { input: 2, output: 10 })).toMatchObject(reckoned);
  });

  test("is the cost of an answer whose counts cannot be true, which are estimated", () => {
    const price = { input: 2, output: 10 };
    const written = messageOf([], "p", "m");
    written.parts.push({ type: "text", id: "text", text: "x".repeat(12_000) });
    const request = { info: () => model("m", price) } as unknown as TurnRequest;
    const usage = usageOf(request, written, turnOf({ ...said, outputTokens: 0 }));
    expect(usage).toEqual({
      inputTokens: 1000,
      outputTokens: 3000,
      estimated: true,
      costUsd: 0.5,
    });
    const event = { type: "usage" as const, ...said, inputTokens: 5e12 };
    const checked = new AnswerGuard(ask("m")).check(event);
    const { type: _type, ...counts } = checked as Extract<ModelEvent, { type: "usage" }>;
    expect(cost(turnOf(counts), price)).toMatchObject({ costUsd: 0.5, estimated: true });
    // Zeros throughout are no count, and no word about the cost.
    const zeros = cost(turnOf({ inputTokens: 0, outputTokens: 0, costUsd: 0 }));
    expect(zeros.costUsd).toBeUndefined();
    expect(zeros.unpricedTokens).toBeGreaterThan(0);
  });

  test("has no share by kind, and a sum names what it cannot split", () => {
    const sum = addUsage(priced(counted(1000, 0, 0, 100), { input: 2, output: 10 }), {
      ...counted(500, 0, 0, 50),
      costUsd: 0.5,
    });
    expect(usageDetails(sum).split("\n").slice(-2)).toEqual([
      "Not split by kind: $0.50",
      "Total: $0.50",
    ]);
    expect(usageDetails(cost(turnOf(said)))).toBe(
      "Input: 1,000 tokens\nOutput: 100 tokens\nTotal: $0.50",
    );
  });
});

describe("a count of a service that cannot be true is no count, and the estimate stands:", () => {
  /** Of a whole answer with so many characters of text. */
  function count(inputTokens: number, outputTokens: number, characters: number): Usage {
    const answer = messageOf([], "p", "m");
    answer.parts.push({ type: "text", id: "text", text: "x".repeat(characters) });
    const turn = turnOf({ inputTokens, outputTokens });
    return usageOf({ info: () => model("m") }, answer, turn);
  }

  test("no input at all", () => {
    const { inputTokens, ...rest } = count(0, 3000, 12_000);
    expect(inputTokens).toBeGreaterThan(10);
    expect(rest).toMatchObject({ outputTokens: 3000, estimated: true });
  });

  test("no output, though text came", () => {
    expect(count(500, 0, 12_000)).toMatchObject({
      inputTokens: 500,
      outputTokens: 3000,
      estimated: true,
    });
    expect(count(500, 0, 0)).toMatchObject({ outputTokens: 0, estimated: false });
  });

  test("it is whole, and another model's tokens are in it, which have another price", () => {
    const turn = turnOf({ inputTokens: 500, outputTokens: 20, hasOtherModel: true });
    const request = { info: () => model("m") } as unknown as TurnRequest;
    expect(usageOf(request, messageOf([], "p", "m"), turn)).toMatchObject({ estimated: true });
  });

  test("much less output than came", () => {
    expect(count(500, 20, 12_000)).toMatchObject({ outputTokens: 3000, estimated: true });
    expect(count(500, 250, 12_000)).toMatchObject({ outputTokens: 250, estimated: false });
  });
});

function turnOf(counts: Turn["counted"]): Turn {
  return { request: ask("m"), counted: counts, mayBeCharged: true, finish: "stop" };
}

test("a price that becomes known while the model writes counts the tokens once, as priced", () => {
  let price: ModelPrice | undefined;
  const info = () => model("m", price);
  const turn = turnOf({ inputTokens: 1000, outputTokens: 100 });
  const answer = messageOf([], "p", "m");
  const count = () => usageOf({ info }, answer, turn);
  expect(count()).toMatchObject({ unpricedTokens: 1100 });
  price = { input: 2, output: 10 };
  const { costUsd, unpricedTokens } = count();
  expect({ costUsd, unpricedTokens }).toEqual({ costUsd: 0.003, unpricedTokens: undefined });
});

test("words for people have the cache's share, mark estimates, and say what has no price", () => {
  const known = priced(counted(10_000, 8200, 0, 100), { input: 10, cacheRead: 1, output: 50 });
  const unknown = priced(counted(3000, 0, 0, 400), undefined);
  expect(usageWords(known)).toBe("10,000 tokens in (82% from cache), 100 out, $0.03");
  expect(usageWords({ ...known, estimated: true })).toBe(
    "~10,000 tokens in (82% from cache), ~100 out, ~$0.03",
  );
  expect(usageWords(unknown)).toBe("3,000 tokens in, 400 out, price unknown");
  expect(costWords(addUsage(known, unknown))).toBe("$0.03 without 3,400 tokens of unknown price");
  expect(usageDetails(known).split("\n")).toEqual([
    "Input: 1,800 tokens, $0.02",
    "Read from cache: 8,200 tokens, $0.0082",
    "Output: 100 tokens, $0.0050",
    "Total: $0.03",
  ]);
  expect(usageWords({ ...noUsage, inputTokens: 5 })).toBe("5 tokens in, 0 out");
});

test("the table of stops has a cost without the long tail of a binary fraction", () => {
  const usage = { ...noUsage, costUsd: 0.006614999999999999 };
  const stop = { by: "user", from: "api", askedAt: 0 };
  const csv = stopsCsv([{ stop, usage, survivors: [] } as unknown as StopRecord]);
  expect(csv).toContain(",0.006615,");
});

describe("the list", () => {
  test("knows a dated snapshot, and takes no model for one with a similar name", () => {
    const anthropic = { id: "anthropic" };
    expect(priceOf(anthropic, "claude-opus-4-5-20251101")).toMatchObject({ input: 5, output: 25 });
    expect(priceOf({ id: "openai" }, "gpt-5-of-tomorrow")).toBeUndefined();
    expect(priceOf(anthropic, "claude-opus-4-99")).toBeUndefined();
  });

  test("does not guess the service by the name of a model", () => {
    expect(list.find({ baseUrl: "http://127.0.0.1:4000/v1" }, "gpt-5.4")).toEqual({});
    expect(list.find({}, "claude-sonnet-4-6")).toEqual({});
    expect(list.find({ id: "nobody" }, "gpt-5.4")).toEqual({});
  });

  test("knows a window where the service's list has none", () => {
    expect(list.find({ id: "openai" }, "gpt-5.4").contextTokens).toBe(1_050_000);
  });
});

describe("the catalog", () => {
  test("takes the user's word first, then the service's, then the list's; a local server is free", async () => {
    using scene = openCatalog([
      entry("anthropic", [model("claude-sonnet-4-6"), model("stated", openrouter)], {
        pricesAs: "anthropic",
      }),
      entry("local", [model("llama")], { local: true }),
      entry("unknown", [model("nameless")], {}),
    ]);
    const { catalog, settings } = scene;
    await catalog.list("/");
    const priceIn = (provider: string, id: string) => catalog.info(provider, id)?.price;
    expect(priceIn("anthropic", "claude-sonnet-4-6")).toMatchObject({ input: 3, cacheRead: 0.3 });
    expect(priceIn("anthropic", "stated")).toEqual(openrouter);
    expect(priceIn("local", "llama")).toEqual({ input: 0, output: 0 });
    expect(priceIn("unknown", "nameless")).toBeUndefined();
    const own = { price: { input: 1, output: 2 }, contextTokens: 9000, edits: "patch" as const };
    settings.update({ models: { anthropic: { stated: own }, unknown: { nameless: own } } });
    expect(catalog.info("anthropic", "stated")).toMatchObject(own);
    expect(catalog.info("unknown", "nameless")).toMatchObject(own);
    settings.update({ models: { anthropic: { stated: null } } });
    expect(priceIn("anthropic", "stated")).toEqual(openrouter);
  });

  test("knows the price of a model that no list names", async () => {
    using scene = openCatalog([entry("anthropic", [], { pricesAs: "anthropic" })]);
    const { signal } = new AbortController();
    const named = (model: string) => scene.catalog.list("/", { provider: "anthropic", model });
    const listed = async (model: string) => (await named(model)).providers[0]!.models;
    expect(await listed("claude-sonnet-4-6")).toMatchObject([{ price: { input: 3 } }]);
    expect(await listed("my-finetune")).toEqual([
      { provider: "anthropic", id: "my-finetune", name: "my-finetune" },
    ]);
    expect(await listed("")).toEqual([]);
    const info = await scene.catalog.settledInfo("anthropic", "claude-sonnet-4-6", signal);
    expect(info).toMatchObject({ id: "claude-sonnet-4-6", price: { input: 3, output: 15 } });
  });
});

function priceOf(provider: { id: string }, id: string): ModelPrice | undefined {
  return list.find(provider, id, new Date("2026-11-01T12:00:00Z")).price;
}

function counted(inputTokens: number, read: number, write: number, outputTokens: number): Usage {
  const cache = { cacheReadTokens: read, cacheWriteTokens: write };
  return { inputTokens, outputTokens, estimated: false, ...cache };
}

function model(id: string, price?: ModelPrice): ModelInfo {
  return { provider: "", id, name: id, ...(price && { price }) };
}

function entry(id: string, models: ModelInfo[], more: Partial<ProviderEntry>): ProviderEntry {
  const provider = { id, models: () => Promise.resolve(models) } as unknown as Provider;
  return { id, name: id, create: () => provider, ...more };
}

function openCatalog(entries: ProviderEntry[]) {
  const directory = temporaryDirectory();
  const settings = new SettingsFile(join(directory.path, "settings.json"));
  const catalog = new Catalog(entries, settings, {});
  return { catalog, settings, [Symbol.dispose]: () => directory[Symbol.dispose]() };
}
