/** What passes the gate stays what it is: bytes, status, headers; what is counted of it; what waits before it. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { GoogleGenAI } from "@google/genai";
import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import {
  freeTurn,
  gateModels,
  gatePrice,
  type GateScene,
  passedRequests,
  realKey,
  startGateScene,
} from "./gate-scene";
import { http, type RawUpstream, startRawUpstream } from "./upstream/raw-upstream";
import { until } from "./within";

const passed = () => passedRequests(upstream);
let upstream: RawUpstream;
let scene: GateScene;
beforeAll(() => {
  upstream = startRawUpstream();
  scene = startGateScene(upstream.url);
});
afterEach(() => void (upstream.requests.length = 0));
afterAll(async () => {
  await scene[Symbol.asyncDispose]();
  upstream[Symbol.dispose]();
});

const json = { "content-type": "application/json" };
type Opened = ReturnType<GateScene["open"]>;

/** A request with the token, as text and its answer. */
async function post({ address }: Opened, path: string, body: unknown = {}, init: RequestInit = {}) {
  return fetch(address.url + path, {
    method: "POST",
    body: typeof body === "string" ? body : JSON.stringify(body),
    ...init,
    headers: { ...json, "x-api-key": address.token, ...(init.headers as object) },
  });
}

describe("answers that are no stream are counted:", () => {
  const answers: [string, object, (gate: Opened, model: string) => Promise<unknown>][] = [
    [
      "anthropic",
      {
        type: "message",
        role: "assistant",
        content: [{ type: "text", text: "Hi." }],
        stop_reason: "end_turn",
        usage: { input_tokens: 700, cache_read_input_tokens: 300, output_tokens: 20 },
      },
      ({ address }, model) =>
        new Anthropic({ apiKey: address.token, baseURL: address.url }).messages.create({
          model,
          max_tokens: 9,
          messages: [{ role: "user", content: "Hello" }],
        }),
    ],
    [
      "openai",
      {
        object: "response",
        status: "completed",
        output: [],
        usage: {
          input_tokens: 1000,
          input_tokens_details: { cached_tokens: 300 },
          output_tokens: 20,
        },
      },
      ({ address }, model) =>
        new OpenAI({ apiKey: address.token, baseURL: address.url }).responses.create({
          model,
          input: "Hello",
        }),
    ],
    [
      "openai-chat",
      {
        choices: [{ message: { content: "Hi." }, finish_reason: "stop" }],
        usage: {
          prompt_tokens: 1000,
          completion_tokens: 20,
          prompt_tokens_details: { cached_tokens: 300 },
        },
      },
      ({ address }, model) =>
        new OpenAI({ apiKey: address.token, baseURL: address.url }).chat.completions.create({
          model,
          messages: [{ role: "user", content: "Hello" }],
        }),
    ],
    [
      "gemini",
      {
        candidates: [{ content: { parts: [{ text: "Hi." }] }, finishReason: "STOP" }],
        usageMetadata: {
          promptTokenCount: 1000,
          cachedContentTokenCount: 300,
          candidatesTokenCount: 20,
        },
      },
      ({ address }, model) =>
        new GoogleGenAI({
          apiKey: address.token,
          httpOptions: { baseUrl: address.url },
        }).models.generateContent({ model, contents: "Hello" }),
    ],
  ];
  test.each(answers)("%s", async (provider, answer, ask) => {
    upstream.answer(() => http(JSON.stringify(answer), { headers: json }));
    const turn = freeTurn();
    const gate = scene.open(provider, turn);
    await ask(gate, gateModels[provider as keyof typeof gateModels]);
    await turn.untilClosed(1);
    const counted = { inputTokens: 1000, cacheReadTokens: 300, outputTokens: 20, estimated: false };
    expect(gate.usage).toMatchObject(counted);
    expect(gate.usage.costUsd).toBeCloseTo((700 + 30 + 200) / 1e6, 9);
    gate.close();
  });

  test("a list of chunks, as Gemini sends a stream that was not asked for as events", async () => {
    const chunk = (text: string, more: object) =>
      JSON.stringify({ candidates: [{ content: { parts: [{ text }] }, ...more }] }).slice(0, -1);
    const counts = `"usageMetadata":{"promptTokenCount":50,"candidatesTokenCount":7}`;
    const list = `[${chunk("a", {})}}\n,\r\n${chunk("b", { finishReason: "STOP" })},${counts}}]`;
    upstream.answer(() => http(list, { headers: json }));
    const turn = freeTurn();
    const gate = scene.open("gemini", turn);
    const path = `/v1beta/models/${gateModels.gemini}:streamGenerateContent`;
    expect(await (await post(gate, path)).text()).toBe(list);
    await turn.untilClosed(1);
    expect(gate.usage).toMatchObject({ inputTokens: 50, outputTokens: 7, estimated: false });
    gate.close();
  });
});

