/** The records of runs' changes on disk, so that they can be shown, undone and redone after any restart. */
import { Database, SQLiteError } from "bun:sqlite";
import { existsSync, renameSync } from "node:fs";
import { z } from "zod";
import { defined } from "../../shared/defined";
import { log } from "../log";
import type { Change } from "./git/tree-diff";
import type { Step } from "./file-state";
import type { Name } from "./git/git-path";
import type { Coverage } from "./git/rule-side";
import type { Snapshot } from "./git/snapshot";
import type { Move } from "./moves";

export interface RunRecord {
  runId: string;
  sessionId: string;
  /** Absolute and real. */
  directory: string;
  /** When the run ended, or was last undone or redone (milliseconds since the epoch). */
  at: number;
  before: KeptSnapshot;
  /** Absent while the run works, and after a crash until the directory has been recorded again. */
  after?: KeptSnapshot;
  changes: Change[];
  /** What undoes the changes, or redoes them once they are undone. */
  steps: Step[];
  undoneAt?: number;
  redoneAt?: number;
  unseen: string[];
}

export interface KeptSnapshot {
  tree: string;
  modes: [Name, number][];
  leftOut: Name[];
  /** These two until the changes are known. */
  nodes?: [Name, number][];
  coverage?: Omit<Coverage, "rules"> & { rules: [Name, string][] };
}

/** A restore whose work folder may still be there. */
export interface OpenRestore {
  /** Absolute and real. */
  directory: string;
  /** The name of its work folder in it. */
  folder: string;
  /** What is to be taken back; none before the first move, and when it has happened. */
  moves: Move[];
}

interface Row {
  data: string;
}

export class UndoRecords {
  readonly #database: Database;
  readonly #statements;

  /** Throws when a newer Rein has written the file. A damaged file is set aside: it costs the undo of earlier runs. */
  constructor(path: string) {
    try {
      this.#database = openRecords(path);
    } catch (err) {
      if (!(err instanceof SQLiteError) || !/CORRUPT|NOTADB/.test(String(err.code))) throw err;
      log.error({ err }, "The records of changed files are damaged, and were set aside");
      setAside(path);
      this.#database = openRecords(path);
    }
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

  /** Runs after `at` whose changes stand, newest first: those in this directory, around it and below it. */
  newer(directory: string, at: number): { runId: string; sessionId: string; at: number }[] {
    return this.#statements.standing
      .all(at)
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

function openRecords(path: string): Database {
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

const snapshot = z.looseObject({
  tree: z.string(),
  modes: z.array(z.tuple([z.string(), z.number()])),
  leftOut: z.array(z.string()),
  nodes: z.array(z.tuple([z.string(), z.number()])).optional(),
  coverage: z
    .object({
      root: z.string(),
      rules: z.array(z.tuple([z.string(), z.string()])),
      tracked: z.array(z.string()),
    })
    .optional(),
});

/** What the undo needs of a record before it reads the directory. */
const storedRecord = z.looseObject({
  runId: z.string(),
  sessionId: z.string(),
  directory: z.string(),
  at: z.number(),
  before: snapshot,
  after: snapshot.optional(),
  changes: z.array(z.looseObject({})),
  steps: z.array(z.looseObject({})),
  unseen: z.array(z.string()),
});

function parseRecord(data: string): RunRecord | undefined {
  try {
    return storedRecord.safeParse(JSON.parse(data)).data as RunRecord | undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

const inFolder = z.string().regex(/^(new|old)-\d+$/);
const move = z.discriminatedUnion("do", [
  z.object({ do: z.literal("aside"), name: z.string(), old: inFolder, version: z.string() }),
  z.object({
    do: z.literal("place"),
    name: z.string(),
    new: inFolder,
    old: inFolder,
    version: z.string(),
    made: z.string().optional(),
  }),
  z.object({
    do: z.literal("remove"),
    name: z.string(),
    mode: z.number(),
    isNeeded: z.boolean(),
  }),
  z.object({ do: z.literal("make"), name: z.string() }),
  z.object({
    do: z.literal("mode"),
    name: z.string(),
    of: z.enum(["file", "directory"]),
    from: z.number(),
    to: z.number(),
    isClosing: z.boolean().optional(),
  }),
]);
const storedRestore = z.object({
  directory: z.string(),
  folder: z.string().regex(/^\.rein-undo-[\w-]+$/),
  moves: z.preprocess((text) => JSON.parse(String(text)) as unknown, z.array(move)),
});

function parseRestore(row: RestoreRow): OpenRestore | undefined {
  try {
    return storedRestore.parse(row);
  } catch (err) {
    log.error({ err }, "A damaged journal of an undo was left out");
    return undefined;
  }
}

/** Whether one of two directories is the other, or lies in it. */
export function overlaps(a: string, b: string): boolean {
  return a === b || a.startsWith(slashed(b)) || b.startsWith(slashed(a));
}

function slashed(directory: string): string {
  return directory.endsWith("/") ? directory : `${directory}/`;
}

export function pack({ tree, modes, leftOut, nodes, coverage }: Snapshot): KeptSnapshot {
  return defined({
    tree,
    modes: [...modes],
    leftOut,
    nodes: nodes && [...nodes],
    coverage: coverage && { ...coverage, rules: [...coverage.rules] },
  });
}

/** Once the changes are known. */
export function packFiles({ tree, modes, leftOut }: Snapshot): KeptSnapshot {
  return pack({ tree, modes, leftOut });
}

export function unpack({ tree, modes, leftOut, nodes, coverage }: KeptSnapshot): Snapshot {
  return {
    tree,
    modes: new Map(modes),
    leftOut,
    nodes: nodes && new Map(nodes),
    coverage: coverage && { ...coverage, rules: new Map(coverage.rules) },
  };
}

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

type RestoreRow = { [column in keyof OpenRestore]: string };

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
