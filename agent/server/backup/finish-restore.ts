/** The last step of a restore: what was there moves away, and what has come takes its place. A later start does what is left. */
import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { errorCode } from "../../shared/error-code";
import { synchronise } from "../durable-file";
import { writeJson } from "../json-file";
import { incomingName, journalName } from "./data-names";

const name = z
  .string()
  .max(255)
  .regex(/^[^/\0]+$/)
  .refine((text) => text !== "." && text !== "..");
const journal = z.strictObject({
  /** Where what is there goes; absent where nothing is. */
  kept: name.optional(),
  /** What of it goes there. */
  out: z.array(name).max(100_000),
  /** "in": all of that has gone. */
  step: z.enum(["out", "in"]),
});
export type RestoreJournal = z.infer<typeof journal>;

/** From here on the new data is what counts. All of it lies on the disk, in its directory. Throws what the disk throws. */
export function commitRestore(dataDir: string, { kept, out }: Omit<RestoreJournal, "step">): void {
  if (kept !== undefined) mkdirSync(join(dataDir, kept), { mode: 0o700 });
  synchronise(dataDir);
  writeJson(join(dataDir, journalName), { kept, out, step: "out" });
  finishRestore(dataDir);
}

/**
 * Does what is left of a restore, if one was cut: only for the one who holds the directory. True when something was. What has
 * come of one that was never committed is removed. Throws an Error that says what to do.
 */
export function finishRestore(dataDir: string): boolean {
  const incoming = join(dataDir, incomingName);
  const open = readJournal(dataDir);
  if (open !== undefined) {
    if (open.step === "out") moveOut(dataDir, open);
    for (const one of namesIn(incoming)) renameSync(join(incoming, one), join(dataDir, one));
    synchronise(dataDir);
    rmSync(join(dataDir, journalName));
    synchronise(dataDir);
  }
  rmSync(incoming, { recursive: true, force: true });
  return open !== undefined;
}

function moveOut(dataDir: string, { kept, out }: RestoreJournal): void {
  const there = new Set(readdirSync(dataDir));
  if (kept !== undefined) {
    for (const one of out)
      if (there.has(one)) renameSync(join(dataDir, one), join(dataDir, kept, one));
    synchronise(join(dataDir, kept));
  }
  synchronise(dataDir);
  writeJson(join(dataDir, journalName), { kept, out, step: "in" });
}

function readJournal(dataDir: string): RestoreJournal | undefined {
  const path = join(dataDir, journalName);
  try {
    return journal.parse(JSON.parse(readFileSync(path, "utf8")));
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    throw new Error(
      `A restore was cut, and what is left to do of it cannot be read (${path}). What was there is in a directory “before-restore-…” beside it, what was to come in “${incomingName}”: move away ${journalName} and restore again.`,
      { cause: error },
    );
  }
}

function namesIn(path: string): string[] {
  try {
    return readdirSync(path);
  } catch (error) {
    if (errorCode(error) === "ENOENT") return [];
    throw error;
  }
}