const chunks = (...pieces: object[]) => pieces.map((one) => `data: ${JSON.stringify(one)}\n\n`);
const piece = (content: string) => ({ choices: [{ delta: { content } }] });
const last = { choices: [{ delta: {}, finish_reason: "stop" }] };

test("a stream that counts nothing is estimated: the text of the request, its pictures, and the answer", async () => {
  upstream.answer(() => http(chunks(piece("x".repeat(400)), last)));
  const turn = freeTurn();
  const gate = scene.open("openai-chat", turn);
  const picture = "A".repeat(100_000);
  const messages = [{ role: "user", content: ["word ".repeat(800), { url: picture }] }];
  await (
    await post(gate, "/chat/completions", { model: gateModels["openai-chat"], messages })
  ).text();
  await turn.untilClosed(1);
  const { inputTokens, outputTokens, estimated, costUsd } = gate.usage;
  expect({ outputTokens, estimated }).toEqual({ outputTokens: 100, estimated: true });
  // A thousand of the text, 1,500 of the picture, and the names of the fields.
  expect(inputTokens).toBeWithin(2500, 2560);
  expect(costUsd).toBeCloseTo((inputTokens * gatePrice.input + 100 * gatePrice.output) / 1e6, 9);
  gate.close();
});

test("what a service says that it has charged counts in the place of the prices", async () => {
  const counts = { prompt_tokens: 9, completion_tokens: 9, cost: 0.25 };
  upstream.answer(() => http(chunks(piece("Hi."), last, { choices: [], usage: counts })));
  const turn = freeTurn();
  const gate = scene.open("openrouter", turn);
  await (await post(gate, "/chat/completions", { model: gateModels.openrouter })).text();
  await turn.untilClosed(1);
  expect(gate.usage.costUsd).toBe(0.25);
  gate.close();
});

test("helpers with other models count too, and tokens without a price as such", async () => {
  const counts = { prompt_tokens: 100, completion_tokens: 10 };
  upstream.answer(() => http(chunks(piece("Hi."), { ...last, usage: counts })));
  const turn = freeTurn();
  const gate = scene.open("openai-chat", turn);
  for (const model of [gateModels["openai-chat"], "small-model"])
    await (await post(gate, "/chat/completions", { model })).text();
  await turn.untilClosed(2);
  expect(gate.counts.requests).toBe(2);
  expect(gate.usage).toMatchObject({ inputTokens: 200, outputTokens: 20, unpricedTokens: 110 });
  // Another turn begins at zero.
  gate.setTurn(freeTurn());
  expect([gate.counts, gate.usage.inputTokens]).toEqual([{ requests: 0, open: 0 }, 0]);
  gate.close();
});

