/**
 * The versions of the database's schema, and the way from each to the next. Each migration runs once, in one
 * transaction; before the first one a copy of the file is kept. A released migration is never changed: a new one follows.
 */
import type { Database } from "bun:sqlite";
import type { Sentence } from "../../shared/protocol";
import { sentence } from "../../shared/sentences";
import { log } from "../log";
import { backUp } from "./backup";
import { wayBack } from "./earlier-copies";

/** What Rein 0.1.0 wrote, which did not set a version: its files say 0. So it must be able to run on what is there. */
const version1 = `
CREATE TABLE IF NOT EXISTS sessions (id TEXT PRIMARY KEY, updated_at INTEGER NOT NULL, data TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS runs (
  id TEXT PRIMARY KEY, session_id TEXT NOT NULL REFERENCES sessions(id) ON DELETE CASCADE,
  position INTEGER NOT NULL, settled INTEGER NOT NULL, data TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS messages (
  id TEXT PRIMARY KEY, session_id TEXT NOT NULL REFERENCES sessions(id) ON DELETE CASCADE,
  agent_id TEXT, position INTEGER NOT NULL, data TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS parts (
  id TEXT PRIMARY KEY, message_id TEXT NOT NULL REFERENCES messages(id) ON DELETE CASCADE,
  position INTEGER NOT NULL, data TEXT NOT NULL) STRICT;
CREATE INDEX IF NOT EXISTS runs_of_session ON runs (session_id, position);
CREATE INDEX IF NOT EXISTS unsettled_runs ON runs (session_id) WHERE settled = 0;
CREATE INDEX IF NOT EXISTS pending_changes ON runs (session_id) WHERE json_extract(data, '$.changes.state') = 'pending';
CREATE INDEX IF NOT EXISTS messages_of_session ON messages (session_id, position);
CREATE INDEX IF NOT EXISTS parts_of_message ON parts (message_id, position);
`;

/**
 * The usage of a day in one query. Generated columns: nothing can get out of step with `data`. A row whose JSON is
 * damaged has NULL in them, and can still be indexed and deleted.
 */
const version2 = `
ALTER TABLE runs ADD COLUMN started_at ANY
  GENERATED ALWAYS AS (CASE WHEN json_valid(data) THEN data ->> '$.startedAt' END) VIRTUAL;
ALTER TABLE runs ADD COLUMN changes_state ANY
  GENERATED ALWAYS AS (CASE WHEN json_valid(data) THEN data ->> '$.changes.state' END) VIRTUAL;
ALTER TABLE messages ADD COLUMN run_id ANY
  GENERATED ALWAYS AS (CASE WHEN json_valid(data) THEN data ->> '$.runId' END) VIRTUAL;
ALTER TABLE messages ADD COLUMN role ANY
  GENERATED ALWAYS AS (CASE WHEN json_valid(data) THEN data ->> '$.role' END) VIRTUAL;
CREATE INDEX runs_by_start ON runs (started_at);
CREATE INDEX messages_of_run ON messages (run_id, role);
DROP INDEX pending_changes;
CREATE INDEX pending_changes ON runs (session_id) WHERE changes_state = 'pending';
`;

/** Which attached files each session names, so that a file goes with the last of them. A row goes with its session. */
const version3 = `
CREATE TABLE session_files (
  session_id TEXT NOT NULL REFERENCES sessions(id) ON DELETE CASCADE, hash TEXT NOT NULL,
  PRIMARY KEY (session_id, hash)) STRICT, WITHOUT ROWID;
CREATE INDEX sessions_of_file ON session_files (hash);
`;

/** How many commits were synchronised to the disk: what a seal beside the file is compared with. */
const version4 = `
CREATE TABLE seal (number INTEGER NOT NULL) STRICT;
INSERT INTO seal (number) VALUES (0);
`;

/**
 * Of a node of a cluster: the sessions of which the shared database has not got everything, or not that they were deleted;
 * and which database that is.
 */
const version5 = `
CREATE TABLE unshared (session_id TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
CREATE TABLE joined (node TEXT NOT NULL, place TEXT NOT NULL, identity TEXT NOT NULL, epoch INTEGER NOT NULL) STRICT;
`;

/** The first makes version 1, the second makes version 2 of it, and so on. */
const migrations = [version1, version2, version3, version4, version5];

export const newestVersion = migrations.length;

/** Throws when a newer Rein has written the file: this one would misread it. */
export function refuseNewer(version: number, path: string): void {
  if (version <= newestVersion) return;
  const words = [
    `The database ${path} was written by a newer Rein: its version is ${version}, and this Rein reads up to ${newestVersion}.`,
    "Start the newer Rein, or choose another directory with REIN_DATA_DIR.",
    wayBack(path, newestVersion) ?? [],
  ];
  throw new Error(words.flat().join(" "));
}

/** What a start has done to a database that an earlier Rein has written. */
export interface Upgrade {
  from: number;
  to: number;
  /** The database as it was before. */
  copy: string;
}

export function upgradeSentence({ from, to, copy }: Upgrade): Sentence {
  return sentence(
    "The database was of an earlier Rein, and was brought from version {from} to {to}. It is kept as it was: {copy}",
    { from, to, copy },
  );
}

/**
 * Brings the file to the newest version; undefined where it was, or is new. Throws when that fails: the file is then at the
 * version that it had.
 */
export function migrate(database: Database, path: string): Upgrade | undefined {
  const version = readVersion(database);
  if (version === newestVersion) return undefined;
  try {
    let upgrade: Upgrade | undefined;
    if (hasTables(database)) {
      const from = Math.max(version, 1);
      upgrade = { from, to: newestVersion, copy: backUp(database, path, from) };
      log.info(upgrade, "The database is migrated");
    }
    for (const [index, sql] of migrations.entries())
      if (index >= version)
        database
          .transaction(() => {
            database.run(sql);
            database.run(`PRAGMA user_version = ${index + 1}`);
          })
          .immediate();
    return upgrade;
  } catch (error) {
    throw new Error(
      `The database ${path} could not be brought from version ${Math.max(version, 1)} to ${newestVersion}: ${(error as Error).message}. ` +
        "Nothing is lost. Make sure that the disk has room for a copy of the file and that its directory can be written, then start again.",
      { cause: error },
    );
  }
}

export function readVersion(database: Database): number {
  return database.query<{ user_version: number }, []>("PRAGMA user_version").get()!.user_version;
}

/** Whether it is older than this start. */
export function hasTables(database: Database): boolean {
  return database.query("SELECT 1 FROM sqlite_schema WHERE type = 'table'").get() !== null;
}
