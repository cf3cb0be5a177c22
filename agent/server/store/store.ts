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
import type { Seal } from "./seal";
import { prepareStatements, type Statements } from "./statements";
import {
  DamagedSessionError,
  describeStorageError,
  fullWords,
  isDamage,
  isTransient,
  maxHeldBytes,
  StoreClosedError,
} from "./storage-errors";

/** Half of what is promised: a busy machine may need the other half. */
const batchDelayMs = 50;
const retryMs = 250;
/** Tries that fail take at most one twentieth of the time, or are this far apart. */
const maxRetryMs = 5000;
/** Up to so many bytes of events a try is quick. */
const muchBytes = 1_000_000;
/** What is not synchronised by a commit of its own is so after this long. */
const synchroniseMs = 5000;
const maxStopped = 10_000;

export class Store {
  readonly #database: Database;
  readonly #changed = new Map<string, ChangedRow>();
  /** By session: how many bytes of events came since its rows were last saved. */
  readonly #heldBytes = new Map<string, number>();
  readonly #removed = new Set<string>();
  /** Messages that no session shows yet. */
  readonly #waiting = new Map<string, QueuedMessage[]>();
  readonly #statements: Statements;
  readonly #seal: Seal;
  readonly #inTransaction: (work: () => void) => void;
  #timer: Timer | undefined;
  #synchroniseTimer: Timer | undefined;
  /** Before this moment (of `performance.now()`) no try is made. */
  #retryAt = 0;
  #mustSynchronise = false;
  #closed = false;
  #failure: string | undefined;
  #told: string | undefined;

  /** Called whenever what is told has changed: `storageError`, `isFull` or `missing`. */
  onChange: () => void = () => {};

  /** `path` may be ":memory:". Throws as openDatabase does. */
  constructor(path: string) {
    ({ database: this.#database, seal: this.#seal } = openDatabase(path));
    // What is damaged in the schema itself is met here.
    this.#statements = attemptToOpen(path, () => prepareStatements(this.#database));
    this.#inTransaction = this.#database.transaction((work: () => void) => work());
  }

  /** Why nothing can be saved now, in words a person can act on; what happens meanwhile is held in memory. */
  get storageError(): string | undefined {
    if (this.#failure === undefined) return undefined;
    return this.isFull ? `${this.#failure} ${fullWords}` : this.#failure;
  }

  /** Nothing can be saved now, and as much is held in memory as may be: nothing more should happen. */
  get isFull(): boolean {
    return this.#failure !== undefined && this.#allHeldBytes >= maxHeldBytes;
  }

  get #allHeldBytes(): number {
    return this.#heldBytes.values().reduce((sum, bytes) => sum + bytes, 0);
  }

  /** What the start found to be missing in the database, in words a person can act on, until it is confirmed. */
  get missing(): string | undefined {
    return this.#seal.missing;
  }

  /** Throws what the file system throws; then it is still told. */
  confirmMissing(): void {
    this.#seal.confirm();
    this.onChange();
  }

  /** Whether something of this session is only in memory. */
  holds(sessionId: string): boolean {
    return this.#heldBytes.has(sessionId);
  }

  /** Notes what an applied event of `bytes` has changed; it is in the file within 100 ms, or when `flush` returns. */
  changed(session: Session, event: EventBody, bytes = 0): void {
    if (this.#closed || this.#removed.has(session.id)) return;
    const waiting = this.#waiting.get(session.id);
    for (const row of changedRows(session, event, waiting)) this.#note(row);
    this.#heldBytes.set(session.id, (this.#heldBytes.get(session.id) ?? 0) + bytes);
    this.#timer ??= setTimeout(() => this.flush(), batchDelayMs);
    if (this.#failure !== undefined && this.storageError !== this.#told)
      queueMicrotask(() => this.#tell());
  }

  /** Notes messages that wait outside of the session: only after a crash, when it is loaded again, they are in its queue. */
  holdWaiting(session: Session, waiting: QueuedMessage[]): void {
    if (waiting.length === 0) this.#waiting.delete(session.id);
    else this.#waiting.set(session.id, waiting);
    this.changed(session, { type: "queue-change", queue: session.queue });
  }

  /** Writes what was noted so far. What cannot be written now (disk full, locked) stays noted, is reported, and tried again. */
  flush(): void {
    const begun = performance.now();
    if (this.#closed || begun < this.#retryAt) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    try {
      this.#write();
      this.#failure = undefined;
    } catch (error) {
      this.#failure = describeStorageError(error) ?? String(error);
      this.#retry(performance.now() - begun);
    }
    this.#tell();
  }

  /** A try with much to write would delay every Stop: it is not repeated by each event. */
  #retry(tookMs: number): void {
    const delayMs = Math.min(maxRetryMs, Math.max(retryMs, 20 * tookMs));
    this.#retryAt = this.#allHeldBytes > muchBytes ? performance.now() + delayMs : 0;
    this.#timer = setTimeout(() => {
      this.#retryAt = 0;
      this.flush();
    }, delayMs);
  }

  /** As `flush`; and everything written so far survives a power cut once this returns, or once a later try succeeds. */
  flushDurably(): void {
    this.#mustSynchronise = true;
    this.flush();
  }

  #note(row: ChangedRow): void {
    this.#changed.set(keyOf(row), row);
    if (!this.holds(row.sessionId)) this.#heldBytes.set(row.sessionId, 0);
  }

  #tell(): void {
    const { storageError } = this;
    if (storageError === this.#told) return;
    this.#told = storageError;
    if (storageError === undefined) log.info("Rein can save again, and nothing is missing");
    else log.error(storageError);
    this.onChange();
  }

  #write(): void {
    if (this.#changed.size === 0 && !this.#mustSynchronise) return;
    const rows = [...this.#changed.values()].toSorted((a, b) => order[a.table] - order[b.table]);
    for (const batch of this.#failure === undefined ? [rows] : this.#bySession(rows)) {
      this.#transact(this.#mustSynchronise, () => {
        for (const row of batch) this.#writeRow(row);
      });
      // These are saved, should the next batch fail.
      for (const row of batch === rows ? [] : batch) {
        this.#changed.delete(keyOf(row));
        this.#heldBytes.delete(row.sessionId);
      }
    }
    this.#changed.clear();
    this.#heldBytes.clear();
    this.#mustSynchronise = false;
  }

