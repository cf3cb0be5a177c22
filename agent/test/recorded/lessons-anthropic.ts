/** What recorded answers of Anthropic taught, in small: chunks, and the answer that they are. */
import type { Answer } from "./answer";
import type { Lesson } from "./lesson";

const start = (usage: object, more: object = {}) => ({
  type: "message_start",
  message: { id: "msg_1", role: "assistant", content: [], stop_reason: null, ...more, usage },
});
const block = (index: number, content_block: object) => ({
  type: "content_block_start",
  index,
  content_block,
});
const delta = (index: number, delta: object) => ({ type: "content_block_delta", index, delta });
const stop = (index: number) => ({ type: "content_block_stop", index });
const end = (stop_reason: string, usage: object) => [
  { type: "message_delta", delta: { stop_reason, stop_sequence: null }, usage },
  { type: "message_stop" },
];
const said = (index: number, text: string) => [
  block(index, { type: "text", text: "" }),
  delta(index, { type: "text_delta", text }),
  stop(index),
];
const tool = { type: "tool_use", id: "toolu_1", name: "roll" };
const counts = { input_tokens: 10, output_tokens: 1 };
const usage = { input: 10, cacheRead: 0, cacheWrite: 0, output: 5 };
const last = { output_tokens: 5 };
const hello: Answer = { parts: [{ type: "text", text: "Hello." }], usage, end: "stop" };
const called = (input: unknown): Answer => ({
  parts: [{ type: "tool-call", id: "toolu_1", name: "roll", input }],
  usage,
  end: "tool-calls",
});

export const anthropicLessons: Record<string, Lesson> = {
  "a message that begins twice is one": {
    chunks: [start(counts), start(counts), ...said(0, "Hello."), ...end("end_turn", last)],
    answer: hello,
  },
  "a call that comes whole with the start of the message is made": {
    chunks: [
      start(
        { input_tokens: 0, output_tokens: 0 },
        { content: [{ ...tool, input: { player: 2 } }], stop_reason: "tool_use" },
      ),
      { type: "message_stop" },
    ],
    answer: { ...called({ player: 2 }), usage: { ...usage, input: 0, output: 0 } },
  },
  "an input that comes whole with the start of its block is read": {
    chunks: [
      start(counts),
      block(0, { ...tool, input: { player: 1 } }),
      stop(0),
      ...end("tool_use", last),
    ],
    answer: called({ player: 1 }),
  },
  "an input of which nothing comes is empty": {
    chunks: [
      start(counts),
      block(0, { ...tool, input: {} }),
      { type: "ping" },
      delta(0, { type: "input_json_delta", partial_json: "" }),
      stop(0),
      ...end("tool_use", last),
    ],
    answer: called({}),
  },
  "the last count of the input holds": {
    chunks: [
      start({ input_tokens: 43, output_tokens: 1 }),
      ...said(0, "Hello."),
      ...end("end_turn", { input_tokens: 61, output_tokens: 5 }),
    ],
    answer: { ...hello, usage: { ...usage, input: 61 } },
  },
  "what was read from the cache and written to it is input": {
    chunks: [
      start({ ...counts, cache_creation_input_tokens: 300, cache_read_input_tokens: 600 }),
      ...said(0, "Hello."),
      ...end("end_turn", last),
    ],
    answer: { ...hello, usage: { input: 910, cacheRead: 600, cacheWrite: 300, output: 5 } },
  },
  "what the service wrote to make room is counted": {
    chunks: [
      start({ input_tokens: 6000, output_tokens: 1 }),
      block(0, { type: "compaction", content: null }),
      delta(0, { type: "compaction_delta", content: "A summary." }),
      stop(0),
      ...said(1, "Hello."),
      ...end("end_turn", {
        input_tokens: 60,
        output_tokens: 5,
        iterations: [
          { type: "compaction", input_tokens: 6000, output_tokens: 50 },
          { type: "message", input_tokens: 60, output_tokens: 5 },
        ],
      }),
    ],
    answer: {
      parts: [{ type: "other", name: "compaction" }, ...hello.parts],
      usage: { ...usage, input: 6060, output: 55 },
      end: "stop",
    },
  },
  "the service's own call may be without its result beside a call of ours": {
    chunks: [
      start(counts),
      block(0, { type: "server_tool_use", id: "srvtoolu_1", name: "code", input: { code: "1" } }),
      stop(0),
      block(1, { ...tool, input: {} }),
      stop(1),
      ...end("tool_use", last),
    ],
    answer: { ...called({}), parts: [{ type: "other", name: "code" }, ...called({}).parts] },
  },
  "the result of the service's own call may come in the next answer": {
    chunks: [
      start(counts),
      block(0, { type: "code_execution_tool_result", tool_use_id: "srvtoolu_1", content: {} }),
      stop(0),
      ...said(1, "Hello."),
      ...end("end_turn", last),
    ],
    answer: {
      ...hello,
      parts: [{ type: "other", name: "code_execution_tool_result" }, ...hello.parts],
    },
  },
  "an answer that is declined has no part": {
    chunks: [start(counts), ...end("refusal", last)],
    answer: { parts: [], usage, end: "refusal" },
  },
  "a turn that the service pauses is no end": {
    chunks: [start(counts), ...said(0, "Hello."), ...end("pause_turn", last)],
    answer: { ...hello, end: "pause" },
  },
  "a full window is no full output": {
    chunks: [start(counts), ...said(0, "Hello."), ...end("model_context_window_exceeded", last)],
    answer: { ...hello, end: "context-full" },
  },
  "the service's own tools, their results and what is cited are parts": {
    chunks: [
      start(counts),
      block(0, { type: "server_tool_use", id: "srvtoolu_1", name: "web_search", input: {} }),
      delta(0, { type: "input_json_delta", partial_json: '{"query":"x"}' }),
      stop(0),
      block(1, { type: "web_search_tool_result", tool_use_id: "srvtoolu_1", content: [] }),
      stop(1),
      block(2, { type: "text", text: "", citations: [] }),
      delta(2, {
        type: "citations_delta",
        citation: { type: "web_search_result_location", url: "https://example.com", title: "X" },
      }),
      delta(2, { type: "text_delta", text: "Hello." }),
      stop(2),
      ...end("end_turn", last),
    ],
    answer: {
      ...hello,
      parts: [
        { type: "other", name: "web_search" },
        { type: "other", name: "web_search_tool_result" },
        ...hello.parts,
        { type: "other", name: "citations" },
      ],
    },
  },
};
