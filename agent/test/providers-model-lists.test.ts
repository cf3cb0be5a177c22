/** A list of models is read in every shape in which servers send theirs, and a window is the one in which the model runs. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { createAnthropic } from "../server/providers/anthropic/anthropic";
import { createGemini } from "../server/providers/gemini/gemini";
import { createOpenAI } from "../server/providers/openai/openai";
import { createOpenAIChat } from "../server/providers/openai/openai-chat";
import { rejectionOf } from "./provider-wires";
import { http, type RawUpstream, startRawUpstream } from "./upstream/raw-upstream";

const live = new AbortController().signal;
let upstream: RawUpstream;
beforeAll(() => void (upstream = startRawUpstream()));
afterAll(() => upstream[Symbol.dispose]());

const a = { id: "a", object: "model" };
const b = { id: "b", object: "model" };

const shapes: [string, Record<string, unknown>][] = [
  ["OpenAI's", { "/v1/models": { object: "list", data: [a, b] } }],
  ["a bare array", { "/v1/models": [a, b] }],
  ["models", { "/v1/models": { models: [a, b] } }],
  ["models beside an empty data", { "/v1/models": { data: null, models: [a, b] } }],
  ["names in the place of ids", { "/v1/models": { data: [{ name: "a" }, { model: "b" }] } }],
  ["names alone", { "/v1/models": ["a", "b"] }],
  ["models that cannot be read among others", { "/v1/models": { data: [a, null, 5, {}, b] } }],
  [
    "pages by the last id",
    {
      "/v1/models": { data: [a], has_more: true, last_id: "a" },
      "/v1/models?after=a": { data: [b], has_more: false },
    },
  ],
  [
    "pages by an address",
    { "/v1/models": { data: [a], next: "models?page=2" }, "/v1/models?page=2": { data: [a, b] } },
  ],
  [
    "pages of a server that knows none",
    {
      "/v1/models": { data: [a, b], has_more: true },
      "/v1/models?after=b": { data: [a, b], has_more: true },
    },
  ],
  ["one embedding model more", { "/v1/models": [a, b, { id: "c", type: "embedding" }] }],
];

test.each(shapes)("models are read from %s", async (_shape, pages) => {
  serve(pages);
  expect((await list()).map(({ id, name }) => `${id} ${name}`)).toEqual(["a a", "b b"]);
});

test("an empty list is no failure", async () => {
  for (const empty of [{ data: null }, { data: [] }, []]) {
    serve({ "/v1/models": empty });
    expect(await list()).toEqual([]);
  }
});

test("pages without an end are read up to a bound, and none of another origin", async () => {
  let pages = 0;
  upstream.answer(() => json({ data: [{ id: `model-${pages++}` }], has_more: true }));
  expect(await list()).toHaveLength(20);
  using another = startRawUpstream();
  serve({ "/v1/models": { data: [a], next: `${another.url}/v1/models` } });
  expect(await list()).toHaveLength(1);
  expect(another.requests).toEqual([]);
});

test.each([
  ["nothing there", () => http("", { status: "404 Not Found" })],
  ["a page", () => http("<html>Hi</html>", { headers: { "content-type": "text/html" } })],
  ["another API", () => json({ status: "ok" })],
  ["text", () => json("models")],
])(
  "a server that answers with %s lists no models: a name can be entered",
  async (_what, answer) => {
    upstream.answer(answer);
    const providers = [
      createOpenAIChat({ baseUrl: `${upstream.url}/v1`, name: "Local" }),
      createOpenAI({ apiKey: "key", baseUrl: `${upstream.url}/v1` }),
    ];
    for (const provider of providers) {
      const error = await rejectionOf(provider.models(live));
      expect(error).toMatchObject({ name: "ProviderError", code: "no-list", retryable: false });
      expect((error as Error).message).toContain(`${upstream.url}/v1. Enter a model by its name`);
    }
  },
);

test("a list of 200,000 values is refused before it is checked one by one", async () => {
  const many = Array.from({ length: 200_000 }, () => 0);
  upstream.answer(() => json({ data: many, models: many }));
  const baseUrl = `${upstream.url}/v1`;
  const options = { apiKey: "key", baseUrl };
  for (const provider of [createAnthropic(options), createOpenAI(options), createGemini(options)]) {
    const failure = await rejectionOf(provider.models(live));
    expect(failure).toMatchObject({ code: "bad-answer" });
    expect((failure as Error).message).toContain("more than 100000 values");
  }
});

test("a compatible server without a list says so on Anthropic's wire too", async () => {
  upstream.answer(() => http('{"error":"no route"}', { status: "404 Not Found" }));
  const provider = createAnthropic({ apiKey: "key", baseUrl: upstream.url });
  expect(await rejectionOf(provider.models(live))).toMatchObject({ code: "no-list" });
});

test("a compatible server's models are not chosen by OpenAI's names", async () => {
  serve({ "/v1/models": { data: [a, { ...b, owned_by: "vllm" }] } });
  const provider = createOpenAI({ apiKey: "key", baseUrl: `${upstream.url}/v1` });
  expect((await provider.models(live)).map(({ id }) => id)).toEqual(["a", "b"]);
});

const llama = { ...a, owned_by: "llamacpp" };
const windows: [string, Record<string, unknown>, Record<string, number | undefined>][] = [
  [
    "llama.cpp's slots, not what the model was trained for",
    {
      "/v1/models": { data: [{ ...llama, meta: { n_ctx_train: 131_072 } }] },
      "/props": { default_generation_settings: { n_ctx: 8192 }, total_slots: 4 },
    },
    { a: 8192 },
  ],
  [
    "llama.cpp's list, where its properties are not shown",
    { "/v1/models": { data: [{ ...llama, meta: { n_ctx: 4096, n_ctx_train: 131_072 } }] } },
    { a: 4096 },
  ],
  [
    "llama.cpp's list, where it has several models",
    {
      "/v1/models": {
        data: [
          { ...llama, meta: { n_ctx: 4096 } },
          { ...b, owned_by: "llamacpp" },
        ],
      },
      "/props": { default_generation_settings: { n_ctx: 8192 } },
    },
    { a: 4096, b: undefined },
  ],
  ["vLLM's list", { "/v1/models": { data: [{ ...a, max_model_len: 16_384 }] } }, { a: 16_384 }],
  [
    "LM Studio's loaded models; of others it is not known",
    {
      "/v1/models": {
        data: [
          { ...a, owned_by: "organization_owner" },
          { ...b, owned_by: "organization_owner" },
        ],
      },
      "/api/v0/models": {
        data: [
          { id: "a", state: "loaded", max_context_length: 131_072, loaded_context_length: 4096 },
          { id: "b", state: "not-loaded", max_context_length: 131_072 },
        ],
      },
    },
    { a: 4096, b: undefined },
  ],
  [
    "Ollama's loaded models under its OpenAI address",
    {
      "/v1/models": {
        data: [
          { ...a, owned_by: "library" },
          { ...b, owned_by: "library" },
        ],
      },
      "/api/ps": { models: [{ name: "a", context_length: 4096 }] },
    },
    { a: 4096, b: undefined },
  ],
  [
    "the list alone, where the other answer cannot be read",
    {
      "/v1/models": { data: [{ ...llama, context_length: 2048 }] },
      "/props": { default_generation_settings: { n_ctx: -1 } },
    },
    { a: 2048 },
  ],
];

test.each(windows)("a window is read from %s", async (_place, pages, expected) => {
  serve(pages);
  const models = await list();
  expect(Object.fromEntries(models.map(({ id, contextTokens }) => [id, contextTokens]))).toEqual(
    expected,
  );
});

function list() {
  return createOpenAIChat({ baseUrl: `${upstream.url}/v1`, name: "Local" }).models(live);
}

/** What each path answers; 404 for any other. */
function serve(pages: Record<string, unknown>): void {
  upstream.answer(({ line }) => {
    const page = pages[line.split(" ")[1]!];
    return page === undefined ? http("", { status: "404 Not Found" }) : json(page);
  });
}

function json(body: unknown) {
  return http(JSON.stringify(body), { headers: { "content-type": "application/json" } });
}
