/** Answers that are not as the documentation has them, and say all the same what they mean. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Part } from "../shared/protocol";
import type { ModelEvent, TokenCounts } from "../server/providers/provider";
import {
  ask,
  collect,
  messageOf,
  type ProviderCase,
  providerCases,
  rejectionOf,
} from "./provider-wires";
import { http, type RawUpstream, startRawUpstream } from "./upstream/raw-upstream";
import { baseUrlsAt, named, unnamed } from "./upstream/wire";

const live = new AbortController().signal;
const [anthropic, openai, , gemini] = providerCases;

let raw: RawUpstream;
beforeAll(() => void (raw = startRawUpstream()));
afterAll(() => raw[Symbol.dispose]());

const block = (content: object, deltas: object[] = [], index: number | undefined = 0) =>
  [
    named({ type: "content_block_start", index, content_block: content }),
    ...deltas.map((delta) => named({ type: "content_block_delta", index, delta })),
    named({ type: "content_block_stop", index }),
  ].join("");
const start = (usage: object = { input_tokens: 5 }) =>
  named({ type: "message_start", message: { usage } });
const end = (usage: object = { output_tokens: 3 }, stop_reason = "end_turn") =>
  named({ type: "message_delta", delta: { stop_reason }, usage });
const stop = named({ type: "message_stop" });
const hello = block({ type: "text", text: "" }, [{ type: "text_delta", text: "Hello." }]);

describe("Messages", () => {
  test.each<[string, string, Partial<Part>[]]>([
    [
      "a whole input at the start of its block",
      start() +
        block({ type: "tool_use", id: "a", name: "bash", input: { command: "ls" } }) +
        end() +
        stop,
      [{ type: "tool-call", input: { command: "ls" }, inputText: '{"command":"ls"}' }],
    ],
    [
      "an input in pieces that are objects",
      start() +
        block({ type: "tool_use", name: "bash", input: {} }, [
          { type: "input_json_delta", partial_json: { command: "ls" } },
        ]) +
        end() +
        stop,
      [{ type: "tool-call", input: { command: "ls" }, callId: expect.stringMatching(/^call_/) }],
    ],
    [
      "text at the start of its block",
      start() + block({ type: "text", text: "Hello." }) + end() + stop,
      [{ type: "text", text: "Hello." }],
    ],
    [
      "no numbers of blocks",
      (start() + hello + end() + stop).replaceAll('"index":0,', ""),
      [{ type: "text", text: "Hello." }],
    ],
    ["no message_stop", start() + hello + end(), [{ type: "text", text: "Hello." }]],
    [
      "no final newline",
      (start() + hello + end() + stop).trimEnd(),
      [{ type: "text", text: "Hello." }],
    ],
    [
      "a block without its end",
      start() + hello.replace(/event: content_block_stop.*/s, "") + end() + stop,
      [{ type: "text", text: "Hello." }],
    ],
    [
      "a message that begins twice",
      start() + start() + hello + end() + stop,
      [{ type: "text", text: "Hello." }],
    ],
    [
      "a message that begins again in the middle",
      start() +
        block({ type: "tool_use", id: "a", name: "bash", input: {} }, [
          { type: "input_json_delta", partial_json: '{"comm' },
        ]).replace(/event: content_block_stop.*/s, "") +
        start() +
        hello +
        end() +
        stop,
      [
        { type: "tool-call", callId: "a" },
        { type: "text", text: "Hello." },
      ],
    ],
  ])("%s", async (_title, body, parts) => {
    expect(partsOf(await read(anthropic, body))).toMatchObject(parts);
  });

  test("a call that was cut when its message began again has no input", async () => {
    const cut = block({
      type: "tool_use",
      id: "a",
      name: "bash",
      input: { command: "rm" },
    }).replace(/event: content_block_stop.*/s, "");
    const [call] = partsOf(await read(anthropic, start() + cut + start() + hello + end() + stop));
    expect(call).toMatchObject({ type: "tool-call", input: undefined });
  });

  test.each<[string, object, object, TokenCounts]>([
    [
      "what was read from the cache and written to it is input",
      { input_tokens: 2, cache_creation_input_tokens: 30, cache_read_input_tokens: 400 },
      { output_tokens: 9 },
      { inputTokens: 432, cacheReadTokens: 400, cacheWriteTokens: 30, outputTokens: 9 },
    ],
    [
      "writes are counted by their time to live",
      {
        input_tokens: 2,
        cache_creation: { ephemeral_5m_input_tokens: 3, ephemeral_1h_input_tokens: 4 },
      },
      { output_tokens: 9 },
      { inputTokens: 9, cacheWriteTokens: 7, outputTokens: 9 },
    ],
    [
      "the last count replaces the first, kind by kind",
      { input_tokens: 43, cache_read_input_tokens: 7, output_tokens: 1 },
      { input_tokens: 61, output_tokens: 2 },
      { inputTokens: 68, cacheReadTokens: 7, outputTokens: 2 },
    ],
    [
      "zeros at the end replace nothing",
      { input_tokens: 43 },
      { input_tokens: 0, output_tokens: 2 },
      { inputTokens: 43, outputTokens: 2 },
    ],
    [
      "requests within the request are added up",
      { input_tokens: 60 },
      {
        input_tokens: 6,
        output_tokens: 2,
        iterations: [
          { input_tokens: 60, output_tokens: 5, cache_read_input_tokens: 1 },
          { input_tokens: 6, output_tokens: 2 },
        ],
      },
      { inputTokens: 67, cacheReadTokens: 1, outputTokens: 7 },
    ],
    [
      "another model's tokens among them are named",
      { input_tokens: 60 },
      {
        output_tokens: 2,
        iterations: [
          { type: "message", input_tokens: 60, output_tokens: 2 },
          { type: "advisor_message", model: "another", input_tokens: 7, output_tokens: 5 },
        ],
      },
      { inputTokens: 67, outputTokens: 7, hasOtherModel: true },
    ],
  ])("%s", async (_title, first, last, counts) => {
    const events = await read(anthropic, start(first) + hello + end(last) + stop);
    expect(events.findLast(({ type }) => type === "usage")).toEqual({ type: "usage", ...counts });
  });
});

