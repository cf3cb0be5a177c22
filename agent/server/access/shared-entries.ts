/** Small entries that every node of a cluster must know, by kind: who is signed in, people, keys. On one machine: JSON files. */
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { errorCode } from "../../shared/error-code";
import { readJson, writeJson } from "../json-file";
import { log } from "../log";

export interface Identified {
  id: string;
  /** Of a secret by which it is looked for. */
  hash?: string;
}

export interface EntryKind<Entry extends Identified> {
  name: string;
  /** In the data directory; without one they end with the server, where it is alone. */
  file?: string;
  schema: z.ZodType<Entry>;
  /** A start makes an empty file: it says that this version was here. */
  isMarked?: true;
  /** What a damaged file means, for the log: the server starts without it. Absent: it is not started. */
  ifDamaged?: string;
  /** What of a node's own entry stays when it joins others that have one of the same id; theirs, unless given. */
  merge?: (theirs: Entry, own: Entry) => Entry;
}

/** How many there may be of those that count. */
export interface EntryBound<Entry> {
  most: number;
  counts: (one: Entry) => boolean;
}

export type EntryName = { id: string } | { hash: string };

/** Nothing can be asked or changed: what all nodes share is not reached. The message says so in words. */
export class EntriesGoneError extends Error {
  override readonly name = "EntriesGoneError";
}

/** The entries of one kind. What is read is in memory; what is written is where all nodes find it when it resolves. */
export interface SharedEntries<Entry extends Identified> {
  all(): Entry[];
  get(id: string): Entry | undefined;
  /** From memory; one that is not there, from where all nodes find it. Rejects with EntriesGoneError when that is needed and not there. */
  find(name: EntryName): Promise<Entry | undefined>;
  /** Resolves when `all` has what others have written by now, as far as that can be asked. */
  catchUp(): Promise<void>;
  /**
   * A new one; false when there is one of this id, or as many as `bound` lets be, wherever they were added. Rejects with words
   * of what does not take it.
   */
  add(entry: Entry, bound?: EntryBound<Entry>): Promise<boolean>;
  /** Resolves with what `next` makes of the entry as all nodes have it now; undefined: there is none. Rejects as `add`. */
  change(id: string, next: (entry: Entry) => Entry): Promise<Entry | undefined>;
  /** Resolves with those that this very call has removed: of several calls for one entry only one has it. Rejects as `add`. */
  remove(ids: readonly string[]): Promise<Entry[]>;
  /** Calls after each change, whoever has made it. */
  onChange(listener: () => void): void;
}

export type OpenEntries = <Entry extends Identified>(
  kind: EntryKind<Entry>,
) => SharedEntries<Entry>;

/** In the data directory of a node: with which database the entries of each kind were shared last. */
export const sharedWithFile = "entries-shared.json";

/** Of a server that is alone. Opening one throws an Error that says what to change. */
export function openFileEntries(dataDir: string): OpenEntries {
  // What changes from now on no other node knows.
  rmSync(join(dataDir, sharedWithFile), { force: true });
  return (kind) => new FileEntries(kind, kind.file && join(dataDir, kind.file));
}

export class FileEntries<Entry extends Identified> implements SharedEntries<Entry> {
  readonly #path: string | undefined;
  readonly #listeners: (() => void)[] = [];
  #entries: Map<string, Entry>;

  constructor(kind: EntryKind<Entry>, path: string | undefined) {
    this.#path = path;
    const stored = path === undefined ? [] : read(kind, path);
    this.#entries = byId(stored ?? []);
    if (path !== undefined && stored === undefined && kind.isMarked) writeJson(path, []);
  }

  all(): Entry[] {
    return [...this.#entries.values()];
  }

  get(id: string): Entry | undefined {
    return this.#entries.get(id);
  }

  async find(name: EntryName): Promise<Entry | undefined> {
    if ("id" in name) return this.get(name.id);
    return this.all().find(({ hash }) => hash === name.hash);
  }

  async catchUp(): Promise<void> {}

  async add(entry: Entry, bound?: EntryBound<Entry>): Promise<boolean> {
    if (this.#entries.has(entry.id) || (bound && isFull(this.all(), bound))) return false;
    this.replace(new Map(this.#entries).set(entry.id, entry));
    return true;
  }

  async change(id: string, next: (entry: Entry) => Entry): Promise<Entry | undefined> {
    const known = this.#entries.get(id);
    if (known === undefined) return undefined;
    const changed = next(known);
    this.replace(new Map(this.#entries).set(id, changed));
    return changed;
  }

  async remove(ids: readonly string[]): Promise<Entry[]> {
    const removed = ids.flatMap((id) => this.#entries.get(id) ?? []);
    if (removed.length === 0) return [];
    const rest = new Map(this.#entries);
    for (const { id } of removed) rest.delete(id);
    this.replace(rest);
    return removed;
  }

  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** All of them. Throws what the file system throws, and then changes nothing. */
  replace(next: Map<string, Entry>): void {
    if (this.#path !== undefined) writeJson(this.#path, [...next.values()]);
    this.#set(next);
  }

  /** What others have written already: the server goes by it, whatever its own disk does. */
  adopt(next: Map<string, Entry>): void {
    try {
      if (this.#path !== undefined) writeJson(this.#path, [...next.values()]);
    } catch (err) {
      log.warn({ err }, "What other nodes have changed could not be saved on this machine");
    }
    this.#set(next);
  }

  #set(next: Map<string, Entry>): void {
    this.#entries = next;
    for (const listener of this.#listeners) listener();
  }
}

export function isFull<Entry>(all: readonly Entry[], { most, counts }: EntryBound<Entry>): boolean {
  return all.filter((one) => counts(one)).length >= most;
}

function byId<Entry extends Identified>(entries: Entry[]): Map<string, Entry> {
  return new Map(entries.map((one) => [one.id, one]));
}

/** Undefined when there is no file, or none that can be used. */
function read<Entry extends Identified>(
  { name, schema, ifDamaged }: EntryKind<Entry>,
  path: string,
): Entry[] | undefined {
  const parse = (text: string) => z.array(schema).parse(JSON.parse(text));
  if (ifDamaged === undefined)
    return readJson({ path, name, parse, without: "without what it says" });
  try {
    return parse(readFileSync(path, "utf8"));
  } catch (err) {
    if (errorCode(err) !== "ENOENT") log.warn({ err }, ifDamaged);
    return undefined;
  }
}
