/** All sessions, in memory and on disk. */
import { defined } from "../../shared/defined";
import type { Session, SessionSummary, UsageTotals } from "../../shared/protocol";
import { activeRun, findRun } from "../../shared/session-lookup";
import { log } from "../log";
import { summarizeSession } from "../store/session-summary";
import { StoreFullError } from "../store/storage-errors";
import type { Store } from "../store/store";
import { ListViewers } from "./list-viewers";
import { type EventListener, LiveSession } from "./live-session";

/** With more sessions in memory than this, idle ones leave it. */
const maxLive = 32;

export class SessionRegistry {
  readonly #store: Store;
  readonly #live = new Map<string, LiveSession>();
  /** Of those that are not in memory, as they were when they left it; read once. */
  #summaries: Map<string, SessionSummary> | undefined;
  readonly #onEvent: EventListener | undefined;
  readonly listViewers: ListViewers;

  /** Called, in a tick of its own, when the store has begun or ceased to be full. */
  onFull: (isFull: boolean) => void = () => {};

  /** The name of this node of a cluster: its rows have it. */
  node: string | undefined;

  /** Called with each row of the list that has changed. */
  onSummary: (summary: SessionSummary) => void = () => {};

  constructor(store: Store, onEvent?: EventListener) {
    this.#store = store;
    this.#onEvent = onEvent;
    this.listViewers = new ListViewers(store);
    let wasFull = false;
    store.onChange = () => {
      this.listViewers.tellStorage();
      const { isFull } = store;
      // An event may be on its way through a session: another one must not overtake it.
      if (isFull !== wasFull) queueMicrotask(() => this.onFull(isFull));
      wasFull = isFull;
    };
  }

  create(session: Session): LiveSession {
    this.#store.create(session);
    const live = this.#keep(session);
    this.#listChanged(live);
    return live;
  }

  /** As `create`, for one that has messages already: see `Store.createWhole`. */
  async createWhole(session: Session, signal: AbortSignal): Promise<LiveSession> {
    await this.#store.createWhole(session, signal);
    const live = this.#keep(session);
    this.#listChanged(live);
    return live;
  }

  /** Undefined when there is none, or it was deleted. Throws DamagedSessionError when it cannot be read. */
  get(id: string): LiveSession | undefined {
    const live = this.getDeleted(id);
    return live?.session.deletedAt === undefined ? live : undefined;
  }

  /** As `get`, and one too that was deleted and can be brought back: what still ends in it is kept. */
  getDeleted(id: string): LiveSession | undefined {
    const live = this.#live.get(id);
    if (live !== undefined) return live;
    const session = this.#store.load(id);
    return session && this.#keep(session);
  }

  /** As `getDeleted`; one that cannot be read is logged, and left as it is. */
  getReadable(id: string): LiveSession | undefined {
    try {
      return this.getDeleted(id);
    } catch (err) {
      log.error({ err, sessionId: id }, "A session cannot be read");
      return undefined;
    }
  }

  /** Whether there is one, readable or not. */
  has(id: string): boolean {
    return this.#live.has(id) || this.#store.has(id);
  }

