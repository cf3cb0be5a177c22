/** Sessions, messages, parts and runs on disk: what changes in memory is saved at most 100 ms later, and what is asked is read. */
import type { Database } from "bun:sqlite";
import type {
  EventBody,
  QueuedMessage,
  Session,
  SessionSummary,
  UsageTotals,
} from "../../shared/protocol";
import { allRows, changedRows, fileRows, sessionRow } from "./changed-rows";
import { listSessions, listStopped, loadSession, type StoppedRun } from "./load-session";
import { attemptToOpen, openDatabase } from "./open-database";
import type { Upgrade } from "./migrations";
import type { Seal } from "./seal";
import { SharedRows } from "./shared-rows";
import { NamedFiles } from "./named-files";
import { StoredMessages } from "./stored-messages";
import { prepareStatements, type Statements } from "./statements";
import { DamagedSessionError, isDamage, StoreClosedError } from "./storage-errors";
import { removeUnfinished, saveWhole } from "./whole-session";
import { WalSynchroniser } from "./wal-synchroniser";
import { WriteBehind } from "./write-behind";

export class Store {
  readonly #database: Database;
  readonly #removed = new Set<string>();
  /** Messages that no session shows yet. */
  readonly #waiting = new Map<string, QueuedMessage[]>();
  readonly #statements: Statements;
  readonly #seal: Seal;
  readonly #wal: WalSynchroniser;
  readonly #writer: WriteBehind;
  /** Where this start has changed a database of an earlier Rein. */
  readonly upgrade: Upgrade | undefined;
  /** What this node of a cluster shares with others. */
  readonly shared: SharedRows;

  readonly files: NamedFiles;
  readonly messages: StoredMessages;

  /** Called whenever what is told has changed: `storageError`, `isFull` or `missing`. */
  onChange: () => void = () => {};

