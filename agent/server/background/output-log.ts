/** The output of one process in the background: the end of it at hand, more of it on disk, all of it bounded. */
import { appendFileSync, mkdirSync, renameSync, statSync } from "node:fs";
import { dirname } from "node:path";
import type { ProcessOutput } from "../../shared/protocol";

/** Held in memory. */
const maxHeldCharacters = 200_000;
/** On disk, twice: the file is moved aside when it is full, and the one before it is lost. */
const maxFileBytes = 5_000_000;
/** How far the disk is behind. What comes faster than it is held is not written: nobody could read it. */
const behindMs = 100;

/** Takes everything that is written, so that the process never waits. */
export class OutputLog {
  readonly path: string;
  #held = "";
  /** Characters written so far. */
  #length = 0;
  /** Of these, those that are on disk or were given up. */
  #saved = 0;
  #timer: Timer | undefined;

  /** The file is made with the first output, readable by its owner alone. */
  constructor(path: string) {
    this.path = path;
  }

  get lastLine(): string {
    return this.#held.trimEnd().split("\n").at(-1)!.slice(0, 500);
  }

  write(text: string): void {
    this.#length += text.length;
    this.#held += text;
    if (this.#held.length > 2 * maxHeldCharacters)
      this.#held = this.#held.slice(-maxHeldCharacters);
    this.#timer ??= setTimeout(() => this.flush(), behindMs);
  }

  /** What came after so many characters, as far as it is held. */
  read(after: number): ProcessOutput {
    const from = Math.min(Math.max(after, this.#length - this.#held.length), this.#length);
    return { text: this.#since(from), from, next: this.#length };
  }

  /** Writes what the disk lacks. A disk that refuses is told of and not waited for. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const { text, from } = this.read(this.#saved);
    const lost = from - this.#saved;
    this.#saved = this.#length;
    try {
      this.#append(lost > 0 ? `\n[… ${lost} characters left out here …]\n${text}` : text);
    } catch (error) {
      console.error(`Rein could not save the output of a process: ${String(error)}`);
    }
  }

  #since(from: number): string {
    return this.#held.slice(this.#held.length - (this.#length - from));
  }

  #append(text: string): void {
    mkdirSync(dirname(this.path), { recursive: true, mode: 0o700 });
    const size = statSync(this.path, { throwIfNoEntry: false })?.size ?? 0;
    if (size > maxFileBytes) renameSync(this.path, `${this.path}.1`);
    appendFileSync(this.path, text, { mode: 0o600 });
  }
}
