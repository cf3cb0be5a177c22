/** Splits what comes in into lines, in bounded memory. */

/** The bytes of a line without its line break, or that it was too long and is left out. */
export type RawLine = Uint8Array | "too-long";

const lineBreak = 0x0a;
const firstCapacity = 4096;

/**
 * The lines of the stream. A longer one than `maxBytes` is discarded as it comes, up to its line break, and told once. What
 * follows the last line break is a line too. Ends with the stream, and once the signal aborts; rejects when reading fails.
 */
export async function* readLines(
  stream: ReadableStream<Uint8Array>,
  maxBytes: number,
  signal: AbortSignal,
): AsyncGenerator<RawLine, void, void> {
  const line = new LineBuffer(maxBytes);
  for await (const chunk of readChunksUntil(stream, signal)) {
    let start = 0;
    for (;;) {
      const end = chunk.indexOf(lineBreak, start);
      line.add(chunk.subarray(start, end < 0 ? undefined : end));
      if (end < 0) break;
      yield line.take();
      start = end + 1;
    }
  }
  if (!line.isEmpty && !signal.aborted) yield line.take();
}

async function* readChunksUntil(
  stream: ReadableStream<Uint8Array>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, void> {
  const reader = stream.getReader();
  const aborted = Promise.withResolvers<{ done: true; value?: undefined }>();
  const abort = () => aborted.resolve({ done: true });
  signal.addEventListener("abort", abort, { once: true });
  if (signal.aborted) abort();
  try {
    for (;;) {
      const { done, value } = await Promise.race([reader.read(), aborted.promise]);
      if (done) return;
      yield value;
    }
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

/** A copy of the line so far: pieces of it would keep whole chunks in memory. */
class LineBuffer {
  readonly #maxBytes: number;
  #bytes = new Uint8Array(firstCapacity);
  #length = 0;
  #isTooLong = false;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get isEmpty(): boolean {
    return this.#length === 0 && !this.#isTooLong;
  }

  add(piece: Uint8Array): void {
    const length = this.#length + piece.length;
    this.#isTooLong ||= length > this.#maxBytes;
    if (this.#isTooLong) {
      this.#length = 0;
      return;
    }
    if (length > this.#bytes.length) this.#grow(length);
    this.#bytes.set(piece, this.#length);
    this.#length = length;
  }

  take(): RawLine {
    const line = this.#isTooLong ? "too-long" : this.#bytes.slice(0, this.#length);
    this.#length = 0;
    this.#isTooLong = false;
    return line;
  }

  #grow(length: number): void {
    const larger = new Uint8Array(Math.max(length, 2 * this.#bytes.length));
    larger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = larger;
  }
}
