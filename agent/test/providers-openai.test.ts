/** What only OpenAI's two wires have: items with ids, reasoning under several names, calls without numbers. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import type { Message } from "../shared/protocol";
import { createOpenAIChat } from "../server/providers/openai-chat";
import type { Provider } from "../server/providers/provider";
import { ask, collect, finished, messageOf, providerCases, userMessage } from "./provider-wires";
import {
  finish,
  reasoning,
  startUpstream,
  text,
  toolCall,
  type Upstream,
} from "./upstream/upstream";

const live = new AbortController().signal;
const [, openai, chat] = providerCases;

let upstream: Upstream;
beforeEach(() => void (upstream = startUpstream()));
afterEach(() => upstream.close());

const steps = [reasoning("Hmm."), toolCall("bash", { command: "ls" })];

test("Responses: nothing is stored there, and items go back whole, with their ids", async () => {
  const body = await sendBack(openai!.create(upstream), "gpt-5.4");
  expect(body).toMatchObject({ store: false, include: ["reasoning.encrypted_content"] });
  expect(body["input"]).toMatchObject([
    { role: "user" },
    { type: "reasoning", id: "rs_1", encrypted_content: expect.any(String) },
    { type: "function_call", id: "fc_2_after_rs_1" },
    { type: "function_call_output", output: "a\nb" },
    { role: "user" },
  ]);
});

test("Responses: without its encrypted content reasoning stays behind, and ids with it", async () => {
  const provider = openai!.create(upstream);
  const message = await write(provider, "gpt-5.4");
  const [thought] = message.parts;
  if (thought?.type !== "reasoning") throw new Error("The reasoning was lost.");
  Object.assign(thought.meta!["item"] as object, { encrypted_content: null });
  const { input } = (await send(provider, "gpt-5.4", message)) as { input: object[] };
  expect(input[1]).toMatchObject({ type: "function_call" });
  expect(input[1]).not.toHaveProperty("id");
});

test("Responses: models that do not reason are not asked to", async () => {
  upstream.script([text("Hi.")]);
  await collect(openai!.create(upstream).stream(ask("gpt-4.1"), live));
  expect(upstream.requests[0]!.body).not.toHaveProperty("reasoning");
  expect(upstream.requests[0]!.body).not.toHaveProperty("include");
});

test("Chat: the reasoning that led to a call goes back with it, under the name it came by", async () => {
  const { messages } = (await sendBack(chat!.create(upstream), "m")) as { messages: object[] };
  expect(messages[2]).toMatchObject({ role: "assistant", reasoning_content: "Hmm." });
});

test("Chat: an input that the length limit cut is never said to be whole", async () => {
  upstream.script([toolCall("bash", ["{}"]), finish("length")]);
  const events = await collect(chat!.create(upstream).stream(ask("m"), live));
  expect(events.some(({ type }) => type === "part-end")).toBe(false);
});

test("Chat: parallel calls that a server numbers alike are told apart by their ids", async () => {
  const delta = (id: string, command: string) => ({
    tool_calls: [
      {
        index: 0,
        id,
        type: "function",
        function: { name: "bash", arguments: `{"c":"${command}"}` },
      },
    ],
  });
  const chunks = [
    { delta: delta("a", "ls"), finish_reason: null },
    { delta: delta("b", "pwd"), finish_reason: "stop" },
  ];
  using server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch: () =>
      new Response(
        chunks.map((choice) => `data: ${JSON.stringify({ choices: [choice] })}\n\n`).join(""),
        { headers: { "content-type": "text/event-stream" } },
      ),
  });
  const provider = createOpenAIChat({ baseUrl: `http://127.0.0.1:${server.port}/v1` });
  const events = await collect(provider.stream(ask("m"), live));
  expect(events.filter(({ type }) => type === "part-end")).toMatchObject([
    { input: { c: "ls" } },
    { input: { c: "pwd" } },
  ]);
  expect(events.at(-1)).toEqual({ type: "finish", reason: "tool-calls" });
});

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
