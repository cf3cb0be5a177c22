/** An error says what to do next and how long to wait, and never contains the key. */
import { describe, expect, test } from "bun:test";
import { createOpenAIChat } from "../server/providers/openai/openai-chat";
import { ProviderError } from "../server/providers/provider";
import {
  apiKey,
  ask,
  collect,
  collectFailure,
  type ProviderCase,
  providerCases,
} from "./provider-wires";
import { upstreamScene } from "./upstream-scene";
import { failure, type FailureKind, text } from "./upstream/upstream";
import { baseUrlsAt, named, unnamed, type WireName } from "./upstream/wire";

const live = new AbortController().signal;
const [anthropic, openai] = providerCases;

const upstream = upstreamScene();

describe("the wait before a retry", () => {
  test("is the time until the date that the service gave", async () => {
    const at = new Date(Date.now() + 3_600_000).toUTCString();
    const { retryAfterMs } = await fail("rate-limit", { "retry-after": at });
    expect(retryAfterMs).toBeGreaterThan(3_000_000);
    expect(retryAfterMs).toBeLessThanOrEqual(3_600_000);
  });

  test("is zero for a date that has passed", async () => {
    const at = new Date(0).toUTCString();
    expect((await fail("rate-limit", { "retry-after": at })).retryAfterMs).toBe(0);
  });

  test("is read from milliseconds in preference to seconds", async () => {
    const headers = { "retry-after": "2", "retry-after-ms": "1500" };
    expect((await fail("rate-limit", headers)).retryAfterMs).toBe(1500);
  });

  test("is undefined where the service gave none, or none that can be parsed", async () => {
    expect((await fail("rate-limit")).retryAfterMs).toBeUndefined();
    expect((await fail("rate-limit", { "retry-after": "soon" })).retryAfterMs).toBeUndefined();
  });
});

describe("an error about the key", () => {
  test("says where to enter the right key when it is wrong", async () => {
    const { message } = await fail("authentication");
    expect(message).toBe(
      "Anthropic did not accept the key (401). Set ANTHROPIC_API_KEY, or enter the key in the settings. Anthropic says: invalid x-api-key.",
    );
  });

  test("says that the server needs a key where none was given, and no key is sent", async () => {
    const baseUrl = upstream.baseUrls["openai-chat"];
    const provider = createOpenAIChat({ baseUrl, name: "The server" });
    upstream.script([failure("authentication")]);
    const { error } = await collectFailure(provider.stream(ask("m"), live));
    expect((error as ProviderError).message).toStartWith(
      "The server requires a key (401). Enter the key in the settings.",
    );
    expect(upstream.requests[0]!.headers.get("authorization")).toBeNull();
  });

  test.each(providerCases)(
    "never repeats the key on the wire of $wire, whatever the service says",
    async (one) => {
      const key = "of-no-known-form-0123456789";
      for (const kind of ["invalid-request", "server", "rate-limit", "model-not-found"] as const) {
        upstream.script([failure(kind, { message: `Bad key ${key} or ${apiKey}` })]);
        const stream = one.create(upstream, key).stream(ask(one.models[0]!), live);
        const { message } = (await collectFailure(stream)).error as ProviderError;
        expect(message).toContain("Bad key … or …");
      }
    },
  );
});

test("a short key is hidden where it stands by itself, and is left in other words", async () => {
  const provider = createOpenAIChat({ baseUrl: upstream.baseUrls["openai-chat"], apiKey: "ef" });
  const message = "The effort is refused, with the key ef.";
  upstream.script([failure("invalid-request", { message })]);
  const request = { ...ask("m"), options: { effort: "high" as const } };
  const { error } = await collectFailure(provider.stream(request, live));
  expect((error as ProviderError).message).toContain("The effort is refused, with the key ….");
  expect((error as ProviderError).message).not.toContain("undefined");
});

test("a server without a name is named by its host, in the middle of a sentence too", async () => {
  const baseUrl = upstream.baseUrls["openai-chat"];
  upstream.script([failure("rate-limit")]);
  const { error } = await collectFailure(createOpenAIChat({ baseUrl }).stream(ask("m"), live));
  const { host } = new URL(baseUrl);
  expect((error as ProviderError).message).toContain(`The rate limit of ${host} was reached.`);
});

describe.each(providerCases)("a server that is not an API, on the wire of $wire", (one) => {
  test.each<[what: string, answer: () => Response]>([
    ["a page", () => new Response("<!doctype html><p>Log in</p>", { headers: page })],
    ["nothing", () => new Response("")],
    ["a broken frame", () => new Response("data: {broken\n\n", { headers: eventStream })],
  ])(
    "%s counts as a cut answer, and the error asks whether the address is right",
    async (_what, answer) => {
      const { error, url } = await failOn(one, answer);
      expect(error).toMatchObject({ name: "ProviderError", code: "cut" });
      expect(error.message).toContain(`Is ${url}`);
    },
  );

  test.each(["", "data: {broken\n\n"])(
    "an answer that is cut before its first word (and then %p) does not put the address in doubt",
    async (rest) => {
      const headers = { "Content-Type": one.wire === "ollama" ? "application/x-ndjson" : events };
      const { error } = await failOn(
        one,
        () => new Response(firstEvents[one.wire] + rest, { headers }),
      );
      expect(error).toMatchObject({ code: "cut", retryable: true, fewTries: undefined });
      expect(error.message).toEndWith("was cut off. Nothing of it had been written yet.");
    },
  );

  test("the error quotes the text of an HTML page without its tags", async () => {
    const answer = () => new Response("<h1>Not</h1>\n<p>here</p>", { status: 418, headers: page });
    expect((await failOn(one, answer)).error.message).toMatch(/Not here/);
  });
});

