/** Storage that outlives the terminal: a file of names and texts in the data directory, shared by all terminals. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { Storage } from "../client/state/host";

/**
 * Read anew each time, since another terminal may have written it. What cannot be written is known to this terminal alone,
 * until a later change can be written.
 */
export function createFileStorage(path: string): Storage {
  let own = read(path);
  /** By its name; undefined: removed. */
  const unwritten = new Map<string, string | undefined>();

  function items(): Map<string, string> {
    const all = new Map(read(path, own));
    for (const [name, value] of unwritten)
      if (value === undefined) all.delete(name);
      else all.set(name, value);
    return all;
  }

  function change(name: string, value: string | undefined): void {
    unwritten.set(name, value);
    own = items();
    try {
      write(path, own);
      unwritten.clear();
    } catch (error) {
      console.warn(`${path} could not be written:`, error);
    }
  }

  return {
    getItem: (name) => items().get(name) ?? null,
    setItem: (name, value) => change(name, value),
    removeItem: (name) => change(name, undefined),
    names: () => [...items().keys()],
  };
}

/** As `sessionStorage` of a page: it ends with the terminal. */
export function createMemoryStorage(): Storage {
  const items = new Map<string, string>();
  return {
    getItem: (name) => items.get(name) ?? null,
    setItem: (name, value) => void items.set(name, value),
    removeItem: (name) => void items.delete(name),
    names: () => [...items.keys()],
  };
}

/** A person may have edited it: what is no text is left out. `otherwise`: for a file that is not there or not JSON. */
function read(path: string, otherwise = new Map<string, string>()): Map<string, string> {
  try {
    const items: unknown = JSON.parse(readFileSync(path, "utf8"));
    if (typeof items !== "object" || items === null) return otherwise;
    return new Map(Object.entries(items).filter(([, value]) => typeof value === "string"));
  } catch {
    return otherwise;
  }
}

/** By another name first, so that no reader sees half of it. */
function write(path: string, items: Map<string, string>): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const temporary = `${path}.${process.pid}`;
  writeFileSync(temporary, `${JSON.stringify(Object.fromEntries(items), null, 2)}\n`, {
    mode: 0o600,
  });
  renameSync(temporary, path);
}