  /** `path` may be ":memory:". Throws as openDatabase does. */
  constructor(path: string) {
    ({ database: this.#database, seal: this.#seal, upgrade: this.upgrade } = openDatabase(path));
    // What is damaged in the schema itself is met here.
    this.#statements = attemptToOpen(path, () => prepareStatements(this.#database));
    this.shared = attemptToOpen(path, () => new SharedRows(this.#database));
    this.#wal = new WalSynchroniser(path);
    const parts = {
      statements: this.#statements,
      seal: this.#seal,
      shared: this.shared,
      wal: this.#wal,
    };
    this.#writer = new WriteBehind(this.#database, parts, () => this.onChange());
    this.messages = new StoredMessages(this.#statements);
    this.files = new NamedFiles(this.#statements, this.#writer);
    removeUnfinished({ writer: this.#writer, statements: this.#statements });
  }

  /** Why nothing can be saved now, in words a person can act on; what happens meanwhile is held in memory. */
  get storageError(): string | undefined {
    return this.#writer.storageError;
  }

  /** Nothing can be saved now, and as much is held in memory as may be: nothing more should happen. */
  get isFull(): boolean {
    return this.#writer.isFull;
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
    return this.#writer.holds(sessionId);
  }

  /** Of how many sessions something is only in memory because it cannot be saved. */
  get heldSessions(): number {
    return this.#writer.heldSessions;
  }

  /** Notes what an applied event of `bytes` has changed; it is in the file within 100 ms, or when `flush` returns. */
  changed(session: Session, event: EventBody, bytes = 0): void {
    if (this.#writer.isClosed || this.#removed.has(session.id)) return;
    const rows = changedRows(session, event, this.#waiting.get(session.id));
    this.#writer.note(session.id, [...rows], bytes);
  }

  /** Notes messages that wait outside of the session: only after a crash, when it is loaded again, they are in its queue. */
  holdWaiting(session: Session, waiting: QueuedMessage[]): void {
    if (waiting.length === 0) this.#waiting.delete(session.id);
    else this.#waiting.set(session.id, waiting);
    this.changed(session, { type: "queue-change", queue: session.queue });
  }

  /** Writes what was noted so far. What cannot be written now (disk full, locked) stays noted, is reported, and tried again. */
  flush(): void {
    this.#writer.flush();
  }

  /**
   * Writes what was noted of this session; it, and everything written so far, survives a power cut once this returns, or once
   * a later try succeeds.
   */
  flushDurably(sessionId: string): void {
    this.#writer.flushDurably(sessionId);
  }

  /** Saves a new session. */
  create(session: Session): void {
    if (this.#writer.isClosed)
      throw new StoreClosedError("Rein is shutting down, and takes no new session.");
    this.#writer.note(session.id, [sessionRow(session)]);
    this.#writer.flush(session.id);
  }

  /** Saves a session with all that it has: see `saveWhole`. */
  async createWhole(session: Session, signal: AbortSignal): Promise<void> {
    if (this.#writer.isClosed)
      throw new StoreClosedError("Rein is shutting down, and takes no new session.");
    await saveWhole(
      { writer: this.#writer, statements: this.#statements },
      session,
      () => this.shared.mark([session.id]),
      signal,
    );
    this.shared.changedWhole(session.id);
  }

  /**
   * In a cluster writes what was noted of this session, so that a kill takes nothing of it back; resolves when it survives a power
   * cut too, with whether the shared database has it, for which it waits at most a second. Both come at the same time, and
   * neither holds the loop. Undefined for a server that works alone: nothing is written.
   */
  flushShared(sessionId: string): Promise<boolean> | undefined {
    if (!this.shared.isShared) return undefined;
    const synchronised = this.#writer.flushThenSynchronise(sessionId);
    const shared = this.holds(sessionId) ? Promise.resolve(false) : this.shared.shared(sessionId);
    return Promise.all([shared, synchronised]).then(([isShared]) => isShared);
  }

  /**
   * Writes a run that has taken the place of an earlier one in `session`: its messages, and for their order all that follow
   * them, anew. Throws when the database cannot be written; then it has what it had.
   */
  replaceRun(session: Session, runId: string): void {
    this.flush();
    const first = session.messages.findIndex((message) => message.runId === runId);
    const messages = first === -1 ? [] : session.messages.slice(first);
    const runs = session.runs.filter(({ id }) => id === runId);
    this.#writer.commitDurably(() => {
      for (const id of new Set([runId, ...messages.map((message) => message.runId)]))
        this.#statements.removeMessagesOfRun.run(session.id, id);
      for (const row of allRows({ ...session, runs, messages }))
        if (row.table !== "sessions") row.write(this.#statements);
      this.shared.mark([session.id]);
    });
    this.shared.changedWhole(session.id);
  }

  /** Writes a session in the place of what the file has of it, or anew. Throws as `replaceRun`. */
  replaceWhole(session: Session): void {
    this.flush();
    this.#writer.commitDurably(() => {
      this.#statements.removeSession.run(session.id);
      for (const row of [...allRows(session), ...fileRows(session)]) row.write(this.#statements);
      this.shared.mark([session.id]);
    });
    this.shared.changedWhole(session.id);
  }

  /**
   * Removes what another machine owns by now, or has deleted: nothing of it is told to the others. `kept`: what takes its place,
   * with another id. Throws as `remove`.
   */
  giveAway(sessionId: string, kept?: Session): void {
    this.flush();
    const rows = kept === undefined ? [] : [...allRows(kept), ...fileRows(kept)];
    this.#writer.commitDurably(() => {
      this.#statements.removeSession.run(sessionId);
      this.shared.forget(sessionId);
      for (const row of rows) row.write(this.#statements);
      if (kept !== undefined) this.shared.mark([kept.id]);
    });
    this.#waiting.delete(sessionId);
    this.#writer.forget(sessionId);
    if (kept !== undefined) this.shared.changedWhole(kept.id);
  }

  /** All of the session is copied again into the database that nodes share. Throws when this one cannot be written. */
  shareAnew(sessionId: string): void {
    this.flush();
    this.#writer.commitDurably(() => this.shared.mark([sessionId]));
    this.shared.changedWhole(sessionId);
  }

  /** Deletes a session; what still happens in it is not saved. Throws when the database cannot be written. */
  remove(sessionId: string): void {
    this.#writer.commitDurably(() => {
      this.#statements.removeSession.run(sessionId);
      this.shared.markRemoved(sessionId);
    });
    this.#removed.add(sessionId);
    this.#waiting.delete(sessionId);
    this.#writer.forget(sessionId);
    this.shared.changedWhole(sessionId);
  }

  /** The whole session, with `seq` 0, or undefined. Throws DamagedSessionError when it cannot be read. */
  load(id: string): Session | undefined {
    if (this.#writer.isClosed) return undefined;
    this.flush();
    try {
      return loadSession(this.#statements, id);
    } catch (error) {
      throw isDamage(error) ? new DamagedSessionError(id, { cause: error }) : error;
    }
  }

  /** Whether the database can be read now. Never throws. */
  isAnswering(): boolean {
    try {
      this.has("");
      return true;
    } catch {
      return false;
    }
  }

  has(id: string): boolean {
    return this.shared.has(id);
  }

  /** The saved session that has a run of this id. */
  sessionOfRun(runId: string): string | undefined {
    return this.#statements.sessionOfRun.get(runId)?.sessionId;
  }

  /** The saved sessions that have a queued message of this id. */
  sessionsOfQueued(id: string): string[] {
    return this.#statements.sessionsOfQueued.all(id).map((row) => row.sessionId);
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
  stopped(): StoppedRun[] {
    this.flush();
    return listStopped(this.#statements);
  }

  /** What all runs that began at `since` or later have used up to `now`, but for one of them. */
  usage(since: number, now: number, exceptRunId: string): UsageTotals {
    this.#writer.flushTables(["runs", "messages"]);
    return this.#statements.usage.get({ since, now, exceptRunId })!;
  }

  /** Writes a last time, and waits for the lock if another program holds it. What is noted later is dropped. */
  close(): void {
    this.#writer.close();
    this.#wal.close();
    this.#seal.close();
    this.#database.close();
  }
}
