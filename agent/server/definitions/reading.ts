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

/** As it was read: text that is cut at the end has lost what is no whole character. */
export interface Content {
  bytes: number;
  sha256: string;
  /** Of a file of at most 64 kB; of a longer one its first 64 kB. */
  text: string;
  isCut: boolean;
}

/** What files were when they were last read, by inode: the stamp says whether that still holds. */
export class ContentCache {
  readonly #kept = new Map<string, { stamp: string; content: Content }>();

  of(stats: BigIntStats, maxBytes: number): Content | undefined {
    const kept = this.#kept.get(keyOf(stats, maxBytes));
    return kept?.stamp === stampOf(stats) ? kept.content : undefined;
  }

  keep(stats: BigIntStats, maxBytes: number, content: Content): void {
    if (this.#kept.size >= maxKept) this.#kept.clear();
    this.#kept.set(keyOf(stats, maxBytes), { stamp: stampOf(stats), content });
  }
}

const maxKept = 5000;

function keyOf({ dev, ino }: BigIntStats, maxBytes: number): string {
  return `${dev}:${ino}:${maxBytes}`;
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
  #entriesLeft = maxEntries;
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

  /** What is in it, by name; of all places together at most so many. */
  async entries(directory: Directory, shown: string): Promise<Dirent[]> {
    const wasLeft = this.#entriesLeft;
    const { entries, isCut } = await entriesOf(directory, wasLeft, this.signal);
    this.#entriesLeft -= entries.length;
    if (isCut && wasLeft > 0)
      this.leaveOut(`The rest of ${shown}`, "there are more than 2,000 entries in all.");
    return entries;
  }

  /** A regular file; `follows` a link, wherever that leads. Throws as RegularFile.open does. */
  async content(
    directory: Directory,
    name: string,
    maxBytes: number,
    follows?: string,
  ): Promise<Content> {
    try {
      return await this.#content(directory, name, maxBytes);
    } catch (error) {
      if (errorCode(error) !== "ELOOP" || follows === undefined) throw error;
      const real = await realPath(follows, this.signal);
      using parent = await Directory.open(dirname(real), this.signal);
      return await this.#content(parent, basename(real), maxBytes);
    }
  }

  async #content(directory: Directory, name: string, maxBytes: number): Promise<Content> {
    const path = directory.at(name);
    const stats = await directory.use(() => lstat(path, { bigint: true }), this.signal);
    const kept = stats.isFile() ? this.#cache.of(stats, maxBytes) : undefined;
    if (kept !== undefined) return kept;
    // It may be another one by now: what is kept is what this one is.
    using file = await RegularFile.open(directory, name, this.signal);
    const bytes = await file.bytes(0, maxBytes + 1, this.signal);
    const isCut = bytes.length > maxBytes;
    const content = {
      bytes: bytes.length,
      sha256: createHash("sha256").update(bytes).digest("hex"),
      text: new TextDecoder().decode(bytes.subarray(0, Math.min(maxBytes, maxFileBytes))),
      isCut,
    };
    this.#cache.keep(file.stats, maxBytes, content);
    return content;
  }
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