describe("bytes", () => {
  const odd = ': ping\r\n\r\nevent: x\r\ndata: {"a":\r\ndata: 1}\r\n\r\ndata: ü😀 [DONE]';

  test.each([
    ["as they are", (body: string) => Buffer.from(body), {}],
    ["gzip", gzipSync, { "content-encoding": "gzip" }],
    ["brotli", brotliCompressSync, { "content-encoding": "br" }],
  ] as const)("pass unchanged that came %s", async (_, compress, headers) => {
    upstream.answer(() => http(compress(odd), { headers }));
    const gate = scene.open("openai");
    const response = await post(gate, "/responses", { model: "m" });
    expect(await response.text()).toBe(odd);
    expect(response.headers.get("content-type")).toBe("text/event-stream");
    // It was not asked to compress: what passes is counted.
    expect(passed()[0]!.head).toContain("Accept-Encoding: identity");
    gate.close();
  });

  test("of the request arrive as they were sent, also compressed", async () => {
    upstream.answer(() => http("{}", { headers: json }));
    const gate = scene.open("openai");
    const body = `{"model" : "m",\n "input":"ü😀" }`;
    await (await post(gate, "/responses", body)).text();
    const headers = {
      ...json,
      "content-encoding": "gzip",
      authorization: `Bearer ${gate.address.token}`,
    };
    const init = { method: "POST", headers, body: gzipSync(body) };
    await (await fetch(`${gate.address.url}/responses`, init)).text();
    expect(passed().map((one) => one.body)).toEqual([body, body]);
    expect(passed()[1]!.head).not.toMatch(/content-encoding/i);
    gate.close();
  });

  test("of an answer come one by one, as they are sent", async () => {
    upstream.answer(() => http(["data: 1\n\n"], { keepsOpen: true }));
    const gate = scene.open("openai");
    const response = await post(gate, "/responses", { model: "m" });
    const { value } = await response.body!.getReader().read();
    expect(Buffer.from(value!).toString()).toBe("data: 1\n\n");
    gate.close();
  });
});

test("an answer that the engine does not read waits at the service, and is not held here", async () => {
  const event = `data: ${"x".repeat(200_000)}\n\n`;
  upstream.answer(() => http(Array.from({ length: 300 }, () => event)));
  const gate = scene.open("openai");
  const unread = await post(gate, "/responses", { model: "m" });
  await unread.body!.getReader().read();
  // In the time in which all of another one passes.
  const read = await post(gate, "/responses", { model: "m" });
  expect((await read.arrayBuffer()).byteLength).toBe(300 * event.length);
  // The buffers of four sockets hold 10 to 20 MB.
  expect(passed().map((one) => one.sent() > 40_000_000)).toEqual([false, true]);
  gate.close();
});

test("the query and the headers of the client pass, but for its token and what is between two ends only", async () => {
  upstream.answer(() => http("{}", { headers: json }));
  const gate = scene.open("gemini");
  const path = `/v1beta/models/m:generateContent?alt=sse&key=${gate.address.token}&$httpMethod=DELETE`;
  const headers = {
    "x-api-key": "",
    "x-goog-api-client": "one",
    "user-agent": "engine/1",
    cookie: "a=b",
    "x-http-method-override": "DELETE",
    "x-forwarded-for": "1.2.3.4",
  };
  await (await post(gate, path, {}, { headers })).text();
  const { line, head } = passed()[0]!;
  expect(line).toBe("POST /v1beta/models/m:generateContent?alt=sse");
  expect(head).toMatch(new RegExp(`x-goog-api-key: ${realKey}`, "i"));
  expect(head.toLowerCase()).toContain("user-agent: engine/1");
  expect(head).toContain("x-goog-api-client: one");
  expect(head).not.toMatch(/rein-|cookie|override|forwarded|x-api-key/i);
  gate.close();
});

/** As the engines of this list send them, besides those of every client. */
const engineHeaders = [
  "accept-language anthropic-beta anthropic-dangerous-direct-browser-access anthropic-version",
  "originator session-id thread-id x-app x-claude-code-agent-id x-claude-code-session-id",
  "x-client-request-id x-codex-beta-features x-codex-parent-thread-id x-codex-turn-metadata",
  "x-codex-window-id x-gemini-api-privileged-user-id x-goog-api-client",
  "x-openai-internal-codex-responses-lite x-openai-subagent x-parent-session-id",
  "x-session-affinity x-session-id x-stainless-lang x-stainless-retry-count",
].flatMap((line) => line.split(" "));

/** That say where it goes, who sends it, or who pays for it. */
const otherHeaders = [
  "anthropic-workspace-id cf-connecting-ip forwarded helicone-target-url openai-organization",
  "openai-project sec-x true-client-ip via x-amz-security-token x-client-ip x-forwarded-host",
  "x-goog-iam-authorization-token x-goog-user-project x-http-method x-method-override",
  "x-original-url x-portkey-custom-host x-real-ip x-rewrite-url",
].flatMap((line) => line.split(" "));

