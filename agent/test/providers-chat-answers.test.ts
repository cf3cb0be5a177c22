/** An answer of Chat Completions is read whole in every form in which servers send it, with its tokens and its end. */
import { describe, expect, test } from "bun:test";
import { bounds } from "../server/providers/bounds";
import { createOpenAIChat } from "../server/providers/openai/openai-chat";
import type { FinishReason, ModelEvent, TokenCounts } from "../server/providers/provider";
import { ask, callsIn, collect, collectFailure, messageOf } from "./provider-wires";

const live = new AbortController().signal;

const delta = (delta: object, finish_reason: string | null = null) => ({
  choices: [{ index: 0, delta, finish_reason }],
});
const stop = delta({}, "stop");
const usage = { prompt_tokens: 10, completion_tokens: 2, total_tokens: 12 };

describe("the tokens of an answer", () => {
  test.each<[service: string, chunks: object[], counts: TokenCounts]>([
    [
      "OpenAI",
      [stop, { choices: [], usage: { ...usage, prompt_tokens_details: { cached_tokens: 8 } } }],
      { inputTokens: 10, outputTokens: 2, cacheReadTokens: 8 },
    ],
    [
      "DeepSeek",
      [{ ...stop, usage: { ...usage, prompt_cache_hit_tokens: 7, prompt_cache_miss_tokens: 3 } }],
      { inputTokens: 10, outputTokens: 2, cacheReadTokens: 7 },
    ],
    [
      "Moonshot",
      [{ choices: [{ ...stop.choices[0], usage: { ...usage, cached_tokens: 6 } }] }],
      { inputTokens: 10, outputTokens: 2, cacheReadTokens: 6 },
    ],
    [
      "Groq",
      [{ ...stop, x_groq: { id: "req", usage: { ...usage, queue_time: 0.1 } } }],
      { inputTokens: 10, outputTokens: 2 },
    ],
    [
      "OpenRouter",
      [
        {
          ...stop,
          usage: {
            ...usage,
            cost: 0.1,
            prompt_tokens_details: { cached_tokens: 4, cache_write_tokens: 5 },
          },
        },
      ],
      { inputTokens: 10, outputTokens: 2, cacheReadTokens: 4, cacheWriteTokens: 5 },
    ],
    [
      "xAI, whose reasoning is beside the output",
      [
        stop,
        {
          choices: [],
          usage: {
            prompt_tokens: 12,
            completion_tokens: 1,
            total_tokens: 303,
            completion_tokens_details: { reasoning_tokens: 290 },
          },
        },
      ],
      { inputTokens: 12, outputTokens: 291 },
    ],
    [
      "Google, whose total alone has the reasoning",
      [{ ...stop, usage: { prompt_tokens: 10, completion_tokens: 2, total_tokens: 40 } }],
      { inputTokens: 10, outputTokens: 30 },
    ],
    [
      "a gateway that counts as Anthropic does",
      [{ ...stop, usage: { ...usage, cache_read_input_tokens: 90 } }],
      { inputTokens: 100, outputTokens: 2, cacheReadTokens: 90 },
    ],
    [
      "Perplexity, with each chunk",
      [
        { ...delta({ content: "x" }), usage: { prompt_tokens: 10, completion_tokens: 1 } },
        { ...stop, usage },
      ],
      { inputTokens: 10, outputTokens: 2 },
    ],
  ])("are read as %s counts them", async (_service, chunks, counts) => {
    const events = await read(chunks);
    expect(events.findLast(({ type }) => type === "usage")).toEqual({ type: "usage", ...counts });
    expect(events.at(-1)).toEqual({ type: "finish", reason: "stop" });
  });
});

