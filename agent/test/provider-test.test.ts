/** A key and an address are tested before they are saved: what the service says is told, and nothing is kept of them. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Models, ProviderTest } from "../shared/protocol";
import type { ProviderTestRequest } from "../shared/requests";
import { apiScene } from "./api-scene";
import { http, type RawUpstream, startRawUpstream } from "./upstream/raw-upstream";
import { until } from "./within";

const { upstream, rein, post } = apiScene({ environment: () => ({}) });

let service: RawUpstream;
beforeEach(() => void (service = startRawUpstream()));
afterEach(() => service[Symbol.dispose]());

const page = "<!doctype html><title>Sign in</title>";
const apiKey = "sk-a-secret-key-of-somebody";
const password = "open-sesame";

test("a key that works is told with the models, and nothing of it is kept", async () => {
  const answer = await check("anthropic", { apiKey, baseUrl: upstream.baseUrls.anthropic });
  const examples = ["Claude Sonnet 4.5", "Claude of Tomorrow"];
  expect(answer).toEqual({ state: "ready", models: 2, examples });
  expect(existsSync(join(rein.dataDir, "settings.json"))).toBe(false);
  const { providers } = await rein.json<Models>("/api/models");
  expect(providers[0]).toMatchObject({ id: "anthropic", key: "none", state: "not-set-up" });
  expect(providers[0]).not.toHaveProperty("isStored");
});

test("a refused key, an address without an API, a page and one without a list are each told in words, without the key and a password", async () => {
  const cases: [status: string, body: string, state: string, words: string][] = [
    ["401 Unauthorized", `{"error":{"message":"No: ${apiKey}"}}`, "key-refused", "(401)"],
    ["403 Forbidden", "{}", "access-refused", "(403)"],
    ["404 Not Found", "", "no-list", "lists no models at"],
    ["500 Error", "{}", "failed", "internal error (500)"],
    ["200 OK", page, "no-list", "lists no models at"],
    ["200 OK", `"${page}"`, "no-list", "lists no models at"],
    ["200 OK", '{"data":[]}', "empty", "lists no model"],
  ];
  for (const [status, body, state, words] of cases) {
    const type = body === page ? "text/html" : "application/json";
    service.answer(() => http(body, { status, headers: { "content-type": type } }));
    const baseUrl = `${service.url.replace("//", `//name:${password}@`)}/v1`;
    const answer = await check("openai-chat", { apiKey, baseUrl });
    expect(answer).toMatchObject({ state, models: 0, examples: [] });
    expect(answer.reason).toContain(words);
    expect(answer.reason).not.toContain(apiKey);
    expect(answer.reason).not.toContain(password);
    expect(service.requests.at(-1)?.head).toContain(`Bearer ${apiKey}`);
  }
  expect(rein.output()).not.toContain(apiKey);
});

test("a redirect to another origin gets no key, and an answer without an end is cut", async () => {
  using elsewhere = startRawUpstream();
  const headers = { location: `${elsewhere.url}/v1/models` };
  service.answer(() => http("", { status: "302 Found", headers }));
  const redirected = await check("openai-chat", { apiKey, baseUrl: service.url });
  expect(redirected).toMatchObject({ state: "no-api" });
  expect(redirected.reason).toContain("redirects to");
  expect(elsewhere.requests).toEqual([]);
  service.answer(() => http(endless(), { headers: { "content-type": "application/json" } }));
  const huge = await check("openai-chat", { apiKey, baseUrl: service.url });
  expect(huge).toMatchObject({ state: "no-api" });
  expect(huge.reason).toContain("more than 4 MB");
  expect(service.requests.at(-1)!.sent()).toBeLessThan(20_000_000);
});

test("what cannot be reached and what cannot be an address or a key is told before anything is sent", async () => {
  const nowhere = await check("openai-chat", { apiKey, baseUrl: "127.0.0.1:1" });
  expect(nowhere).toMatchObject({ state: "unreachable" });
  for (const [id, entered, status] of [
    ["openai-chat", { baseUrl: "ftp://box" }, 400],
    ["openai-chat", { apiKey: "“sk”", baseUrl: service.url }, 400],
    ["openai-chat", { apiKey, baseUrl: service.url, more: 1 }, 400],
    ["openai-chat", { apiKey, baseUrl: service.url, model: " " }, 400],
    ["nobody", { apiKey }, 400],
  ] as const) {
    const body = JSON.stringify(entered);
    const response = await rein.fetch(`/api/providers/${id}/test`, { method: "POST", body });
    expect([entered, response.status]).toEqual([entered, status]);
    expect(await response.text()).not.toContain(apiKey);
  }
  expect(await check("openai-chat", { apiKey })).toMatchObject({ state: "not-set-up" });
  expect(await check("anthropic", {})).toMatchObject({ state: "not-set-up" });
  expect(service.requests).toEqual([]);
});

test("closing the request closes the connection to a service that is silent", async () => {
  service.answer(() => ({ pieces: [], keepsOpen: true }));
  const closing = new AbortController();
  const body = JSON.stringify({ apiKey, baseUrl: service.url });
  const path = "/api/providers/openai-chat/test";
  const asked = rein.fetch(path, { method: "POST", body, signal: closing.signal });
  await until(() => service.requests.length === 1, "the service is asked");
  const closedAt = performance.now();
  closing.abort();
  await asked.catch(() => undefined);
  await service.requests[0]!.closed;
  // Not by the limit of ten seconds.
  expect(performance.now() - closedAt).toBeLessThan(8_000);
  expect(rein.output()).not.toContain("A request failed");
});

test("where there is no list a named model is asked for a word, and the answer is ended there", async () => {
  const piece = { choices: [{ index: 0, delta: { role: "assistant", content: "Yes" } }] };
  let chat = () => http([`data: ${JSON.stringify(piece)}\n\n`], { keepsOpen: true });
  service.answer(({ line }) =>
    line.startsWith("GET") ? http("", { status: "404 Not Found" }) : chat(),
  );
  const unlisted = { apiKey, baseUrl: service.url };
  expect(await check("openai-chat", unlisted)).toMatchObject({ state: "no-list" });
  const named = { ...unlisted, model: " my-model " };
  expect(await check("openai-chat", named)).toEqual({ state: "ready", models: 0, examples: [] });
  const asked = service.requests.at(-1)!;
  await asked.closed;
  expect(JSON.parse(asked.body)).toMatchObject({ model: "my-model", max_tokens: 16 });
  chat = () => http("{}", { status: "401 Unauthorized" });
  expect(await check("openai-chat", named)).toMatchObject({ state: "key-refused", models: 0 });
});

test("an Ollama that wants a sign-in says where, and a server on this machine may have a key", async () => {
  service.answer(() => http("{}", { status: "401 Unauthorized" }));
  const baseUrl = service.url;
  expect((await check("ollama", { baseUrl })).reason).toContain("(ollama signin)");
  expect((await check("ollama", { baseUrl, apiKey })).reason).toContain("Enter another key");
  await check("llamacpp", { baseUrl, apiKey });
  expect(service.requests.at(-1)?.head).toContain(`Bearer ${apiKey}`);
  const { providers } = await rein.json<Models>("/api/models");
  const keys = providers.filter(({ key }) => key === undefined).map(({ id }) => id);
  expect(keys).toEqual(["demo"]);
});

test("a service whose list is public is asked about the key too", async () => {
  const list = '{"data":[{"id":"one/model"}]}';
  let keyStatus = "401 Unauthorized";
  service.answer(({ line }) =>
    line.endsWith("/key") ? http("{}", { status: keyStatus }) : http(list),
  );
  const entered = { apiKey, baseUrl: service.url };
  expect(await check("openrouter", entered)).toMatchObject({ state: "key-refused", models: 0 });
  for (keyStatus of ["200 OK", "404 Not Found"])
    expect(await check("openrouter", entered)).toMatchObject({ state: "ready", models: 1 });
});

test("only what is entered is tested otherwise than it is saved, and a saved key is used at another address", async () => {
  const baseUrl = upstream.baseUrls["openai-chat"];
  const providers = { "openai-chat": { apiKey: "saved", baseUrl } };
  await rein.json("/api/settings", { method: "PUT", body: JSON.stringify({ providers }) });
  service.answer(() => http("{}", { status: "401 Unauthorized" }));
  expect(await check("openai-chat", { baseUrl: service.url })).toMatchObject({
    state: "key-refused",
  });
  expect(service.requests[0]?.head).toContain("Bearer saved");
  // What works goes on working.
  const { providers: listed } = await rein.json<Models>("/api/models");
  expect(listed.find(({ id }) => id === "openai-chat")).toMatchObject({
    state: "ready",
    isStored: true,
    baseUrl,
  });
});

function check(id: string, entered: ProviderTestRequest): Promise<ProviderTest> {
  return post(`/api/providers/${id}/test`, entered);
}

function* endless(): Generator<string> {
  yield '{"data":[';
  for (;;) yield '{"id":"a model"},'.repeat(10_000);
}
