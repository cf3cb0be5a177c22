/** A session in memory: the one place where events become state, storage and frames. */
import { apply } from "../../shared/apply";
import { stopTodo } from "../../shared/apply/todo-events";
import type {
  Asker,
  EventBody,
  Message,
  QueuedMessage,
  Run,
  Session,
  SessionEvent,
} from "../../shared/protocol";
import { copyPlain } from "../../shared/copy-plain";
import { defined } from "../../shared/defined";
import { activeRun, isLiving } from "../../shared/session-lookup";
import { endOf, runOfEvent, withRun } from "./replaced-run";
import { withNewestMessages } from "./history-page";
import { Outlet } from "./outlet";
import { type EventWriter, Feed } from "../stream/feed";
import { encode, type Frame } from "../stream/sse-frame";
import { Viewer, type ViewerOptions } from "../stream/viewer";
import type { McpServer } from "../../shared/requests";
import type { Store } from "../store/store";

/** Is given each event, and the session as it was before it. */
export type EventListener = (session: Session, event: SessionEvent) => void;

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
  readonly #feed: Feed;
  readonly #outlet = new Outlet();
  /** Runs whose end others have written: what their own work still emits changes nothing. */
  readonly #replaced = new Set<string>();
  #holds = 0;

  /** `listChanged` is called when the session's row of the side bar has changed. */
  constructor(
    session: Session,
    store: Store,
    listChanged: (live: LiveSession) => void,
    onEvent: EventListener = () => {},
  ) {
    this.session = session;
    this.session.seq = Date.now() * 1000;
    this.#feed = new Feed(session.id, session.seq);
    this.#feed.share(session);
    this.#store = store;
    this.#listChanged = listChanged;
    this.#onEvent = onEvent;
  }

  /**
   * Applies the event, marks it for storage, and sends it. Never waits. What must not be lost is on disk before it is sent.
   * The state gets a copy: the caller's objects stay the caller's.
   */
  emit(body: EventBody): void {
    if (this.#isReplaced(body)) return;
    // The most frequent event holds no object.
    const own = body.type === "part-delta" ? body : copyPlain(body);
    const event: SessionEvent = { ...own, seq: this.session.seq + 1 };
    const frame = encode(event);
    const before = activeRun(this.session)?.state;
    this.#onEvent(this.session, event);
    apply(this.session, event);
    this.#store.changed(this.session, event, frame.length);
    const shared = event.type === "run-end" ? this.#store.flushShared(this.session.id) : undefined;
    if (!shared && mustBeSaved(event)) this.#store.flushDurably(this.session.id);
    const isListed = listed.has(event.type) || activeRun(this.session)?.state !== before;
    if (shared) this.#outlet.hold(shared);
    if (this.#outlet.isHeld) this.#outlet.do(() => this.#send(event, frame, isListed));
    else this.#send(event, frame, isListed);
  }

  #send(event: SessionEvent, frame: Frame, isListed: boolean): void {
    this.#feed.add({ seq: event.seq, event, frame });
    if (!isListed) return;
    this.#feed.flush();
    this.#listChanged(this);
    if (event.type === "run-end") this.#feed.endAnswers(event.runId);
    if (event.type === "session-update" && "people" in event.patch) this.#feed.share(this.session);
  }

  /**
   * A run as others have settled it takes the place of what this server has of it: from now on only its receipt, its changes
   * and its hooks change it. Every viewer gets a snapshot, and streams that follow the run end. Throws what SQLite throws; then
   * nothing has changed.
   */
  replaceRun(run: Run, messages: Message[]): void {
    const { session } = this;
    const replaced = withRun(session, run, messages);
    if (replaced === undefined) return;
    // First: what cannot be written now is as it was.
    this.#store.replaceRun({ ...session, ...replaced }, run.id);
    Object.assign(session, replaced);
    if (activeRun(session) === undefined) stopTodo(session);
    this.#store.changed(session, { type: "queue-change", queue: session.queue });
    this.#replaced.add(run.id);
    session.seq++;
    const { seq } = session;
    const frame = encode({ type: "snapshot", session: withNewestMessages(session), seq });
    this.#outlet.do(() => {
      this.#feed.add({ seq, event: { seq, ...endOf(run) }, frame });
      this.#listChanged(this);
      this.#feed.endAnswers(run.id);
    });
  }

  /** Another state takes the place of all that it has. Every viewer gets a snapshot. Throws as `replaceRun`. */
  replaceWhole(next: Session): void {
    this.#store.replaceWhole(next);
    const { session } = this;
    for (const key of Object.keys(session))
      if (!(key in next)) Reflect.deleteProperty(session, key);
    Object.assign(session, next, { seq: session.seq + 1 });
    const { seq } = session;
    const frame = encode({ type: "snapshot", session: withNewestMessages(session), seq });
    const event: SessionEvent = { type: "queue-change", queue: session.queue, seq };
    this.#outlet.do(() => {
      this.#feed.add({ seq, event, frame });
      this.#listChanged(this);
    });
  }

  /** Whether others have written the end of this run. */
  isReplaced(runId: string): boolean {
    return this.#replaced.has(runId);
  }

  /** Keeps it in memory until it is disposed of. */
  hold(): Disposable {
    this.#holds++;
    return { [Symbol.dispose]: () => void this.#holds-- };
  }

  #isReplaced(body: EventBody): boolean {
    if (this.#replaced.size === 0 || afterEnd.has(body.type)) return false;
    const runId = runOfEvent(this.session, body);
    return runId !== undefined && this.#replaced.has(runId);
  }

  /** Ends the streams that follow the session until this run ends: it has ended, or it is not going to begin by itself. */
  endAnswers(runId: string): void {
    this.#outlet.do(() => this.#feed.endAnswers(runId));
  }

  /**
   * Calls `work` once what has happened so far is sent. In a cluster the end of a run is sent when the shared database has
   * it; or without that (`isShared` is false) when it is gone, or has not answered for a second.
   */
  onceSent(work: (isShared: boolean) => void): void {
    this.#outlet.do(work);
  }

  /** What happens now is sent once the shared database has what came before. */
  get isHeld(): boolean {
    return this.#outlet.isHeld;
  }

  /** Saves messages that were accepted and wait for a run to settle: after a crash they are the first of the queue. */
  saveWaiting(waiting: QueuedMessage[]): void {
    this.noteWaiting(waiting);
    this.#store.flushDurably(this.session.id);
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
    const { after, untilRunId, write } = options;
    const viewer = new Viewer((closed) => {
      this.#feed.leave(closed);
      onClose(closed);
    }, options);
    const { asker } = options;
    this.#outlet.do(() => {
      if (!write) viewer.sendAll(this.#missed(after));
      this.#feed.join(viewer, defined({ untilRunId, asker, write: write?.(viewer) }));
    });
    return viewer;
  }

  get viewers(): Viewer[] {
    return this.#feed.viewers;
  }

  get isWatched(): boolean {
    return this.#feed.isWatched;
  }

  /** Without viewers, an active run and background processes it can leave the memory, and be loaded again. */
  get idle(): boolean {
    const isHeld = this.#holds > 0 || activeRun(this.session) !== undefined || this.#hasProcesses;
    return !this.isWatched && !isHeld && !this.#outlet.isHeld;
  }

  get #hasProcesses(): boolean {
    return this.session.processes?.some(isLiving) ?? false;
  }

  close(): void {
    this.#outlet.release();
    this.#feed.close();
  }

  #missed(after: number | undefined): Frame[] {
    const kept = after === undefined ? undefined : this.#feed.after(after);
    if (kept !== undefined) return kept;
    const { session } = this;
    return [encode({ type: "snapshot", session: withNewestMessages(session), seq: session.seq })];
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

/** What may still come of a run that others have settled. */
const afterEnd = new Set<EventBody["type"]>([
  "run-receipt",
  "run-changes",
  "run-hook",
  "session-title",
]);

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
