/** What only Gemini's wire has: signed calls, and endings of answers that no other wire has. */
import { expect, test } from "bun:test";
import { createGemini } from "../server/providers/gemini/gemini";
import type { ModelEvent } from "../server/providers/provider";
import { ask, collect, finished, messageOf, providerCases, userMessage } from "./provider-wires";
import { upstreamScene } from "./upstream-scene";
import { text, toolCall } from "./upstream/upstream";

const live = new AbortController().signal;
const gemini = providerCases.find(({ wire }) => wire === "gemini")!;
const model = "gemini-3.1-pro";

const upstream = upstreamScene();

test("a call and its result are sent back with the signature and the id of the call", async () => {
  const provider = gemini.create(upstream);
  upstream.script([toolCall("bash", { command: "ls" }, { id: "own-id" })], [text("Done.")]);
  const events = await collect(provider.stream(ask(model), live));
  const message = finished(messageOf(events, provider.id, model));
  await collect(provider.stream(ask(model, userMessage("Hello."), message), live));
  const { contents } = upstream.requests[1]!.body as { contents: { parts: object[] }[] };
  expect(contents[1]!.parts).toEqual([
    {
      functionCall: { id: "own-id", name: "bash", args: { command: "ls" } },
      thoughtSignature: expect.not.stringContaining("skip"),
    },
  ]);
  expect(contents[2]!.parts).toEqual([
    { functionResponse: { id: "own-id", name: "bash", response: { output: "a\nb" } } },
  ]);
});

test("an answer that the service reports as malformed can be retried", async () => {
  const { error } = await answerWith({ finishReason: "MALFORMED_FUNCTION_CALL" });
  expect(error).toMatchObject({ name: "ProviderError", code: "server", retryable: true });
});

test("a blocked prompt is reported as withheld, with the reason", async () => {
  const { events } = await answerWith({}, { promptFeedback: { blockReason: "SAFETY" } });
  expect(events.at(-1)).toEqual({
    type: "finish",
    reason: "content-filter",
    detail: "The message was blocked (SAFETY).",
  });
});

test("models that cannot think get no thinking options", async () => {
  const provider = gemini.create(upstream);
  upstream.script([text("Hi.")], [text("Hi.")]);
  await collect(provider.stream(ask("gemini-2.0-flash"), live));
  await collect(provider.stream(ask(model), live));
  expect(upstream.requests.map(({ body }) => body["generationConfig"])).toEqual([
    {},
    { thinkingConfig: { includeThoughts: true } },
  ]);
});

/** A chunk that the scripted upstream's script cannot express. */
async function answerWith(candidate: object, fields: object = {}) {
  const chunk = {
    candidates: [{ content: { role: "model", parts: [] }, ...candidate }],
    ...fields,
  };
  using server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch: () =>
      new Response(`data: ${JSON.stringify(chunk)}\n\n`, {
        headers: { "content-type": "text/event-stream" },
      }),
  });
  const provider = createGemini({ apiKey: "key", baseUrl: `http://127.0.0.1:${server.port}` });
  const events: ModelEvent[] = [];
  try {
    for await (const event of provider.stream(ask(model), live)) events.push(event);
  } catch (error) {
    return { events, error };
  }
  return { events, error: undefined };
}
