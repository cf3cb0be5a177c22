/** A server that answers Chat Completions with whatever bytes a test gives, and what Rein reads of them. */
import { createOpenAIChat } from "../server/providers/openai/openai-chat";
import type { ModelEvent } from "../server/providers/provider";
import { ask, collect, collectFailure } from "./provider-wires";

const live = new AbortController().signal;

export const delta = (delta: object, finish_reason: string | null = null) => ({
  choices: [{ index: 0, delta, finish_reason }],
});
export const stop = delta({}, "stop");
export const usage = { prompt_tokens: 10, completion_tokens: 2, total_tokens: 12 };

/** Each as an event. */
export function sse(chunks: (object | string)[], ...last: string[]): string {
  const texts = chunks.map((one) => (typeof one === "string" ? one : JSON.stringify(one)));
  return [...texts, ...last]
    .map((text) => `data: ${text.replaceAll("\n", "\ndata: ")}\n\n`)
    .join("");
}

/** What is read of these chunks and `[DONE]`. */
export function read(chunks: object[]): Promise<ModelEvent[]> {
  return readBody(sse(chunks, "[DONE]"));
}

/** How an answer of these chunks alone fails. */
export function fail(chunks: object[]) {
  return failBody(sse(chunks));
}

interface Sending {
  /** At once. */
  bytes?: number;
  /** The connection stays open; called when the client closes it. */
  keepsOpen?: () => void;
}

export async function readBody(body: string, sending: Sending = {}): Promise<ModelEvent[]> {
  using server = serve(body, sending);
  return await collect(stream(server.url.origin));
}

export async function failBody(body: string) {
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
