/** The scripted upstream is as strict as the real services, and reports correctly when a client closed its connection. */
import { describe, expect, test } from "bun:test";
import { upstreamScene } from "./upstream-scene";
import { hang, makeGate, text } from "./upstream/upstream";

const upstream = upstreamScene();

const hello = { role: "user", content: "Hello." };
const call = { type: "tool_use", id: "t1", name: "bash", input: {} };
const result = { type: "tool_result", tool_use_id: "t1", content: "a" };
const assistant = (...content: object[]) => ({ role: "assistant", content });
const user = (...content: object[]) => ({ role: "user", content });

describe("the Anthropic wire", () => {
  test.each<[string, object[], RegExp]>([
    ["no message", [], /at least one message/],
    [
      "an assistant message first",
      [assistant({ type: "text", text: "Hi." }), hello],
      /first message/,
    ],
    ["an assistant message last", [hello, assistant({ type: "text", text: "Hi." })], /prefill/],
    [
      "trailing white space in a prefill",
      [hello, assistant({ type: "text", text: "Hi. " })],
      /trailing whitespace/,
    ],
    ["an empty text", [hello, assistant({ type: "text", text: "" }), hello], /must be non-empty/],
    [
      "a text of white space",
      [hello, assistant({ type: "text", text: "\n" }), hello],
      /non-whitespace/,
    ],
    ["an empty content", [hello, assistant(), hello], /non-empty content/],
    [
      "unsigned thinking",
      [hello, assistant({ type: "thinking", thinking: "Hm." }), hello],
      /signature: Field required/,
    ],
    [
      "thinking that was changed",
      [hello, assistant({ type: "thinking", thinking: "Hm.", signature: "x" }), hello],
      /Invalid `signature`/,
    ],
    ["a call without a result", [hello, assistant(call), hello], /without `tool_result`/],
    [
      "a result without a call",
      [hello, assistant({ type: "text", text: "Hi." }), user(result)],
      /unexpected `tool_use_id`/,
    ],
    [
      "a result after other content",
      [hello, assistant(call), user({ type: "text", text: "x" }, result)],
      /must come before/,
    ],
    [
      "a text after a call",
      [hello, assistant(call, { type: "text", text: "x" }), user(result)],
      /only be followed by/,
    ],
    ["the same id twice", [hello, assistant(call, call), user(result)], /ids must be unique/],
    [
      "an id in another provider's form",
      [hello, assistant({ ...call, id: "a.b:0" }), user(result)],
      /match pattern/,
    ],
    [
      "an input that is not an object",
      [hello, assistant({ ...call, input: "ls" }), user(result)],
      /valid dictionary/,
    ],
  ])("refuses %s", async (_, messages, why) => {
    expect(await refusal("/v1/messages", { model: "m", max_tokens: 10, messages })).toMatch(why);
  });

  test("with a thinking budget, refuses a last call without thinking before it", async () => {
    const thinking = { type: "enabled", budget_tokens: 1024 };
    const body = { model: "m", max_tokens: 2048, messages: [hello, assistant(call), user(result)] };
    expect(await refusal("/v1/messages", { ...body, thinking })).toMatch(/Expected `thinking`/);
    expect(await refusal("/v1/messages", body)).toBeUndefined();
  });
});