  /** The session that has a run or a queued message of this id. Throws what SQLite throws. */
  sessionOfRun(runId: string): string | undefined {
    for (const [id, { session }] of this.#live)
      if (findRun(session, runId) ?? session.queue.find((one) => one.id === runId)) return id;
    // What the file says of the queue of a session in memory may be of before.
    const queued = () => this.#store.sessionsOfQueued(runId).find((id) => !this.#live.has(id));
    return this.#store.sessionOfRun(runId) ?? queued();
  }

  /** Whether something of this session is only in memory. */
  holds(id: string): boolean {
    return this.#store.holds(id);
  }

  /** All sessions, newest first. */
  list(): SessionSummary[] {
    return this.#all().filter(({ deletedAt }) => deletedAt === undefined);
  }

  /** Those that were deleted and can be brought back, newest first. */
  deleted(): SessionSummary[] {
    return this.#all().filter(({ deletedAt }) => deletedAt !== undefined);
  }

  #all(): SessionSummary[] {
    // What the list says is on the disk.
    this.#store.flush();
    const all = (this.#summaries ??= new Map(this.#store.list().map((one) => [one.id, one])));
    for (const live of this.#live.values()) this.#noteSummary(live);
    const rows = [...all.values()].toSorted((a, b) => b.updatedAt - a.updatedAt);
    return this.node === undefined ? rows : rows.map((one) => this.#named(one));
  }

  #noteSummary({ session }: LiveSession): void {
    this.#summaries?.set(session.id, summarizeSession(session, session.runs.at(-1)));
  }

  /** What is in memory now. A viewer of a session that follows the list too counts once. */
  counts(): { activeRuns: number; sessions: number; viewers: number } {
    const live = [...this.#live.values()];
    return {
      activeRuns: live.filter(({ session }) => activeRun(session)).length,
      sessions: live.length,
      viewers: new Set([...this.listViewers.all, ...live.flatMap(({ viewers }) => viewers)]).size,
    };
  }

  /** Somebody looks at this session. */
  isWatched(id: string): boolean {
    return this.#live.get(id)?.isWatched ?? false;
  }

  unsettled(): LiveSession[] {
    return this.#store.unsettled().flatMap((id) => this.getReadable(id) ?? []);
  }

  /** Settled runs whose changes are not known yet. */
  pendingChanges(): { sessionId: string; runId: string }[] {
    return this.#store.pendingChanges();
  }

  /** Why nothing can be saved now; what happens meanwhile is only in memory. */
  get storageError(): string | undefined {
    return this.#store.storageError;
  }

  /** Nothing can be saved, and no more may be held in memory. */
  get isFull(): boolean {
    return this.#store.isFull;
  }

  /** Throws StoreFullError when nothing more should happen: what is to come would be held in memory. */
  refuseWhenFull(): void {
    if (this.isFull) throw new StoreFullError(this.storageError);
  }

  /** What all runs that began at `since` or later have used up to `now`, but for one of them. */
  usage(since: number, now: number, exceptRunId: string): UsageTotals {
    return this.#store.usage(since, now, exceptRunId);
  }

  remove(id: string): void {
    const owned = this.getReadable(id)?.session;
    // First: when that fails, what was not saved of it is only in the live session.
    this.#store.remove(id);
    this.#live.get(id)?.close();
    this.#live.delete(id);
    this.#summaries?.delete(id);
    this.listViewers.tell({ type: "session-removed", id }, owned ?? {});
  }

  /** As `remove`, for one that another machine owns by now. `kept` takes its place in the list. Throws what SQLite throws. */
  giveAway(id: string, kept?: Session): void {
    this.#store.giveAway(id, kept);
    this.#live.get(id)?.close();
    this.#live.delete(id);
    this.#summaries?.delete(id);
    if (kept !== undefined) this.#listChanged(this.#keep(kept));
  }

  /** A stop means the uploads of this session, or of all: a page may have some that are not here yet. */
  tellUploadsStopped(sessionId?: string): void {
    const about = sessionId === undefined ? undefined : this.#live.get(sessionId)?.session;
    this.listViewers.tell({ type: "uploads-stopped", ...defined({ sessionId }) }, about);
  }

  close(): void {
    for (const live of this.#live.values()) live.close();
    this.listViewers.close();
  }

  #keep(session: Session): LiveSession {
    const live = new LiveSession(
      session,
      this.#store,
      (changed) => this.#listChanged(changed),
      this.#onEvent,
    );
    // What is not saved of a session is nowhere else.
    if (this.#live.size >= maxLive)
      for (const [id, old] of this.#live)
        if (old.idle && !this.#store.holds(id)) {
          this.#noteSummary(old);
          this.#live.delete(id);
        }
    this.#live.set(session.id, live);
    return live;
  }

  #listChanged({ session }: LiveSession): void {
    const summary = this.#named(summarizeSession(session, session.runs.at(-1)));
    this.onSummary(summary);
    if (summary.deletedAt !== undefined)
      return this.listViewers.tell({ type: "session-removed", id: session.id }, summary);
    this.listViewers.tell({ type: "session-changed", summary }, summary);
  }

  #named(summary: SessionSummary): SessionSummary {
    return this.node === undefined ? summary : { ...summary, node: this.node };
  }
}
