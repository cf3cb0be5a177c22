/** One server for a data directory: a second one would settle the first one's runs as if a crash had interrupted them. */
import { Database, SQLiteError } from "bun:sqlite";
import { join } from "node:path";

export class DataDirInUse extends Error {
  override readonly name = "DataDirInUse";
}

/** Holds the directory until it is disposed or the process has ended, however it ends. Throws when another server holds it. */
export function lockDataDir(dataDir: string): Disposable {
  // SQLite locks the file by a lock of the operating system: it ends with the process, and leaves nothing to clean up.
  const lock = new Database(join(dataDir, "lock"), { create: true });
  try {
    lock.run("BEGIN EXCLUSIVE");
  } catch (error) {
    lock.close();
    if (!(error instanceof SQLiteError && error.code === "SQLITE_BUSY")) throw error;
    throw new DataDirInUse(
      `Another Rein works with the data directory ${dataDir}. Open the address that it printed, or end it; or give this one a directory of its own with REIN_DATA_DIR.`,
      { cause: error },
    );
  }
  return { [Symbol.dispose]: () => lock.close() };
}
