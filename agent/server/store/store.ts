/**
 * Sessions, messages, parts and runs on disk: at most 100 ms behind the memory, one transaction a batch. What must
 * survive a power cut is synchronised to the disk before the call returns.
 */
import type { Database } from "bun:sqlite";
import type {
  EventBody,
  FileRef,
  QueuedMessage,
  Run,
  Session,
  SessionSummary,
  UsageTotals,
} from "../../shared/protocol";
import { log } from "../log";
import { type ChangedRow, changedRows, sessionRow } from "./changed-rows";
import { damagedTitle, listSessions, loadSession, parseRow } from "./load-session";
import { attemptToOpen, openDatabase } from "./open-database";
import { prepareStatements, type Statements } from "./statements";
import {
  DamagedSessionError,
  describeStorageError,
  isDamage,
  isTransient,
  StoreClosedError,
} from "./storage-errors";

/** Half of what is promised: a busy machine may need the other half. */
const batchDelayMs = 50;
const retryMs = 250;
const maxStopped = 10_000;

export class Store {
  readonly #database: Database;
  readonly #changed = new Map<string, ChangedRow>();
  readonly #removed = new Set<string>();
  /** Messages that no session shows yet. */
  readonly #waiting = new Map<string, QueuedMessage[]>();
  readonly #statements: Statements;
  #timer: Timer | undefined;
  #mustSynchronise = false;
  #closed = false;
  #storageError: string | undefined;

  /** Called whenever `storageError` has changed. */
  onStorageError: (storageError: string | undefined) => void = () => {};

  /** `path` may be ":memory:". Throws as openDatabase does. */
  constructor(path: string) {
    this.#database = openDatabase(path);
    // What is damaged in the schema itself is met here.
    this.#statements = attemptToOpen(path, () => prepareStatements(this.#database));
  }

  /** Why nothing can be saved now, in words a person can act on; what happens meanwhile is held in memory. */
  get storageError(): string | undefined {
    return this.#storageError;
  }

  /** Notes what an applied event has changed; it is in the file within 100 ms, or when `flush` returns. */
  changed(session: Session, event: EventBody): void {
    if (this.#closed || this.#removed.has(session.id)) return;
    const waiting = this.#waiting.get(session.id);
    for (const row of changedRows(session, event, waiting)) this.#note(row);
    this.#timer ??= setTimeout(() => this.flush(), batchDelayMs);
  }

  /** Notes messages that wait outside of the session: only after a crash, when it is loaded again, they are in its queue. */
  holdWaiting(session: Session, waiting: QueuedMessage[]): void {
    if (waiting.length === 0) this.#waiting.delete(session.id);
    else this.#waiting.set(session.id, waiting);
    this.changed(session, { type: "queue-change", queue: session.queue });
  }

  /** Writes what was noted so far. What cannot be written now (disk full, locked) stays noted, is reported, and tried again. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#closed) return;
    try {
      this.#write();
      this.#report(undefined);
    } catch (error) {
      this.#report(describeStorageError(error) ?? String(error));
      this.#timer = setTimeout(() => this.flush(), retryMs);
    }
  }

  /** As `flush`; and everything written so far survives a power cut once this returns, or once a later try succeeds. */
  flushDurably(): void {
    this.#mustSynchronise = true;
    this.flush();
  }

  #note(row: ChangedRow): void {
    this.#changed.set(`${row.table} ${row.id}`, row);
  }

  #report(storageError: string | undefined): void {
    if (storageError === this.#storageError) return;
    this.#storageError = storageError;
    if (storageError === undefined) log.info("Rein can save again, and nothing is missing");
    else log.error(storageError);
    this.onStorageError(storageError);
  }

