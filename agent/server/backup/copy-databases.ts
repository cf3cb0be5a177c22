/** Copies the databases as of one moment, while a server writes them, and counts what is in the copies. */
import { Database } from "bun:sqlite";
import { existsSync, mkdirSync, statfsSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { isDamage } from "../store/storage-errors";
import { hasTables, newestVersion, readVersion, refuseNewer } from "../store/migrations";

export const mainDatabase = "rein.db";
export const undoDatabase = "undo/undo.db";

/** So much stays free on the disk of a server that writes on. */
const spareBytes = 50_000_000;

export interface Counts {
  schema: number;
  sessions: number;
  runs: number;
  messages: number;
}

/**
 * Puts both into `target`, which is in the data directory; never waits for the server's lock, and keeps it from nothing. The
 * undo's is a moment younger: what it knows of later runs is left out, and the next start tells the sessions the rest. Throws
 * an Error with what to do.
 */
export function copyDatabases(dataDir: string, target: string): void {
  const path = join(dataDir, mainDatabase);
  if (!existsSync(path))
    throw new Error(`There are no sessions in ${dataDir} (no ${mainDatabase})`);
  checkRoom(dataDir);
  const begun = Date.now();
  copyDatabase(path, join(target, mainDatabase));
  const undo = join(dataDir, undoDatabase);
  if (!existsSync(undo)) return;
  const copy = join(target, undoDatabase);
  mkdirSync(dirname(copy), { mode: 0o700 });
  copyDatabase(undo, copy);
  adjustUndo(copy, join(target, mainDatabase), begun);
}

function checkRoom(dataDir: string): void {
  const { bavail, bsize } = statfsSync(dataDir);
  const sizes = [mainDatabase, undoDatabase].flatMap((name) =>
    ["", "-wal"].map((end) => statSync(join(dataDir, name + end), { throwIfNoEntry: false })?.size),
  );
  const needed = sizes.reduce<number>((sum, size = 0) => sum + size, spareBytes);
  if (bavail * bsize < needed)
    throw new Error(
      `The disk of ${dataDir} has ${megabytes(bavail * bsize)} left, and a copy of the databases needs ${megabytes(needed)} for a while. Make room there`,
    );
}

function megabytes(bytes: number): string {
  return `${Math.ceil(bytes / 1e6)} MB`;
}

function copyDatabase(path: string, target: string): void {
  const database = new Database(path, { readonly: true, strict: true });
  try {
    database.run("PRAGMA busy_timeout = 5000");
    if (path.endsWith(`/${mainDatabase}`)) refuseNewer(readVersion(database), path);
    // VACUUM INTO accepts a file that is empty, and leaves its mode as it is.
    writeFileSync(target, "", { mode: 0o600, flag: "wx" });
    database.run("VACUUM INTO ?", [target]);
  } catch (error) {
    if (!isDamage(error)) throw error;
    throw new Error(
      `${path} is damaged (${(error as Error).message}). Keep your earlier backups; copy the whole directory while no server works with it, and export the sessions that can still be read`,
      { cause: error },
    );
  } finally {
    database.close();
  }
}

/** Leaves out the runs that the sessions do not have yet; of what was undone since, the sessions are still to be told. */
function adjustUndo(path: string, main: string, since: number): void {
  const database = new Database(path, { strict: true });
  try {
    database.run("ATTACH ? AS main_copy", [main]);
    database.transaction(() => {
      database.run("DELETE FROM records WHERE run_id NOT IN (SELECT id FROM main_copy.runs)");
      if (database.query("SELECT 1 FROM sqlite_schema WHERE name = 'untold'").get() === null)
        return;
      database.run(
        `INSERT OR IGNORE INTO untold SELECT run_id FROM records WHERE json_valid(data)
         AND max(COALESCE(data ->> '$.undoneAt', 0), COALESCE(data ->> '$.redoneAt', 0)) >= ?`,
        [since - 1000],
      );
    })();
  } finally {
    database.close();
  }
}

/** Of a copy. Throws an Error that says how it is damaged, or foreign, or that a newer Rein has written it. */
export function countsOf(path: string): Counts {
  const database = openCopy(path);
  try {
    refuseDamaged(database);
    if (!hasTables(database)) throw new Error("it has no tables");
    const schema = Math.max(readVersion(database), 1);
    if (schema > newestVersion)
      throw new Error(
        `a newer Rein wrote it: its version is ${schema}, and this Rein reads up to ${newestVersion}`,
      );
    const count = (from: string) =>
      database.query<{ count: number }, []>(`SELECT COUNT(*) AS count FROM ${from}`).get()!.count;
    return {
      schema,
      sessions: count("sessions"),
      runs: count("runs"),
      messages: count("messages"),
    };
  } finally {
    database.close();
  }
}

/** Of the undo's copy. Throws an Error that says how it is damaged. */
export function checkUndo(path: string): void {
  const database = openCopy(path);
  try {
    refuseDamaged(database);
  } finally {
    database.close();
  }
}

/** What the copy names. A database of a Rein that knew no files has none. */
export function namedIn(path: string): { sessions: string[]; files: string[] } {
  const database = openCopy(path);
  try {
    const sessions = database.query<{ id: string }, []>("SELECT id FROM sessions").all();
    const hasFiles =
      database.query("SELECT 1 FROM sqlite_schema WHERE name = 'session_files'").get() !== null;
    const files = hasFiles
      ? database.query<{ hash: string }, []>("SELECT DISTINCT hash FROM session_files").all()
      : [];
    return {
      sessions: sessions.map(({ id }) => id),
      files: files.map(({ hash }) => hash),
    };
  } finally {
    database.close();
  }
}

function openCopy(path: string): Database {
  const database = new Database(path, { readonly: true, strict: true });
  // It may come from elsewhere: nothing in its schema runs.
  database.run("PRAGMA trusted_schema = OFF");
  return database;
}

function refuseDamaged(database: Database): void {
  const found = database.query<{ integrity_check: string }, []>("PRAGMA integrity_check(1)").get();
  if (found?.integrity_check !== "ok") throw new Error(`it is damaged (${found?.integrity_check})`);
}