test.each(providerCases.map(({ wire, create }) => [wire, create] as const))(
  "%s: nothing is asked without a model's name",
  async (_wire, create) => {
    const { error } = await collectFailure(create(upstream).stream(ask(""), live));
    expect(error).toMatchObject({ code: "not-configured", retryable: false });
    expect((error as ProviderError).message).toContain("Choose one");
    expect(upstream.requests).toEqual([]);
  },
);

test("a request on an account without credit is not retried", async () => {
  upstream.script([failure("invalid-request", { message: "Your credit balance is too low." })]);
  const { error } = await collectFailure(
    anthropic.create(upstream).stream(ask(anthropic.models[0]!), live),
  );
  expect(error).toMatchObject({ code: "rate-limit", retryable: false });
  expect((error as ProviderError).message).toContain("Check its plan and billing.");
});

test("a request that leaves no room for its answer is reported as too long, not as invalid", async () => {
  const message = "input length and `max_tokens` exceed context limit: 190000 + 32000 > 200000";
  upstream.script([failure("invalid-request", { message })]);
  const stream = anthropic.create(upstream).stream(ask(anthropic.models[0]!), live);
  expect((await collectFailure(stream)).error).toMatchObject({ code: "context-length" });
});

test("a failure before the first text has yielded nothing, so that the request can be retried", async () => {
  for (const one of providerCases) {
    upstream.script([failure("overloaded")]);
    const stream = one.create(upstream).stream(ask(one.models[0]!), live);
    expect((await collectFailure(stream)).events).toEqual([]);
  }
});

test("an overload of Anthropic after its first event has yielded nothing either", async () => {
  // The token count comes first, so that the answer has begun on the wire.
  upstream.script([{ type: "usage", inputTokens: 5, outputTokens: 0 }, failure("overloaded")]);
  const stream = anthropic.create(upstream).stream(ask(anthropic.models[0]!), live);
  const { events, error } = await collectFailure(stream);
  expect(events).toEqual([]);
  expect(error).toMatchObject({ code: "overloaded", retryable: true });
});

test("an organization that OpenAI has not verified is asked for reasoning summaries once", async () => {
  const message = "Your organization must be verified to generate reasoning summaries.";
  upstream.script([failure("invalid-request", { message })], [text("Hi.")], [text("Ho.")]);
  const provider = openai.create(upstream);
  const request = { ...ask("gpt-5.4"), options: { effort: "high" } as const };
  const { error } = await collectFailure(provider.stream(request, live));
  // The loop sends it again, visibly.
  expect(error).toMatchObject({ code: "option-refused", retryable: true, retryAfterMs: 0 });
  for (const _again of ["now", "later"]) {
    const events = await collect(provider.stream(request, live));
    expect(events.at(-1)).toEqual({ type: "finish", reason: "stop" });
  }
  expect(upstream.requests.map(({ body }) => body["reasoning"])).toEqual([
    { summary: "auto", effort: "high" },
    { effort: "high" },
    { effort: "high" },
  ]);
});

const events = "text/event-stream";

/** Each service is there, counts tokens where it does so at first, and has written nothing. */
const firstEvents: Record<WireName, string> = {
  anthropic: named({
    type: "message_start",
    message: { content: [], usage: { input_tokens: 9, output_tokens: 1 } },
  }),
  openai: named({ type: "response.created", response: { status: "in_progress", output: [] } }),
  "openai-chat": unnamed({ choices: [{ index: 0, delta: { role: "assistant", content: "" } }] }),
  gemini: unnamed({ usageMetadata: { promptTokenCount: 9 } }),
  ollama: `${JSON.stringify({ message: { role: "assistant", content: "" }, done: false })}\n`,
};

const page = { "Content-Type": "text/html" };
const eventStream = { "Content-Type": events };

/** Sends a request to a server that does not belong to a provider. */
async function failOn(one: ProviderCase, answer: () => Response) {
  using server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: answer });
  const url = server.url.origin;
  const stream = one.create({ baseUrls: baseUrlsAt(url) }).stream(ask(one.models[0]!), live);
  const { error } = await collectFailure(stream);
  if (error instanceof ProviderError) return { error, url };
  throw error;
}

async function fail(kind: FailureKind, headers: Record<string, string> = {}) {
  upstream.script([failure(kind, { headers })]);
  const stream = anthropic.create(upstream).stream(ask(anthropic.models[0]!), live);
  const { error } = await collectFailure(stream);
  if (error instanceof ProviderError) return error;
  throw error;
}
