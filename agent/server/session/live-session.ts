/** A session in memory: the one place where events become state, storage and frames. */
import { apply } from "../../shared/apply";
import { defined } from "../../shared/defined";
import { roleIn } from "../../shared/session-roles";
import type { Asker, EventBody, QueuedMessage, Session, SessionEvent } from "../../shared/protocol";
import { activeRun, isLiving } from "../../shared/session-lookup";
import { withNewestMessages } from "./history-page";
import { log } from "../log";
import { Broadcaster } from "../stream/broadcaster";
import { encode, type Frame } from "../stream/sse-frame";
import { Viewer, type ViewerOptions } from "../stream/viewer";
import type { McpServer } from "../../shared/requests";
import type { Store } from "../store/store";

/** Recent events, for viewers that reconnect; a viewer that missed more gets a snapshot. */
const maxRecentEvents = 5000;
const maxRecentBytes = 4_000_000;

/** Is given each event, and the session as it was before it. */
export type EventListener = (session: Session, event: SessionEvent) => void;

/** Writes events in a form of its own: it is given each one once `session` has its effect. */
export type EventWriter = (session: Session, event: SessionEvent) => void;

interface Following {
  /** Absent: of the server's own. */
  asker?: Asker;
  /** The stream ends with this run. */
  untilRunId?: string;
}

/**
 * Delivery law: every viewer gets every event of the session after the one it names, in order, once; or a snapshot and
 * then the events after it. Ids increase, across restarts too: they start from the clock (microseconds), not from 0.
 */