const item = { type: "message", id: "msg_1", role: "assistant" };
const content = [
  {
    type: "output_text",
    text: "Hello.",
    annotations: [{ type: "url_citation", url: "https://example.com", title: "Here" }],
  },
];
const call = {
  type: "function_call",
  id: "fc_1",
  call_id: "a",
  name: "bash",
  arguments: '{"command":"ls"}',
};
const reasoned = {
  type: "reasoning",
  id: "rs_1",
  summary: [
    { type: "summary_text", text: "Hm." },
    { type: "summary_text", text: "So." },
  ],
};
const added = (value: object, output_index = 0) =>
  named({ type: "response.output_item.added", output_index, item: value });
const done = (value: object, output_index = 0) =>
  named({ type: "response.output_item.done", output_index, item: value });
const completed = (output: object[] = [], usage?: object) =>
  named({ type: "response.completed", response: { status: "completed", output, usage } });

describe("Responses", () => {
  const said = [{ type: "text", text: "Hello." }];
  test.each<[string, string, object[]]>([
    [
      "text only in output_text.done",
      added(item) +
        named({ type: "response.output_text.done", output_index: 0, text: "Hello." }) +
        done(item) +
        completed(),
      said,
    ],
    [
      "text only in output_item.done",
      added(item) + done({ ...item, content }) + completed(),
      [...said, { name: "citations", text: "Here https://example.com" }],
    ],
    [
      "an item that only ends",
      done({ ...item, content }) + completed(),
      [...said, { name: "citations" }],
    ],
    [
      "items only in the completed response",
      completed([reasoned, { ...item, content }, call]),
      [
        { type: "reasoning", text: "Hm.\n\nSo." },
        ...said,
        { type: "tool-call", input: { command: "ls" } },
        { name: "citations" },
      ],
    ],
    [
      "items that never end",
      added(item) +
        named({ type: "response.output_text.delta", output_index: 0, delta: "Hello." }) +
        completed([{ ...item, content }]),
      [...said, { name: "citations" }],
    ],
    [
      "no numbers of items",
      added(item).replace('"output_index":0,', "") +
        named({ type: "response.output_text.delta", delta: "Hello." }) +
        done(item).replace('"output_index":0,', "") +
        completed(),
      said,
    ],
    [
      "arguments that are an object",
      done({ ...call, arguments: { command: "ls" } }) + completed(),
      [{ type: "tool-call", input: { command: "ls" } }],
    ],
    [
      "no final newline",
      (done({ ...item, content }) + completed()).trimEnd(),
      [...said, { name: "citations" }],
    ],
  ])("%s", async (_title, body, parts) => {
    expect(partsOf(await read(openai, body))).toMatchObject(parts);
  });

  test("what was read from the cache and written to it is counted", async () => {
    const usage = {
      input_tokens: 100,
      input_tokens_details: { cached_tokens: 60, cache_write_tokens: 30 },
      output_tokens: 5,
    };
    const events = await read(openai, done({ ...item, content }) + completed([], usage));
    expect(events.find(({ type }) => type === "usage")).toEqual({
      type: "usage",
      inputTokens: 100,
      cacheReadTokens: 60,
      cacheWriteTokens: 30,
      outputTokens: 5,
    });
  });
});

