/** A standard input that stays open: written as fast as the command reads it, and never held without bound. */

/** What is held of an input that the command does not read. A message with its files is smaller. */
const maxHeldBytes = 32_000_000;

/** What a piece takes besides its bytes: a flood of short ones is bounded too. */
const pieceCost = 100;

/** Bun keeps what a pipe does not take, so it never gets more than this at once. */
const pieceBytes = 65_536;

export class JobInput {
  readonly #sink: Bun.FileSink;
  #waiting: Uint8Array[] = [];
  #heldBytes = 0;
  #isClosed = false;
  #isWriting = false;

  constructor(sink: Bun.FileSink) {
    this.#sink = sink;
  }

  /** See `Job.write`. */
  write(text: string): boolean {
    if (this.#isClosed) return true;
    const bytes = new TextEncoder().encode(text);
    const cost = bytes.length + pieceCost;
    if (this.#heldBytes + cost > maxHeldBytes) return false;
    this.#waiting.push(bytes);
    this.#heldBytes += cost;
    this.#send();
    return true;
  }

  /** Closes it as soon as what was written before has been read. */
  close(): void {
    this.#isClosed = true;
    this.#send();
  }

  /** Closes it now: what has not been read is dropped. */
  discard(): void {
    this.#drop();
    this.close();
  }

  #send(): void {
    if (this.#isWriting) return;
    this.#writeWaiting().catch(() => {
      // EPIPE: the command has closed its input, or is dead.
      this.#isClosed = true;
      this.#drop();
    });
  }

  async #writeWaiting(): Promise<void> {
    this.#isWriting = true;
    try {
      while (this.#waiting.length > 0) await this.#put(this.#nextPiece());
      if (this.#isClosed) await this.#sink.end();
    } finally {
      // In the tick in which the last look found nothing: what is written later starts anew.
      this.#isWriting = false;
    }
  }

  #drop(): void {
    this.#waiting = [];
    this.#heldBytes = 0;
  }

  #nextPiece(): Uint8Array {
    const [bytes] = this.#waiting as [Uint8Array];
    const piece = bytes.subarray(0, pieceBytes);
    if (piece.length < bytes.length) this.#waiting[0] = bytes.subarray(pieceBytes);
    else {
      this.#waiting.shift();
      this.#heldBytes -= pieceCost;
    }
    return piece;
  }

  /** Resolves when the pipe has taken it. */
  async #put(piece: Uint8Array): Promise<void> {
    const written = this.#sink.write(piece);
    // Of two promises the one that is not waited for could reject unhandled.
    await (typeof written === "number" ? this.#sink.flush() : written);
    this.#heldBytes = Math.max(0, this.#heldBytes - piece.length);
  }
}