test("the headers pass that engines send, and no other", async () => {
  upstream.answer(() => http("{}", { headers: json }));
  const gate = scene.open("openai");
  const named = Object.fromEntries(
    [...engineHeaders, ...otherHeaders].map((name) => [name, `of ${name}`]),
  );
  await (await post(gate, "/responses", { model: "m" }, { headers: named })).text();
  const lines = upstream.requests.at(-1)!.head.split("\r\n");
  const sent = lines.map((line) => line.toLowerCase()).filter((line) => line.includes(": of "));
  expect(sent.toSorted()).toEqual(engineHeaders.map((name) => `${name}: of ${name}`).toSorted());
  gate.close();
});

describe("an error of the service", () => {
  test("passes with its status, its headers and its words, without the key", async () => {
    const words = JSON.stringify({
      error: { message: `Wrong key ${realKey}, or sk-real-***mnop.` },
    });
    const headers = { ...json, "retry-after": "7", "x-echo": realKey, "set-cookie": "a=b" };
    upstream.answer(() => http(words, { status: "429 Slow", headers }));
    const turn = freeTurn();
    const gate = scene.open("openai", turn);
    const response = await post(gate, "/responses", { model: "m" });
    expect(response.status).toBe(429);
    expect(response.headers.get("retry-after")).toBe("7");
    expect(response.headers.get("set-cookie")).toBeNull();
    expect(JSON.stringify([...response.headers])).not.toContain(realKey);
    expect(await response.json()).toEqual({ error: { message: "Wrong key …, or …." } });
    expect(await turn.untilClosed(1)).toMatchObject([{ outcome: "failed", status: 429 }]);
    expect(scene.failures.splice(0)).toEqual(["openai: rate-limit"]);
    // It was refused: it costs nothing.
    expect(gate.usage.inputTokens).toBe(0);
    gate.close();
  });

  test("that nothing listens there is one that may be sent again", async () => {
    scene.settings.update({ providers: { vllm: { baseUrl: "http://127.0.0.1:1/v1" } } });
    const gate = scene.open("vllm");
    const response = await post(gate, "/chat/completions", { model: "m" });
    expect(response.status).toBe(502);
    expect(await response.json()).toMatchObject({
      error: { message: expect.stringContaining("cannot be reached. Nothing is listening") },
    });
    expect(scene.failures.splice(0)).toEqual(["vllm: network"]);
    gate.close();
  });

  test("that it redirects elsewhere ends the request: the key goes nowhere else", async () => {
    using other = startRawUpstream();
    const headers = { location: `${other.url}/v1/responses` };
    upstream.answer(() => http("", { status: "307 Elsewhere", headers }));
    const gate = scene.open("openai");
    const response = await post(gate, "/responses", { model: "m" });
    expect(response.status).toBe(400);
    expect(await response.text()).toContain("redirects");
    expect(other.requests).toEqual([]);
    gate.close();
  });
});

test("a service that repeats the key in its answer does not give it to an engine, wherever it is cut", async () => {
  for (let at = 1; at < realKey.length; at += 5) {
    const cut = [`data: "${realKey.slice(0, at)}`, `${realKey.slice(at)}" sk-real\n\n`];
    upstream.answer(() => ({ ...http(cut), isPaced: true }));
    const gate = scene.open("openai");
    const answer = await (await post(gate, "/responses", { model: "m" })).text();
    expect(answer).toBe('data: "…" sk-real\n\n');
    gate.close();
  }
});

describe("before a request goes out", () => {
  test("the turn is asked; while it waits nothing is sent, and a cut ends the wait", async () => {
    upstream.answer(() => http("{}", { headers: json }));
    const passes = Promise.withResolvers<void>();
    const asked = Promise.withResolvers<AbortSignal>();
    const gate = scene.open(
      "openai",
      freeTurn({ beforeRequest: (signal) => (asked.resolve(signal), passes.promise) }),
    );
    const first = post(gate, "/responses", { model: "m" });
    await asked.promise;
    expect(passed()).toHaveLength(0);
    expect(gate.counts).toEqual({ requests: 0, open: 0 });
    passes.resolve();
    expect((await first).status).toBe(200);

    const waits = Promise.withResolvers<AbortSignal>();
    gate.setTurn(
      freeTurn({ beforeRequest: (signal) => (waits.resolve(signal), new Promise(() => {})) }),
    );
    const second = post(gate, "/responses", { model: "m" });
    const signal = await waits.promise;
    gate.cut();
    expect(signal.aborted).toBe(true);
    expect((await second).status).toBe(400);
    expect(passed()).toHaveLength(1);
    gate.close();
  });

  test("a turn that refuses it says why", async () => {
    const refuse = async () => {
      throw new Error("The limit is reached.");
    };
    const gate = scene.open("openai", freeTurn({ beforeRequest: refuse }));
    const response = await post(gate, "/responses", { model: "m" });
    expect(response.status).toBe(400);
    expect(await response.text()).toContain("The limit is reached.");
    expect(passed()).toEqual([]);
    gate.close();
  });
});

