/** The rows of the side bar of sessions that other nodes own: kept in memory, and changed by notices. */
import { log } from "../log";
import type { Notice, RemoteSummary, SharedDatabase } from "./cluster-types";
import { causeOf } from "./connect-postgres";
import { Reload } from "./reload";

type Database = Pick<SharedDatabase, "state" | "onState" | "onNotice"> & {
  reader: Pick<SharedDatabase["reader"], "summaries" | "newest">;
};

/** Between two reads: what changes many times a second is read a few times. */
const pauseMs = 200;
/** Of more sessions that have changed all are read. */
const mostNamed = 100;
/** A list waits no longer for what is newer than what is known. */
const newestMs = 500;

export class RemoteSessions {
  readonly #database: Database;
  readonly #signal: AbortSignal;
  readonly #rows = new Map<string, RemoteSummary>();
  readonly #reload: Reload;
  readonly #catching: Reload;
  /** One read at a time takes rows: an older one must not take back what a newer one has brought. */
  #turn: Promise<unknown> = Promise.resolve();
  /** Those that have changed; "all" after a gap. */
  #changed: Set<string> | "all" = "all";
  #isRead = false;
  /** Of sessions that are not read yet: the node that has told of them. */
  readonly #told = new Map<string, string>();
  /** Since the read that runs has begun: it may have them still. */
  readonly #removed = new Set<string>();

  /** Told of each row that has changed since the first read. */
  onChanged: (summary: RemoteSummary, before: RemoteSummary | undefined) => void = () => {};
  onRemoved: (id: string) => void = () => {};

  constructor(database: Database, signal: AbortSignal) {
    this.#database = database;
    this.#signal = signal;
    this.#reload = new Reload(() => this.#inTurn(() => this.#read()), signal, pauseMs);
    this.#catching = new Reload(() => this.#inTurn(() => this.#takeNewest()), signal);
    this.#reload.onFailure = (error) => {
      // That it is gone is said already.
      if (database.state.name === "gone") return;
      log.warn(
        { cause: causeOf(error) },
        "The list lacks what sessions of other machines became since: the shared database did not let them be read. It is asked again each second",
      );
    };
    database.onState(({ name }) => name === "joined" && this.refresh());
    database.onNotice((notice) => this.#noted(notice));
    this.refresh();
  }

  /** In no order; with those that were deleted and can be brought back. */
  get all(): RemoteSummary[] {
    return [...this.#rows.values()];
  }

  get(id: string): RemoteSummary | undefined {
    return this.#rows.get(id);
  }

  nodeOf(sessionId: string): string | undefined {
    return this.#rows.get(sessionId)?.node ?? this.#told.get(sessionId);
  }

  /** Reads all rows again: a node that has died may not have told of its last change. */
  refresh(): void {
    this.#changed = "all";
    this.#reload.want();
  }

  /** To be called once it is deleted in the database: its row is shown and asked for no more. */
  remove(id: string): void {
    this.#told.delete(id);
    this.#removed.add(id);
    if (this.#rows.delete(id)) this.onRemoved(id);
  }

  /**
   * Resolves when what a page shows is as the database has it: what a person has just done at another node is in it before
   * its notice comes. Never rejects: without the database, or where that takes long, it is as it was told.
   */
  async catchUp(): Promise<void> {
    if (this.#database.state.name !== "joined" || !this.#isRead) return;
    await this.#catching.askWithin(newestMs);
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => undefined);
    return done;
  }

  async #takeNewest(): Promise<void> {
    this.#removed.clear();
    const newest = await this.#database.reader.newest(this.#signal);
    const missing = newest.filter(
      ({ id, updatedAt }) => updatedAt > (this.#rows.get(id)?.updatedAt ?? -1),
    );
    await this.#takeNamed(missing.map(({ id }) => id));
  }

  #noted(notice: Notice | undefined): void {
    // A node that is back may have ended before it told of its last change.
    if (notice === undefined || notice.type === "settled" || notice.type === "node")
      return this.refresh();
    if (notice.type === "session-removed") return this.remove(notice.id);
    if (notice.type !== "session") return;
    if (this.#changed !== "all") this.#changed.add(notice.id);
    this.#told.set(notice.id, notice.node);
    this.#reload.want();
  }

  async #read(): Promise<void> {
    const changed = this.#changed;
    const told = [...this.#told.keys()];
    this.#changed = new Set();
    this.#removed.clear();
    try {
      if (changed === "all" || changed.size > mostNamed) await this.#takeAll();
      else await this.#takeNamed([...changed]);
      for (const id of told) this.#told.delete(id);
    } catch (error) {
      // At the next notice, what has changed since is not all.
      this.#changed = "all";
      throw error;
    }
  }

  async #takeAll(): Promise<void> {
    const rows = await this.#database.reader.summaries({}, this.#signal);
    const ids = new Set(rows.map(({ id }) => id));
    for (const id of this.#rows.keys()) if (!ids.has(id)) this.remove(id);
    for (const row of rows) this.#take(row);
    this.#isRead = true;
  }

  async #takeNamed(ids: string[]): Promise<void> {
    if (ids.length === 0) return;
    const rows = await this.#database.reader.summaries({ ids }, this.#signal);
    for (const row of rows) this.#take(row);
    const found = new Set(rows.map(({ id }) => id));
    for (const id of ids) if (!found.has(id)) this.remove(id);
  }

  #take(row: RemoteSummary): void {
    if (this.#removed.has(row.id)) return;
    const before = this.#rows.get(row.id);
    this.#rows.set(row.id, row);
    if (before !== row && this.#isRead && !Bun.deepEquals(before, row)) this.onChanged(row, before);
  }
}