describe("the end of an answer", () => {
  test.each<[said: string, reason: FinishReason]>([
    ["stop", "stop"],
    ["function_call", "tool-calls"],
    ["length", "length"],
    ["model_length", "context-full"],
    ["content_filter", "content-filter"],
    ["sensitive", "content-filter"],
    ["error", "error"],
    ["constructor", "stop"],
    ["something_new", "stop"],
  ])("%s is read as %s", async (said, reason) => {
    const events = await read([delta({ content: "x" }, said)]);
    expect(events.at(-1)).toEqual({ type: "finish", reason });
  });

  test("by too little room at the service is an overload, tried again", async () => {
    const { error, events } = await fail([delta({ content: "x" }, "insufficient_system_resource")]);
    expect(error).toMatchObject({ code: "overloaded", retryable: true });
    expect(events).toHaveLength(2);
  });

  test("comes without [DONE], and with [DONE] and no reason", async () => {
    for (const body of [
      sse([delta({ content: "x" }), stop]),
      sse([delta({ content: "x" })], "[DONE]"),
    ])
      expect((await readBody(body)).at(-1)).toEqual({ type: "finish", reason: "stop" });
  });

  test("without either is a cut", async () => {
    expect((await fail([delta({ content: "x" })])).error).toMatchObject({ code: "cut" });
  });

  test("without a reason ends no call that has no input yet", async () => {
    const call = { index: 0, id: "a", function: { name: "bash", arguments: "" } };
    const body = sse([delta({ tool_calls: [call] })], "[DONE]");
    expect((await readBody(body)).some(({ type }) => type === "part-end")).toBe(false);
  });

  test.each([
    ["its usage", sse([delta({ content: "x" }), { ...stop, usage }]), bounds.afterEndMs],
    ["[DONE], without usage", sse([delta({ content: "x" }), stop], "[DONE]"), bounds.afterEndMs],
    ["its reason, without either", sse([delta({ content: "x" }), stop]), Infinity],
  ])("is %s, though the socket stays open, which is then closed", async (_what, body, mostMs) => {
    const closed = Promise.withResolvers<void>();
    const began = performance.now();
    const events = await readBody(body, { keepsOpen: closed.resolve });
    expect(performance.now() - began).toBeLessThan(mostMs);
    expect(events.at(-1)).toEqual({ type: "finish", reason: "stop" });
    await closed.promise;
  });
});

describe("calls of tools", () => {
  const call = (index: number | undefined, id: string | undefined, said: object) => ({
    ...(index !== undefined && { index }),
    ...(id !== undefined && { id }),
    function: said,
  });
  const input = (command: string) => JSON.stringify({ command });

  test.each<[form: string, pieces: object[][]]>([
    [
      "without ids",
      [
        [call(0, undefined, { name: "bash", arguments: input("a") })],
        [call(1, "", { name: "bash" })],
        [call(1, "", { arguments: input("b") })],
      ],
    ],
    [
      "without indices, in one chunk",
      [
        [
          call(undefined, "1", { name: "bash", arguments: "" }),
          call(undefined, "2", { name: "bash", arguments: "" }),
        ],
        [
          call(1, undefined, { arguments: input("b") }),
          call(0, undefined, { arguments: input("a") }),
        ],
      ],
    ],
    [
      "without indices or ids, one after another",
      [
        [call(undefined, undefined, { name: "bash" })],
        [call(undefined, undefined, { arguments: input("a") })],
        [call(undefined, undefined, { name: "bash", arguments: input("b") })],
      ],
    ],
    [
      "with names in later chunks, null until then",
      [
        [call(0, "1", { name: null, arguments: input("a").slice(0, 5) })],
        [call(0, "1", { name: "bash", arguments: input("a").slice(5) })],
        [call(1, "2", { arguments: input("b") })],
        [call(1, "2", { name: "bash", arguments: null })],
      ],
    ],
    [
      "with names repeated as empty ones, as Mistral sends them",
      [
        [call(0, "1", { name: "bash", arguments: "" })],
        [call(0, undefined, { name: "", arguments: input("a") })],
        [call(1, "2", { name: "bash", arguments: input("b") })],
      ],
    ],
    [
      "with inputs as objects",
      [
        [
          call(0, "1", { name: "bash", arguments: { command: "a" } }),
          call(1, "2", { name: "bash", arguments: { command: "b" } }),
        ],
      ],
    ],
    [
      "with the same id in each chunk and no index",
      [
        [call(undefined, "1", { name: "bash", arguments: "" })],
        [call(undefined, "1", { arguments: input("a") })],
        [call(undefined, "2", { name: "bash", arguments: input("b") })],
      ],
    ],
  ])("%s are told apart", async (_form, pieces) => {
    const events = await read([
      ...pieces.map((tool_calls) => delta({ tool_calls })),
      delta({}, "tool_calls"),
    ]);
    const calls = callsIn(messageOf(events, "openai-chat", "m"));
    const said = calls.map(({ name, input, inputText }) => ({ name, input, inputText }));
    expect(said.map(({ name, input }) => ({ name, input }))).toEqual([
      { name: "bash", input: { command: "a" } },
      { name: "bash", input: { command: "b" } },
    ]);
    expect(said.map(({ inputText }) => inputText)).toEqual([input("a"), input("b")]);
    expect(new Set(calls.map(({ callId }) => callId)).size).toBe(2);
  });

  test("that are announced and never made are none", async () => {
    const events = await read([
      delta({ tool_calls: [{ index: 0 }] }),
      delta({ content: "x" }),
      stop,
    ]);
    expect(events.at(-1)).toEqual({ type: "finish", reason: "stop" });
  });
});

