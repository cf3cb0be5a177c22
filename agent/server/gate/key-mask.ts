/** Takes the key out of an answer that passes, also where it lies on the seam of two pieces. */

export class KeyMask {
  readonly #key: Uint8Array;
  #held: Uint8Array = new Uint8Array();

  /** A short key, such as one of a server on this machine, is a part of words: nothing is taken out for it. */
  constructor(apiKey = "") {
    this.#key = Buffer.from(apiKey.length < shortest ? "" : apiKey);
  }

  /** What may be passed on. The end of a piece is held back only where it is the beginning of the key. */
  pass(chunk: Uint8Array): Uint8Array {
    if (this.#key.length === 0) return chunk;
    const seen = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    const masked = this.#mask(seen);
    const held = this.#beginAtEnd(masked);
    this.#held = masked.subarray(masked.length - held);
    return masked.subarray(0, masked.length - held);
  }

  /** What was held back of the last piece. */
  end(): Uint8Array {
    const held = this.#held;
    this.#held = new Uint8Array();
    return held;
  }

  #mask(chunk: Uint8Array): Uint8Array {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
    const pieces: Uint8Array[] = [];
    let from = 0;
    for (let at = bytes.indexOf(this.#key); at !== -1; at = bytes.indexOf(this.#key, from)) {
      pieces.push(bytes.subarray(from, at), ellipsis);
      from = at + this.#key.length;
    }
    return from === 0 ? chunk : Buffer.concat([...pieces, bytes.subarray(from)]);
  }

  /** How many bytes at its end begin the key. */
  #beginAtEnd(bytes: Uint8Array): number {
    for (let length = Math.min(this.#key.length - 1, bytes.length); length > 0; length--)
      if (
        Buffer.compare(bytes.subarray(bytes.length - length), this.#key.subarray(0, length)) === 0
      )
        return length;
    return 0;
  }
}

const shortest = 8;
const ellipsis = Buffer.from("…");