describe("the Chat Completions wire", () => {
  const tool_calls = [{ id: "c1", type: "function", function: { name: "bash", arguments: "{}" } }];
  const calling = { role: "assistant", content: null, tool_calls };
  const answer = { role: "tool", tool_call_id: "c1", content: "a" };

  test.each<[string, object[], RegExp]>([
    ["no message", [], /empty array/],
    [
      "an empty list of calls",
      [hello, { role: "assistant", content: "x", tool_calls: [] }, hello],
      /empty array/,
    ],
    ["a call without a result", [hello, calling, hello], /must be followed by tool messages/],
    ["a result without a call", [hello, answer], /must be a response to a preceeding/],
    ["an empty answer", [hello, { role: "assistant", content: "" }, hello], /non-empty string/],
    ["two user messages in a row", [hello, hello], /must alternate/],
    [
      "an assistant message last",
      [hello, { role: "assistant", content: "x" }],
      /Expected last role/,
    ],
    [
      "arguments that are not JSON",
      [
        hello,
        { role: "assistant", tool_calls: [{ id: "c1", function: { name: "b", arguments: "{" } }] },
        answer,
      ],
      /not JSON/,
    ],
  ])("refuses %s", async (_, messages, why) => {
    expect(await refusal("/v1/chat/completions", { model: "m", messages })).toMatch(why);
  });

  test("Mistral refuses a user message after a result, others accept it", async () => {
    const messages = [hello, calling, answer, hello];
    const id = "abcdefghi";
    const nine = [
      hello,
      { ...calling, tool_calls: calling.tool_calls.map((call) => ({ ...call, id })) },
      { ...answer, tool_call_id: id },
      hello,
    ];
    const body = { model: "mistral-large", messages: nine };
    expect(await refusal("/v1/chat/completions", body)).toMatch(/Unexpected role 'user'/);
    expect(await refusal("/v1/chat/completions", { model: "m", messages })).toBeUndefined();
  });

  test.each<[model: string, more: object, why: RegExp]>([
    ["deepseek-chat", {}, /Missing `reasoning_content` field .* at message index 1/],
    ["kimi-k3", { reasoning_content: "" }, /reasoning_content is missing .* at index 1/],
    ["mistral-large", {}, /must be a-z, A-Z, 0-9, with a length of 9/],
    ["magistral-medium", { reasoning_content: "x" }, /Extra inputs are not permitted: reasoning/],
    ["llama-3.3-70b", { reasoning_content: "x" }, /'reasoning_content' is unsupported/],
    ["sonar-pro", {}, /should be 'system', 'user' or 'assistant'/],
    ["gemini-3-pro", {}, /missing a thought_signature/],
    ["google/gemini-3-pro", {}, /missing a thought_signature/],
    [
      "anthropic/claude",
      { reasoning_details: [{ type: "reasoning.text", text: "x", signature: "y" }] },
      /Invalid `signature`/,
    ],
  ])("%s refuses a call with %j", async (model, more, why) => {
    const messages = [hello, { ...calling, ...more }, answer, hello];
    expect(await refusal("/v1/chat/completions", { model, messages })).toMatch(why);
  });
});

describe("the Responses wire", () => {
  const calling = { type: "function_call", call_id: "c1", name: "bash", arguments: "{}" };
  const answer = { type: "function_call_output", call_id: "c1", output: "a" };
  const thought = { type: "reasoning", id: "rs_1", summary: [] };

  test.each<[string, object[], RegExp]>([
    ["no input", [], /must be provided/],
    ["a call without an output", [hello, calling, hello], /No tool output found/],
    ["an output without a call", [hello, answer], /No tool call found/],
    ["reasoning that is not stored", [hello, thought, calling, answer], /Items are not persisted/],
    [
      "reasoning that was changed",
      [hello, { ...thought, encrypted_content: "x" }, calling, answer],
      /could not be verified/,
    ],
    [
      "an item twice",
      [hello, { ...calling, id: "fc_1" }, answer, { ...calling, id: "fc_1" }],
      /Duplicate item/,
    ],
    [
      "a call without its reasoning",
      [hello, { ...calling, id: "fc_2_after_rs_1" }, answer],
      /required 'reasoning' item/,
    ],
    ["an empty text", [hello, { role: "assistant", content: "" }, hello], /empty text/],
  ])("refuses %s", async (_, input, why) => {
    expect(await refusal("/v1/responses", { model: "m", store: false, input })).toMatch(why);
  });
});

