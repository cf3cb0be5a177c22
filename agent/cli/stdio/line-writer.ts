/** Writes lines of JSON, each whole, in order, and no faster than they are read. */
import type { OutputLine } from "./output-lines";

/** In bytes, with its line break. */
const maxOutputBytes = 16 * 1024 * 1024;

/** JSON itself escapes the control characters up to U+001F; a terminal obeys more, and some readers end a line at more. */
const otherControls = /[\u007f-\u009f\u2028\u2029]/g;

export interface LineTarget {
  /** Calls back when it can take more, with the error of a reader that is gone. */
  write: (text: string, onWritten: (error?: Error | null) => void) => unknown;
}

export class LineWriter {
  readonly #target: LineTarget;
  readonly #onClosed: () => void;
  readonly #maxBytes: number;
  #waiting: { text: string; onWritten: () => void }[] = [];
  #waitingBytes = 0;
  #writing: Promise<void> | undefined;
  #isClosed = false;

  /** `onClosed` is called once, when the reader is gone: what is sent from then on goes nowhere. */
  constructor(target: LineTarget, onClosed: () => void, maxBytes = maxOutputBytes) {
    this.#target = target;
    this.#onClosed = onClosed;
    this.#maxBytes = maxBytes;
  }

  /** Of the lines that are not written yet. */
  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  /** Resolves when the line has been taken by the reader's side, or the reader is gone. Never rejects. */
  send(line: OutputLine): Promise<void> {
    if (this.#isClosed) return Promise.resolve();
    const text = this.#textOf(line);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.push({ text, onWritten: resolve });
    this.#waitingBytes += text.length;
    this.#writing ??= this.#write();
    return promise;
  }

  /** Resolves when nothing waits. */
  async drained(): Promise<void> {
    while (this.#writing) await this.#writing;
  }

  #textOf(line: OutputLine): string {
    const text = toText(line);
    const bytes = Buffer.byteLength(text);
    if (bytes <= this.#maxBytes || !("seq" in line) || line.type === "omitted") return text;
    return toText({ type: "omitted", seq: line.seq, event: line.type, bytes });
  }

  async #write(): Promise<void> {
    // In the next tick, with what else comes in this one.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const lines = this.#waiting;
      this.#waiting = [];
      await this.#put(lines.map(({ text }) => text).join(""));
      for (const { text, onWritten } of lines) {
        this.#waitingBytes -= text.length;
        onWritten();
      }
    }
    // In the tick in which nothing waits any more: what is sent next is written anew.
    this.#writing = undefined;
  }

  #put(text: string): Promise<void> {
    if (this.#isClosed) return Promise.resolve();
    return new Promise((resolve) => {
      this.#target.write(text, (error) => {
        if (error) this.#close();
        resolve();
      });
    });
  }

  #close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#onClosed();
  }
}

function toText(line: OutputLine): string {
  const json = JSON.stringify(line).replaceAll(
    otherControls,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  return `${json}\n`;
}
