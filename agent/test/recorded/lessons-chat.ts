/** What recorded answers of services with Chat Completions taught, in small. */
import type { Answer } from "./answer";
import type { Lesson } from "./lesson";

const chunk = (delta: object, finish_reason: string | null = null, more: object = {}) => ({
  id: "chatcmpl-1",
  object: "chat.completion.chunk",
  created: 0,
  model: "m",
  choices: [{ index: 0, delta, finish_reason }],
  ...more,
});
const counts = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 };
const counted = (usage: object = counts) => ({ ...chunk({}), choices: [], usage });
const call = (more: object, made: object) => chunk({ tool_calls: [{ ...more, function: made }] });
const first = { index: 0, id: "call_1", type: "function" };

const usage = { input: 10, cacheRead: 0, cacheWrite: 0, output: 5 };
const hello: Answer = { parts: [{ type: "text", text: "Hello." }], usage, end: "stop" };
const thought: Answer = { ...hello, parts: [{ type: "reasoning", text: "Hm." }, ...hello.parts] };
const called: Answer = {
  parts: [{ type: "tool-call", id: "call_1", name: "roll", input: { player: 1 } }],
  usage,
  end: "tool-calls",
};

export const chatLessons: Record<string, Lesson> = {
  "Azure's chunk about the prompt's filter is no answer": {
    chunks: [
      {
        id: "",
        object: "",
        created: 0,
        model: "",
        choices: [],
        prompt_filter_results: [{ prompt_index: 0 }],
      },
      chunk({ role: "assistant", content: "", refusal: null }),
      chunk({ content: "Hello." }),
      chunk({}, "stop"),
      counted(),
    ],
    answer: hello,
  },
  "Kimi's chunks do not say what they are, and the last has the counts": {
    chunks: [
      chunk({ role: "assistant", reasoning_content: "Hm." }, null, { object: undefined }),
      chunk({ content: "Hello." }, "stop", { object: undefined, usage: counts }),
    ],
    answer: thought,
  },
  "Perplexity counts and names its sources with each chunk, and the last count holds": {
    chunks: [
      chunk({ content: "Hel" }, null, {
        citations: ["https://example.com"],
        usage: { ...counts, completion_tokens: 1, total_tokens: 11 },
      }),
      chunk({ content: "lo." }, null, { citations: ["https://example.com"], usage: counts }),
      chunk({ content: "" }, "stop", {
        object: "chat.completion.done",
        citations: ["https://example.com"],
        usage: counts,
      }),
    ],
    answer: { ...hello, parts: [...hello.parts, { type: "other", name: "citations" }] },
  },
  "Mistral's content is an array when it reasons": {
    chunks: [
      chunk({ content: [{ type: "thinking", thinking: [{ type: "text", text: "Hm." }] }] }),
      chunk({ content: [{ type: "text", text: "Hello." }] }),
      chunk({ content: "" }, "stop", { usage: counts }),
    ],
    answer: thought,
  },
  "Mistral's call has neither an index nor a type, and comes whole": {
    chunks: [
      chunk({ role: "assistant", content: "" }),
      chunk(
        {
          content: null,
          tool_calls: [{ id: "call_1", function: { name: "roll", arguments: '{"player":1}' } }],
        },
        "tool_calls",
        { usage: counts },
      ),
    ],
    answer: called,
  },
  "Alibaba's later pieces of a call have an empty id": {
    chunks: [
      call(first, { name: "roll", arguments: "" }),
      call({ ...first, id: "" }, { arguments: '{"player"' }),
      call({ ...first, id: "" }, { arguments: ":1}" }),
      call({ ...first, id: "" }, { arguments: "" }),
      chunk({}, "tool_calls"),
      counted(),
    ],
    answer: called,
  },
  "GLM's later pieces of a call have an empty name": {
    chunks: [
      call(first, { name: "roll", arguments: "" }),
      call({ index: 0, type: "function" }, { name: "", arguments: '{"player":1}' }),
      chunk({ index: 0, content: "" }, "tool_calls", { usage: counts }),
    ],
    answer: called,
  },
  "a call that ends with stop is made": {
    chunks: [
      call(first, { name: "roll", arguments: '{"player":1}' }),
      chunk({}, "stop"),
      counted(),
    ],
    answer: called,
  },
  "xAI counts reasoning only in the total, and it is output": {
    chunks: [
      chunk({ content: "Hello." }),
      chunk({}, "stop"),
      counted({
        prompt_tokens: 10,
        completion_tokens: 5,
        total_tokens: 35,
        prompt_tokens_details: { cached_tokens: 9 },
        completion_tokens_details: { reasoning_tokens: 20 },
      }),
    ],
    answer: { ...hello, usage: { ...usage, cacheRead: 9, output: 25 } },
  },
  "Groq's reasoning has its own field": {
    chunks: [
      chunk({ role: "assistant", content: null }),
      chunk({ reasoning: "Hm." }),
      chunk({ content: "Hello." }),
      chunk({}, "stop", { x_groq: { usage: counts }, usage: counts }),
    ],
    answer: thought,
  },
  "DeepSeek counts the cache in its own fields too": {
    chunks: [
      chunk({ role: "assistant", content: null, reasoning_content: "Hm." }),
      chunk({ content: "Hello.", reasoning_content: null }),
      chunk({ content: "", reasoning_content: null }, "stop", {
        usage: {
          ...counts,
          prompt_tokens_details: { cached_tokens: 8 },
          prompt_cache_hit_tokens: 8,
          prompt_cache_miss_tokens: 2,
        },
      }),
    ],
    answer: { ...thought, usage: { ...usage, cacheRead: 8 } },
  },
  "SGLang names every field, with null": {
    chunks: [
      chunk({ role: "assistant", content: "Hello.", reasoning_content: null, tool_calls: null }),
      chunk({ role: null, content: null, reasoning_content: null, tool_calls: null }, "stop", {
        usage: null,
      }),
      counted({ ...counts, prompt_tokens_details: null, reasoning_tokens: 0 }),
    ],
    answer: hello,
  },
  "a filter that ended the answer is no refusal by the model": {
    chunks: [chunk({ content: "Hello." }), chunk({}, "content_filter"), counted()],
    answer: { ...hello, end: "content-filter" },
  },
  "Google signs a call, and the message of an answer": {
    chunks: [
      call(
        { ...first, extra_content: { google: { thought_signature: "sealed-call" } } },
        { name: "roll", arguments: '{"player":1}' },
      ),
      chunk({ extra_content: { google: { thought_signature: "sealed-message" } } }, "tool_calls"),
      counted(),
    ],
    answer: called,
  },
  "OpenRouter's details of the reasoning have a signature": {
    chunks: [
      chunk({
        reasoning: "Hm.",
        reasoning_details: [{ type: "reasoning.text", text: "Hm.", index: 0, format: "f" }],
      }),
      chunk({
        reasoning_details: [{ type: "reasoning.text", signature: "sealed-detail", index: 0 }],
      }),
      chunk({ content: "Hello." }, "stop"),
      counted(),
    ],
    answer: thought,
  },
};
