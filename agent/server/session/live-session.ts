/** A live session: the one door through which events become state, storage and frames. */
import { activeRun, apply, isLiving } from "../../shared/apply";
import type { EventBody, Session, SessionEvent } from "../../shared/protocol";
import { newestPage } from "./history-page";
import { Broadcaster } from "../stream/broadcaster";
import { encode, type Frame } from "../stream/sse-frame";
import { Viewer, type ViewerOptions } from "../stream/viewer";
import type { Store } from "../store/store";

/** Events held for viewers that come back; older ones are answered with a snapshot. */
const maxHeldEvents = 5000;
const maxHeldBytes = 4_000_000;

interface Following {
  /** The stream ends with this run. */
  untilRunId?: string;
}

/**
 * Delivery law: every viewer gets every event of the session after the point it asked for, in order, once; or a snapshot
 * and then the events after it. Ids increase, across restarts too: they start from the clock (microseconds), not from 0.
 */
export class LiveSession {
  readonly session: Session;
  readonly #store: Store;
  readonly #changed: (live: LiveSession) => void;
  readonly #viewers = new Map<Viewer, Following>();
  readonly #broadcaster = new Broadcaster((frames) => {
    for (const viewer of this.#viewers.keys()) viewer.send(frames);
  });
  #held: { seq: number; frame: Frame }[] = [];
  #heldBytes = 0;

  constructor(session: Session, store: Store, changed: (live: LiveSession) => void) {
    this.session = session;
    this.session.seq = Date.now() * 1000;
    this.#store = store;
    this.#changed = changed;
  }

  /** Applies, notes for storage, and sends. Never waits. What cannot wait is written before it is said. */
  emit(body: EventBody): void {
    const event: SessionEvent = { ...body, seq: this.session.seq + 1 };
    // Encoded before it is applied: from then on the state owns the event's objects, and changes them.
    const frame = encode(event);
    apply(this.session, event);
    this.#store.changed(this.session, event);
    if (cannotWait(event)) this.#store.flushDurably();
    this.#hold(event.seq, frame);
    this.#broadcaster.add(frame);
    if (!listed.has(event.type)) return;
    this.#broadcaster.flush();
    this.#changed(this);
    if (event.type !== "run-end") return;
    for (const [viewer, { untilRunId }] of this.#viewers)
      if (untilRunId === event.runId) viewer.end();
  }

  /**
   * A stream of what follows `after` (a snapshot first when that is no longer held, or when nothing is named).
   * With `untilRunId` it ends after that run's end.
   */
  follow(
    options: { after?: number; untilRunId?: string } & ViewerOptions,
    onClose: (viewer: Viewer) => void,
  ): Viewer {
    const viewer = new Viewer((closed) => {
      this.#viewers.delete(closed);
      onClose(closed);
    }, options);
    this.#broadcaster.flush();
    viewer.begin(this.#since(options.after));
    this.#viewers.set(viewer, options.untilRunId ? { untilRunId: options.untilRunId } : {});
    return viewer;
  }

  /** Nobody looks and nothing runs: it can leave the memory, and be loaded again. */
  get idle(): boolean {
    return this.#viewers.size === 0 && activeRun(this.session) === undefined && !this.#hasProcesses;
  }

  get #hasProcesses(): boolean {
    return this.session.processes?.some(isLiving) ?? false;
  }

  close(): void {
    this.#broadcaster.flush();
    for (const viewer of this.#viewers.keys()) viewer.close();
  }

  #since(after: number | undefined): Frame[] {
    const { seq } = this.session;
    if (after === seq) return [];
    const first = this.#held[0];
    if (after !== undefined && first !== undefined && after >= first.seq - 1 && after < seq)
      return this.#held.slice(after - first.seq + 1).map(({ frame }) => frame);
    return [encode({ type: "snapshot", session: newestPage(this.session), seq })];
  }

  #hold(seq: number, frame: Frame): void {
    this.#held.push({ seq, frame });
    this.#heldBytes += frame.length;
    if (this.#held.length <= maxHeldEvents && this.#heldBytes <= maxHeldBytes) return;
    // Half at a time, so that this costs nothing per event.
    for (const { frame: old } of this.#held.splice(0, Math.ceil(this.#held.length / 2)))
      this.#heldBytes -= old.length;
  }
}

/** The end of a run, a pause that holds it, and what a person has written: they survive a crash and a power cut. */
function cannotWait(event: EventBody): boolean {
  if (event.type === "message-start") return event.message.role === "user";
  if (event.type === "run-pause") return event.pause?.state === "paused";
  return event.type === "run-end" || event.type === "queue-change";
}

/** Events that change a row of the side bar. */
const listed = new Set<EventBody["type"]>([
  "session-update",
  "run-start",
  "run-waiting",
  "run-pause",
  "run-stopping",
  "run-end",
  "process-start",
  "process-end",
]);
