/** The records of runs' changes on disk, so that they can be shown, undone and redone after any restart. */
import type { Database } from "bun:sqlite";
import { isWithin } from "../../shared/rules";
import { log } from "../log";
import { type Move, type OpenRestore, parseRestore, type RestoreRow } from "./restore-journal";
import { parseRecord, type RunRecord } from "./run-record";
import { openUndoDatabase } from "./undo-database";

interface Row {
  data: string;
}

export class UndoRecords {
  readonly #database: Database;
  readonly #statements;

  /** Throws as `openUndoDatabase` does. */
  constructor(path: string) {
    this.#database = openUndoDatabase(path);
    this.#statements = prepare(this.#database);
  }

  write(record: RunRecord): void {
    const { runId, sessionId, directory, at } = record;
    const stands = record.undoneAt === undefined && record.changes.length > 0 ? 1 : 0;
    const data = JSON.stringify(record);
    this.#statements.write.run(runId, sessionId, directory, at, stands, data);
  }

  find(runId: string): RunRecord | undefined {
    const row = this.#statements.find.get(runId);
    const found = row === null ? undefined : parseRecord(row.data);
    if (row !== null && found?.runId !== runId)
      log.error({ runId }, "A damaged record of changed files was left out");
    return found?.runId === runId ? found : undefined;
  }

  /**
   * Runs that ended after this one, or after it was undone, and whose changes stand, newest first: those in its directory,
   * around it and below it.
   */
  newer({
    directory,
    at,
    undoneAt,
  }: RunRecord): { runId: string; sessionId: string; at: number }[] {
    return this.#statements.standing
      .all(undoneAt ?? at)
      .filter((row) => overlaps(row.directory, directory))
      .map(({ runId, sessionId, at: when }) => ({ runId, sessionId, at: when }));
  }

  beginRestore(directory: string, folder: string, moves: Move[]): void {
    this.#statements.beginRestore.run(folder, directory, JSON.stringify(moves));
  }

  planRestore(folder: string, moves: Move[]): void {
    this.#statements.planRestore.run(JSON.stringify(moves), folder);
  }

  /** The restore has happened: the record says so from the same moment on. */
  commitRestore(folder: string, moves: Move[], record: RunRecord): void {
    this.#database.transaction(() => {
      this.writeReversed(record);
      this.planRestore(folder, moves);
    })();
  }

  /** Of a run that was undone or redone: its session is still to be told. */
  writeReversed(record: RunRecord): void {
    this.#database.transaction(() => {
      this.write(record);
      this.tell(record.runId);
    })();
  }

  /** What the session says of this run may be another state: `untold` names it until `told`. */
  tell(runId: string): void {
    this.#statements.tell.run(runId);
  }

  /** The runs whose session may not say whether they are undone. */
  untold(): string[] {
    return this.#statements.untold.all().map((row) => row.runId);
  }

  told(runId: string): void {
    this.#statements.told.run(runId);
  }

  endRestore(folder: string): void {
    this.#statements.endRestore.run(folder);
  }

  /** Those that a crash has cut. */
  openRestores(): OpenRestore[] {
    return this.#statements.restores.all().flatMap((row) => parseRestore(row) ?? []);
  }

  isOpenRestore(folder: string): boolean {
    return this.#statements.restore.get(folder) !== null;
  }

  hasRecords(directory: string): boolean {
    return (this.#statements.count.get(directory)?.count ?? 0) > 0;
  }

  /** Deletes the records of a session, and returns the directories that have none left. */
  forget(sessionId: string): string[] {
    const directories = this.#statements.ofSession.all(sessionId).map((row) => row.directory);
    this.#statements.forget.run(sessionId);
    return directories.filter((one) => !this.hasRecords(one));
  }

  close(): void {
    this.#database.close();
  }
}

/** Whether one of two directories is the other, or lies in it. */
export function overlaps(a: string, b: string): boolean {
  return isWithin(a, b) || isWithin(b, a);
}

interface Standing {
  runId: string;
  sessionId: string;
  directory: string;
  at: number;
}

function prepare(database: Database) {
  return {
    write: database.query<unknown, [string, string, string, number, number, string]>(
      `INSERT INTO records (run_id, session_id, directory, at, stands, data) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT (run_id) DO UPDATE SET at = excluded.at, stands = excluded.stands, data = excluded.data`,
    ),
    find: database.query<Row, [string]>("SELECT data FROM records WHERE run_id = ?"),
    standing: database.query<Standing, [number]>(
      `SELECT run_id AS runId, session_id AS sessionId, directory, at FROM records
       WHERE stands = 1 AND at > ? ORDER BY at DESC`,
    ),
    ofSession: database.query<{ directory: string }, [string]>(
      "SELECT DISTINCT directory FROM records WHERE session_id = ?",
    ),
    beginRestore: database.query<unknown, [string, string, string]>(
      "INSERT INTO restores (folder, directory, moves) VALUES (?, ?, ?)",
    ),
    planRestore: database.query<unknown, [string, string]>(
      "UPDATE restores SET moves = ? WHERE folder = ?",
    ),
    endRestore: database.query<unknown, [string]>("DELETE FROM restores WHERE folder = ?"),
    restore: database.query<unknown, [string]>("SELECT 1 FROM restores WHERE folder = ?"),
    restores: database.query<RestoreRow, []>("SELECT folder, directory, moves FROM restores"),
    tell: database.query<unknown, [string]>("INSERT OR IGNORE INTO untold (run_id) VALUES (?)"),
    untold: database.query<{ runId: string }, []>("SELECT run_id AS runId FROM untold"),
    told: database.query<unknown, [string]>("DELETE FROM untold WHERE run_id = ?"),
    forget: database.query<unknown, [string]>("DELETE FROM records WHERE session_id = ?"),
    count: database.query<{ count: number }, [string]>(
      "SELECT COUNT(*) AS count FROM records WHERE directory = ?",
    ),
  };
}
