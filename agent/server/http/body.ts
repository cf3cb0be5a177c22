/** A request's body: bounded in length and time, whether it says its length or comes in chunks. */
import type { Context } from "hono";
import { httpError } from "./http-error";

/** A message of the greatest length, each of its characters escaped, fits well. */
const maxBodyBytes = 16_000_000;
const maxBodyMs = 120_000;

export interface BodyBounds {
  maxBytes?: number;
  maxMs?: number;
}

interface PieceBounds extends Required<BodyBounds> {
  /** Without a byte. */
  maxSilentMs?: number;
}

/** As JSON; an empty one is an empty object. Throws the HTTP error of one that is too long, too slow or no JSON. */
export async function body(c: Context, bounds: BodyBounds = {}): Promise<unknown> {
  const text = await readText(c.req.raw, bounds);
  try {
    const input: unknown = text === "" ? {} : JSON.parse(text);
    c.set("input", input);
    return input;
  } catch {
    throw httpError(400, "json", "The body is not valid JSON.");
  }
}

async function readText(
  request: Request,
  { maxBytes = maxBodyBytes, maxMs = maxBodyMs }: BodyBounds,
): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const piece of readPieces(request, { maxBytes, maxMs }, request.signal))
    text += decoder.decode(piece, { stream: true });
  return text + decoder.decode();
}

/**
 * As it comes. Throws the HTTP error of one that is too long or too slow, Bun's of one that is cut, and the signal's reason;
 * its rest is not read.
 */
export async function* readPieces(
  request: Request,
  { maxBytes, maxMs, maxSilentMs = maxMs }: PieceBounds,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const tooLong = httpError(413, "size", `The body is longer than ${maxBytes / 1e6} MB.`);
  if (Number(request.headers.get("content-length") ?? 0) > maxBytes) throw tooLong;
  const reader = request.body?.getReader();
  if (reader === undefined) return;
  const late = Promise.withResolvers<never>();
  const slow = httpError(408, "slow", `The body did not come within ${maxMs / 1000} s.`);
  const timer = setTimeout(() => late.reject(slow), maxMs);
  const silent = setTimeout(() => late.reject(slow), maxSilentMs);
  const abort = () => late.reject(signal.reason);
  if (signal.aborted) abort();
  else signal.addEventListener("abort", abort, { once: true });
  late.promise.catch(() => undefined); // read by the race below, or too late for it
  let isRead = false;
  try {
    for (let read = 0; ;) {
      const { done, value } = await Promise.race([reader.read(), late.promise]);
      if (done) {
        isRead = true;
        return;
      }
      silent.refresh();
      read += value.length;
      if (read > maxBytes) throw tooLong;
      yield value;
    }
  } finally {
    clearTimeout(timer);
    clearTimeout(silent);
    signal.removeEventListener("abort", abort);
    if (!isRead) reader.cancel().catch(() => undefined); // what failed is answered already
  }
}
