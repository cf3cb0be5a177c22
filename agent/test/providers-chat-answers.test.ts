/** The end of an answer of Chat Completions, its tokens, and what it has beside text. */
import { describe, expect, test } from "bun:test";
import type { FinishReason, ModelEvent, TokenCounts } from "../server/providers/provider";
import { delta, fail, read, readBody, sse, stop, usage } from "./chat-server";
import { messageOf } from "./provider-wires";

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
      "a gateway that counts as Anthropic does, and the cache in the total",
      [
        {
          ...stop,
          usage: {
            prompt_tokens: 100,
            completion_tokens: 200,
            total_tokens: 50_300,
            cache_read_input_tokens: 50_000,
          },
        },
      ],
      { inputTokens: 50_100, outputTokens: 200, cacheReadTokens: 50_000 },
    ],
    [
      "a gateway with a short cache, which is in the total alone",
      [{ ...stop, usage: { ...usage, total_tokens: 19, cache_read_input_tokens: 7 } }],
      { inputTokens: 17, outputTokens: 2, cacheReadTokens: 7 },
    ],
    [
      "a service whose total is larger for another reason than its reasoning",
      [
        {
          ...stop,
          usage: {
            prompt_tokens: 10,
            completion_tokens: 20,
            total_tokens: 35,
            completion_tokens_details: { reasoning_tokens: 15 },
          },
        },
      ],
      { inputTokens: 10, outputTokens: 20 },
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
    ["its usage", sse([delta({ content: "x" }), { ...stop, usage }])],
    ["[DONE], without usage", sse([delta({ content: "x" }), stop], "[DONE]")],
    ["its reason, without either", sse([delta({ content: "x" }), stop])],
  ])("is %s, though the socket stays open, which is then closed", async (_what, body) => {
    const closed = Promise.withResolvers<void>();
    const events = await readBody(body, { keepsOpen: closed.resolve });
    expect(events.at(-1)).toEqual({ type: "finish", reason: "stop" });
    await closed.promise;
  });
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
