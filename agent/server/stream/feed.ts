/** The events of one session on their way to all its viewers: the last of them are kept for those that come back. */
import type { Asker, SessionEvent } from "../../shared/protocol";
import { type Owned, roleIn } from "../../shared/session-roles";
import { log } from "../log";
import { Broadcaster } from "./broadcaster";
import type { Frame } from "./sse-frame";
import type { Viewer } from "./viewer";

/** Recent events, for viewers that reconnect; a viewer that missed more gets a snapshot. */
const maxRecentEvents = 5000;
const maxRecentBytes = 4_000_000;

/** Writes events in a form of its own: it is given each one once the session has its effect. */
export type EventWriter = (event: SessionEvent) => void;

interface Following {
  /** Who looks; absent: the server itself. */
  asker?: Asker;
  /** The stream ends with this run. */
  untilRunId?: string;
  /** It gets events in this form, and none of the frames. */
  write?: EventWriter;
}

/** Delivery law: from its `join` on, a viewer gets every event that is added, in order, once. */
export class Feed {
  readonly #sessionId: string;
  readonly #viewers = new Map<Viewer, Following>();
  readonly #broadcaster = new Broadcaster((frames) => {
    for (const [viewer, { write }] of this.#viewers) if (!write) viewer.send(frames);
  });
  #recent: { seq: number; frame: Frame }[] = [];
  #recentBytes = 0;
  #seq: number;
  /** Whose it is; unknown at first: then everyone who is joined may see it. */
  #owned: Owned | undefined;
  #timer: Timer | undefined;

  /** `seq`: the id of the event before the first that is added. */
  constructor(sessionId: string, seq: number) {
    this.#sessionId = sessionId;
    this.#seq = seq;
  }

  /** The id of the last event. */
  get seq(): number {
    return this.#seq;
  }

  get viewers(): Viewer[] {
    return [...this.#viewers.keys()];
  }

  get isWatched(): boolean {
    return this.#viewers.size > 0;
  }

  /** `event` without its contents: no viewer gets another form. Never waits. */
  add({ seq, event, frame }: { seq: number; event?: SessionEvent; frame: Frame }): void {
    this.#seq = seq;
    this.#remember(seq, frame);
    this.#broadcaster.add(frame);
    if (event) this.#write(event);
  }

  /** A snapshot in the place of all that came before; its id may be any. */
  replace(seq: number, snapshot: Frame): void {
    this.flush();
    this.#recent = [];
    this.#recentBytes = 0;
    this.#seq = seq;
    this.#broadcaster.add(snapshot);
    this.flush();
  }

  /** Sends now what waits for the next round. */
  flush(): void {
    this.#broadcaster.flush();
  }

  /** The events after this one; undefined when not all of them are kept, or it is none of this feed. */
  after(seq: number): Frame[] | undefined {
    if (seq === this.#seq) return [];
    const first = this.#recent[0];
    if (first === undefined || seq < first.seq - 1 || seq > this.#seq) return undefined;
    return this.#recent.slice(seq - first.seq + 1).map(({ frame }) => frame);
  }

  /** What was added so far is sent before: this viewer gets what follows. */
  join(viewer: Viewer, following: Following): void {
    this.flush();
    if (viewer.isClosed) return;
    this.#viewers.set(viewer, following);
    this.#endInTime();
  }

  leave(viewer: Viewer): void {
    this.#viewers.delete(viewer);
  }

  /** Ends the streams that follow the session until this run ends: it has ended, or it is not going to begin by itself. */
  endAnswers(runId: string): void {
    this.flush();
    for (const [viewer, { untilRunId }] of this.#viewers) if (untilRunId === runId) viewer.end();
  }

  /** Ends the streams of those who may no longer see it, now and when what was given for a time ends. */
  share(owned: Owned): void {
    this.#owned = owned;
    this.#endUnseen();
    this.#endInTime();
  }

  close(): void {
    clearTimeout(this.#timer);
    this.flush();
    for (const viewer of this.#viewers.keys()) viewer.close();
  }

  #endUnseen(): void {
    const [owned, now] = [this.#owned, Date.now()];
    if (owned === undefined) return;
    for (const [viewer, { asker }] of this.#viewers)
      if (asker !== undefined && roleIn(asker, owned, now) === undefined) viewer.close();
  }

  #endInTime(): void {
    clearTimeout(this.#timer);
    const now = Date.now();
    const ends = (this.#owned?.people ?? []).flatMap(({ until = 0 }) =>
      until > now ? [until] : [],
    );
    if (ends.length === 0 || !this.isWatched) return;
    // A timer cannot be longer.
    const inMs = Math.min(Math.min(...ends) - now, 2 ** 31 - 1);
    this.#timer = setTimeout(() => {
      this.#endUnseen();
      this.#endInTime();
    }, inMs);
    this.#timer.unref();
  }

  /** A fault of one form ends its stream, and nothing else. */
  #write(event: SessionEvent): void {
    for (const [viewer, { write }] of this.#viewers)
      try {
        write?.(event);
      } catch (err) {
        log.error({ err, sessionId: this.#sessionId }, "An event could not be written to a viewer");
        viewer.close();
      }
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