export class LiveSession {
  readonly session: Session;
  /** Of its engine, as a message has brought them. They have secrets, so they are nowhere else. */
  mcpServers: readonly McpServer[] = [];
  readonly #store: Store;
  readonly #listChanged: (live: LiveSession) => void;
  readonly #onEvent: EventListener;
  readonly #viewers = new Map<Viewer, Following>();
  /** Of viewers that get events in another form, and none of the frames of the others. */
  readonly #writers = new Map<Viewer, EventWriter>();
  readonly #broadcaster = new Broadcaster((frames) => {
    for (const viewer of this.#viewers.keys()) if (!this.#writers.has(viewer)) viewer.send(frames);
  });
  #recent: { seq: number; frame: Frame }[] = [];
  #recentBytes = 0;
  #timer: Timer | undefined;

  /** `listChanged` is called when the session's row of the side bar has changed. */
  constructor(
    session: Session,
    store: Store,
    listChanged: (live: LiveSession) => void,
    onEvent: EventListener = () => {},
  ) {
    this.session = session;
    this.session.seq = Date.now() * 1000;
    this.#store = store;
    this.#listChanged = listChanged;
    this.#onEvent = onEvent;
  }

  /**
   * Applies the event, marks it for storage, and sends it. Never waits. What must not be lost is on disk before it is sent.
   * The state gets a copy: the caller's objects stay the caller's.
   */
  emit(body: EventBody): void {
    // The most frequent event holds no object.
    const own = body.type === "part-delta" ? body : structuredClone(body);
    const event: SessionEvent = { ...own, seq: this.session.seq + 1 };
    const frame = encode(event);
    const before = activeRun(this.session)?.state;
    this.#onEvent(this.session, event);
    apply(this.session, event);
    this.#store.changed(this.session, event, frame.length);
    if (mustBeSaved(event)) this.#store.flushDurably();
    this.#remember(event.seq, frame);
    this.#broadcaster.add(frame);
    this.#write(event);
    if (!listed.has(event.type) && activeRun(this.session)?.state === before) return;
    this.#broadcaster.flush();
    this.#listChanged(this);
    if (event.type === "run-end") this.endAnswers(event.runId);
    if (event.type === "session-update" && "people" in event.patch) this.endUnseen();
  }

  /** Ends the streams that follow the session until this run ends: it has ended, or it is not going to begin by itself. */
  endAnswers(runId: string): void {
    this.#broadcaster.flush();
    for (const [viewer, { untilRunId }] of this.#viewers) if (untilRunId === runId) viewer.end();
  }

  /** Saves messages that were accepted and wait for a run to settle: after a crash they are the first of the queue. */
  saveWaiting(waiting: QueuedMessage[]): void {
    this.noteWaiting(waiting);
    this.#store.flushDurably();
  }

  /** The same, to be saved with the next event that is. */
  noteWaiting(waiting: QueuedMessage[]): void {
    this.#store.holdWaiting(this.session, waiting);
  }

  /**
   * A stream of the events after `after`; of a snapshot first, when `after` is missing or too old.
   * With `untilRunId` it ends after that run's end. With `write` it has nothing but what that writes, from its call on.
   */
  follow(
    options: {
      after?: number;
      untilRunId?: string;
      asker?: Asker;
      write?: (viewer: Viewer) => EventWriter;
    } & ViewerOptions,
    onClose: (viewer: Viewer) => void,
  ): Viewer {
    const viewer = new Viewer((closed) => {
      this.#viewers.delete(closed);
      this.#writers.delete(closed);
      onClose(closed);
    }, options);
    this.#broadcaster.flush();
    if (options.write) this.#writers.set(viewer, options.write(viewer));
    else viewer.sendAll(this.#since(options.after));
    const { untilRunId, asker } = options;
    this.#viewers.set(viewer, defined({ untilRunId, asker }));
    this.#endInTime();
    return viewer;
  }

  /** Ends the streams of those who may no longer see the session, now and when what was given for a time ends. */
  endUnseen(now = Date.now()): void {
    for (const [viewer, { asker }] of this.#viewers)
      if (asker !== undefined && roleIn(asker, this.session, now) === undefined) viewer.close();
    this.#endInTime();
  }

  #endInTime(): void {
    clearTimeout(this.#timer);
    const now = Date.now();
    const ends = (this.session.people ?? []).flatMap(({ until = 0 }) =>
      until > now ? [until] : [],
    );
    if (ends.length === 0 || this.#viewers.size === 0) return;
    // A timer cannot be longer.
    const inMs = Math.min(Math.min(...ends) - now, 2 ** 31 - 1);
    this.#timer = setTimeout(() => this.endUnseen(), inMs);
    this.#timer.unref();
  }

  get viewers(): Viewer[] {
    return [...this.#viewers.keys()];
  }

  /** Without viewers, an active run and background processes it can leave the memory, and be loaded again. */
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

  /** A fault of one form ends its stream, and nothing else. */
  #write(event: SessionEvent): void {
    for (const [viewer, write] of this.#writers)
      try {
        write(this.session, event);
      } catch (err) {
        log.error({ err, sessionId: this.session.id }, "An event could not be written to a viewer");
        viewer.close();
      }
  }

  #since(after: number | undefined): Frame[] {
    const { seq } = this.session;
    if (after === seq) return [];
    const first = this.#recent[0];
    if (after !== undefined && first !== undefined && after >= first.seq - 1 && after < seq)
      return this.#recent.slice(after - first.seq + 1).map(({ frame }) => frame);
    return [encode({ type: "snapshot", session: withNewestMessages(this.session), seq })];
  }

  #remember(seq: number, frame: Frame): void {
    this.#recent.push({ seq, frame });
    this.#recentBytes += frame.length;
    if (this.#recent.length <= maxRecentEvents && this.#recentBytes <= maxRecentBytes) return;
    // Half at a time, so that this costs nothing per event.
    for (const { frame: old } of this.#recent.splice(0, Math.ceil(this.#recent.length / 2)))
      this.#recentBytes -= old.length;
  }
}

/** Events that survive a crash and a power cut: what a person wrote, the branch that is shown, the conversation of an engine, the pause, the end and the undo of a run. */
function mustBeSaved(event: EventBody): boolean {
  if (event.type === "message-start") return event.message.role === "user";
  // The name of an engine's conversation: without it nothing that was said there is found again.
  // A deletion that was taken back must not come again.
  if (event.type === "session-update")
    return event.patch.engine !== undefined || event.patch.deletedAt !== undefined;
  if (event.type === "branch-change") return true;
  if (event.type === "run-pause") return event.pause?.state === "paused";
  if (event.type === "run-changes")
    return (event.changes.undoneAt ?? event.changes.redoneAt) !== undefined;
  // A crash after it does not make what has happened undone: no hook begins before it is saved.
  if (event.type === "tool-done") return true;
  // It is in the receipt, whatever becomes of it.
  if (event.type === "hook-start") return true;
  return event.type === "run-end" || event.type === "queue-change";
}

/** Events that change a row of the side bar; so does any other that changes the state of the active run. */
const listed = new Set<EventBody["type"]>([
  "session-update",
  "session-title",
  "run-start",
  "run-pause",
  "run-stopping",
  "run-end",
  "process-start",
  "process-end",
]);
