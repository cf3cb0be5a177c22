/** The database: one file, WAL, readable after a crash. */
import { Database } from "bun:sqlite";
import { statSync } from "node:fs";

const tables = `
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

/** Looking through a larger file would hold up the start; its damage is said when it is met. */
const maxCheckedBytes = 64_000_000;

/** Opens (and makes) the database. Throws when the file cannot be written or is damaged, with what to do. */
export function openDatabase(path: string): Database {
  try {
    const database = new Database(path, { create: true, strict: true });
    // Another program may hold it for a moment: one that makes a copy.
    database.run("PRAGMA busy_timeout = 5000");
    database.run("PRAGMA journal_mode = WAL");
    database.run("PRAGMA synchronous = NORMAL");
    database.run("PRAGMA foreign_keys = ON");
    database.run(tables);
    checkDamage(database, path);
    // From now on nobody waits: SQLite would hold up the whole server, every Stop included. The store tries again.
    database.run("PRAGMA busy_timeout = 0");
    return database;
  } catch (error) {
    throw new Error(
      `The database ${path} cannot be opened: ${(error as Error).message}. ` +
        "Rein needs a directory that it can write; choose another with REIN_DATA_DIR, or move the damaged file away.",
      { cause: error },
    );
  }
}

function checkDamage(database: Database, path: string): void {
  if (path === ":memory:" || statSync(path).size > maxCheckedBytes) return;
  const found = database.query<{ quick_check: string }, []>("PRAGMA quick_check(1)").get();
  if (found?.quick_check !== "ok") throw new Error(`it is damaged (${found?.quick_check})`);
}
