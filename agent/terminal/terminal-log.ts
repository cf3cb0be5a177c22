/** What the console says goes to a file while the screen is ours: on the screen it would be drawn over. */
import { closeSync, fstatSync, ftruncateSync, openSync, writeSync } from "node:fs";
import { inspect } from "node:util";

const maxBytes = 1 << 20;
/** Of those that are told apart. */
const maxKinds = 500;

/**
 * Returns what gives the console back. What is said again, as with each attempt to reach a server, is written once, and in
 * the end how often it came. A file that cannot be written is none: then nothing is kept.
 */
export function logConsole(path: string): () => void {
  const file = openLog(path);
  const before = { ...console };
  /** How often each was said after the first time. */
  const repeats = new Map<string, number>();
  for (const level of ["log", "info", "warn", "error", "debug"] as const)
    console[level] = (...values: unknown[]) => {
      const kind = wordsOf(values, String);
      const count = repeats.get(kind);
      if (count !== undefined) return void repeats.set(kind, count + 1);
      if (repeats.size < maxKinds) repeats.set(kind, 0);
      write(level, wordsOf(values, inspect));
    };

  function write(level: string, text: string): void {
    if (file === undefined) return;
    // As JSON, so that no control character of another reaches the terminal in which the file is read.
    const line = JSON.stringify({ time: new Date().toISOString(), level, text });
    if (fstatSync(file).size < maxBytes) writeSync(file, `${line}\n`);
  }

  return () => {
    Object.assign(console, before);
    for (const [kind, count] of repeats)
      if (count > 0) write("info", `${count} times more: ${kind}`);
    if (file !== undefined) closeSync(file);
  };
}

function wordsOf(values: unknown[], wordsOfOne: (value: unknown) => string): string {
  return values.map((value) => (typeof value === "string" ? value : wordsOfOne(value))).join(" ");
}

function openLog(path: string): number | undefined {
  try {
    const file = openSync(path, "a", 0o600);
    if (fstatSync(file).size >= maxBytes) ftruncateSync(file);
    return file;
  } catch {
    return undefined; // the disk refuses: the face works without a log
  }
}