test("the end of a turn cuts what is still open, and its usage is final in the same tick", async () => {
  upstream.answer(() => http(chunks(piece("x".repeat(4000))), { keepsOpen: true }));
  const turn = freeTurn();
  const gate = scene.open("openai-chat", turn);
  const response = await post(gate, "/chat/completions", { model: gateModels["openai-chat"] });
  const text = response.text().catch((error: unknown) => error);
  await until(() => gate.usage.outputTokens === 1000);
  // Another has no answer yet.
  upstream.answer(() => ({ pieces: [], keepsOpen: true }));
  const silent = post(gate, "/chat/completions", { model: gateModels["openai-chat"] });
  await until(() => passed().length === 2);
  const told = turn.usages.length;
  gate.setTurn(undefined);
  expect(turn.usages).toHaveLength(told);
  expect([turn.closed, gate.counts]).toMatchObject([
    [{ outcome: "cut" }, { outcome: "cut" }],
    { requests: 2, open: 0 },
  ]);
  const { usage } = gate;
  expect(await text).toBeInstanceOf(Error);
  expect((await silent).status).toBe(400);
  for (const request of passed()) await request.closed;
  expect(gate.usage).toEqual(usage);
  expect((await post(gate, "/chat/completions", { model: "m" })).status).toBe(400);
  gate.close();
});

test("a limit that is reached while an answer passes cuts it from within", async () => {
  upstream.answer(() => http(chunks(piece("x".repeat(4400))), { keepsOpen: true }));
  const gate = scene.open(
    "openai-chat",
    freeTurn({ onUsage: ({ outputTokens }) => outputTokens > 1000 && gate.cut() }),
  );
  const answer = post(gate, "/chat/completions", { model: gateModels["openai-chat"] });
  const text = answer.then((response) => response.text());
  expect(await text.catch((error: unknown) => error)).toBeInstanceOf(Error);
  await passed()[0]!.closed;
  expect(gate.usage.outputTokens).toBe(1100);
  gate.close();
});

test("a stalled request that a person sends again ends for the engine with an error that it retries", async () => {
  upstream.answer(() => ({ pieces: [], keepsOpen: true }));
  const again = Promise.withResolvers<() => void>();
  const idle = { onBytes() {}, onWait() {}, [Symbol.dispose]() {} };
  const turn = freeTurn({ openRequest: (cut) => (again.resolve(cut), idle) });
  const gate = scene.open("openai", turn);
  const answer = post(gate, "/responses", { model: "m" });
  const cut = await again.promise;
  await until(() => passed().length === 1);
  cut();
  expect((await answer).status).toBe(503);
  await passed()[0]!.closed;
  upstream.answer(() => http("{}", { headers: json }));
  expect((await post(gate, "/responses", { model: "m" })).status).toBe(200);
  gate.close();
});

test("a provider that is not set up has no gate, and one that is no more refuses with the same sentence", async () => {
  expect(() => scene.gate.open("mistral")).toThrow("Mistral needs a key");
  expect(() => scene.gate.open("demo")).toThrow("only Rein itself");
  scene.settings.update({ providers: { mistral: { apiKey: realKey, baseUrl: upstream.url } } });
  const gate = scene.open("mistral");
  scene.settings.update({ providers: { mistral: { apiKey: null } } });
  const response = await post(gate, "/chat/completions", { model: "m" });
  expect(response.status).toBe(400);
  expect(await response.text()).toContain("Mistral needs a key");
  gate.close();
});
