/** The list of providers is there at once, and a provider that is not listed can be used. */
import { afterAll, expect, test } from "bun:test";
import { join } from "node:path";
import { Catalog } from "../server/catalog/catalog";
import type { ProviderEntry } from "../server/catalog/provider-set-up";
import { SettingsFile } from "../server/config/settings-file";
import { type Provider, type ProviderConfig, ProviderError } from "../server/providers/provider";
import type { ModelInfo, ProviderInfo } from "../shared/protocol";
import { temporaryDirectory } from "./temporary-directory";

const directory = temporaryDirectory();
afterAll(() => directory[Symbol.dispose]());

test("a local server that is busy does not delay the list, and its models are there once it has answered", async () => {
  const { catalog, answers } = makeCatalog({ local: true });
  expect(await only(catalog)).toMatchObject({ state: "absent", ready: false, models: [] });
  answers.shift()!.resolve([model("small")]);
  expect(await only(catalog)).toMatchObject({ ready: true, models: [model("small")] });
  catalog.refresh();
  // It is asked again, and is silent.
  expect(await only(catalog)).toMatchObject({ ready: true, models: [model("small")] });
  answers.shift()!.resolve([model("large")]);
  expect(await only(catalog)).toMatchObject({ models: [model("large")] });
});

test("sessions are named on this machine by their own model, and in the demo by none", async () => {
  const listed = async () => [model("gpt-6"), model("gpt-5-mini")];
  for (const [local, named] of [
    [true, "gpt-6"],
    [false, "gpt-5-mini"],
  ] as const) {
    const settings = makeSettings();
    const price = (usd: number) => ({ price: { input: usd, output: usd } });
    settings.update({ models: { openai: { "gpt-6": price(5), "gpt-5-mini": price(1) } } });
    const catalog = new Catalog([listing("openai", listed, { local })], settings, {});
    await catalog.list("/");
    expect(catalog.titleModel("openai", "gpt-6")).toBe(named);
  }
  expect(makeCatalog({ free: true }).catalog.titleModel("one", "large")).toBeUndefined();
});

test("a server that answers while the list is made is no default that the list lacks", async () => {
  // At each look at the settings that follows the question.
  const lists = Array.from({ length: 60 }, async (_, moment) => {
    const { catalog, answers, settings } = makeCatalog({ local: true });
    const get = settings.get.bind(settings);
    let left = moment;
    settings.get = () => {
      if (answers.length > 0 && left-- === 0) answers.shift()!.resolve([model("small")]);
      return get();
    };
    const { providers, default: chosen } = await catalog.list("/");
    expect(chosen).toEqual({ provider: "one", model: providers[0]!.models[0]?.id ?? "" });
    return answers.length;
  });
  const open = await Promise.all(lists);
  expect([open.at(0), open.at(-1)]).toEqual([0, 1]);
});

test("all services are asked at once: a list waits no longer than for the slowest", () => {
  const asked: string[] = [];
  const entries = ["one", "two", "three"].map((id) => {
    const models = () => (asked.push(id), new Promise<never>(() => {}));
    return listing(id, models, { keyVariable: "OPENAI_API_KEY" });
  });
  void new Catalog(entries, makeSettings(), { OPENAI_API_KEY: "key" }).list("/");
  // None of them has answered.
  expect(asked).toEqual(["one", "two", "three"]);
});

test("a look-up that was answered holds nothing open: its signal aborts with it", async () => {
  let signal: AbortSignal | undefined;
  const models = async (own: AbortSignal) => ((signal = own), [model("small")]);
  const catalog = new Catalog([listing("one", models)], makeSettings(), {});
  expect(await only(catalog)).toMatchObject({ models: [model("small")] });
  expect(signal?.aborted).toBe(true);
});