const chunk = (parts: object[], fields: object = {}) =>
  unnamed({ candidates: [{ content: { parts }, ...fields }] });
const piece = (jsonPath: string, value: object) =>
  chunk([{ functionCall: { partialArgs: [{ jsonPath, ...value }], willContinue: true } }]);
const over = { finishReason: "STOP" };

describe("Gemini", () => {
  test.each<[string, string, object[]]>([
    ["a call without an input", chunk([{ functionCall: { name: "bash" } }], over), [{ input: {} }]],
    [
      "an input in pieces",
      chunk([{ functionCall: { name: "bash", willContinue: true }, thoughtSignature: "c2ln" }]) +
        piece("$.command", { stringValue: "l", willContinue: true }) +
        piece("$.command", { stringValue: "s" }) +
        piece("$.list[0].n", { numberValue: 1 }) +
        piece("$.list[1]", { nullValue: "NULL_VALUE" }) +
        piece("$['a b']", { boolValue: false }) +
        chunk([{ functionCall: {} }], over),
      [
        {
          input: { command: "ls", list: [{ n: 1 }, null], "a b": false },
          meta: { thoughtSignature: "c2ln" },
        },
      ],
    ],
    [
      "an input in pieces without its end, and another call",
      chunk([{ functionCall: { name: "bash", willContinue: true } }]) +
        piece("$.command", { stringValue: "ls" }) +
        chunk([{ functionCall: { name: "read", args: { path: "a" } } }], over),
      [
        { name: "bash", input: { command: "ls" } },
        { name: "read", input: { path: "a" } },
      ],
    ],
    [
      "a piece for the prototype",
      chunk([{ functionCall: { name: "bash", willContinue: true } }]) +
        piece("$.__proto__.polluted", { stringValue: "x" }) +
        chunk([], over),
      [{ name: "bash" }],
    ],
    [
      "sources",
      chunk([{ text: "Hello." }], {
        ...over,
        groundingMetadata: {
          groundingChunks: [{ web: { uri: "https://example.com", title: "Here" } }],
        },
      }),
      [{ type: "text" }, { name: "citations", text: "Here https://example.com" }],
    ],
  ])("%s", async (_title, body, parts) => {
    expect(partsOf(await read(gemini, body))).toMatchObject(parts);
    expect(({} as { polluted?: string }).polluted).toBeUndefined();
  });

  test("what was read from the cache, thought and used by tools is counted", async () => {
    const usageMetadata = {
      promptTokenCount: 100,
      cachedContentTokenCount: 60,
      toolUsePromptTokenCount: 7,
      candidatesTokenCount: 5,
      thoughtsTokenCount: 11,
    };
    const events = await read(
      gemini,
      chunk([{ text: "Hi." }], over).replace(
        /}\n\n$/,
        `,"usageMetadata":${JSON.stringify(usageMetadata)}}\n\n`,
      ),
    );
    expect(events.find(({ type }) => type === "usage")).toEqual({
      type: "usage",
      inputTokens: 107,
      cacheReadTokens: 60,
      outputTokens: 16,
    });
  });
});

async function read({ create, models }: ProviderCase, body: string): Promise<ModelEvent[]> {
  raw.answer(() => http(body));
  const baseUrls = baseUrlsAt(raw.url);
  const events = await collect(create({ baseUrls }).stream(ask(models[0]!), live));
  expect(events.at(-1)!.type).toBe("finish");
  return events;
}

function partsOf(events: ModelEvent[]): Part[] {
  return messageOf(events, "service", "model").parts;
}

describe("an event of a million values is refused before it is checked one by one", () => {
  const many = `[${"{},".repeat(1_000_000)}{}]`;
  const event = (type: string, rest: string) =>
    `event: ${type}\ndata: {"type":"${type}",${rest}}\n\n`;
  test.each<[string, string]>([
    ["anthropic", event("message_start", `"message":{"content":${many}}`)],
    ["openai", event("response.completed", `"response":{"output":${many}}`)],
    ["openai-chat", `data: {"choices":[{"delta":{"annotations":${many}}}]}\n\n`],
    ["gemini", `data: {"candidates":[{"groundingMetadata":{"groundingChunks":${many}}}]}\n\n`],
  ])("on the wire of %s", async (wire, body) => {
    const one = providerCases.find((provider) => provider.wire === wire)!;
    const failure = await rejectionOf(read(one, body));
    expect(failure).toMatchObject({ code: "bad-answer" });
    expect((failure as Error).message).toContain("more than 100000 values");
  });
});
