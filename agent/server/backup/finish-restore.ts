/** The last step of a restore: what was there moves away, and what has come takes its place. A later start does what is left. */
import {
  chownSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmdirSync,
  rmSync,
} from "node:fs";
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

/** The new data is not all in its place, and the old one is not either. A later start, or restore, does what is left. */
export class RestoreUnfinished extends Error {
  override readonly name = "RestoreUnfinished";
}

export interface Owner {
  uid: number;
  gid: number;
}

/**
 * From here on the new data is what counts. All of it lies on the disk, in its directory. Throws RestoreUnfinished, or what the
 * disk throws: then all is as it was.
 */
export function commitRestore(
  dataDir: string,
  { kept, out }: Omit<RestoreJournal, "step">,
  owner: Owner | undefined,
): void {
  if (kept !== undefined) {
    mkdirSync(join(dataDir, kept), { mode: 0o700 });
    if (owner !== undefined) chownSync(join(dataDir, kept), owner.uid, owner.gid);
  }
  synchronise(dataDir);
  writeJson(join(dataDir, journalName), { kept, out, step: "out" });
  finishRestore(dataDir);
}

/**
 * Does what is left of a restore, if one was cut: only for the one who holds the directory. True when something was. What has
 * come of one that was never committed is removed. Throws RestoreUnfinished, or an Error that says what to do: then what was there
 * is back in its place.
 */
export function finishRestore(dataDir: string): boolean {
  const incoming = join(dataDir, incomingName);
  const open = readJournal(dataDir);
  if (open !== undefined) {
    if (open.step === "out") moveOutOrBack(dataDir, open);
    try {
      for (const one of namesIn(incoming)) renameSync(join(incoming, one), join(dataDir, one));
      synchronise(dataDir);
      rmSync(join(dataDir, journalName));
      synchronise(dataDir);
    } catch (error) {
      throw unfinished(dataDir, open, error);
    }
  }
  rmSync(incoming, { recursive: true, force: true });
  return open !== undefined;
}

function moveOutOrBack(dataDir: string, open: RestoreJournal): void {
  try {
    moveOut(dataDir, open);
  } catch (error) {
    try {
      moveBack(dataDir, open);
    } catch {
      throw unfinished(dataDir, open, error);
    }
    throw new Error(`What is there could not be moved away: ${moveWords(error)}`, { cause: error });
  }
}

/** A directory that something is mounted on cannot be renamed, and nothing can be renamed to another disk. */
function moveWords(error: unknown): string {
  const { code, path, message } = error as NodeJS.ErrnoException;
  return (code === "EBUSY" || code === "EXDEV") && path !== undefined
    ? `${path} is mounted there from elsewhere. Unmount it, or empty that directory by hand and mount the whole data directory instead`
    : message;
}

function moveBack(dataDir: string, { kept, out }: RestoreJournal): void {
  if (kept !== undefined) {
    const gone = new Set(namesIn(join(dataDir, kept)));
    for (const one of out)
      if (gone.has(one)) renameSync(join(dataDir, kept, one), join(dataDir, one));
  }
  // What it has moved back is on the disk before nothing says that it has to be.
  synchronise(dataDir);
  rmSync(join(dataDir, journalName), { force: true });
  synchronise(dataDir);
  if (kept !== undefined) rmdirSync(join(dataDir, kept));
  rmSync(join(dataDir, incomingName), { recursive: true, force: true });
}

function unfinished(dataDir: string, { kept }: RestoreJournal, cause: unknown): RestoreUnfinished {
  const place = kept === undefined ? "" : `What was there before is in ${join(dataDir, kept)}. `;
  return new RestoreUnfinished(
    `A restore into ${dataDir} is not finished: ${(cause as Error).message}. ${place}Mend that; then the next start of Rein, or “rein restore”, finishes it`,
    { cause },
  );
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
