/** The output of one background process: its end in memory, more of it on disk, all of it bounded. */
import { appendFileSync, mkdirSync, renameSync, statSync } from "node:fs";
import { dirname } from "node:path";
import type { ProcessOutput } from "../../shared/protocol";
import { log } from "../log";

/** Held in memory. */
const maxHeldCharacters = 200_000;
/** On disk, twice: a full file is renamed, and replaces the one before it. */
const maxFileBytes = 5_000_000;
/** How far the disk may be behind. Output that leaves the memory before that is not written. */
const behindMs = 100;

/** Accepts everything that is written, so that the process never blocks on its output. */
export class OutputLog {
  readonly path: string;
  #held = "";
  /** Characters written so far. */
  #length = 0;
  /** Of these, those that are on disk or were left out. */
  #saved = 0;
  #timer: Timer | undefined;

  /** The file is created with the first output, readable by its owner alone. */
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

  /** What came after so many characters, as far as it is still in memory. */
  read(after: number): ProcessOutput {
    const from = Math.min(Math.max(after, this.#length - this.#held.length), this.#length);
    return { text: this.#since(from), from, next: this.#length };
  }

  /** Writes what is not on disk yet. A write that fails is logged, and not repeated. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const { text, from } = this.read(this.#saved);
    const lost = from - this.#saved;
    this.#saved = this.#length;
    try {
      this.#append(lost > 0 ? `\n[… ${lost} characters left out here …]\n${text}` : text);
    } catch (err) {
      log.warn({ err, path: this.path }, "The output of a background process could not be saved");
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
