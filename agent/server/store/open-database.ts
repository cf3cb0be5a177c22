/** Opens the database: one file, WAL, readable after a crash, at the newest version of its schema. */
import { Database } from "bun:sqlite";
import { statSync } from "node:fs";
import { hasTables, migrate, readVersion, refuseNewer } from "./migrations";

/** Checking a larger file would delay the start too long; its damage is reported when a statement meets it. */
const maxCheckedBytes = 64_000_000;

/**
 * Opens the database, creates it if it is missing, and migrates it. Throws when the file cannot be written, is damaged
 * or belongs to a newer Rein, with what to do; the file is then unchanged.
 */
export function openDatabase(path: string): Database {
  const database = attemptToOpen(path, () => new Database(path, { create: true, strict: true }));
  try {
    refuseNewer(
      attemptToOpen(path, () => readVersion(database)),
      path,
    );
    attemptToOpen(path, () => refuseForeign(database));
    attemptToOpen(path, () => prepareDatabase(database, path));
    migrate(database, path);
    // From here on no statement waits for a lock: SQLite would block the whole server, every Stop included. The store
    // tries again by itself.
    database.run("PRAGMA busy_timeout = 0");
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** Before anything is written into it. Every version of Rein has these tables and columns. */
function refuseForeign(database: Database): void {
  if (!hasTables(database)) return;
  try {
    database.query(
      `SELECT sessions.id, sessions.data, runs.session_id, runs.data, agent_id, messages.data, message_id, parts.data
       FROM sessions, runs, messages, parts LIMIT 0`,
    );
  } catch (error) {
    throw new Error("it belongs to another program", { cause: error });
  }
}

function prepareDatabase(database: Database, path: string): void {
  // Another program may hold the lock for a moment, for example one that makes a backup.
  database.run("PRAGMA busy_timeout = 5000");
  database.run("PRAGMA journal_mode = WAL");
  database.run("PRAGMA synchronous = NORMAL");
  database.run("PRAGMA foreign_keys = ON");
  checkDamage(database, path);
}

function checkDamage(database: Database, path: string): void {
  if (path === ":memory:" || statSync(path).size > maxCheckedBytes) return;
  const found = database.query<{ quick_check: string }, []>("PRAGMA quick_check(1)").get();
  if (found?.quick_check !== "ok") throw new Error(`it is damaged (${found?.quick_check})`);
}

/** Throws what `work` throws, as a sentence about the database that says what to do. */
export function attemptToOpen<Result>(path: string, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    throw new Error(
      `The database ${path} cannot be opened: ${(error as Error).message}. ` +
        "Rein needs a directory that it can write; choose another with REIN_DATA_DIR, or move the damaged file away.",
      { cause: error },
    );
  }
}
