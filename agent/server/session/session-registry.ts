/** All sessions: those in memory, those on disk, and the viewers of the list of them. */
import { activeRun } from "../../shared/apply";
import type { ListEvent, Session } from "../../shared/protocol";
import { summarizeSession } from "../store/session-summary";
import type { Store } from "../store/store";
import { encode } from "../stream/sse-frame";
import type { Viewer } from "../stream/viewer";
import { type EventListener, LiveSession } from "./live-session";

/** Idle sessions that stay in memory. */
const maxLive = 32;

export class SessionRegistry {
  readonly #store: Store;
  readonly #live = new Map<string, LiveSession>();
  readonly #listViewers = new Set<Viewer>();
  readonly #onEvent: EventListener | undefined;

  constructor(store: Store, onEvent?: EventListener) {
    this.#store = store;
    this.#onEvent = onEvent;
    store.onTrouble = (trouble) => this.#sendToList(storageEvent(trouble));
  }

  create(session: Session): LiveSession {
    this.#store.create(session);
    const live = this.#hold(session);
    this.#listChanged(live);
    return live;
  }

  get(id: string): LiveSession | undefined {
    const live = this.#live.get(id);
    if (live !== undefined) return live;
    const session = this.#store.load(id);
    return session && this.#hold(session);
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
    return this.#store.unsettled().flatMap((id) => this.get(id) ?? []);
  }

  /** Settled runs of which nobody knows yet what they have changed. */
  pendingChanges(): { sessionId: string; runId: string }[] {
    return this.#store.pendingChanges();
  }

  remove(id: string): void {
    this.#live.get(id)?.close();
    this.#live.delete(id);
    this.#store.remove(id);
    this.#sendToList({ type: "session-removed", id });
  }

  /** Sends this viewer the changes of the list too. */
  watchList(viewer: Viewer): void {
    this.#listViewers.add(viewer);
    if (this.#store.trouble !== undefined) viewer.send(encode(storageEvent(this.#store.trouble)));
  }

  /** Says that a viewer has closed. */
  release(viewer: Viewer): void {
    this.#listViewers.delete(viewer);
  }

  close(): void {
    for (const live of this.#live.values()) live.close();
    for (const viewer of this.#listViewers) viewer.close();
  }

  #hold(session: Session): LiveSession {
    const live = new LiveSession(
      session,
      this.#store,
      (changed) => this.#listChanged(changed),
      this.#onEvent,
    );
    // What is not saved yet can only be loaded from here.
    if (this.#live.size >= maxLive && this.#store.trouble === undefined)
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

function storageEvent(trouble: string | undefined): ListEvent {
  return { type: "storage-changed", ...(trouble !== undefined && { trouble }) };
}
