/**
 * Writes changed rows into the database: at most 100 ms behind the memory, one transaction a batch, or those of one session
 * when that is asked for. What cannot be written now (disk full, locked) is held in memory, told, and tried again.
 */
import type { Database } from "bun:sqlite";
import { log } from "../log";
import type { ChangedRow } from "./changed-rows";
import type { Seal } from "./seal";
import { type RowName, type SharedRows } from "./shared-rows";
import type { Statements } from "./statements";
import type { WalSynchroniser } from "./wal-synchroniser";
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

/** What is only in memory of one session. */
interface Held {
  rows: Map<string, ChangedRow>;
  /** Of events that came since its rows were last saved. */
  bytes: number;
}

interface WriteParts {
  statements: Statements;
  seal: Seal;
  shared: SharedRows;
  wal: WalSynchroniser;
}

export class WriteBehind {
  readonly #database: Database;
  readonly #statements: Statements;
  readonly #seal: Seal;
  readonly #shared: SharedRows;
  readonly #wal: WalSynchroniser;
  readonly #onChange: () => void;
  readonly #inTransaction: (work: () => void) => void;
  readonly #held = new Map<string, Held>();
  #timer: Timer | undefined;
  #synchroniseTimer: Timer | undefined;
  /** Before this moment (of `performance.now()`) no try is made. */
  #retryAt = 0;
  #mustSynchronise = false;
  /** What is written now is synchronised next. */
  #isCounted = false;
  #closed = false;
  #failure: string | undefined;
  #told: string | undefined;

  /** `onChange` is called whenever `storageError` has changed. */
  constructor(
    database: Database,
    { statements, seal, shared, wal }: WriteParts,
    onChange: () => void,
  ) {
    this.#database = database;
    this.#statements = statements;
    this.#seal = seal;
    this.#shared = shared;
    this.#wal = wal;
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
    return this.#held.values().reduce((sum, { bytes }) => sum + bytes, 0);
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  /** Whether some row is only in memory. */
  get isBehind(): boolean {
    return this.#held.size > 0;
  }

  /** Whether something of this session is only in memory. */
  holds(sessionId: string): boolean {
    return this.#held.has(sessionId);
  }

  /** See `Store.heldSessions`. */
  get heldSessions(): number {
    return this.#failure === undefined ? 0 : this.#held.size;
  }

  /** Notes rows of a session, which hold `bytes` more of events; they are in the file within 100 ms, or when `flush` returns. */
  note(sessionId: string, rows: ChangedRow[], bytes = 0): void {
    if (rows.length === 0) return;
    const held = this.#held.get(sessionId) ?? { rows: new Map<string, ChangedRow>(), bytes: 0 };
    for (const row of rows) held.rows.set(`${row.table} ${row.id}`, row);
    held.bytes += bytes;
    this.#held.set(sessionId, held);
    this.#timer ??= setTimeout(() => this.flush(), batchDelayMs);
    if (this.#failure !== undefined && this.storageError !== this.#told)
      queueMicrotask(() => this.#tell());
  }

  /** What was noted of this session is not written. */
  forget(sessionId: string): void {
    this.#held.delete(sessionId);
  }

  /**
   * Writes what was noted so far, of this session or of all. What cannot be written now stays noted, is reported, and tried
   * again.
   */
  flush(sessionId?: string): void {
    if (sessionId === undefined) return this.#flush([...this.#held.keys()]);
    this.#flush(this.#held.has(sessionId) ? [sessionId] : []);
  }

  /** As `flush`, of the sessions that hold rows of these tables: growing text is in none but `parts`. */
  flushTables(tables: readonly ChangedRow["table"][]): void {
    const isMeant = ({ rows }: Held) => rows.values().some(({ table }) => tables.includes(table));
    this.#flush([...this.#held].flatMap(([id, held]) => (isMeant(held) ? [id] : [])));
  }

  /** As `flush`; and everything written so far survives a power cut once this returns, or once a later try succeeds. */
  flushDurably(sessionId?: string): void {
    this.#mustSynchronise = true;
    this.flush(sessionId);
  }

  /**
   * As `flush` of a session: a kill of the process takes nothing of it back once this returns. Resolves when everything written
   * so far survives a power cut too, or a later try is to make it so.
   */
  flushThenSynchronise(sessionId: string): Promise<void> {
    this.#isCounted = true;
    this.flush(sessionId);
    this.#isCounted = false;
    // What could not be written now.
    if (this.holds(sessionId)) this.#mustSynchronise = true;
    const { number } = this.#seal;
    return this.#wal.synchronise().then(
      () => this.#seal.synchronised(number),
      // A commit of SQLite's own meets it too, and tells it.
      () => this.flushDurably(sessionId),
    );
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
    const lost = this.#held.size;
    if (lost > 0) log.error(`Rein ends without having saved all of ${lost} conversation(s)`);
    this.#closed = true;
    for (const timer of [this.#timer, this.#synchroniseTimer]) clearTimeout(timer);
  }

  #flush(sessionIds: string[]): void {
    const begun = performance.now();
    if (this.#closed || begun < this.#retryAt) return;
    try {
      this.#write(sessionIds);
      this.#failure = undefined;
      // Where others still wait, the timer is theirs: it began with the first of them or before.
      if (!this.isBehind) this.#stopTimer();
    } catch (error) {
      this.#failure = describeStorageError(error) ?? String(error);
      this.#retry(performance.now() - begun);
    }
    this.#tell();
  }

  #stopTimer(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** After a failure, all that is held, each session in a transaction of its own. */
  #write(sessionIds: string[]): void {
    const batches = this.#failure === undefined ? [sessionIds] : this.#smallestFirst();
    if (batches.length === 0) batches.push([]);
    for (const batch of batches)
      if (batch.length > 0 || this.#mustSynchronise) this.#writeBatch(batch);
    this.#mustSynchronise = false;
  }

  /** What is saved is not held any more, should the next batch fail. */
  #writeBatch(sessionIds: string[]): void {
    const rows = sessionIds.flatMap((id) => this.#rowsOf(id));
    this.#commit(() => {
      for (const row of rows) this.#writeRow(row);
      this.#shared.mark(sessionIds);
    });
    this.#shared.written(rows.filter(isShared));
    for (const id of sessionIds) this.#held.delete(id);
  }

  #rowsOf(sessionId: string): ChangedRow[] {
    const rows = [...this.#held.get(sessionId)!.rows.values()];
    return rows.toSorted((a, b) => order[a.table] - order[b.table]);
  }

  /** On a disk with little room one long conversation keeps no other from it. */
  #smallestFirst(): string[][] {
    return [...this.#held].toSorted(([, a], [, b]) => a.bytes - b.bytes).map(([id]) => [id]);
  }

  #commit(work: () => void): void {
    if (this.#mustSynchronise) return this.commitDurably(work);
    this.#inTransaction(() => {
      work();
      if (this.#isCounted) this.#seal.count();
    });
    if (this.#isCounted) this.#seal.counted();
    this.#synchroniseTimer ??= setTimeout(() => {
      this.#mustSynchronise = true;
      this.#flush([]);
    }, synchroniseMs).unref();
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
    this.#stopTimer();
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

/** Rows refer to those of earlier tables. */
const order = { sessions: 0, files: 1, runs: 2, messages: 3, parts: 4 };
