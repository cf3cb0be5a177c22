/**
 * The one way to a service: bounds what is read from it, and follows no redirect to another origin, so that a key and a
 * conversation go only where the settings say.
 */
import { BadAnswerError } from "./bad-answer";
import { bounds } from "./bounds";
import { takeConnection } from "./connections";
import { currentExchange, type Exchange } from "./exchange";
import { wayOf } from "./front-gates";
import { ReadingPace } from "./reading-pace";

/**
 * As `fetch`, but without its time limit: a model may think for longer than the five minutes of silence that Bun allows.
 * Rejects with BadAnswerError for a redirect elsewhere. The body fails with one, and its socket is closed, when a bound is
 * exceeded; of an error's body only the beginning comes. `init.signal` ends all of it.
 */
export async function fetchFromService(
  input: string | URL | Request,
  init: RequestInit = {},
): Promise<Response> {
  const release = await takeConnection(currentExchange()?.onWait, init.signal);
  init.signal?.addEventListener("abort", release, { once: true });
  const close = (): void => {
    init.signal?.removeEventListener("abort", release);
    release();
  };
  try {
    const asked = new URL(input instanceof Request ? input.url : input);
    const headers = new Headers(init.headers ?? (input instanceof Request ? input.headers : {}));
    const response = await follow(wayOf(asked, headers), init);
    if (response.body === null) close();
    return bounded(response, isStream(init), currentExchange() ?? {}, close, init.signal);
  } catch (error) {
    close();
    throw error;
  }
}

/** Resolves with the answer that is no redirect. */
async function follow(url: URL, init: RequestInit): Promise<Response> {
  for (let redirects = 0; ; redirects++) {
    const own = { redirect: "manual", timeout: false, decompress: false } as const;
    const response = await fetch(url, { ...init, ...own });
    const { status, headers } = response;
    const location = headers.get("location");
    if (status < 300 || status > 399 || location === null) return response;
    await response.body?.cancel();
    const next = URL.canParse(location, url) ? new URL(location, url) : undefined;
    const keepsMethod = !isStream(init) || status === 307 || status === 308;
    if (next?.origin !== url.origin || !keepsMethod || redirects === bounds.redirects)
      throw redirected(next);
    url = next;
  }
}

/** Models are listed by GET. */
function isStream({ method }: RequestInit): boolean {
  return method?.toUpperCase() === "POST";
}

function redirected(to: URL | undefined): BadAnswerError {
  const where = to === undefined ? "nowhere" : `${to.protocol}//${to.host}`.slice(0, 100);
  return new BadAnswerError(
    `it redirects to ${where}, and the key and the conversation go only to the address in the settings. If the other address is right, enter it there`,
  );
}

function bounded(
  response: Response,
  isStream: boolean,
  exchange: Exchange,
  onClosed: () => void,
  signal: AbortSignal | null | undefined,
): Response {
  const { body, ok, status, statusText, headers } = response;
  // An answer without a body makes the SDKs throw an error about their own code; an empty one ends in words.
  if (body === null) return ok && isStream ? new Response("", { headers }) : response;
  exchange.onBytes?.();
  if (!ok) exchange.errorHeaders = headers;
  const isLines = headers.get("content-type")?.includes("ndjson") ?? false;
  const take = ok
    ? isStream
      ? takeStream(isLines ? ["\n"] : blankLines)
      : takeList()
    : takeError();
  const inflated = inflate(body, headers.get("content-encoding") ?? "identity");
  const isEvents = headers.get("content-type")?.includes("event-stream");
  const last = ok && isEvents && !exchange.isPassedOn ? blankLine : undefined;
  const pace = isStream && ok ? new ReadingPace(signal) : undefined;
  const close = (): void => {
    pace?.end();
    onClosed();
  };
  return new Response(passOn(inflated, take, last, { exchange, pace }, close, signal), {
    status,
    statusText,
    headers,
  });
}

/** Bun's own inflating goes on after an abort: 1 GB of spaces in Brotli took 400 MB. */
export function inflate(
  body: ReadableStream<Uint8Array>,
  encoding: string,
): ReadableStream<Uint8Array> {
  if (encoding === "identity") return body;
  const format = formats.get(encoding.toLowerCase());
  if (format === undefined)
    throw new BadAnswerError(
      `it is compressed in a way that was not asked for (${encoding.slice(0, 40)})`,
    );
  // Bun takes two more formats than the type names.
  const inflating = new DecompressionStream(format as CompressionFormat);
  return body.pipeThrough(inflating as ReadableWritablePair<Uint8Array, Uint8Array>);
}

