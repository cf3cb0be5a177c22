/** A key that is refused, or that cannot be sent at all, is said where the provider is chosen, and how to correct it. */
import { afterAll, expect, test } from "bun:test";
import { join } from "node:path";
import { Catalog } from "../server/catalog/catalog";
import { providerEntries } from "../server/catalog/provider-entries";
import type { ProviderEntry } from "../server/catalog/provider-set-up";
import { SettingsFile } from "../server/config/settings-file";
import { type Provider, ProviderError } from "../server/providers/provider";
import type { ProviderInfo } from "../shared/protocol";
import { ask, collect, collectFailure } from "./provider-wires";
import { temporaryDirectory } from "./temporary-directory";

const directory = temporaryDirectory();
afterAll(() => directory[Symbol.dispose]());

const keyed = providerEntries.filter(({ keyVariable }) => keyVariable);
const live = new AbortController().signal;

test.each(keyed)(
  "$name: a key that is refused is to be corrected where it came from",
  async (entry) => {
    using server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: refuseKey });
    const settings = makeSettings();
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

test.each(keyed)(
  "$name: a key with a character that no header takes is not sent, and the words say what is wrong with it",
  async (entry) => {
    using server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: refuseKey });
    const settings = makeSettings();
    settings.update({ providers: { [entry.id]: { baseUrl: server.url.href } } });
    const variable = entry.keyVariable!;
    const said = async (key: string) => {
      const catalog = new Catalog([entry], settings, { [variable]: key });
      const { error } = await collectFailure(catalog.provider(entry.id).stream(ask("m"), live));
      const { state, reason, ready } = await only(catalog);
      return { state, ready, isSame: reason === (error as Error).message, reason };
    };
    const unusable = { state: "wrong-key", ready: false, isSame: true } as const;
    const inVariable = `The key of ${entry.name} (${variable}) contains a character that no key has:`;
    for (const [key, named] of [
      ["“sk-abc”", "“ (U+201C)"],
      ["sk-a…", "… (U+2026)"],
      ["sk-a\nsk-b", "U+000A"],
      ["sk-\u200babc", "U+200B"],
    ] as const)
      expect(await said(key)).toEqual({
        ...unusable,
        reason: `${inVariable} ${named}. Copy the key alone, without quotation marks, dots or line breaks, and enter it in the settings.`,
      });
    expect((await said(" sk-abc\n")).state).toBe("key-refused");
    // Of a file that was written before.
    settings.update({ providers: { [entry.id]: { apiKey: "“sk-abc”" } } });
    expect((await said("sk-abc")).reason).toStartWith(`The key of ${entry.name} contains`);
  },
);

test("a provider whose chat refused the key says so until the key changes or a chat ends well, though its list is public", async () => {
  const { chat, settings, catalog } = makeChats({ keyVariable: "OPENAI_API_KEY" });
  settings.update({ providers: { one: { apiKey: "first" } } });
  const { state, reason, ready, models } = await chat("authentication");
  expect({ state, reason, ready }).toEqual({ state: "key-refused", reason: "No.", ready: true });
  expect(models.length).toBe(1);
  expect(await chat("overloaded")).toMatchObject({ state: "key-refused" });
  expect(await chat()).toMatchObject({ state: "ready" });
  await chat("authentication");
  settings.update({ providers: { one: { apiKey: "second" } } });
  expect(await only(catalog)).toMatchObject({ state: "ready" });
  expect(await chat("overloaded")).toMatchObject({ state: "ready" });
});

test("a chat that is not allowed, which may be for one model or message, says nothing of the provider", async () => {
  const { chat, settings } = makeChats({ keyVariable: "OPENAI_API_KEY" });
  settings.update({ providers: { one: { apiKey: "first" } } });
  expect(await chat("permission")).toMatchObject({ state: "ready" });
});

test("a chat that ends well after one that began later and was refused takes nothing back", async () => {
  const { chat, settings } = makeChats({ keyVariable: "OPENAI_API_KEY" });
  settings.update({ providers: { one: { apiKey: "first" } } });
  const gate = Promise.withResolvers<void>();
  const early = chat(undefined, gate.promise);
  await chat("authentication");
  gate.resolve();
  expect(await early).toMatchObject({ state: "key-refused" });
});

test("a local server stays as it is when it refuses a chat, which is for a model that runs elsewhere", async () => {
  const withModels = makeChats({ local: true });
  expect(await withModels.chat("authentication")).toMatchObject({ state: "ready", ready: true });
  const empty = makeChats({ local: true });
  empty.listed.length = 0;
  expect(await empty.chat("authentication")).toMatchObject({ state: "empty", ready: true });
});

/** A provider whose chats end as the test says, and whose list is public. */
function makeChats(more: Partial<ProviderEntry>) {
  let end = (): Promise<void> | void => {};
  const listed = [{ provider: "one", id: "small", name: "small" }];
  const create = (): Provider => ({
    id: "one",
    models: async () => listed,
    // oxlint-disable-next-line require-yield -- what it says is of no interest
    async *stream() {
      await end();
    },
  });
  const settings = makeSettings();
  const entry: ProviderEntry = { id: "one", name: "One", form: "ollama", create, ...more };
  const catalog = new Catalog([entry], settings, {});
  return {
    settings,
    catalog,
    listed,
    /** `code`: of the failure that it ends with. */
    chat: async (code?: string, before?: Promise<void>): Promise<ProviderInfo> => {
      end = async () => {
        await before;
        if (code !== undefined) throw new ProviderError("No.", { code, retryable: false });
      };
      await collect(catalog.provider("one").stream(ask("small"), live)).catch(() => {});
      return only(catalog);
    },
  };
}

function makeSettings(): SettingsFile {
  return new SettingsFile(join(directory.path, `${crypto.randomUUID()}.json`));
}

async function only(catalog: Catalog): Promise<ProviderInfo> {
  const { providers } = await catalog.list("/");
  return providers[0]!;
}
