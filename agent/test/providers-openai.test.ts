/** What only OpenAI's two wires have: items with ids, reasoning under several names, calls without numbers. */
import { expect, test } from "bun:test";
import type { Message } from "../shared/protocol";
import { createOpenAI } from "../server/providers/openai/openai";
import { createOpenAIChat } from "../server/providers/openai/openai-chat";
import type { Provider } from "../server/providers/provider";
import { ask, collect, finished, messageOf, providerCases, userMessage } from "./provider-wires";
import { upstreamScene } from "./upstream-scene";
import { finish, reasoning, text, toolCall } from "./upstream/upstream";

const live = new AbortController().signal;
const [, openai, chat] = providerCases;

const upstream = upstreamScene();

const steps = [reasoning("Hmm."), toolCall("bash", { command: "ls" })];

test("Responses: nothing is stored at OpenAI, and items are sent back complete, with their ids", async () => {
  const body = await sendBack(openai.create(upstream), "gpt-5.4");
  expect(body).toMatchObject({ store: false, include: ["reasoning.encrypted_content"] });
  expect(body["input"]).toMatchObject([
    { role: "user" },
    { type: "reasoning", id: "rs_1", encrypted_content: expect.any(String) },
    { type: "function_call", id: "fc_2_after_rs_1" },
    { type: "function_call_output", output: "a\nb" },
    { role: "user" },
  ]);
});

test("Responses: reasoning without encrypted content is not sent back, and neither are the ids", async () => {
  const provider = openai.create(upstream);
  const message = await write(provider, "gpt-5.4");
  const [thought] = message.parts;
  if (thought?.type !== "reasoning") throw new Error("The reasoning was lost.");
  Object.assign(thought.meta!["item"] as object, { encrypted_content: null });
  const { input } = (await send(provider, "gpt-5.4", message)) as { input: object[] };
  expect(input[1]).toMatchObject({ type: "function_call" });
  expect(input[1]).not.toHaveProperty("id");
});

test("Responses: all requests of a conversation have the same key for the cache, of 64 characters at most", async () => {
  const provider = openai.create(upstream);
  for (const cacheKey of ["session", "k".repeat(100)]) {
    upstream.script([text("Hi.")]);
    await collect(provider.stream({ ...ask("gpt-5.4"), cacheKey }, live));
    expect(upstream.requests.at(-1)!.body["prompt_cache_key"]).toBe(cacheKey.slice(0, 64));
  }
});

test("Responses: models that cannot reason get no reasoning options", async () => {
  upstream.script([text("Hi.")]);
  await collect(openai.create(upstream).stream(ask("gpt-4.1"), live));
  expect(upstream.requests[0]!.body).not.toHaveProperty("reasoning");
  expect(upstream.requests[0]!.body).not.toHaveProperty("include");
});

test("Chat: the reasoning that led to a call is sent back with it, under the field name it came with", async () => {
  const { messages } = (await sendBack(chat.create(upstream), "m")) as { messages: object[] };
  expect(messages[2]).toMatchObject({ role: "assistant", reasoning_content: "Hmm." });
});

test("Chat: reasoning is also read under its other field name, and sent back under that", async () => {
  using server = serve([
    { choices: [{ delta: { reasoning: "Hmm." }, finish_reason: null }] },
    { choices: [{ delta: { content: "Hi." }, finish_reason: "stop" }] },
  ]);
  const provider = createOpenAIChat({ baseUrl: `http://127.0.0.1:${server.port}/v1` });
  const events = await collect(provider.stream(ask("m"), live));
  expect(events.filter(({ type }) => type === "part-delta")).toMatchObject([
    { delta: "Hmm." },
    { delta: "Hi." },
  ]);
  expect(events.find(({ type }) => type === "part-end")).toMatchObject({
    meta: { provider: "openai-chat", field: "reasoning" },
  });
});

test("Chat: an input that the length limit cut is never reported as complete", async () => {
  upstream.script([toolCall("bash", ["{}"]), finish("length")]);
  const events = await collect(chat.create(upstream).stream(ask("m"), live));
  expect(events.some(({ type }) => type === "part-end")).toBe(false);
});

test("Chat: parallel calls with the same index are distinguished by their ids", async () => {
  const call = (id: string, command: string) => ({
    index: 0,
    id,
    type: "function",
    function: { name: "bash", arguments: JSON.stringify({ command }) },
  });
  using server = serve([
    { choices: [{ delta: { tool_calls: [call("a", "ls")] }, finish_reason: null }] },
    { choices: [{ delta: { tool_calls: [call("b", "pwd")] }, finish_reason: "stop" }] },
  ]);
  const provider = createOpenAIChat({ baseUrl: `http://127.0.0.1:${server.port}/v1` });
  const events = await collect(provider.stream(ask("m"), live));
  expect(events.filter(({ type }) => type === "part-end")).toMatchObject([
    { input: { command: "ls" } },
    { input: { command: "pwd" } },
  ]);
  expect(events.at(-1)).toEqual({ type: "finish", reason: "tool-calls" });
});

test("Responses: an input that a server sends only when it is complete is shown then", async () => {
  const item = { type: "function_call", id: "fc_1", call_id: "c1", name: "bash" };
  using server = serve([
    { type: "response.output_item.added", output_index: 0, item: { ...item, arguments: "" } },
    { type: "response.output_item.done", output_index: 0, item: { ...item, arguments: "{}" } },
    { type: "response.completed", response: { status: "completed", output: [item] } },
  ]);
  const provider = createOpenAI({ baseUrl: `http://127.0.0.1:${server.port}/v1` });
  const events = await collect(provider.stream(ask("m"), live));
  expect(events.find(({ type }) => type === "part-delta")).toMatchObject({ delta: "{}" });
});

/** A server that answers with frames that the scripted upstream's script cannot express. */
function serve(frames: object[]) {
  const body = frames.map((frame) => `data: ${JSON.stringify(frame)}\n\n`).join("");
  const headers = { "content-type": "text/event-stream" };
  return Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch: () => new Response(body, { headers }),
  });
}

async function sendBack(provider: Provider, model: string) {
  return send(provider, model, await write(provider, model));
}

async function write(provider: Provider, model: string): Promise<Message> {
  upstream.script(steps);
  const events = await collect(provider.stream(ask(model), live));
  return finished(messageOf(events, provider.id, model));
}

/** The body in which this message and the user's next one were sent. */
async function send(provider: Provider, model: string, message: Message) {
  upstream.script([text("Here I am.")]);
  const request = ask(model, userMessage("Hello."), message, userMessage("Go on."));
  await collect(provider.stream(request, live));
  return upstream.requests.at(-1)!.body;
}
