/** What recorded answers of services with the Responses API taught, in small. */
import type { Answer } from "./answer";
import type { Lesson } from "./lesson";

const event = (type: string, more: object) => ({ type: `response.${type}`, ...more });
const created = event("created", { response: { id: "resp_1", status: "in_progress", output: [] } });
const completed = (output: object[] = [], cached = 0) =>
  event("completed", {
    response: {
      id: "resp_1",
      status: "completed",
      output,
      usage: {
        input_tokens: 10,
        input_tokens_details: { cached_tokens: cached },
        output_tokens: 5,
        total_tokens: 15,
      },
    },
  });
const added = (output_index: number, item: object) =>
  event("output_item.added", { output_index, item });
const done = (output_index: number, item: object) =>
  event("output_item.done", { output_index, item });
const delta = (output_index: number, text: string) =>
  event("output_text.delta", { output_index, content_index: 0, delta: text });
const message = (text: string, more: object = {}) => ({
  type: "message",
  id: "msg_1",
  role: "assistant",
  status: "completed",
  content: [{ type: "output_text", text, annotations: [] }],
  ...more,
});
const empty = { type: "message", id: "msg_1", role: "assistant", content: [] };
const greeting = (output_index: number) => [
  added(output_index, empty),
  delta(output_index, "Hello."),
  done(output_index, message("Hello.")),
];
const call = { type: "function_call", id: "fc_1", call_id: "call_1", name: "roll", arguments: "" };
const whole = { ...call, arguments: '{"player":1}' };

const usage = { input: 10, cacheRead: 0, cacheWrite: 0, output: 5 };
const hello: Answer = { parts: [{ type: "text", text: "Hello." }], usage, end: "stop" };
const called: Answer = {
  parts: [{ type: "tool-call", id: "call_1", name: "roll", input: { player: 1 } }],
  usage,
  end: "tool-calls",
};

export const responsesLessons: Record<string, Lesson> = {
  "a call counts, though the last event repeats nothing": {
    chunks: [created, added(0, call), done(0, whole), completed()],
    answer: called,
  },
  "an input that comes only when it is whole is read": {
    chunks: [
      created,
      added(0, call),
      event("function_call_arguments.done", { output_index: 0, arguments: '{"player":1}' }),
      done(0, whole),
      completed([whole]),
    ],
    answer: called,
  },
  "a text that comes only when it is whole is read": {
    chunks: [
      created,
      added(0, empty),
      event("output_text.done", { output_index: 0, content_index: 0, text: "Hello." }),
      done(0, message("Hello.")),
      completed([message("Hello.")]),
    ],
    answer: hello,
  },
  "what the deltas of a text left out comes with its end": {
    chunks: [created, added(0, empty), delta(0, "Hel"), done(0, message("Hello.")), completed()],
    answer: hello,
  },
  "a text whose id changes is one": {
    chunks: [
      created,
      added(0, empty),
      delta(0, "Hello."),
      done(0, message("Hello.", { id: "msg_2" })),
      completed(),
    ],
    answer: hello,
  },
  "two texts with phases are two": {
    chunks: [
      created,
      added(0, empty),
      delta(0, "I look."),
      done(0, message("I look.", { phase: "commentary" })),
      added(1, { ...empty, id: "msg_2" }),
      delta(1, "Hello."),
      done(1, message("Hello.", { id: "msg_2", phase: "final_answer" })),
      completed(),
    ],
    answer: { ...hello, parts: [{ type: "text", text: "I look." }, ...hello.parts] },
  },
  "reasoning that is given as text, not as a summary, is read": {
    chunks: [
      created,
      added(0, { type: "reasoning", id: "rs_1", summary: [], content: [] }),
      event("reasoning_text.delta", { output_index: 0, content_index: 0, delta: "Hm." }),
      done(0, {
        type: "reasoning",
        id: "rs_1",
        summary: [],
        content: [{ type: "reasoning_text", text: "Hm." }],
      }),
      ...greeting(1),
      completed(),
    ],
    answer: { ...hello, parts: [{ type: "reasoning", text: "Hm." }, ...hello.parts] },
  },
  "arguments that are an object spoil nothing": {
    chunks: [
      created,
      added(0, { type: "tool_search_call", id: "ts_1", arguments: {}, status: "in_progress" }),
      done(0, { type: "tool_search_call", id: "ts_1", arguments: { paths: ["weather"] } }),
      added(1, call),
      done(1, whole),
      completed(),
    ],
    answer: { ...called, parts: [{ type: "other", name: "tool_search_call" }, ...called.parts] },
  },
  "the service's own tools and what is cited are parts": {
    chunks: [
      created,
      added(0, { type: "web_search_call", id: "ws_1", status: "in_progress" }),
      done(0, { type: "web_search_call", id: "ws_1", action: { type: "search", query: "x" } }),
      added(1, empty),
      delta(1, "Hello."),
      done(1, {
        ...empty,
        content: [
          {
            type: "output_text",
            text: "Hello.",
            annotations: [{ type: "url_citation", url: "https://example.com", title: "X" }],
          },
        ],
      }),
      completed(),
    ],
    answer: {
      ...hello,
      parts: [
        { type: "other", name: "web_search_call" },
        ...hello.parts,
        { type: "other", name: "citations" },
      ],
    },
  },
  "the output of the service's own program may come in the next answer": {
    chunks: [
      created,
      added(0, { type: "program_output", id: "po_1", call_id: "call_9", output: "" }),
      done(0, { type: "program_output", id: "po_1", call_id: "call_9", output: "42" }),
      ...greeting(1),
      completed(),
    ],
    answer: { ...hello, parts: [{ type: "other", name: "program_output" }, ...hello.parts] },
  },
  "what was read from the cache is input": {
    chunks: [created, ...greeting(0), completed([], 8)],
    answer: { ...hello, usage: { ...usage, cacheRead: 8 } },
  },
  "a failure that is told twice is one": {
    chunks: [
      created,
      {
        type: "error",
        error: { type: "insufficient_quota", code: "insufficient_quota", message: "No quota." },
      },
      event("failed", {
        response: { status: "failed", error: { code: "insufficient_quota", message: "No quota." } },
      }),
    ],
    answer: { parts: [], end: "error: rate-limit" },
  },
};
