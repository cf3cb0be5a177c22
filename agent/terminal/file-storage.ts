/** Storage that outlives the terminal: a file of names and texts in the data directory, shared by all terminals. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { Storage } from "../client/state/host";

/**
 * Read anew each time, since another terminal may have written it. A file that cannot be written keeps nothing, and what
 * was set is known to this terminal alone.
 */
export function createFileStorage(path: string): Storage {
  let own = read(path);

  function change(edit: (items: Map<string, string>) => void): void {
    own = read(path, own);
    edit(own);
    try {
      write(path, own);
    } catch (error) {
      console.warn(`${path} could not be written:`, error);
    }
  }

  return {
    getItem: (name) => read(path, own).get(name) ?? null,
    setItem: (name, value) => change((items) => items.set(name, value)),
    removeItem: (name) => change((items) => items.delete(name)),
    names: () => [...read(path, own).keys()],
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