describe("the form of an answer", () => {
  const chunks = [delta({ content: "Grüße" }), delta({ content: "!" }), { ...stop, usage }];
  const plain = sse(chunks, "[DONE]");
  const whole = {
    object: "chat.completion",
    choices: [{ message: { role: "assistant", content: "Grüße!" }, finish_reason: "stop" }],
    usage,
  };

  test.each<[form: string, body: string]>([
    ["other line ends", plain.replaceAll("\n", "\r\n")],
    ["the oldest line ends", plain.replaceAll("\n", "\r")],
    ["no space after the colon", plain.replaceAll("data: ", "data:")],
    ["a byte order mark", `\ufeff${plain}`],
    ["no final newline", plain.trimEnd()],
    ["no blank lines", plain.replaceAll("\n\n", "\n")],
    [
      "events over several lines",
      sse(
        chunks.map((one) => JSON.stringify(one, null, 1)),
        "[DONE]",
      ),
    ],
    [
      "comments and other fields",
      `: ok\nid: 1\nretry: 5\n\n${plain.replaceAll("data:", ":\nevent: m\ndata:")}`,
    ],
    ["lines of JSON alone", chunks.map((one) => `${JSON.stringify(one)}\n`).join("")],
    ["one object, as where the stream was not heard of", JSON.stringify(whole)],
    ["one object over several lines", `\n${JSON.stringify(whole, null, 2)}\n`],
    ["text only at its end", sse([delta({}), { choices: [whole.choices[0]], usage }])],
    [
      "text that is repeated at its end",
      sse([chunks[0]!, chunks[1]!, { choices: [{ delta: {}, ...whole.choices[0] }], usage }]),
    ],
  ])("with %s is read, also byte by byte", async (_form, body) => {
    for (const bytes of [1, 7, 1_000_000]) {
      const events = await readBody(body, { bytes });
      const texts = events.filter(({ type }) => type === "part-delta") as { delta: string }[];
      expect(texts.map(({ delta }) => delta).join("")).toBe("Grüße!");
      expect(events.at(-1)).toEqual({ type: "finish", reason: "stop" });
      expect(events.some(({ type }) => type === "usage")).toBe(true);
    }
  });

  test.each<[error: string, sent: string, expected: object]>([
    [
      "OpenRouter's",
      sse([{ error: { code: 502, message: "Provider gone" } }]),
      { code: "server", status: 502 },
    ],
    [
      "one with its status as text",
      sse([{ error: { code: "429", message: "Slow down" } }]),
      { code: "rate-limit", status: 429 },
    ],
    [
      "vLLM's",
      sse([{ object: "error", message: "Too busy", code: 503 }]),
      { code: "overloaded", status: 503 },
    ],
    [
      "one by its event's name",
      `event: error\ndata: {"message":"Bad","status":400}\n\n`,
      { code: "invalid-request", status: 400 },
    ],
    [
      "a line of JSON alone",
      `{"error":{"message":"Gone","code":500}}\n`,
      { code: "server", status: 500 },
    ],
    ["one that is only text", sse([{ error: "It broke" }]), { code: "unknown" }],
  ])(
    "an error in the middle keeps what was written, and its status counts: %s",
    async (_error, sent, expected) => {
      const { error, events } = await failBody(sse([delta({ content: "x" })]) + sent);
      expect(error).toMatchObject({ name: "ProviderError", ...expected });
      expect(events).toHaveLength(2);
    },
  );
});

