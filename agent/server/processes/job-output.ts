/** A job's output: read to its end, decoded without ever splitting a character, and given up only on demand. */

export interface Output {
  /** Resolves when it has ended (every holder closed it) or reading was given up. */
  readonly ended: Promise<void>;
  /** Stops reading; what was read has been delivered. */
  cancel(): Promise<void>;
}

/** Reads `pipe` at once and for as long as it lasts: nobody waits for a viewer. */
export function readOutput(
  pipe: ReadableStream<Uint8Array>,
  onText: (text: string) => void,
): Output {
  const reader = pipe.getReader();
  const text = new Decoding(onText);
  const read = async (): Promise<void> => {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      text.write(value);
    }
    text.end();
  };
  return { ended: read(), cancel: () => reader.cancel() };
}

/** What comes from a terminal: pushed by it, not pulled. */
export class TerminalOutput implements Output {
  readonly #text: Decoding;
  readonly #ended = Promise.withResolvers<void>();
  readonly ended = this.#ended.promise;
  onCancel = (): void => {};

  constructor(onText: (text: string) => void) {
    this.#text = new Decoding(onText);
  }

  write(bytes: Uint8Array): void {
    this.#text.write(bytes);
  }

  end(): void {
    this.#text.end();
    this.#ended.resolve();
  }

  async cancel(): Promise<void> {
    this.onCancel();
    this.end();
  }
}

/** Bytes in pieces become text in pieces; none of them is empty. */
class Decoding {
  readonly #decoder = new TextDecoder();
  readonly #onText: (text: string) => void;

  constructor(onText: (text: string) => void) {
    this.#onText = onText;
  }

  write(bytes: Uint8Array): void {
    this.#emit(this.#decoder.decode(bytes, { stream: true }));
  }

  end(): void {
    this.#emit(this.#decoder.decode());
  }

  #emit(text: string): void {
    if (text !== "") this.#onText(text);
  }
}
