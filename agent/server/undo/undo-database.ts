/** Opens undo.db: its tables, its version, and what becomes of a damaged file. */
import { Database, SQLiteError } from "bun:sqlite";
import { existsSync, renameSync } from "node:fs";
import { log } from "../log";

/** The first version did not set one: its files say 0. To be raised, with a migration, when the table changes. */
const version = 1;

const table = `
CREATE TABLE IF NOT EXISTS records (
  run_id TEXT PRIMARY KEY, session_id TEXT NOT NULL, directory TEXT NOT NULL,
  at INTEGER NOT NULL, stands INTEGER NOT NULL, data TEXT NOT NULL) STRICT`;

/** The journal of restores: the work folder, where it is, and the moves to take back. */
const restoreTable = `
CREATE TABLE IF NOT EXISTS restores (
  folder TEXT PRIMARY KEY, directory TEXT NOT NULL, moves TEXT NOT NULL) STRICT`;

/** The runs that were undone or redone, until the event of that is in their session on disk. An older Rein ignores it. */
const untoldTable = "CREATE TABLE IF NOT EXISTS untold (run_id TEXT PRIMARY KEY) STRICT";

/** Throws when a newer Rein has written the file. A damaged file is set aside: it costs the undo of earlier runs. */
export function openUndoDatabase(path: string): Database {
  try {
    return openTables(path);
  } catch (err) {
    if (!(err instanceof SQLiteError) || !/CORRUPT|NOTADB/.test(String(err.code))) throw err;
    log.error({ err }, "The records of changed files are damaged, and were set aside");
    setAside(path);
    return openTables(path);
  }
}

function openTables(path: string): Database {
  const database = new Database(path, { create: true, strict: true });
  try {
    checkVersion(database, path);
    database.run("PRAGMA busy_timeout = 5000");
    database.run("PRAGMA journal_mode = WAL");
    // Written a few times a run, and each time it must survive a power cut.
    database.run("PRAGMA synchronous = FULL");
    database.run(table);
    database.run(restoreTable);
    database.run(untoldTable);
    database.query("SELECT run_id, session_id, directory, at, stands FROM records").all();
    database.query("SELECT folder, directory FROM restores").all();
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

function checkVersion(database: Database, path: string): void {
  const found = database
    .query<{ user_version: number }, []>("PRAGMA user_version")
    .get()!.user_version;
  if (found > version)
    throw new Error(
      `The database ${path} was written by a newer Rein: its version is ${found}, and this Rein reads up to ${version}. ` +
        "Start the newer Rein, or choose another directory with REIN_DATA_DIR.",
    );
  database.run(`PRAGMA user_version = ${version}`);
}

/** With its WAL, which belongs to no other file; an older file that was set aside is replaced. */
function setAside(path: string): void {
  for (const ending of ["", "-wal", "-shm"])
    if (existsSync(path + ending)) renameSync(path + ending, `${path}.damaged${ending}`);
}
