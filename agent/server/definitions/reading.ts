/** One look at the files of a directory and of the person: within bounds, by handles, and with a sentence for what is left out. */
import { createHash } from "node:crypto";
import { lstat, opendir } from "node:fs/promises";
import { dirname, basename } from "node:path";
import type { BigIntStats, Dirent } from "node:fs";
import { errorCode } from "../../shared/error-code";
import { Directory } from "../files/directory";
import { realPath } from "../files/real-path";
import { kernelReason, NotRegularError, RegularFile } from "../files/regular-file";
import type { Place } from "./places";
import { quoted } from "./shown-text";

/** Of a file, in bytes; a longer one is cut at it. */
export const maxFileBytes = 64_000;
const maxEntries = 2000;
const maxProblems = 50;

export interface Fingerprint {
  bytes: number;
  sha256: string;
  isCut: boolean;
}

/** As it was read: text that is cut at the end has lost what is no whole character. */
export interface Content extends Fingerprint {
  text: string;
}

/** What files were when they were last read, by inode: the stamp says whether that still holds. */
export class ContentCache {
  readonly #kept = new Map<string, { stamp: string; content: Content }>();
  #characters = 0;

  of(stats: BigIntStats, maxBytes: number, hasText: boolean): Content | undefined {
    const kept = this.#kept.get(keyOf(stats, maxBytes, hasText));
    return kept?.stamp === stampOf(stats) ? kept.content : undefined;
  }

  keep(stats: BigIntStats, maxBytes: number, hasText: boolean, content: Content): void {
    if (this.#kept.size >= maxKept || this.#characters > maxKeptCharacters) {
      this.#kept.clear();
      this.#characters = 0;
    }
    this.#characters += content.text.length;
    this.#kept.set(keyOf(stats, maxBytes, hasText), { stamp: stampOf(stats), content });
  }
}

const maxKept = 5000;
const maxKeptCharacters = 16_000_000;

function keyOf({ dev, ino }: BigIntStats, maxBytes: number, hasText: boolean): string {
  return `${dev}:${ino}:${maxBytes}:${hasText}`;
}

function stampOf({ size, mtimeNs, ctimeNs }: BigIntStats): string {
  return `${size}:${mtimeNs}:${ctimeNs}`;
}

/** Of an absolute path without links: why nothing of it may be read, as a clause; undefined when it may. */
export type WhyDenied = (path: string) => string | undefined;

export class Reading {
  readonly problems: string[] = [];
  readonly signal: AbortSignal;
  readonly whyDenied: WhyDenied;
  readonly #cache: ContentCache;
  readonly #entries = { person: 0, project: 0 };
  #isFull = false;

  constructor(cache: ContentCache, whyDenied: WhyDenied, signal: AbortSignal) {
    this.#cache = cache;
    this.whyDenied = whyDenied;
    this.signal = signal;
  }

  /** `reason`: a clause with its full stop. The path is a file's, and not to be trusted. */
  leaveOut(path: string, reason: string): void {
    this.say(`${quoted(path, 200)} is not used: ${reason}`);
  }

