/** One server for a data directory: a second would take what the first one runs for what a crash had cut. */
import { Database, SQLiteError } from "bun:sqlite";
import { join } from "node:path";

/** Holds the directory until it is disposed or the process has ended, however it ends. Throws when another holds it. */
export function lockDataDir(dataDir: string): Disposable {
  // SQLite's lock is the system's own: it goes with its process, and leaves nothing to clean up.
  const lock = new Database(join(dataDir, "lock"), { create: true });
  try {
    lock.run("BEGIN EXCLUSIVE");
  } catch (error) {
    lock.close();
    if (!(error instanceof SQLiteError && error.code === "SQLITE_BUSY")) throw error;
    throw new Error(
      `Another Rein works with the data directory ${dataDir}. Open the address that it printed, or end it; or give this one a directory of its own with REIN_DATA_DIR.`,
      { cause: error },
    );
  }
  return { [Symbol.dispose]: () => lock.close() };
}
