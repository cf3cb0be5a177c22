/**
 * Copies what is in this node's file into the database that all nodes share: rows as they change, in batches, and whole
 * sessions that were marked. While the database is gone only names are held, and of many only the marks in the file.
 */
import type { SQL } from "bun";
import { neverAborts } from "../abort";
import type { RowName, SharedRows, Sharing } from "../store/shared-rows";
import type { Notice } from "./cluster-types";
import { Notices } from "./node-notices";
import { RowSender } from "./send-rows";
import type { SharedConnection } from "./shared-connection";
import { removeSessions } from "./shared-statements";
import { UnsentRows } from "./unsent-rows";

const batchDelayMs = 50;
const retryMs = 250;
/** The end of a run waits for the batch before it: a few milliseconds. Where more changes, each row is sent less often. */
const maxBatchRows = 200;
/** Of them, for sessions that are copied whole, however much changes meanwhile. */
const wholeRows = 100;
/** More names are not held while the database is gone. */
const maxNames = 20_000;
/** An answer waits no longer for the shared database. */
const maxWaitMs = 1000;
const unmarkMs = 2000;

interface Waiter {
  sessionId: string;
  done: (isShared: boolean) => void;
}

export class SharedWriter implements Sharing {
  readonly #rows: SharedRows;
  readonly #connection: SharedConnection;
  readonly #node: string;
  readonly #sender: RowSender;
  readonly #notices: Notices;
  readonly #unsent = new UnsentRows();
  /** Sessions to be copied whole, or removed where they are not in the file; the first is the next. */
  #whole: string[] = [];
  /** What is left of the one that is being copied whole. */
  #left: RowName[] = [];
  /** Sessions of which everything may be there: their marks can be removed. */
  readonly #copied = new Set<string>();
  /** Sessions that another node has, as the database said. */
  readonly #foreign = new Set<string>();
  readonly #waiters = new Set<Waiter>();
  /** The batch before was sent without the notices. */
  #areNoticesHeld = false;
  #timer: Timer | undefined;
  #nextMs = batchDelayMs;
  #unmarkTimer: Timer | undefined;
  #work: Promise<void> | undefined;
  #isClosed = false;
  /** What is being written, again on a connection that is to join. */
  #writing: ((sql: SQL) => Promise<void>) | undefined;
  /** The same, of what the database answered and did not take. */
  #refused: ((sql: SQL) => Promise<void>) | undefined;

  onForeign: (sessionIds: string[]) => void = () => {};

