/** Ollama runs a model in the window that Rein reckons with, and nothing of a conversation is dropped without a word. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { createOllama } from "../server/providers/ollama/ollama";
import type { ModelOptions } from "../shared/protocol";
import { ask, collect, collectFailure, finished, messageOf, userMessage } from "./provider-wires";
import { startRein } from "./rein";
import { http, type RawUpstream, startRawUpstream } from "./upstream/raw-upstream";
import { upstreamScene } from "./upstream-scene";
import { failure, finish, reasoning, text, toolCall, usage } from "./upstream/upstream";

const live = new AbortController().signal;
const upstream = upstreamScene();
let raw: RawUpstream;
beforeAll(() => void (raw = startRawUpstream()));
afterAll(() => raw[Symbol.dispose]());

test("a model's window is what its user chose, else what it is loaded with, else a usual one that it has", async () => {
  const models = await createOllama({ baseUrl: upstream.url }).models(live);
  expect(models.map(({ id, contextTokens }) => [id, contextTokens])).toEqual([
    ["chosen:8b", 16_384],
    ["loaded:latest", 65_536],
    ["usual:8b", 32_768],
    ["small:1b", 8192],
    ["old:7b", 32_768],
  ]);
});

test("what a model's options are is known by its capabilities", async () => {
  const models = await createOllama({ baseUrl: upstream.url }).models(live);
  const allowed = Object.fromEntries(models.map(({ id, allows }) => [id, allows?.efforts]));
  expect(allowed["usual:8b"]).toEqual([]);
  expect(allowed["loaded:latest"]).toEqual(["off", "low", "medium", "high"]);
  // Its Ollama is older, and does not say.
  expect(allowed["old:7b"]).toBeUndefined();
});

test("each request runs in the window that the list states, and may not be cut", async () => {
  await send({ model: "usual:8b", contextTokens: 20_000 });
  expect(sent()).toMatchObject({ truncate: false, shift: false, options: { num_ctx: 20_000 } });
});

test("a model whose window is not known yet is asked for it first", async () => {
  await send({ model: "chosen:8b" });
  expect(sent()).toMatchObject({ options: { num_ctx: 16_384 } });
  await send({ model: "loaded" });
  expect(sent()).toMatchObject({ options: { num_ctx: 65_536 } });
  await send({ model: "never-heard-of" });
  expect(sent()).toMatchObject({ options: {} });
  await send({ model: "huge:480b-cloud", contextTokens: 262_144 });
  expect(sent()).toMatchObject({ options: {} });
});

test("a conversation that is longer than the window is refused as such", async () => {
  upstream.script([failure("context-length")]);
  const { error } = await collectFailure(stream(ask("usual:8b")));
  expect(error).toMatchObject({ code: "context-length", status: 400 });
});

test("a conversation is summed up before it fills the window in which the model runs", async () => {
  await using rein = await startRein({ environment: upstream.environment });
  upstream.script([text("Blue."), usage(27_000, 500)], [text("In short: blue.")], [text("Green.")]);
  const other = { provider: "anthropic", model: "claude-haiku-4-5" };
  const first = rein.chat({ message: "My question", ...other });
  await first.ended;
  // Its models have not been listed yet: the window is waited for.
  const model = { provider: "ollama", model: "usual:8b" };
  const next = rein.chat({ message: "And then?", sessionId: first.sessionId, ...model });
  await next.ended;
  const { messages } = await rein.session(first.sessionId);
  expect(messages.map(({ role, summary }) => (summary ? "summary" : role))).toEqual([
    "user",
    "assistant",
    "user",
    "summary",
    "assistant",
  ]);
  const windows = upstream.requests.map(({ body }) => body["options"]);
  const window = { num_ctx: 32_768 };
  expect(windows).toEqual([undefined, window, window]);
  // What a person sets in the settings comes first.
  const models = { ollama: { "usual:8b": { contextTokens: 50_000 } } };
  await rein.json("/api/settings", { method: "PUT", body: JSON.stringify({ models }) });
  upstream.script([text("Red.")]);
  await rein.chat({ message: "And now?", sessionId: first.sessionId }).ended;
  expect(sent()["options"]).toEqual({ num_ctx: 50_000 });
});

test("a summary by hand fits into the window of a model that nothing is known of yet", async () => {
  const { baseUrls, url } = upstream;
  const other = { OPENAI_COMPATIBLE_BASE_URL: baseUrls["openai-chat"] };
  await using rein = await startRein({ environment: { OLLAMA_HOST: url, ...other } });
  upstream.script([text("Blue.")], [text("In short: blue.")]);
  const question = "What of this is blue? ".repeat(500);
  const chat = rein.chat({ message: question, provider: "openai-chat", model: "local-model" });
  await chat.ended;
  const session = `/api/sessions/${chat.sessionId}`;
  // Its window of 8,192 tokens holds a part of this question.
  const small = { provider: "ollama", model: "small:1b" };
  await rein.json(session, { method: "PATCH", body: JSON.stringify(small) });
  await rein.json(`${session}/compact`, { method: "POST" });
  const { body } = await upstream.request(1);
  expect(JSON.stringify(body["messages"])).toMatch(/\[… \d+ characters …\]/);
});

test("a subagent's model is asked once its window is known, which is asked for once", async () => {
  const paths: string[] = [];
  using proxy = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch(request) {
      const { pathname } = new URL(request.url);
      paths.push(pathname);
      return fetch(upstream.url + pathname, request);
    },
  });
  const environment = { ...upstream.environment, OLLAMA_HOST: proxy.url.href };
  await using rein = await startRein({ environment });
  const part = { role: "simple", title: "Part", task: "Find it." };
  const model = { provider: "ollama", model: "usual:8b" };
  upstream.script([toolCall("subagent", { ...part, ...model })], [text("Found.")], [text("Done.")]);
  const main = { provider: "anthropic", model: "claude-haiku-4-5" };
  await rein.chat({ message: "Do it", ...main }).ended;
  expect(upstream.requests[1]!.body["options"]).toEqual({ num_ctx: 32_768 });
  expect(paths.filter((path) => path === "/api/ps")).toHaveLength(1);
  expect(paths.at(-1)).toBe("/api/chat");
});

test("an answer that ends with the window is told from one that ends with the most output", async () => {
  const cases = [
    [usage(900, 100), "context-full"],
    [usage(900, 50), "length"],
  ] as const;
  for (const [counts, reason] of cases) {
    upstream.script([text("So "), counts, finish("length")]);
    const events = await collect(stream({ ...ask("usual:8b"), contextTokens: 1000 }));
    expect(events.at(-1)).toEqual({ type: "finish", reason });
  }
});

test("the options are those of Ollama's API", async () => {
  await send({ options: { effort: "high", temperature: 0.5, maxOutputTokens: 100 } });
  expect(sent()).toMatchObject({ think: "high", options: { temperature: 0.5, num_predict: 100 } });
  await send({ options: { effort: "off" } });
  expect(sent()).toMatchObject({ think: false });
  await send({});
  expect(sent()).not.toHaveProperty("think");
});

test("a model that cannot think is asked for it once, and again without, visibly", async () => {
  await using rein = await startRein({ environment: { OLLAMA_HOST: upstream.url } });
  upstream.script([text("Blue.")], [text("Green.")]);
  const options = {
    provider: "ollama",
    model: "thoughtless",
    options: { effort: "high" as const },
  };
  const first = rein.chat({ message: "My question", ...options });
  await first.ended;
  await rein.chat({ message: "And then?", sessionId: first.sessionId }).ended;
  expect(upstream.requests.map(({ body }) => body["think"])).toEqual([
    "high",
    undefined,
    undefined,
  ]);
  expect(first.events.find(({ type }) => type === "retry-start")).toMatchObject({
    retry: {
      error: { message: "The model “thoughtless” does not think. It is asked again without." },
    },
  });
});

test("thinking goes back with the calls to which it led, and inputs as objects", async () => {
  upstream.script([reasoning("Hm."), text("I look."), toolCall("bash", { command: "ls" })]);
  const events = await collect(stream(ask("usual:8b")));
  const message = finished(messageOf(events, "ollama", "usual:8b"));
  upstream.script([text("Done.")]);
  await collect(stream(ask("usual:8b", userMessage("Hello."), message)));
  expect(sent()["messages"]).toMatchObject([
    { role: "system" },
    { role: "user", content: "Hello." },
    {
      role: "assistant",
      content: "I look.",
      thinking: "Hm.",
      tool_calls: [{ function: { name: "bash", arguments: { command: "ls" } } }],
    },
    { role: "tool", tool_name: "bash", content: "a\nb" },
  ]);
});

const end = '{"message":{"role":"assistant","content":""},"done":true,"done_reason":"stop"}';
const call = (made: object) =>
  JSON.stringify({ message: { tool_calls: [{ function: made }] }, done: false });
const nested = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;

test.each<[string, string, string]>([
  ["no final line end", `{"message":{"content":"Hi."}}\n${end}`, "finish"],
  ["line ends of other systems", `{"message":{"content":"Hi."}}\r\n\r\n${end}\r\n`, "finish"],
  [
    "an input that is text",
    `${call({ name: "bash", arguments: '{"command":"ls"}' })}\n${end}`,
    "finish",
  ],
  ["counts that are none", end.replace("}", '},"eval_count":"x","prompt_eval_count":-1'), "finish"],
  ["a line that is no object", `5\n${end}`, "bad-answer"],
  ["a call without a name", `${call({ arguments: {} })}\n${end}`, "bad-answer"],
  ["a call nested too deeply", `{"message":{"tool_calls":${nested}}}\n${end}`, "bad-answer"],
  ["content that is a list", `{"message":{"content":[]}}\n${end}`, "bad-answer"],
  ["half a line", '{"message":{"content":"Hi."}}\n{"message":{"con', "cut"],
  ["no last line", '{"message":{"content":"Hi."}}\n', "cut"],
  ["events of another API", `data: {}\n\n${end}`, "cut"],
  [
    "an error in the middle",
    '{"message":{"content":"Hi."}}\n{"error":"out of memory"}\n',
    "server",
  ],
])("an answer with %s ends in words", async (_what, body, ends) => {
  raw.answer(({ line }) => (line.includes("/api/chat") ? http(body) : http("{}")));
  const events = createOllama({ baseUrl: raw.url }).stream(ask("usual:8b"), live);
  if (ends === "finish") expect((await collect(events)).at(-1)?.type).toBe("finish");
  else expect((await collectFailure(events)).error).toMatchObject({ code: ends });
});

test("an answer of many lines is bounded by the line, and one without line ends is not read for ever", async () => {
  const headers = { "content-type": "application/x-ndjson" };
  const line = `${JSON.stringify({ message: { content: "" }, more: "x".repeat(100_000) })}\n`;
  raw.answer(() => http([...Array<string>(100).fill(line), end], { headers }));
  const request = { ...ask("usual:8b"), contextTokens: 1000 };
  const whole = await collect(createOllama({ baseUrl: raw.url }).stream(request, live));
  expect(whole.at(-1)).toMatchObject({ type: "finish" });
  raw.answer(() => http(Array<string>(100).fill("x".repeat(100_000)), { headers }));
  const { error } = await collectFailure(createOllama({ baseUrl: raw.url }).stream(request, live));
  expect(error).toMatchObject({ code: "bad-answer" });
});

function stream(request: ReturnType<typeof ask>) {
  return createOllama({ baseUrl: upstream.url }).stream(request, live);
}

/** Sends one request, which is answered. */
async function send({
  model = "usual:8b",
  ...more
}: {
  model?: string;
  contextTokens?: number;
  options?: ModelOptions;
}): Promise<void> {
  upstream.script([text("Hi.")]);
  await collect(stream({ ...ask(model), ...more }));
}

function sent(): Record<string, unknown> {
  return upstream.requests.at(-1)!.body;
}
