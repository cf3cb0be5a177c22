/** Writes one output to its file, a little behind: the call waits for nothing. */
import { truncate } from "../../../shared/truncate";
import { neverAborts, within } from "../../abort";
import type { Handle } from "../../files/handle";
import { writeAll } from "../../files/write-handle";
import { log } from "../../log";
import type { OutputFile } from "./output-store";

/** How far the disk may be behind. */
const behindMs = 100;
/** How long the end of a call waits for a disk that hangs. */
const closeMs = 2000;
/** In UTF-8, of what one UTF-16 unit holds. */
const maxBytesOfCharacter = 3;

export class OutputWriter implements OutputFile {
  readonly #make: () => Promise<Handle>;
  #room: number;
  #pending = "";
  #characters = 0;
  #bytes = 0;
  #timer: Timer | undefined;
  #writing: Promise<void> = Promise.resolve();
  #handle: Handle | undefined;
  #isFull = false;
  #hasFailed = false;

  /** `make` makes the file, with the first output; at most `room` bytes are written. */
  constructor(make: () => Promise<Handle>, room: number) {
    this.#make = make;
    this.#room = room;
  }

  write(text: string): void {
    if (this.#isFull || this.#hasFailed) return;
    const most = Math.floor(this.#room / maxBytesOfCharacter);
    const isWhole = text.length <= most || Buffer.byteLength(text) <= this.#room;
    const kept = isWhole ? text : truncate(text, most);
    this.#isFull = !isWhole;
    this.#room -= Buffer.byteLength(kept);
    this.#characters += kept.length;
    this.#pending += kept;
    this.#timer ??= setTimeout(() => this.#flush(), behindMs);
  }

  async close(): Promise<{ characters: number } | undefined> {
    this.#flush();
    let isWritten = false;
    const written = this.#writing.then(() => {
      isWritten = true;
      this.#handle?.[Symbol.dispose]();
    });
    await within(closeMs, written, neverAborts);
    if (!isWritten || this.#hasFailed || this.#characters === 0) return undefined;
    return { characters: this.#characters };
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const text = this.#pending;
    this.#pending = "";
    if (text !== "") this.#writing = this.#writing.then(() => this.#append(text));
  }

  /** Never rejects. */
  async #append(text: string): Promise<void> {
    if (this.#hasFailed) return;
    try {
      this.#handle ??= await this.#make();
      const bytes = Buffer.from(text);
      await writeAll(this.#handle.fd, bytes, this.#bytes);
      this.#bytes += bytes.length;
    } catch (err) {
      this.#hasFailed = true;
      log.warn({ err }, "The output of a call could not be kept");
    }
  }
}
