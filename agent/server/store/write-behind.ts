/**
 * Writes changed rows into the database: at most 100 ms behind the memory, one transaction a batch. What cannot be written
 * now (disk full, locked) is held in memory, told, and tried again.
 */
import type { Database } from "bun:sqlite";
import { log } from "../log";
import type { ChangedRow } from "./changed-rows";
import type { Seal } from "./seal";
import { type RowName, type SharedRows } from "./shared-rows";
import type { Statements } from "./statements";
import { describeStorageError, fullWords, isTransient, maxHeldBytes } from "./storage-errors";

/** Half of what is promised: a busy machine may need the other half. */
const batchDelayMs = 50;
const retryMs = 250;
/** Tries that fail take at most one twentieth of the time, or are this far apart. */
const maxRetryMs = 5000;
/** Up to so many bytes of events a try is quick. */
const muchBytes = 1_000_000;
/** What is not synchronised by a commit of its own is so after this long. */
const synchroniseMs = 5000;

export class WriteBehind {
  readonly #database: Database;
  readonly #statements: Statements;
  readonly #seal: Seal;
  readonly #shared: SharedRows;
  readonly #onChange: () => void;
  readonly #inTransaction: (work: () => void) => void;
  readonly #changed = new Map<string, ChangedRow>();
  /** By session: how many bytes of events came since its rows were last saved. */
  readonly #heldBytes = new Map<string, number>();
  #timer: Timer | undefined;
  #synchroniseTimer: Timer | undefined;
  /** Before this moment (of `performance.now()`) no try is made. */
  #retryAt = 0;
  #mustSynchronise = false;
  #closed = false;
  #failure: string | undefined;
  #told: string | undefined;

  /** `onChange` is called whenever `storageError` has changed. */
  constructor(
    database: Database,
    { statements, seal, shared }: { statements: Statements; seal: Seal; shared: SharedRows },
    onChange: () => void,
  ) {
    this.#database = database;
    this.#statements = statements;
    this.#seal = seal;
    this.#shared = shared;
    this.#onChange = onChange;
    this.#inTransaction = database.transaction((work: () => void) => work());
  }

  /** See `Store.storageError`. */
  get storageError(): string | undefined {
    if (this.#failure === undefined) return undefined;
    return this.isFull ? `${this.#failure} ${fullWords}` : this.#failure;
  }

  /** See `Store.isFull`. */
  get isFull(): boolean {
    return this.#failure !== undefined && this.#allHeldBytes >= maxHeldBytes;
  }

  get #allHeldBytes(): number {
    return this.#heldBytes.values().reduce((sum, bytes) => sum + bytes, 0);
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  /** Whether some row is only in memory. */
  get isBehind(): boolean {
    return this.#changed.size > 0;
  }

  /** Whether something of this session is only in memory. */
  holds(sessionId: string): boolean {
    return this.#heldBytes.has(sessionId);
  }

  /** See `Store.heldSessions`. */
  get heldSessions(): number {
    return this.#failure === undefined ? 0 : this.#heldBytes.size;
  }

  /** Notes rows of a session, which hold `bytes` more of events; they are in the file within 100 ms, or when `flush` returns. */
  note(sessionId: string, rows: ChangedRow[], bytes = 0): void {
    if (rows.length === 0) return;
    for (const row of rows) this.#changed.set(keyOf(row), row);
    this.#heldBytes.set(sessionId, (this.#heldBytes.get(sessionId) ?? 0) + bytes);
    this.#timer ??= setTimeout(() => this.flush(), batchDelayMs);
    if (this.#failure !== undefined && this.storageError !== this.#told)
      queueMicrotask(() => this.#tell());
  }

  /** What was noted of this session is not written. */
  forget(sessionId: string): void {
    for (const [key, row] of this.#changed)
      if (row.sessionId === sessionId) this.#changed.delete(key);
    this.#heldBytes.delete(sessionId);
  }

  /** Writes what was noted so far. What cannot be written now stays noted, is reported, and tried again. */
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

  /** As `flush`; and everything written so far survives a power cut once this returns, or once a later try succeeds. */
  flushDurably(): void {
    this.#mustSynchronise = true;
    this.flush();
  }

  /**
   * Does `work` in a transaction that survives a power cut, and with it every commit before: with FULL, SQLite
   * synchronises the WAL to the disk with the commit. Throws when the database cannot be written.
   */
  commitDurably(work: () => void): void {
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

  /** Writes these rows now, without what was noted. Throws when the database cannot be written. */
  commit(rows: readonly ChangedRow[]): void {
    this.#inTransaction(() => {
      for (const row of rows) row.write(this.#statements);
    });
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
  }

  #write(): void {
    if (!this.isBehind && !this.#mustSynchronise) return;
    const rows = [...this.#changed.values()].toSorted((a, b) => order[a.table] - order[b.table]);
    for (const batch of this.#failure === undefined ? [rows] : this.#bySession(rows)) {
      this.#commit(() => {
        for (const row of batch) this.#writeRow(row);
        this.#shared.mark(new Set(batch.map(({ sessionId }) => sessionId)));
      });
      this.#shared.written(batch.filter(isShared));
      // These are saved, should the next batch fail.
      for (const row of batch) {
        this.#changed.delete(keyOf(row));
        this.#heldBytes.delete(row.sessionId);
      }
    }
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

  #commit(work: () => void): void {
    if (this.#mustSynchronise) return this.commitDurably(work);
    this.#inTransaction(work);
    this.#synchroniseTimer ??= setTimeout(() => this.flushDurably(), synchroniseMs).unref();
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

  /** A try with much to write would delay every Stop: it is not repeated by each event. */
  #retry(tookMs: number): void {
    const delayMs = Math.min(maxRetryMs, Math.max(retryMs, 20 * tookMs));
    this.#retryAt = this.#allHeldBytes > muchBytes ? performance.now() + delayMs : 0;
    this.#timer = setTimeout(() => {
      this.#retryAt = 0;
      this.flush();
    }, delayMs);
  }

  #tell(): void {
    const { storageError } = this;
    if (storageError === this.#told) return;
    this.#told = storageError;
    if (storageError === undefined) log.info("Rein can save again, and nothing is missing");
    else log.error(storageError);
    this.#onChange();
  }
}

/** Files stay with their machine. */
function isShared(row: ChangedRow): row is ChangedRow & RowName {
  return row.table !== "files";
}

function keyOf({ table, sessionId, id }: ChangedRow): string {
  return `${table} ${sessionId} ${id}`;
}

/** Rows refer to those of earlier tables. */
const order = { sessions: 0, files: 1, runs: 2, messages: 3, parts: 4 };
