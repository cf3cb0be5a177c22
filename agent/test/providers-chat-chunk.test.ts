/** The quick way to read a chunk of a Chat Completions answer says what its schema says. */
import { expect, test } from "bun:test";
import { validate } from "../server/providers/bad-answer";
import { chatChunk, readChunk } from "../server/providers/openai/chat-chunk";

const piece = (delta: unknown, rest: object = {}, around: object = {}) => ({
  id: "1",
  object: "chat.completion.chunk",
  created: 1,
  system_fingerprint: null,
  choices: [{ index: 0, delta, logprobs: null, finish_reason: null, ...rest }],
  ...around,
});
const call = { index: 0, id: "a", function: { name: "read", arguments: "{}" } };
const usage = { prompt_tokens: 1, completion_tokens: 2 };

const chunks: Record<string, unknown> = {
  "a piece of text": piece({ content: "word" }),
  "a piece with its role": piece({ role: "assistant", content: "", refusal: null }),
  "a piece of reasoning": piece({ content: null, reasoning_content: "thought" }),
  "reasoning under its other name": piece({ reasoning: "thought", reasoning_details: [{}] }),
  "a piece of a call": piece({ content: null, tool_calls: [call] }),
  "a refusal": piece({ refusal: "no" }),
  "content in pieces": piece({ content: [{ type: "text", text: "word" }] }),
  "content that is a number": piece({ content: 1 }),
  "a call that is none": piece({ content: "word", tool_calls: 1 }),
  "a delta that is a list": piece(["word"]),
  "a delta that is missing": piece(undefined),
  "the last piece": piece({ content: "word" }, { finish_reason: "stop" }),
  "an end that is a number": piece({ content: "word" }, { finish_reason: 1 }),
  "text with a whole message": piece({ content: "a" }, { message: { content: "ab" } }),
  "text with its usage": piece({ content: "a" }, {}, { usage }),
  "text with usage in its choice": piece({ content: "a" }, { usage }),
  "text with usage as Groq has it": piece({ content: "a" }, {}, { x_groq: { usage } }),
  "text with its sources": piece({ content: "a" }, {}, { citations: ["https://a.example"] }),
  "text with unknown fields": piece({ content: "a", a: { b: [1] } }, { c: {} }, { d: [2] }),
  "text with a prototype": JSON.parse(
    '{"choices":[{"delta":{"content":"a","__proto__":{"b":1}}}]}',
  ),
  "two choices": { choices: [{ delta: { content: "a" } }, { delta: { content: "b" } }] },
  "no choice": { choices: [] },
  "choices that are none": { choices: "a" },
  "a list": [],
  nothing: null,
  "very many fields": piece(
    Object.fromEntries(Array.from({ length: 200_000 }, (_, index) => [`a${index}`, 1])),
  ),
};

test.each(Object.entries(chunks))("%s is read as its schema says", (_name, event) => {
  expect(outcome(() => readChunk(event))).toEqual(outcome(() => validate(chatChunk, event)));
});

function outcome(read: () => unknown): unknown {
  try {
    // What is null is as if it were not there.
    return JSON.parse(JSON.stringify({ read: read() }), (_key, value) => value ?? undefined);
  } catch (error) {
    return { failed: String(error) };
  }
}