test("a local server that answers while a slow service is awaited is in the list", async () => {
  const [slow, local] = [
    Promise.withResolvers<ModelInfo[]>(),
    Promise.withResolvers<ModelInfo[]>(),
  ];
  const entries = [
    listing("slow", () => slow.promise),
    listing("one", () => local.promise, { local: true }),
  ];
  const catalog = new Catalog(entries, makeSettings(), {});
  const listed = catalog.list("/");
  // As long as a page waits, from a later moment.
  await catalog.settledDefaultModel("one");
  local.resolve([model("small")]);
  slow.resolve([]);
  const { providers, default: chosen } = await listed;
  expect(providers[1]).toMatchObject({ state: "ready", models: [model("small")] });
  expect(chosen).toEqual({ provider: "one", model: "small" });
});

test("a server whose address was entered is the default once it lists a model, unless a service has a key", async () => {
  const listed = { openai: [model("keyed")], "openai-chat": [] as ModelInfo[], ollama: [] };
  const entries = [
    listing("openai", async () => listed.openai, { keyVariable: "OPENAI_API_KEY" }),
    listing("openai-chat", async () => listed["openai-chat"], {
      form: "openai",
      needsBaseUrl: true,
      baseUrlVariable: "OPENAI_COMPATIBLE_BASE_URL",
    }),
    listing("ollama", async () => [model("found")], { local: true }),
    listing("demo", async () => [], { defaultModel: "scripted" }),
  ];
  const chosen = async (variables: ConstructorParameters<typeof Catalog>[2]) => {
    const catalog = new Catalog(entries, makeSettings(), variables);
    const inList = (await catalog.list("/")).default;
    expect(await catalog.default()).toEqual(inList);
    return inList;
  };
  const entered = { OPENAI_COMPATIBLE_BASE_URL: "http://127.0.0.1:9/v1" };
  expect(await chosen({})).toEqual({ provider: "ollama", model: "found" });
  // Nothing that it lists could be chosen.
  expect(await chosen(entered)).toEqual({ provider: "ollama", model: "found" });
  listed["openai-chat"] = [model("own")];
  expect(await chosen(entered)).toEqual({ provider: "openai-chat", model: "own" });
  const both = { ...entered, OPENAI_API_KEY: "key" };
  expect(await chosen(both)).toEqual({ provider: "openai", model: "keyed" });
});

test("the window of a local model is waited for before it is asked, longer than a list, and no longer than a stop", async () => {
  const { catalog, answers } = makeCatalog({ local: true });
  const stopped = new AbortController();
  const settled = catalog.settledWindow("one", "small", stopped.signal);
  stopped.abort();
  await settled;
  let isOver = false;
  const waited = catalog.settledWindow("one", "small", new AbortController().signal);
  const known = waited.then(() => (isOver = true));
  // A page's wait, which begins later.
  await catalog.settledDefaultModel("one");
  expect(isOver).toBe(false);
  answers.shift()!.resolve([{ ...model("small"), contextTokens: 4096 }]);
  await known;
  expect(catalog.info("one", "small")?.contextTokens).toBe(4096);
  expect(catalog.info("one", "large")?.contextTokens).toBeUndefined();
  // Both are answered by the one look-up.
  expect(answers).toEqual([]);
});

test("a list that fails leaves the models usable by their names, and says in a word what is wrong", async () => {
  const { catalog, answers, settings } = makeCatalog({ keyVariable: "OPENAI_API_KEY" });
  expect(await only(catalog)).toMatchObject({
    ready: false,
    state: "not-set-up",
    reason: expect.stringMatching(/key/),
  });
  settings.update({ providers: { one: { apiKey: "key" } } });
  const listed = only(catalog);
  const failure = new ProviderError("It has no list.", { code: "no-list", retryable: false });
  answers.shift()!.reject(failure);
  expect(await listed).toMatchObject({ ready: true, reason: "It has no list.", models: [] });
  const states = {
    "no-list": "no-list",
    authentication: "key-refused",
    permission: "access-refused",
    network: "unreachable",
    timeout: "silent",
    cut: "no-api",
    server: "failed",
  } as const;
  for (const [code, state] of Object.entries(states)) {
    catalog.refresh();
    const again = only(catalog);
    answers.shift()!.reject(new ProviderError("It fails.", { code, retryable: false }));
    expect(await again).toMatchObject({ ready: true, state, reason: "It fails." });
  }
});

