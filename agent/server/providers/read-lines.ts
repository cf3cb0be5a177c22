/** The lines of a streamed body, each split off once, in however many chunks it comes. */

/** Without their line ends: LF, CRLF or CR. The last one may have none. */
export async function* readLines(body: ReadableStream<Uint8Array> | null): AsyncGenerator<string> {
  if (body === null) return;
  const lines = new LineSplitter();
  const reader = body.getReader();
  for (;;) {
    const { value, done } = await reader.read();
    yield* done ? lines.end() : lines.add(value);
    if (done) return;
  }
}

/** The same for chunks that are handed to it. */
export class LineSplitter {
  readonly #decoder = new TextDecoder();
  #pieces: string[] = [];
  #afterReturn = false;

  /** The lines that end in this chunk. */
  add(chunk: Uint8Array): string[] {
    return this.#split(this.#decoder.decode(chunk, { stream: true }));
  }

  /** The last line, where it has no end. */
  end(): string[] {
    const lines = this.#split(this.#decoder.decode());
    const rest = this.#pieces.join("");
    this.#pieces = [];
    return rest === "" ? lines : [...lines, rest];
  }

  #split(decoded: string): string[] {
    let text = decoded;
    if (this.#afterReturn && text !== "") {
      if (text.startsWith("\n")) text = text.slice(1);
      this.#afterReturn = false;
    }
    if (text.endsWith("\r")) this.#afterReturn = true;
    const lines = text.split(/\r\n|\n|\r/);
    const rest = lines.pop()!;
    if (lines.length > 0) {
      lines[0] = this.#pieces.join("") + lines[0];
      this.#pieces = [];
    }
    if (rest !== "") this.#pieces.push(rest);
    return lines;
  }
}
