/** All sessions, in memory and on disk, and the viewers of their list. */
import { defined } from "../../shared/defined";
import type { ListEvent, Session, UsageTotals } from "../../shared/protocol";
import { activeRun } from "../../shared/session-lookup";
import { log } from "../log";
import { summarizeSession } from "../store/session-summary";
import type { Store } from "../store/store";
import { encode } from "../stream/sse-frame";
import type { Viewer } from "../stream/viewer";
import { type EventListener, LiveSession } from "./live-session";

/** With more sessions in memory than this, idle ones leave it. */
const maxLive = 32;

export class SessionRegistry {
  readonly #store: Store;
  readonly #live = new Map<string, LiveSession>();
  readonly #listViewers = new Set<Viewer>();
  readonly #onEvent: EventListener | undefined;

  constructor(store: Store, onEvent?: EventListener) {
    this.#store = store;
    this.#onEvent = onEvent;
    store.onStorageError = (storageError) => this.#sendToList(storageEvent(storageError));
  }

  create(session: Session): LiveSession {
    this.#store.create(session);
    const live = this.#keep(session);
    this.#listChanged(live);
    return live;
  }

  /** Undefined when there is none. Throws DamagedSessionError when it cannot be read. */
  get(id: string): LiveSession | undefined {
    const live = this.#live.get(id);
    if (live !== undefined) return live;
    const session = this.#store.load(id);
    return session && this.#keep(session);
  }

  /** As `get`; one that cannot be read is logged, and left as it is. */
  getReadable(id: string): LiveSession | undefined {
    try {
      return this.get(id);
    } catch (err) {
      log.error({ err, sessionId: id }, "A session cannot be read");
      return undefined;
    }
  }

  /** Whether there is one, readable or not. */
  has(id: string): boolean {
    return this.#live.has(id) || this.#store.has(id);
  }

  list() {
    return this.#store.list();
  }

  /** What is in memory now. A viewer of a session that follows the list too counts once. */
  counts(): { activeRuns: number; sessions: number; viewers: number } {
    const live = [...this.#live.values()];
    return {
      activeRuns: live.filter(({ session }) => activeRun(session)).length,
      sessions: live.length,
      viewers: new Set([...this.#listViewers, ...live.flatMap(({ viewers }) => viewers)]).size,
    };
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

  /** What all runs that began at `since` or later have used up to `now`, but for one of them. */
  usage(since: number, now: number, exceptRunId: string): UsageTotals {
    return this.#store.usage(since, now, exceptRunId);
  }

  remove(id: string): void {
    this.#live.get(id)?.close();
    this.#live.delete(id);
    this.#store.remove(id);
    this.#sendToList({ type: "session-removed", id });
  }

  /** From now on this viewer also gets changes of the list. */
  watchList(viewer: Viewer): void {
    this.#listViewers.add(viewer);
    const { storageError } = this.#store;
    if (storageError !== undefined) viewer.send(encode(storageEvent(storageError)));
  }

  /** To be called when a viewer has closed. */
  release(viewer: Viewer): void {
    this.#listViewers.delete(viewer);
  }

  close(): void {
    for (const live of this.#live.values()) live.close();
    for (const viewer of this.#listViewers) viewer.close();
  }

  #keep(session: Session): LiveSession {
    const live = new LiveSession(
      session,
      this.#store,
      (changed) => this.#listChanged(changed),
      this.#onEvent,
    );
    // A session that could not be saved is nowhere else.
    if (this.#live.size >= maxLive && this.#store.storageError === undefined)
      for (const [id, { idle }] of this.#live) if (idle) this.#live.delete(id);
    this.#live.set(session.id, live);
    return live;
  }

  #listChanged({ session }: LiveSession): void {
    const summary = summarizeSession(session, session.runs.at(-1));
    this.#sendToList({ type: "session-changed", summary });
  }

  #sendToList(event: ListEvent): void {
    if (this.#listViewers.size === 0) return;
    const frame = encode(event);
    for (const viewer of this.#listViewers) viewer.send(frame);
  }
}

function storageEvent(storageError: string | undefined): ListEvent {
  return { type: "storage-changed", ...defined({ trouble: storageError }) };
}
