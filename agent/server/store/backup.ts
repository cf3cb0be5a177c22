/** A copy of the database, kept beside it before its schema changes. */
import type { Database } from "bun:sqlite";
import { rmSync, writeFileSync } from "node:fs";
import { renameDurably, synchronise } from "../durable-file";
import { copyPath } from "./earlier-copies";

/**
 * Writes `<path>.v<version>-backup` (mode 0600) with everything that is committed, and replaces an older one. Returns its
 * path once it is on the disk. Throws when it cannot be written, and then leaves nothing behind.
 */
export function backUp(database: Database, path: string, version: number): string {
  const target = copyPath(path, version);
  const unfinished = `${target}.new`;
  try {
    rmSync(unfinished, { force: true });
    // VACUUM INTO accepts a file that is empty, and leaves its mode as it is.
    writeFileSync(unfinished, "", { mode: 0o600 });
    database.run("VACUUM INTO ?", [unfinished]);
    synchronise(unfinished);
    renameDurably(unfinished, target);
    return target;
  } catch (error) {
    rmSync(unfinished, { force: true });
    throw error;
  }
}
