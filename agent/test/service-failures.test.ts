/** Each failure that services really send gets the right code, is retried only where that may help, and says what happened in the service's own words. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { ProviderError } from "../server/providers/provider";
import { anthropicFailures } from "./failures/anthropic-failures";
import { compatibleFailures } from "./failures/compatible-failures";
import type { FailureRow } from "./failures/failure-row";
import { gatewayFailures } from "./failures/gateway-failures";
import { geminiFailures } from "./failures/gemini-failures";
import { localFailures } from "./failures/local-failures";
import { openaiFailures } from "./failures/openai-failures";
import { streamFailures } from "./failures/stream-failures";
import { apiKey, ask, collectFailure, providerCases } from "./provider-wires";
import type { WireName } from "./upstream/wire";

/** Rows that are not yet true: `bun test --todo` shows why. */
const open = new Set<string>([
  "anthropic: Cloudflare: a block",
  "anthropic: a country that is not served",
  "anthropic: a key without the right",
  "anthropic: a page for a bad gateway",
  "anthropic: a page for a gateway that timed out",
  "anthropic: a token that has expired",
  "anthropic: no content",
  "anthropic: nothing, with 403",
  "gemini: Cloudflare: a block",
  "gemini: a key that has expired",
  "gemini: a key that was reported as leaked",
  "gemini: a page for a bad gateway",
  "gemini: a page for a gateway that timed out",
  "gemini: an API that is not enabled",
  "gemini: an error in an array",
  "gemini: no content",
  "gemini: nothing, with 403",
  "gemini: nothing, with 500",
  "gemini: plain text, with 429",
  "openai-chat: Cloudflare: a block",
  "openai-chat: Groq: more tokens than a minute has",
  "openai-chat: Moonshot: no balance, as 429",
  "openai-chat: Ollama: a model without tools",
  "openai-chat: Ollama: an error that is text",
  "openai-chat: OpenRouter: a provider that failed",
  "openai-chat: OpenRouter: an input that was flagged",
  "openai-chat: OpenRouter: the provider's rate limit",
  "openai-chat: a page for a bad gateway",
  "openai-chat: a page for a gateway that timed out",
  "openai-chat: llama.cpp: a model that is being loaded",
  "openai-chat: no content",
  "openai-chat: nothing, with 403",
  "openai-chat: xAI: a wrong key, as 400",
  "openai-chat: xAI: no credit, as 403",
  "openai: Azure: a wrong key or address",
  "openai: Cloudflare: a block",
  "openai: a country that is not served",
  "openai: a key without an organization",
  "openai: a page for a bad gateway",
  "openai: a page for a gateway that timed out",
  "openai: a project without the model",
  "openai: no content",
  "openai: nothing, with 403",
]);

const live = new AbortController().signal;

let row: FailureRow;
let server: Bun.Server<undefined>;
beforeAll(() => {
  server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => answer(row) });
});
afterAll(() => server.stop(true));

describe.each([
  { of: "Anthropic", rows: anthropicFailures },
  { of: "OpenAI and Azure", rows: openaiFailures },
  { of: "Gemini", rows: geminiFailures },
  { of: "services with Chat Completions", rows: compatibleFailures },
  { of: "local servers", rows: localFailures },
  { of: "what stands between", rows: gatewayFailures },
  { of: "a stream", rows: streamFailures },
])("a failure of $of", ({ rows }) => {
  for (const one of rows) {
    const { wire, what } = one;
    const declare = open.has(`${wire}: ${what}`) ? test.todo : test;
    declare(`${what} (${wire}, ${one.status})`, async () => {
      row = one;
      const { code, retryable, retryAfterMs, message } = await fail(wire);
      expect(one.code).toContain(code);
      if (one.retryable !== "either") expect(retryable).toBe(one.retryable);
      expect(retryAfterMs).toBe(one.retryAfterMs);
      for (const words of one.says) expect(message).toMatch(words);
      for (const words of [...neverSaid, ...(one.never ?? [])]) expect(message).not.toMatch(words);
    });
  }
});

/** In no message: a fault of Rein where it is the service's, the key, tags, what was meant for programs. */
const neverSaid = [
  /inside Rein/i,
  new RegExp(apiKey),
  /<[a-z/!]/i,
  /undefined|\bnull\b|\[object|NaN/,
];

async function fail(wire: WireName): Promise<ProviderError> {
  const url = `http://127.0.0.1:${server.port}`;
  const baseUrls = { anthropic: url, openai: `${url}/v1`, "openai-chat": `${url}/v1`, gemini: url };
  const one = providerCases.find((each) => each.wire === wire)!;
  const { error } = await collectFailure(
    one.create({ baseUrls }).stream(ask(one.models[0]!), live),
  );
  expect(error).toMatchObject({ name: "ProviderError" });
  return error as ProviderError;
}

function answer({ status, body, headers }: FailureRow): Response {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const type = typeof body !== "string" ? "application/json" : typeOf(body);
  return new Response(status === 204 ? null : text, {
    status,
    headers: { "content-type": type, ...headers },
  });
}

function typeOf(body: string): string {
  if (body.startsWith("<")) return "text/html; charset=utf-8";
  return /^(event|data):/.test(body) ? "text/event-stream" : "text/plain";
}