describe("the Gemini wire", () => {
  const parts = (role: string, ...parts: object[]) => ({ role, parts });
  const hi = parts("user", { text: "Hello." });
  const calling = { functionCall: { name: "bash", args: {} } };
  const answer = { functionResponse: { name: "bash", response: { output: "a" } } };

  test.each<[string, object[], RegExp]>([
    ["no content", [], /contents is not specified/],
    ["a model first", [parts("model", { text: "Hi." }), hi], /first turn is a user turn/],
    ["a model last", [hi, parts("model", { text: "Hi." })], /last turn is a user turn/],
    ["no parts", [hi, parts("model"), hi], /must not be empty/],
    ["an empty part", [hi, parts("model", { text: "" }), hi], /must have one initialized field/],
    [
      "fewer responses than calls",
      [hi, parts("model", calling, calling), parts("user", answer)],
      /number of function response parts/,
    ],
    [
      "a response without a call",
      [parts("user", { text: "Hello." }, answer)],
      /immediately after a function call turn/,
    ],
    [
      "a call after a model's turn",
      [hi, parts("model", { text: "x" }), parts("model", calling), parts("user", answer)],
      /immediately after a user turn/,
    ],
    [
      "a signature that Gemini did not make",
      [hi, parts("model", { ...calling, thoughtSignature: "x" }), parts("user", answer)],
      /Invalid thought signature/,
    ],
  ])("refuses %s", async (_, contents, why) => {
    const path = "/v1beta/models/gemini-2.5-pro:streamGenerateContent";
    expect(await refusal(path, { contents })).toMatch(why);
  });

  test("Gemini 3 refuses a call without a signature, Gemini 2 accepts it", async () => {
    const contents = [hi, parts("model", calling), parts("user", answer)];
    const path = (model: string) => `/v1beta/models/${model}:streamGenerateContent`;
    expect(await refusal(path("gemini-3-pro"), { contents })).toMatch(
      /missing a thought_signature/,
    );
    expect(await refusal(path("gemini-2.5-pro"), { contents })).toBeUndefined();
  });
});

describe("the end of a request", () => {
  const body = { model: "m", messages: [hello] };

  test("is the client's when the client closed first, before or after the first byte", async () => {
    for (const steps of [[hang], [text("a"), hang]]) {
      const controller = new AbortController();
      const index = upstream.requests.length;
      upstream.script(steps);
      const reading = post("/v1/chat/completions", body, { signal: controller.signal })
        .then((response) => response.text())
        .catch((error: Error) => error.name);
      const request = await upstream.request(index);
      controller.abort();
      expect(await reading).toBe("AbortError");
      expect(await request.ended).toBe("client");
    }
  });

  test("is the server's when the answer was complete first", async () => {
    upstream.script([text("a")]);
    await (await post("/v1/chat/completions", body)).text();
    expect(await upstream.requests[0]!.ended).toBe("server");
  });

  test("a gate holds everything after it until it is open", async () => {
    const gate = makeGate();
    upstream.script([text("before", gate, "behind")]);
    const reader = (await post("/v1/chat/completions", body)).body!.getReader();
    await gate.reached;
    const first = await read(reader, "before");
    expect(first).not.toContain("behind");
    gate.open();
    expect(await read(reader, "behind")).toContain("behind");
    await reader.cancel();
  });

  test("a request without a scripted answer gets an error that says so", async () => {
    const response = await post("/v1/chat/completions", body);
    expect(response.status).toBe(401);
    expect(await response.text()).toContain("Nothing is scripted");
  });

  test("a route is called before the queue, and may leave a request to it", async () => {
    upstream.script([text("from the queue")]);
    upstream.route(({ model }) => (model === "routed" ? [text("from the route")] : undefined));
    const answer = async (model: string) =>
      (await post("/v1/chat/completions", { ...body, model })).text();
    expect(await answer("routed")).toContain("from the route");
    expect(await answer("m")).toContain("from the queue");
  });
});

function post(path: string, body: object, init: RequestInit = {}): Promise<Response> {
  return fetch(upstream.url + path, { ...init, method: "POST", body: JSON.stringify(body) });
}

/** The message of a 400, which is also in the record; undefined when the request was accepted. */
async function refusal(path: string, body: object): Promise<string | undefined> {
  upstream.script([text("Taken.")]);
  const response = await post(path, body);
  const answer = await response.text();
  const refused = upstream.requests.at(-1)!.refusal;
  if (response.ok) return undefined;
  expect(response.status).toBe(400);
  expect(JSON.parse(answer).error.message).toBe(refused);
  return refused;
}

/** Reads until this text has arrived. */
async function read(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  until: string,
): Promise<string> {
  const decoder = new TextDecoder();
  let all = "";
  while (!all.includes(until)) {
    const { value, done } = await reader.read();
    if (done) throw new Error(`The answer ended without “${until}”.`);
    all += decoder.decode(value, { stream: true });
  }
  return all;
}