test("a local server is offered while it does not answer only when its address was entered", async () => {
  const { catalog, answers, settings } = makeCatalog({ local: true });
  settings.update({ providers: { one: { baseUrl: "box:11434/v1/" } } });
  const listed = only(catalog);
  answers.shift()!.reject(new ProviderError("Gone.", { code: "network", retryable: true }));
  expect(await listed).toMatchObject({
    ready: true,
    reason: "Gone.",
    baseUrl: "http://box:11434",
  });
  settings.update({ providers: { one: { baseUrl: null } } });
  const again = only(catalog);
  answers.shift()!.reject(new ProviderError("Gone.", { code: "network", retryable: true }));
  expect(await again).toMatchObject({ ready: false, state: "absent" });
});

test("an address that cannot be used is not asked, and the provider says what to enter", async () => {
  const { catalog, answers, settings } = makeCatalog({});
  settings.update({ providers: { one: { baseUrl: "ftp://box" } } });
  const { ready, reason } = await only(catalog);
  expect([ready, reason]).toEqual([false, expect.stringContaining("http://127.0.0.1:11434")]);
  expect(answers).toEqual([]);
});

test("a server that lists no model is there, says what to do, and takes a model by its name", async () => {
  const { catalog, answers } = makeCatalog({ local: true, emptyAdvice: "Pull one." });
  expect(await only(catalog)).toMatchObject({ state: "absent", ready: false });
  answers.shift()!.resolve([]);
  const reason = expect.stringContaining("lists no model. Pull one.");
  expect(await only(catalog)).toMatchObject({ state: "empty", ready: true, reason, models: [] });
});

test("what was listed at one address is forgotten with it", async () => {
  const { catalog, answers, settings } = makeCatalog({ local: true });
  const listed = only(catalog);
  answers.shift()!.resolve([model("small")]);
  expect((await listed).models).toEqual([{ ...model("small"), price: { input: 0, output: 0 } }]);
  settings.update({ providers: { one: { baseUrl: "http://another" } } });
  expect((await only(catalog)).models).toEqual([]);
});

interface Asked {
  config: ProviderConfig;
  resolve(models: ModelInfo[]): void;
  reject(error: unknown): void;
}

/** `answers` holds the look-ups that are open. */
function makeCatalog(more: Partial<ProviderEntry>) {
  const answers: Asked[] = [];
  const create = (config: ProviderConfig): Provider => ({
    id: "one",
    stream: nothing,
    models() {
      const { promise, resolve, reject } = Promise.withResolvers<ModelInfo[]>();
      answers.push({ config, resolve, reject });
      return promise;
    },
  });
  const settings = makeSettings();
  const entry: ProviderEntry = { id: "one", name: "One", form: "ollama", create, ...more };
  return { catalog: new Catalog([entry], settings, {}), answers, settings };
}

function listing(
  id: string,
  models: Provider["models"],
  more: Partial<ProviderEntry> = {},
): ProviderEntry {
  return { id, name: id, create: () => ({ id, models, stream: nothing }), ...more };
}

function nothing(): never {
  throw new Error("Nothing is asked here.");
}

function makeSettings(): SettingsFile {
  return new SettingsFile(join(directory.path, `${crypto.randomUUID()}.json`));
}

async function only(catalog: Catalog): Promise<ProviderInfo> {
  const { providers } = await catalog.list("/");
  return providers[0]!;
}

function model(id: string): ModelInfo {
  return { provider: "one", id, name: id };
}