describe("other parts", () => {
  test("Mistral's thinking among its content is reasoning, and its references are parts", async () => {
    const thinking = { type: "thinking", thinking: [{ type: "text", text: "Hmm." }] };
    const events = await read([
      delta({ content: [thinking] }),
      delta({
        content: [
          { type: "text", text: "4" },
          { type: "reference", reference_ids: [1, 2] },
        ],
      }),
      stop,
    ]);
    const { parts } = messageOf(events, "openai-chat", "m");
    expect(parts).toMatchObject([
      { type: "reasoning", text: "Hmm.", meta: { field: "thinking" } },
      { type: "text", text: "4" },
      { type: "other", name: "reference" },
    ]);
  });

  test("sources are one part at the end, numbered as the text names them", async () => {
    const citations = ["https://a.example", "https://b.example"];
    const cited = await read([
      { ...delta({ content: "x[1]" }), citations },
      { ...stop, citations },
    ]);
    expect(othersIn(cited)).toEqual([["citations", "[1] https://a.example [2] https://b.example"]]);
    const search_results = [{ title: "A", url: "https://a.example", date: null }];
    expect(othersIn(await read([{ ...stop, citations, search_results }]))).toEqual([
      ["citations", "[1] A https://a.example"],
    ]);
    const url_citation = { url: "https://c.example", title: "C", start_index: 0 };
    const annotations = [{ type: "url_citation", url_citation }];
    expect(othersIn(await read([delta({ annotations }), delta({ annotations }), stop]))).toEqual([
      ["citations", "[1] C https://c.example"],
    ]);
  });

  test("pictures, sound and what the service's own tools did are parts with a line each", async () => {
    const url = `data:image/png;base64,${"A".repeat(4000)}`;
    const tool = { index: 0, type: "search", arguments: '{"query":"news"}' };
    const events = await read([
      delta({ content: "Here: " }),
      delta({ images: [{ type: "image_url", image_url: { url } }] }),
      delta({ audio: { id: "a", transcript: "Hello there" } }),
      delta({ executed_tools: [tool] }),
      delta({ executed_tools: [{ ...tool, output: "Much." }], content: "Done." }),
      stop,
    ]);
    expect(othersIn(events)).toEqual([
      ["image", "image/png, 3 kB"],
      ["audio", "Hello there"],
      ["search", '{"query":"news"}'],
    ]);
    expect(JSON.stringify(events)).not.toContain("AAAA");
  });
});

function othersIn(events: ModelEvent[]): string[][] {
  return events.flatMap((event) =>
    event.type === "part-start" && event.part === "other" ? [[event.name, event.text]] : [],
  );
}

function sse(chunks: (object | string)[], ...last: string[]): string {
  const texts = chunks.map((one) => (typeof one === "string" ? one : JSON.stringify(one)));
  return [...texts, ...last]
    .map((text) => `data: ${text.replaceAll("\n", "\ndata: ")}\n\n`)
    .join("");
}

function read(chunks: object[]): Promise<ModelEvent[]> {
  return readBody(sse(chunks, "[DONE]"));
}

function fail(chunks: object[]) {
  return failBody(sse(chunks));
}

interface Sending {
  /** At once. */
  bytes?: number;
  /** The connection stays open; called when the client closes it. */
  keepsOpen?: () => void;
}

async function readBody(body: string, sending: Sending = {}): Promise<ModelEvent[]> {
  using server = serve(body, sending);
  return await collect(stream(server.url.origin));
}

async function failBody(body: string) {
  using server = serve(body, {});
  return await collectFailure(stream(server.url.origin));
}

function stream(origin: string) {
  return createOpenAIChat({ baseUrl: `${origin}/v1` }).stream(ask("m"), live);
}

function serve(body: string, { bytes = 1_000_000, keepsOpen }: Sending) {
  const sent = new TextEncoder().encode(body);
  let at = 0;
  return Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    idleTimeout: 0,
    fetch: () =>
      new Response(
        new ReadableStream({
          pull(controller) {
            if (at < sent.length) controller.enqueue(sent.slice(at, (at += bytes)));
            else if (keepsOpen === undefined) controller.close();
            else return new Promise(() => {});
          },
          cancel: () => keepsOpen?.(),
        }),
        { headers: { "content-type": "text/event-stream" } },
      ),
  });
}
