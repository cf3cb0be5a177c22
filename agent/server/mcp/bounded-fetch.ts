/** The fetch of MCP servers over HTTP: what one answer brings is bounded, how long it takes is for the call to say. */

import { setImmediate } from "node:timers/promises";
import { JsonShape } from "../engines/parse-line";

/** What one answer may bring; a stream of events, which goes on as long as its session, may bring so much more in a second. */
const atOnce = 64_000_000;
const perSecond = 1_000_000;

/** By the answers to requests. */
const authorizations = new WeakMap<Response, string>();

/** What the request of this answer was sent with. */
export function authorizationOf(response: Response): string | undefined {
  return authorizations.get(response);
}

/** Redirects are the transport's to refuse: it follows none to another origin. */
export async function boundedFetch(url: string | URL, init?: RequestInit): Promise<Response> {
  // Bun's own time-out of five minutes would cut calls that take longer.
  const response = await fetch(url, { ...init, timeout: false } as RequestInit);
  const answer = boundedAnswer(response);
  const authorization = new Headers(init?.headers).get("Authorization");
  if (authorization !== null) authorizations.set(answer, authorization);
  return answer;
}

function boundedAnswer(response: Response): Response {
  if (response.body === null) return response;
  const { status, statusText, headers } = response;
  const isStream = headers.get("Content-Type")?.startsWith("text/event-stream") === true;
  const bounds = isStream ? new StreamBounds() : new AnswerBounds();
  return new Response(bounded(response.body, bounds), { status, statusText, headers });
}

interface Bounds {
  /** Whether so much may come. */
  take(bytes: Uint8Array): boolean;
}

class AnswerBounds implements Bounds {
  #left = atOnce;
  readonly #shape = new JsonShape();

  take(bytes: Uint8Array): boolean {
    return (this.#left -= bytes.length) >= 0 && bytes.every((byte) => this.#shape.take(byte));
  }
}

/** Of each event, too, however slowly it comes: it is held until it is whole. */
class StreamBounds implements Bounds {
  #allowance = atOnce;
  #allowedAt = performance.now();
  #event = 0;
  /** The end of what came last: an empty line may come in pieces. */
  #tail = "";
  #shape = new JsonShape();
  #isLineEmpty = true;

  take(bytes: Uint8Array): boolean {
    const now = performance.now();
    const more = ((now - this.#allowedAt) / 1_000) * perSecond;
    this.#allowedAt = now;
    this.#allowance = Math.min(atOnce, this.#allowance + more) - bytes.length;
    const text = this.#tail + Buffer.from(bytes).toString("latin1");
    const end = Math.max(...emptyLines.map((line) => text.lastIndexOf(line)));
    this.#event = end < 0 ? this.#event + bytes.length : text.length - end;
    this.#tail = text.slice(-3);
    return this.#allowance >= 0 && this.#event <= atOnce && this.#takesShape(bytes);
  }

  /** An empty line ends an event, and begins the next JSON text. */
  #takesShape(bytes: Uint8Array): boolean {
    for (const byte of bytes) {
      const isBreak = byte === lineFeed || byte === carriageReturn;
      if (isBreak && this.#isLineEmpty) this.#shape = new JsonShape();
      this.#isLineEmpty = isBreak;
      if (!this.#shape.take(byte)) return false;
    }
    return true;
  }
}

const lineFeed = 10;
const carriageReturn = 13;

const emptyLines = ["\n\n", "\r\r", "\r\n\r\n"];

/** Of what is passed on at once, in bytes: other work has its turn between two. */
const slice = 32_768;

function bounded(body: ReadableStream<Uint8Array>, bounds: Bounds): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  let rest: Uint8Array = new Uint8Array();
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      await setImmediate();
      if (rest.length === 0) {
        const { done, value } = await reader.read();
        if (done) return controller.close();
        rest = value;
      }
      const now = rest.subarray(0, slice);
      rest = rest.subarray(slice);
      if (bounds.take(now)) return controller.enqueue(now);
      const error = new Error("The server sent more than Rein can take.");
      controller.error(error);
      await reader.cancel(error);
    },
    cancel: (reason) => reader.cancel(reason),
  });
}