  /** A sentence without anything of a file that is not bounded and visible. */
  say(sentence: string): void {
    if (this.#isFull) return;
    if (this.problems.length < maxProblems - 1) this.problems.push(sentence);
    else {
      this.#isFull = true;
      this.problems.push("More files are not used; the rest is not listed.");
    }
  }

  /** The same for what it threw. Throws the signal's reason; nothing is said where there is nothing. */
  leaveOutFor(path: string, error: unknown): void {
    this.signal.throwIfAborted();
    const code = errorCode(error);
    if (code === "ENOENT") return;
    if (code === "ELOOP") return this.leaveOut(path, "it is a link.");
    if (code === "ENOTDIR") return this.leaveOut(path, "it is a link, or not in a directory.");
    if (error instanceof NotRegularError) return this.leaveOut(path, `it ${error.reason}.`);
    if (code === undefined) throw error;
    this.leaveOut(path, `it cannot be read (${code}).`);
  }

  /** Undefined when there is none, with a sentence where something else is there. */
  async openPlace({ path, base, shown }: Place): Promise<Directory | undefined> {
    try {
      using cleanup = new DisposableStack();
      const directory = cleanup.use(await this.#open(path, base));
      const reason = await kernelReason(directory, this.signal);
      if (reason !== undefined) throw new NotRegularError(reason);
      cleanup.move();
      return directory;
    } catch (error) {
      this.leaveOutFor(shown, error);
      return undefined;
    }
  }

  async #open(path: string, base: string | undefined): Promise<Directory> {
    if (base === undefined)
      return await Directory.open(await realPath(path, this.signal), this.signal);
    return await Directory.open(path, this.signal);
  }

  /** Of each kind as many entries are looked at: no kind takes those of another. */
  beginKind(): void {
    this.#entries.person = this.#entries.project = 0;
  }

  /** What is in a directory of the place, by name: of all places of one origin and kind at most so many. */
  async entries(directory: Directory, { origin, shown }: Place): Promise<Dirent[]> {
    const left = maxEntries - this.#entries[origin];
    const { entries, isCut } = await entriesOf(directory, left, this.signal);
    this.#entries[origin] += entries.length;
    if (isCut && left > 0)
      this.leaveOut(`The rest of ${shown}`, "there are more than 2,000 entries in all.");
    return entries;
  }

  /** Of a regular file, without its text. Throws as RegularFile.open does. */
  fingerprint(directory: Directory, name: string, maxBytes: number): Promise<Fingerprint> {
    return this.#content(directory, name, maxBytes, false);
  }

  /** A regular file; `follows` a link, wherever that leads. Throws as RegularFile.open does. */
  async content(
    directory: Directory,
    name: string,
    maxBytes: number,
    follows?: string,
  ): Promise<Content> {
    try {
      return await this.#content(directory, name, maxBytes, true);
    } catch (error) {
      if (errorCode(error) !== "ELOOP" || follows === undefined) throw error;
      const real = await realPath(follows, this.signal);
      using parent = await Directory.open(dirname(real), this.signal);
      return await this.#content(parent, basename(real), maxBytes, true);
    }
  }

  async #content(
    directory: Directory,
    name: string,
    maxBytes: number,
    hasText: boolean,
  ): Promise<Content> {
    const path = directory.at(name);
    const stats = await directory.use(() => lstat(path, { bigint: true }), this.signal);
    const kept = stats.isFile() ? this.#cache.of(stats, maxBytes, hasText) : undefined;
    if (kept !== undefined) return kept;
    // It may be another one by now: what is kept is what this one is.
    using file = await RegularFile.open(directory, name, this.signal);
    const bytes = await file.bytes(0, maxBytes + 1, this.signal);
    const isCut = bytes.length > maxBytes;
    const content = {
      bytes: bytes.length,
      sha256: createHash("sha256").update(bytes).digest("hex"),
      text: hasText ? new TextDecoder().decode(bytes.subarray(0, maxBytes)) : "",
      isCut,
    };
    this.#cache.keep(file.stats, maxBytes, hasText, content);
    return content;
  }
}

/** False of a name whose bytes are no UTF-8: read as text it names nothing. */
export function isText(name: string): boolean {
  return !name.includes("\uFFFD");
}

/** In the order of their names; at most `max`, and then which ones is the file system's choice. */
export function entriesOf(
  directory: Directory,
  max: number,
  signal: AbortSignal,
): Promise<{ entries: Dirent[]; isCut: boolean }> {
  const look = async (): Promise<{ entries: Dirent[]; isCut: boolean }> => {
    const found: Dirent[] = [];
    let isCut = false;
    for await (const entry of await opendir(directory.at("."))) {
      isCut = found.length >= max;
      if (isCut || signal.aborted) break;
      found.push(entry);
    }
    return { entries: found.toSorted((a, b) => (a.name < b.name ? -1 : 1)), isCut };
  };
  return directory.use(look, signal);
}