const formats = new Map<string, Bun.CompressionFormat>([
  ["gzip", "gzip"],
  ["deflate", "deflate"],
  ["br", "brotli"],
  ["zstd", "zstd"],
]);

/** Returns what is passed on of a chunk; undefined ends the body. It may throw. */
type Take = (chunk: Uint8Array) => Uint8Array | undefined;

/** `ends`: what ends an event, a blank line unless each line is one. It may lie on the seam of two chunks. */
function takeStream(ends: string[]): Take {
  const total = counter("an answer", bounds.streamBytes);
  let eventBytes = 0;
  let tail: Uint8Array = new Uint8Array();
  return (chunk) => {
    total(chunk.length);
    const seen = Buffer.concat([tail, chunk]);
    const end = Math.max(...ends.map((line) => seen.lastIndexOf(line)));
    eventBytes = end === -1 ? eventBytes + chunk.length : seen.length - end;
    if (eventBytes > bounds.eventBytes) throw tooLarge("an event", bounds.eventBytes);
    tail = seen.subarray(-3);
    return chunk;
  };
}

const blankLines = ["\n\n", "\r\r", "\r\n\r\n"];

function takeList(): Take {
  const total = counter("a list", bounds.listBytes);
  return (chunk) => {
    total(chunk.length);
    return chunk;
  };
}

function takeError(): Take {
  let left: number = bounds.errorBytes;
  return (chunk) => {
    if (left === 0) return undefined;
    const taken = chunk.subarray(0, left);
    left -= taken.length;
    return taken;
  };
}

function counter(what: string, most: number): (bytes: number) => void {
  let total = 0;
  return (bytes) => {
    total += bytes;
    if (total > most) throw tooLarge(what, most);
  };
}

function tooLarge(what: string, most: number): BadAnswerError {
  return new BadAnswerError(`${what} of more than ${most / 1e6} MB`);
}

/** Some gateways leave out the blank line after the last event, and the SDKs would drop that event. */
const blankLine = new TextEncoder().encode("\n\n");

/**
 * Nothing is read before it is asked for, so that an answer waits at the service until it is read. `last` is put at its end.
 * What comes at once is handed on in pieces, with time for all else in between: SDKs read all events of a chunk without a
 * pause, and Google's searches the whole chunk for each. An abort ends it between two pieces.
 */
function passOn(
  body: ReadableStream<Uint8Array>,
  take: Take,
  last: Uint8Array | undefined,
  { exchange, pace }: { exchange: Exchange; pace: ReadingPace | undefined },
  onClosed: () => void,
  signal: AbortSignal | null | undefined,
): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  let pieces: Iterator<Uint8Array> = [].values();
  let pausedAt = performance.now();
  async function next(): Promise<Uint8Array | undefined> {
    const piece = pieces.next();
    if (!piece.done) return piece.value;
    await pace?.next();
    const { value, done } = await reader.read();
    exchange.onBytes?.();
    const taken = done ? undefined : take(value);
    if (taken === undefined) {
      if (!done) await reader.cancel();
      return undefined;
    }
    pieces = piecesOf(taken);
    return pieces.next().value as Uint8Array;
  }
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        if (performance.now() - pausedAt > bounds.readMs) {
          await new Promise((resolve) => setImmediate(resolve));
          pausedAt = performance.now();
        }
        try {
          signal?.throwIfAborted();
          const piece = await next();
          if (piece !== undefined) return controller.enqueue(piece);
          if (last !== undefined) controller.enqueue(last);
          controller.close();
          onClosed();
        } catch (error) {
          controller.error(error);
          onClosed();
          await reader.cancel();
        }
      },
      cancel(reason) {
        onClosed();
        return reader.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
}

/** The chunk, cut after every so many line ends; one without them, such as a large event, stays whole. */
function* piecesOf(chunk: Uint8Array): Generator<Uint8Array> {
  let from = 0;
  let lines = 0;
  for (let at = 0; at < chunk.length; at++) {
    const byte = chunk[at];
    if ((byte !== lineFeed && byte !== carriageReturn) || ++lines < bounds.pieceLines) continue;
    yield chunk.subarray(from, at + 1);
    from = at + 1;
    lines = 0;
  }
  if (from < chunk.length || chunk.length === 0) yield chunk.subarray(from);
}

const lineFeed = 0x0a;
const carriageReturn = 0x0d;
