/** What the console says goes to a file while the screen is ours: on the screen it would be drawn over. */
import { closeSync, fstatSync, ftruncateSync, openSync, writeSync } from "node:fs";
import { inspect } from "node:util";

const maxBytes = 1 << 20;

/** Returns what gives the console back. A file that cannot be written is none: then nothing is kept. */
export function logConsole(path: string): () => void {
  const file = openLog(path);
  const before = { ...console };
  for (const level of ["log", "info", "warn", "error", "debug"] as const)
    console[level] = (...values: unknown[]) => write(level, values);

  function write(level: string, values: unknown[]): void {
    if (file === undefined) return;
    const words = values.map((value) => (typeof value === "string" ? value : inspect(value)));
    // As JSON, so that no control character of another reaches the terminal in which the file is read.
    const line = JSON.stringify({ time: new Date().toISOString(), level, text: words.join(" ") });
    if (fstatSync(file).size < maxBytes) writeSync(file, `${line}\n`);
  }

  return () => {
    Object.assign(console, before);
    if (file !== undefined) closeSync(file);
  };
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
