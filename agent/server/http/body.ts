/** A request's body: bounded in length and time, whether it says its length or comes in chunks. */
import type { Context } from "hono";
import { httpError } from "./http-error";

/** A message of the greatest length, each of its characters escaped, fits well. */
const maxBodyBytes = 16_000_000;
const maxBodyMs = 120_000;

declare module "hono" {
  interface ContextVariableMap {
    /** The body, once it was read: it can be read once. */
    bodyText?: string;
    /** Called when a body, or a file from another node, has come: its sender may have been removed meanwhile, from the session too. */
    refuseEnded?: () => void;
  }
}

/** Does not abort: a message that has come whole counts, though its client is gone. Only an upload is cut so. */
const never = new AbortController().signal;

export interface BodyBounds {
  maxBytes?: number;
  maxMs?: number;
}

type Piece = Awaited<ReturnType<ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>["read"]>>;

interface PieceBounds extends Required<BodyBounds> {
  /** Without a byte. */
  maxSilentMs?: number;
}

/**
 * As JSON; an empty one is an empty object. Throws the HTTP error of one that is too long, too slow or no JSON, or whose sender
 * is let in no more when it has come.
 */
export async function body(c: Context, bounds: BodyBounds = {}): Promise<unknown> {
  const text = await bodyText(c, bounds);
  try {
    const input: unknown = text === "" ? {} : JSON.parse(text);
    c.set("input", input);
    return input;
  } catch {
    throw httpError(400, "json", "The body is not valid JSON.");
  }
}

/** As it is; the same however often it is asked for. Throws as `body`. */
export async function bodyText(c: Context, bounds: BodyBounds = {}): Promise<string> {
  const known = c.get("bodyText");
  if (known !== undefined) return known;
  const text = await readText(c, bounds);
  c.set("bodyText", text);
  return text;
}

async function readText(
  c: Context,
  { maxBytes = maxBodyBytes, maxMs = maxBodyMs }: BodyBounds,
): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const piece of readPieces(c, { maxBytes, maxMs }, never))
    text += decoder.decode(piece, { stream: true });
  return text + decoder.decode();
}

/**
 * As it comes. Throws the HTTP error of one that is too long or too slow, Bun's of one that is cut, and the signal's reason, and
 * its rest is not read; at the end, the refusal of a sender who is let in no more.
 */
export async function* readPieces(
  c: Context,
  { maxBytes, maxMs, maxSilentMs = maxMs }: PieceBounds,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const request = c.req.raw;
  const tooLong = () => httpError(413, "size", `The body is longer than ${maxBytes / 1e6} MB.`);
  if (Number(request.headers.get("content-length") ?? 0) > maxBytes) throw tooLong();
  const reader = request.body?.getReader();
  if (reader === undefined) return;
  let failure: Error | undefined;
  let waiting: PromiseWithResolvers<Piece> | undefined;
  const fail = (error: Error) => {
    failure ??= error;
    waiting?.reject(failure);
  };
  const slow = () =>
    fail(httpError(408, "slow", `The body did not come within ${maxMs / 1000} s.`));
  const timer = setTimeout(slow, maxMs);
  const silent = setTimeout(slow, maxSilentMs);
  const abort = () => fail(signal.reason as Error);
  if (signal.aborted) abort();
  else signal.addEventListener("abort", abort, { once: true });
  let isRead = false;
  try {
    for (let read = 0; ;) {
      if (failure) throw failure;
      // One promise for each piece: a race with one for all would keep every piece until that settles.
      waiting = Promise.withResolvers<Piece>();
      reader.read().then(waiting.resolve, waiting.reject);
      const { done, value } = await waiting.promise;
      if (done) {
        isRead = true;
        c.get("refuseEnded")?.();
        return;
      }
      silent.refresh();
      read += value.length;
      if (read > maxBytes) throw tooLong();
      yield value;
    }
  } finally {
    clearTimeout(timer);
    clearTimeout(silent);
    signal.removeEventListener("abort", abort);
    if (!isRead) reader.cancel().catch(() => undefined); // what failed is answered already
  }
}

/**
 * As it comes, for another server, which knows nothing of the credential: its last piece passes once its sender is found to be
 * let in still. Undefined: there is none. `onRefused`: is given the refusal of who is let in no more, and ends the request.
 */
export function passedBody(
  c: Context,
  onRefused: (refusal: unknown) => void,
): ReadableStream<Uint8Array> | undefined {
  let last: Uint8Array | undefined;
  const holdLast = new TransformStream<Uint8Array, Uint8Array>({
    transform(piece, controller) {
      if (last !== undefined) controller.enqueue(last);
      last = piece;
    },
    flush(controller) {
      try {
        c.get("refuseEnded")?.();
      } catch (refusal) {
        onRefused(refusal);
        throw refusal;
      }
      if (last !== undefined) controller.enqueue(last);
    },
  });
  return c.req.raw.body?.pipeThrough(holdLast);
}