  /** The smallest first: on a disk with little room one long conversation keeps no other from it. */
  #bySession(rows: ChangedRow[]): ChangedRow[][] {
    const sizeOf = (id: string) => this.#heldBytes.get(id) ?? 0;
    return [...Map.groupBy(rows, ({ sessionId }) => sessionId)]
      .toSorted(([a], [b]) => sizeOf(a) - sizeOf(b))
      .map(([, batch]) => batch);
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
    if (!isDurable) {
      this.#inTransaction(work);
      this.#synchroniseTimer ??= setTimeout(() => this.flushDurably(), synchroniseMs).unref();
      return;
    }
    this.#database.run("PRAGMA synchronous = FULL");
    try {
      this.#inTransaction(() => {
        work();
        this.#seal.count();
      });
    } finally {
      this.#database.run("PRAGMA synchronous = NORMAL");
    }
    this.#seal.committed();
    clearTimeout(this.#synchroniseTimer);
    this.#synchroniseTimer = undefined;
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
    this.#heldBytes.delete(sessionId);
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
    this.#retryAt = 0;
    if (this.#synchroniseTimer !== undefined) this.#mustSynchronise = true;
    this.flush();
    const lost = this.#heldBytes.size;
    if (lost > 0) log.error(`Rein ends without having saved all of ${lost} conversation(s)`);
    this.#closed = true;
    for (const timer of [this.#timer, this.#synchroniseTimer]) clearTimeout(timer);
    this.#seal.close();
    this.#database.close();
  }
}

function keyOf({ table, id }: ChangedRow): string {
  return `${table} ${id}`;
}

/** Rows refer to those of earlier tables. */
const order = { sessions: 0, files: 1, runs: 2, messages: 3, parts: 4 };