  #write(): void {
    if (this.#changed.size === 0) return;
    const rows = [...this.#changed.values()].toSorted((a, b) => order[a.table] - order[b.table]);
    this.#transact(this.#mustSynchronise, () => {
      for (const row of rows) this.#writeRow(row);
    });
    this.#changed.clear();
    this.#mustSynchronise = false;
  }

  /** A row that cannot be written whenever it is tried must not keep all others from the disk. */
  #writeRow(row: ChangedRow): void {
    try {
      row.write(this.#statements);
    } catch (err) {
      if (isTransient(err)) throw err;
      const { sessionId, table, id } = row;
      log.error({ err, sessionId, table, row: id }, "A row cannot be saved");
    }
  }

  /** With FULL, SQLite synchronises the WAL to the disk with the commit, and with it every commit before. */
  #transact(isDurable: boolean, work: () => void): void {
    if (isDurable) this.#database.run("PRAGMA synchronous = FULL");
    try {
      this.#database.transaction(work)();
    } finally {
      if (isDurable) this.#database.run("PRAGMA synchronous = NORMAL");
    }
  }

  /** Saves a new session. */
  create(session: Session): void {
    if (this.#closed)
      throw new StoreClosedError("Rein is shutting down, and takes no new session.");
    this.#note(sessionRow(session));
    this.flush();
  }

  /** The hashes of the attached files that sessions name; undefined when they cannot be read. */
  namedFiles(): Set<string> | undefined {
    try {
      return new Set(this.#statements.files.all().map(({ hash }) => hash));
    } catch (error) {
      if (!isDamage(error)) throw error;
      log.error({ err: error }, "Which files the sessions name cannot be read: none is removed");
      return undefined;
    }
  }

  /** A session names these files already before a message in it does. */
  nameFiles(sessionId: string, files: Pick<FileRef, "hash">[]): void {
    for (const { hash } of files)
      this.#note({
        table: "files",
        id: `${sessionId} ${hash}`,
        sessionId,
        write: ({ nameFile }) => void nameFile.run(sessionId, hash),
      });
    this.flush();
  }

  /** The hashes of the files that a session names, each once; none of one that is not there. Throws what SQLite throws. */
  filesOfSession(id: string): string[] {
    this.flush();
    return this.#statements.filesOfSession.all(id).map(({ hash }) => hash);
  }

  /** Whether a session names this file; while something cannot be saved, any may. */
  isFileNamed(hash: string): boolean {
    this.flush();
    return this.#changed.size > 0 || this.#statements.sessionOfFile.get(hash) !== null;
  }

  /** Deletes a session; what still happens in it is not saved. Throws when the database cannot be written. */
  remove(sessionId: string): void {
    this.#transact(true, () => this.#statements.removeSession.run(sessionId));
    this.#removed.add(sessionId);
    this.#waiting.delete(sessionId);
    for (const [key, row] of this.#changed)
      if (row.sessionId === sessionId) this.#changed.delete(key);
  }

  /** The whole session, with `seq` 0, or undefined. Throws DamagedSessionError when it cannot be read. */
  load(id: string): Session | undefined {
    if (this.#closed) return undefined;
    this.flush();
    try {
      return loadSession(this.#statements, id);
    } catch (error) {
      throw isDamage(error) ? new DamagedSessionError(id, { cause: error }) : error;
    }
  }

  has(id: string): boolean {
    return this.#statements.session.get(id) !== null;
  }

  /** All sessions, newest first. */
  list(): SessionSummary[] {
    this.flush();
    return listSessions(this.#statements);
  }

  /** Sessions with a run that has not settled: at start, those that a crash interrupted. */
  unsettled(): string[] {
    return this.#statements.unsettled.all().map((row) => row.session_id);
  }

  /** Settled runs whose changes are not known yet. */
  pendingChanges(): { sessionId: string; runId: string }[] {
    return this.#statements.pendingChanges.all();
  }

  /** The latest runs that were stopped, newest first. */
  stopped(): { sessionId: string; title: string; run: Run }[] {
    this.flush();
    return this.#statements.stopped.all(maxStopped).flatMap(({ sessionId, title, ...row }) => {
      const run = parseRow(row, "runs", sessionId);
      const shown = typeof title === "string" ? title : damagedTitle;
      return run === undefined ? [] : { sessionId, title: shown, run };
    });
  }

  /** What all runs that began at `since` or later have used up to `now`, but for one of them. */
  usage(since: number, now: number, exceptRunId: string): UsageTotals {
    this.flush();
    return this.#statements.usage.get({ since, now, exceptRunId })!;
  }

  /** Writes a last time, and waits for the lock if another program holds it. What is noted later is dropped. */
  close(): void {
    this.#database.run("PRAGMA busy_timeout = 1000");
    this.flush();
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#database.close();
  }
}

/** Rows refer to those of earlier tables. */
const order = { sessions: 0, files: 1, runs: 2, messages: 3, parts: 4 };
