/** Opens the database: one file, WAL, readable after a crash, at the newest version of its schema. */
import { Database } from "bun:sqlite";
import { existsSync, statSync } from "node:fs";
import { log } from "../log";
import { hasTables, migrate, readVersion, refuseNewer, type Upgrade } from "./migrations";
import { findMissing } from "./missing";
import { Seal } from "./seal";

/** Checking a larger file would delay the start too long; its damage is reported when a statement meets it. */
const maxCheckedBytes = 64_000_000;

interface Opened {
  database: Database;
  seal: Seal;
  /** Where an earlier Rein had written it. */
  upgrade: Upgrade | undefined;
}

/**
 * Opens the database, creates it if it is missing, and migrates it. Throws when the file cannot be written, is damaged
 * or belongs to a newer Rein, with what to do; the file and its WAL are then unchanged. Where it is older than its seal,
 * the files are copied before, and the seal says what is missing.
 */
export function openDatabase(path: string): Opened {
  const missing = examine(path);
  const database = attemptToOpen(path, () => new Database(path, { create: true, strict: true }));
  try {
    attemptToOpen(path, () => prepareDatabase(database));
    const upgrade = migrate(database, path);
    // From here on no statement waits for a lock: SQLite would block the whole server, every Stop included. The store
    // tries again by itself.
    database.run("PRAGMA busy_timeout = 0");
    const seal = new Seal(database, path, missing.known);
    if (missing.isNew) seal.renew();
    if (seal.missing !== undefined) log.error(seal.missing);
    return { database, seal, upgrade };
  } catch (error) {
    database.close();
    throw error;
  }
}

/** By a connection that only reads: the last one that may write moves the WAL into the file when it closes, and removes it. */
function examine(path: string): ReturnType<typeof findMissing> {
  if (path === ":memory:") return { isNew: false, known: [] };
  const hadWal = existsSync(`${path}-wal`);
  if (!existsSync(path) || statSync(path).size === 0) return findMissing(path, undefined, hadWal);
  const database = attemptToOpen(path, () => new Database(path, { readonly: true, strict: true }));
  try {
    attemptToOpen(path, () => database.run(waitForOthers));
    refuseNewer(
      attemptToOpen(path, () => readVersion(database)),
      path,
    );
    attemptToOpen(path, () => refuseForeign(database));
    attemptToOpen(path, () => checkDamage(database, path));
    return findMissing(path, database, hadWal);
  } finally {
    database.close();
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

/** Another program may hold the lock for a moment, for example one that makes a backup. */
const waitForOthers = "PRAGMA busy_timeout = 5000";

function prepareDatabase(database: Database): void {
  database.run(waitForOthers);
  database.run("PRAGMA journal_mode = WAL");
  database.run("PRAGMA synchronous = NORMAL");
  database.run("PRAGMA foreign_keys = ON");
  refuseReadOnly(database);
}

/** SQLite opens a file that cannot be written for reading, without a word, and it stays so. Writes nothing. */
function refuseReadOnly(database: Database): void {
  database.run("BEGIN IMMEDIATE");
  try {
    database.run(`PRAGMA user_version = ${readVersion(database)}`);
  } finally {
    database.run("ROLLBACK");
  }
}

function checkDamage(database: Database, path: string): void {
  if (statSync(path).size > maxCheckedBytes) return;
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
        "Nothing was changed. Rein needs a file and a directory that it can write; choose another directory with REIN_DATA_DIR, or move the damaged file away, and with it those whose names begin as its name does.",
      { cause: error },
    );
  }
}
