/** The list of providers is there at once, and a provider that is not listed can be used. */
import { afterAll, expect, test } from "bun:test";
import { join } from "node:path";
import { Catalog } from "../server/catalog/catalog";
import { providerEntries } from "../server/catalog/provider-entries";
import type { ProviderEntry } from "../server/catalog/provider-set-up";
import { SettingsFile } from "../server/config/settings-file";
import { type Provider, type ProviderConfig, ProviderError } from "../server/providers/provider";
import type { ModelInfo, ProviderInfo } from "../shared/protocol";
import { temporaryDirectory } from "./browser";
import { ask, collect, collectFailure } from "./provider-wires";

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

test("a server that answers while the list is made is no default that the list lacks", async () => {
  const { catalog, answers, settings } = makeCatalog({ local: true });
  const get = settings.get.bind(settings);
  settings.get = () => {
    answers.shift()?.resolve([model("small")]);
    return get();
  };
  const { providers, default: chosen } = await catalog.list("/");
  expect(chosen).toEqual({ provider: "one", model: providers[0]!.models[0]?.id ?? "" });
});

test("the window of a local model is waited for before it is asked, and no longer than a stop", async () => {
  const { catalog, answers } = makeCatalog({ local: true });
  const stopped = new AbortController();
  const settled = catalog.settledWindow("one", "small", stopped.signal);
  stopped.abort();
  await settled;
  const known = catalog.settledWindow("one", "small", new AbortController().signal);
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

test("what was listed at one address is forgotten with it", async () => {
  const { catalog, answers, settings } = makeCatalog({ local: true });
  const listed = only(catalog);
  answers.shift()!.resolve([model("small")]);
  expect((await listed).models).toEqual([{ ...model("small"), price: { input: 0, output: 0 } }]);
  settings.update({ providers: { one: { baseUrl: "http://another" } } });
  expect((await only(catalog)).models).toEqual([]);
});

test.each(providerEntries.filter(({ keyVariable }) => keyVariable))(
  "$name: a key that is refused is to be corrected where it came from",
  async (entry) => {
    using server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: refuseKey });
    const settings = new SettingsFile(join(directory.path, `${crypto.randomUUID()}.json`));
    settings.update({ providers: { [entry.id]: { baseUrl: server.url.href } } });
    const variable = entry.keyVariable!;
    const catalog = new Catalog([entry], settings, { [variable]: "of the environment" });
    const refusal = async () =>
      String((await collectFailure(catalog.provider(entry.id).stream(ask("m"), live))).error);
    expect(await refusal()).toContain(`Set ${variable}, or enter the key in the settings.`);
    settings.update({ providers: { [entry.id]: { apiKey: "of the settings" } } });
    const stored = await refusal();
    expect(stored).toContain("did not accept the key (401). Enter another key in the settings.");
    expect(stored).not.toContain(variable);
  },
);

function refuseKey(): Response {
  return Response.json({ error: { message: "No such key." } }, { status: 401 });
}

const live = new AbortController().signal;

test("a provider whose chat refused the key says so until the key changes or a chat ends well, though its list is public", async () => {
  const refuse = (code: string) => new ProviderError("No.", { code, retryable: false });
  let failure: ProviderError | undefined;
  const create = (): Provider => ({
    id: "one",
    models: async () => [model("small")],
    // oxlint-disable-next-line require-yield -- what it says is of no interest
    async *stream() {
      if (failure) throw failure;
    },
  });
  const { catalog, settings } = makeCatalog({ create, keyVariable: "OPENAI_API_KEY" });
  settings.update({ providers: { one: { apiKey: "first" } } });
  const stateAfter = async (code?: string) => {
    failure = code === undefined ? undefined : refuse(code);
    await collect(catalog.provider("one").stream(ask("small"), live)).catch(() => {});
    return only(catalog);
  };
  const { state, reason, ready, models } = await stateAfter("authentication");
  expect({ state, reason, ready }).toEqual({ state: "key-refused", reason: "No.", ready: true });
  expect(models.length).toBe(1);
  expect(await stateAfter("overloaded")).toMatchObject({ state: "key-refused" });
  expect(await stateAfter("permission")).toMatchObject({ state: "access-refused" });
  expect(await stateAfter()).toMatchObject({ state: "ready" });
  await stateAfter("authentication");
  settings.update({ providers: { one: { apiKey: "second" } } });
  expect(await only(catalog)).toMatchObject({ state: "ready" });
  expect(await stateAfter("overloaded")).toMatchObject({ state: "ready" });
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
    stream: () => {
      throw new Error("Nothing is asked here.");
    },
    models() {
      const { promise, resolve, reject } = Promise.withResolvers<ModelInfo[]>();
      answers.push({ config, resolve, reject });
      return promise;
    },
  });
  const path = join(directory.path, `${crypto.randomUUID()}.json`);
  const settings = new SettingsFile(path);
  const entry: ProviderEntry = { id: "one", name: "One", form: "ollama", create, ...more };
  return { catalog: new Catalog([entry], settings, {}), answers, settings };
}

async function only(catalog: Catalog): Promise<ProviderInfo> {
  const { providers } = await catalog.list("/");
  return providers[0]!;
}

function model(id: string): ModelInfo {
  return { provider: "one", id, name: id };
}