  constructor(rows: SharedRows, connection: SharedConnection, node: string) {
    this.#rows = rows;
    this.#connection = connection;
    this.#node = node;
    this.#sender = new RowSender(rows, connection, node);
    this.#notices = new Notices(node);
    connection.onState(({ name }) => {
      this.#foreign.clear();
      if (name === "joined") return this.#soon(0);
      for (const waiter of this.#waiters) waiter.done(false);
    });
  }

  /** All sessions that are marked are copied, as soon as the database is there. */
  copyMarked(): void {
    this.#whole = this.#rows.unshared();
    this.#soon(0);
  }

  /**
   * To be called with the lock held, before this node counts as joined: rejects while the database does not take what it has
   * refused. Else a node would join again and again, and an outage would never be long.
   */
  async attemptRefused(sql: SQL): Promise<void> {
    await this.#refused?.(sql);
    this.#refused = undefined;
  }

  written(rows: readonly RowName[]): void {
    this.#unsent.add(rows);
    if (this.#unsent.size > maxNames && !this.#isJoined) this.#holdMarksOnly();
    this.#soon(batchDelayMs);
  }

  changedWhole(sessionId: string): void {
    this.#unsent.forget(sessionId);
    this.#copied.delete(sessionId);
    this.#whole.unshift(sessionId);
    this.#soon(0);
  }

  shared(sessionId: string): Promise<boolean> {
    if (!this.#isJoined) return Promise.resolve(false);
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const done = (isShared: boolean) => {
      clearTimeout(late);
      this.#waiters.delete(waiter);
      resolve(isShared);
    };
    const waiter: Waiter = { sessionId, done };
    const late = setTimeout(() => done(false), maxWaitMs);
    this.#waiters.add(waiter);
    this.#now();
    return promise;
  }

  /** Sent with the next batch. */
  notify(notice: Notice): void {
    this.#notices.add(notice);
    this.#soon(0);
  }

  /** Sends what has changed, while the database is there; what is copied whole goes on after the next start. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#unmarkTimer);
    await this.#work;
    const left = () => this.#unsent.size + this.#notices.size;
    while (this.#isJoined && left() > 0) {
      const before = left();
      await this.#copy();
      if (left() >= before) break;
    }
    this.#unmark();
    for (const waiter of this.#waiters) waiter.done(false);
  }

  get #isJoined(): boolean {
    return this.#connection.state.name === "joined";
  }

  get #isIdle(): boolean {
    const { size } = this.#unsent;
    return size + this.#whole.length + this.#left.length + this.#notices.size === 0;
  }

  #holdMarksOnly(): void {
    const ids = this.#unsent.sessionIds;
    for (const id of ids) this.#unsent.forget(id);
    this.#whole = [...new Set([...ids, ...this.#whole])];
  }

  #soon(delayMs: number): void {
    if (this.#isClosed || !this.#isJoined || this.#work !== undefined) return;
    if (this.#timer !== undefined && delayMs > 0) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#now(), delayMs);
  }

  /** Not by a timer: that would take a millisecond, which the answer to a stop waits. */
  #now(): void {
    if (this.#isClosed || !this.#isJoined || this.#work !== undefined) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#work = this.#copy().finally(() => this.#again());
  }

  #again(): void {
    this.#work = undefined;
    this.#unmarkTimer ??= setTimeout(() => this.#unmark(), unmarkMs);
    if (this.#waiters.size > 0) this.#now();
    else if (!this.#isIdle) this.#soon(this.#nextMs);
  }

  /** Never rejects. */
  async #copy(): Promise<void> {
    const begun = performance.now();
    try {
      await this.#copyBatch();
      const isMuch = this.#whole.length + this.#left.length > 0;
      // A database that is slow gets fewer batches, with more in each.
      this.#nextMs = isMuch ? 0 : Math.max(batchDelayMs, performance.now() - begun);
    } catch (error) {
      this.#nextMs = retryMs;
      // A full disk, or a standby that took its place: it is joined again when it can be written.
      if (this.#isJoined) {
        this.#refused = this.#writing;
        this.#connection.drop(error);
      }
    }
  }

  async #copyBatch(): Promise<void> {
    await this.#nextWhole();
    const waiters = [...this.#waiters];
    const changed = this.#unsent.take(
      maxBatchRows,
      waiters.map(({ sessionId }) => sessionId),
    );
    const left = this.#left.splice(0, Math.max(wholeRows, maxBatchRows - changed.length));
    const names = [...changed, ...left];
    for (const { table, sessionId: id } of names)
      if (table === "sessions" || table === "runs")
        this.#notices.add({ type: "session", id, node: this.#node });
    // An answer waits for the batch, and not for all nodes to be woken: the next one has the notices.
    this.#areNoticesHeld = waiters.length > 0 && !this.#areNoticesHeld && !this.#isClosed;
    const notices = this.#areNoticesHeld ? [] : this.#notices.take();
    this.#writing = (sql) => this.#sender.attempt(names, sql);
    const { rest, foreign } = await this.#sender.send(names, notices).catch((error: unknown) => {
      this.#notices.putBack(notices);
      this.#unsent.add(names);
      throw error;
    });
    this.#unsent.add(rest);
    for (const { sessionId } of names) this.#copied.add(sessionId);
    this.#leave(new Set(foreign));
    for (const waiter of waiters)
      if (this.#foreign.has(waiter.sessionId)) waiter.done(false);
      else if (!this.#unsent.has(waiter.sessionId)) waiter.done(true);
  }

  /** Another node has them: they stay marked until they have left the file. */
  #leave(foreign: ReadonlySet<string>): void {
    if (foreign.size === 0) return;
    this.#left = this.#left.filter(({ sessionId }) => !foreign.has(sessionId));
    for (const id of foreign) {
      this.#unsent.forget(id);
      this.#copied.delete(id);
      this.#foreign.add(id);
    }
    this.onForeign([...foreign]);
  }

  /** The names of the next session that is copied whole; those that are not in the file are removed there too. */
  async #nextWhole(): Promise<void> {
    const removed: string[] = [];
    while (this.#left.length === 0 && this.#whole.length > 0 && removed.length < maxBatchRows) {
      const id = this.#whole.shift()!;
      this.#copied.add(id);
      if (this.#rows.has(id)) this.#left = this.#rows.namesOf(id);
      else removed.push(id);
    }
    if (removed.length === 0) return;
    for (const id of removed) this.#notices.add({ type: "session-removed", id, node: this.#node });
    const notices = this.#notices.take();
    this.#writing = (sql) => removeSessions(sql, this.#node, removed, []);
    await this.#connection
      .run((sql) => removeSessions(sql, this.#node, removed, notices), 0, neverAborts)
      .catch((error: unknown) => {
        this.#notices.putBack(notices);
        this.#whole.unshift(...removed);
        throw error;
      });
  }

  #unmark(): void {
    this.#unmarkTimer = undefined;
    const isWhole = new Set([...this.#whole, ...this.#left.map(({ sessionId }) => sessionId)]);
    const ids = [...this.#copied].filter((id) => !this.#unsent.has(id) && !isWhole.has(id));
    if (ids.length === 0 || this.#work !== undefined) return;
    this.#rows.unmark(ids);
    for (const id of ids) this.#copied.delete(id);
  }
}
