/** Each failure that services really send gets the right code, is tried again only where and how that may help, and says what happened in the service's own words. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { ModelOptions } from "../shared/protocol";
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
import { baseUrlsAt, type WireName } from "./upstream/wire";

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
      for (const options of [{}, allChosen]) {
        const option = options === allChosen ? one.option : undefined;
        const { code, retryable, retryAfterMs, refusesHistory, message } = await fail(
          wire,
          options,
        );
        expect(code).toBe(option ? "option-refused" : one.code);
        expect(retryable).toBe(one.retryable);
        expect(retryAfterMs).toBe(one.retryAfterMs);
        expect(refusesHistory).toBe(one.triesPlainText ?? false);
        for (const words of option ? [option, ...one.says] : one.says)
          expect(message).toMatch(words);
        for (const words of [...neverSaid, ...(one.never ?? [])])
          expect(message).not.toMatch(words);
        if (!option) expect(message).not.toMatch(/choose another at/);
      }
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

const allChosen: ModelOptions = {
  effort: "high",
  temperature: 0.7,
  maxOutputTokens: 100_000,
  serviceTier: "flex",
};

async function fail(wire: WireName, options: ModelOptions): Promise<ProviderError> {
  const baseUrls = baseUrlsAt(server.url.origin);
  const one = providerCases.find((each) => each.wire === wire)!;
  const { error } = await collectFailure(
    one.create({ baseUrls }).stream({ ...ask(one.models[0]!), options }, live),
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
