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
    test(`${what} (${wire}, ${one.status})`, async () => {
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
  const baseUrls = {
    anthropic: url,
    openai: `${url}/v1`,
    "openai-chat": `${url}/v1`,
    gemini: url,
    ollama: url,
  };
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
