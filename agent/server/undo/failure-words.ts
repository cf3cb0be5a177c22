/** Why git, a disk or the database of the records failed, in words for people; what git itself says is only logged. */
import { SQLiteError } from "bun:sqlite";
import { statfsSync } from "node:fs";
import { log } from "../log";
import { GitError } from "./git/git";
import { maxFileBytes } from "./git/ls-files";

/** A part of a sentence. `directories` are where it may have written. */
export function failureWords(error: unknown, ...directories: string[]): string {
  const isForeign = error instanceof GitError || error instanceof SQLiteError;
  if (isForeign) log.error({ err: error }, "Changes could not be recorded or undone");
  const free = Math.min(...directories.map(freeBytes));
  if (isDiskFull(String(error), free))
    return `the disk is full (${(free / 1024 / 1024).toFixed(1)} MB are left)`;
  if (isForeign) return "git or the record of changes failed, and the server’s log says how";
  return error instanceof Error ? error.message : String(error);
}

/** Git does not always say why it could not write a file; when the disk has no room for one, that is the reason. */
function isDiskFull(words: string, free: number): boolean {
  if (/ENOSPC|No space left|out of disk ?space|disk is full/i.test(words)) return true;
  return /unable to write|write error/.test(words) && free <= maxFileBytes;
}

function freeBytes(directory: string): number {
  try {
    const { bavail, bsize } = statfsSync(directory);
    return bavail * bsize;
  } catch {
    return Infinity; // it is gone, and the disk is not the reason
  }
}
