/** What only Anthropic's wire has: signed thinking, tool results marked as errors, a cache, token counts at the start. */
import { expect, test } from "bun:test";
import type { Message } from "../shared/protocol";
import {
  ask,
  callsIn,
  collect,
  collectFailure,
  finished,
  interrupted,
  messageOf,
  providerCases,
  userMessage,
} from "./provider-wires";
import { upstreamScene } from "./upstream-scene";
import {
  cut,
  reasoning,
  redactedReasoning,
  type Step,
  text,
  toolCall,
  usage,
} from "./upstream/upstream";

const live = new AbortController().signal;
const [anthropic, openai] = providerCases;
const budgeted = "claude-haiku-4-5";

const upstream = upstreamScene();

const steps: Step[] = [
  reasoning("Let me ", "look."),
  redactedReasoning(),
  text("Look:\n"),
  toolCall("bash", { command: "ls" }),
];

test("thinking is sent back byte for byte, redacted thinking too", async () => {
  const { messages, thinking } = await sendBack(finished(await write(budgeted)), budgeted);
  expect(thinking).toEqual({ type: "enabled", budget_tokens: 10_000 });
  expect(messages[1]!.content).toMatchObject([
    { type: "thinking", thinking: "Let me look.", signature: expect.any(String) },
    { type: "redacted_thinking", data: expect.any(String) },
    { type: "text", text: "Look:\n" },
    { type: "tool_use", name: "bash", input: { command: "ls" } },
  ]);
});

test("a thinking budget is not requested where the last calls came from another model", async () => {
  upstream.script(steps);
  const events = await collect(openai.create(upstream).stream(ask("gpt-5.4"), live));
  const foreign = interrupted(messageOf(events, "openai", "gpt-5.4"));
  expect(await sendBack(foreign, budgeted)).not.toHaveProperty("thinking");
});

test("thinking that a changed prompt has made invalid is left out, where a model would refuse it", async () => {
  const message = finished(await write("claude-opus-5-5"));
  expect((await sendBack(message, "claude-opus-5-5")).thinking).toEqual({
    type: "adaptive",
    display: "summarized",
    block_binding: { prefix_mismatch_behavior: "drop_block" },
  });
  const beta = upstream.requests.at(-1)!.headers.get("anthropic-beta");
  expect(beta).toBe("thinking-binding-controls-2026-08-01");
});

test("a stopped tool's result is marked as an error, a finished tool's is not", async () => {
  for (const end of [interrupted, finished]) {
    const { messages } = await sendBack(end(await write(budgeted)), budgeted);
    const marked = end === interrupted ? { is_error: true } : {};
    const [result] = messages[2]!.content;
    expect(result).toEqual({
      type: "tool_result",
      tool_use_id: expect.any(String),
      content: end === interrupted ? "[interrupted by user]" : "a\nb",
      ...marked,
    });
  }
});

test("results and the user's next text are one message, so that roles alternate", async () => {
  const { messages } = await sendBack(finished(await write(budgeted)), budgeted);
  expect(messages.map(({ role }) => role)).toEqual(["user", "assistant", "user"]);
});

test("the last tool, the prompt and the last two messages of the user are marked for the cache", async () => {
  const model = "claude-opus-5-5";
  // More blocks than Anthropic looks back over from a mark.
  const many = Array.from({ length: 25 }, (_, at) => toolCall("bash", { command: `cat ${at}` }));
  upstream.script([reasoning("Hm."), ...many], [text("Here I am.")], [text("Here I am.")]);
  const provider = anthropic.create(upstream);
  const first = ask(model);
  const message = messageOf(await collect(provider.stream(first, live)), "anthropic", model);
  const second = { ...first, messages: [...first.messages, finished(message)] };
  await collect(provider.stream(second, live));
  const third = { ...first, messages: [...second.messages, userMessage("Go on.")] };
  await collect(provider.stream(third, live));
  const bodies = upstream.requests.map(({ body }) => body as unknown as CachedBody);
  for (const { system, tools } of bodies) {
    expect(marked(system)).toEqual([system.length - 1]);
    expect(marked(tools)).toEqual([tools.length - 1]);
  }
  const marks = bodies.map(({ messages }) => messages.map(({ content }) => marked(content)));
  expect(marks).toEqual([[[0]], [[0], [], [24]], [[0], [], [25]]]);
  // What was marked in a request is in the next one, byte for byte.
  for (const [at, body] of bodies.slice(0, -1).entries())
    expect(unmarked(bodies[at + 1]!)).toStartWith(unmarked(body).slice(0, -"]}]]".length));
});

test("the prompt's token count is known once the answer begins, even when the answer is cut", async () => {
  upstream.script([usage(120, 14), text("Once "), cut]);
  const stream = anthropic.create(upstream).stream(ask(budgeted), live);
  const { events } = await collectFailure(stream);
  expect(events[0]).toMatchObject({ type: "usage", inputTokens: 120, outputTokens: 1 });
});

interface CachedBody {
  system: object[];
  tools: object[];
  messages: { content: object[] }[];
}

/** Where the marks are. */
function marked(blocks: object[]): number[] {
  return [...blocks.keys()].filter((at) => "cache_control" in blocks[at]!);
}

/** What the cache holds, in the order in which the service reads it. */
function unmarked({ tools, system, messages }: CachedBody): string {
  return JSON.stringify([tools, system, messages]).replaceAll(
    ',"cache_control":{"type":"ephemeral"}',
    "",
  );
}

async function write(model: string): Promise<Message> {
  upstream.script(steps);
  const events = await collect(anthropic.create(upstream).stream(ask(model), live));
  const message = messageOf(events, "anthropic", model);
  expect(callsIn(message).length).toBe(1);
  return message;
}

/** The body in which this message and the user's next one were sent. */
async function sendBack(message: Message, model: string) {
  upstream.script([text("Here I am.")]);
  const request = ask(model, userMessage("Hello."), message, userMessage("Go on."));
  await collect(anthropic.create(upstream).stream(request, live));
  return upstream.requests.at(-1)!.body as {
    messages: { role: string; content: object[] }[];
    system: object[];
    thinking?: object;
  };
}
