/** What this node has of a session of another node, for its viewers: the events that came, the last snapshot, and who may see it. */
import { defined } from "../../shared/defined";
import type { Asker } from "../../shared/protocol";
import type { Owned } from "../../shared/session-roles";
import { Feed } from "../stream/feed";
import type { Frame } from "../stream/sse-frame";
import { Viewer, type ViewerOptions } from "../stream/viewer";
import type { PassedFrame } from "./frame-splitter";
import type { Page, Snapshot } from "./owner-stream";

/** Frames after a snapshot that are sent with it, before the owner is asked for another. */
const maxBytesAfter = 256_000;

/** The session as the shared database has it. */
export interface Stored {
  frame: Frame;
  owned: Owned;
  settledRuns: ReadonlySet<string>;
}

/** What a viewer is sent first; it goes on after the event `seq`. */
export interface Beginning {
  seq: number;
  frames: Frame[];
}

export class RelayedEvents {
  readonly #sessionId: string;
  /** Aborts when the relay ends. */
  readonly #closing: AbortSignal;
  #feed: Feed | undefined;
  /** The last one that was sent or asked for. */
  #snapshot: Snapshot | undefined;
  /** Who may see the session, as of this event. */
  #owned: { seq: number; owned: Owned } | undefined;
  /** Of what the database had last. */
  #settledRuns: ReadonlySet<string> = new Set();
  /** They end with a run, and are here only while the owner does not answer. */
  readonly #ofRuns = new Set<Viewer>();
  readonly #onAdvance = new Set<() => void>();

  constructor(sessionId: string, closing: AbortSignal) {
    this.#sessionId = sessionId;
    this.#closing = closing;
  }

  /** The id of the last event; 0 before the first. */
  get seq(): number {
    return this.#feed?.seq ?? 0;
  }

  /** Who may see the session, once that is known. */
  get owned(): Owned | undefined {
    return this.#owned?.owned;
  }

  get hasBegun(): boolean {
    return this.#feed !== undefined;
  }

  get isWatched(): boolean {
    return this.#feed?.isWatched === true;
  }

  /** What a viewer that has seen the events up to `after` is sent, where all of that is here. */
  known(after: number | undefined, isReached: boolean): Beginning | undefined {
    const feed = this.#feed;
    if (feed === undefined) return undefined;
    if (after !== undefined && feed.after(after) !== undefined) return { seq: after, frames: [] };
    // The owner has what this one has missed, while it answers.
    if (after !== undefined && isReached) return undefined;
    const { seq, frame } = this.#snapshot ?? {};
    const since = seq === undefined ? undefined : feed.after(seq);
    if (frame === undefined || since === undefined) return undefined;
    const bytes = since.reduce((sum, { length }) => sum + length, 0);
    return bytes > maxBytesAfter ? undefined : { seq: seq!, frames: [frame] };
  }

  /** Whether what came after this event is here. */
  follows({ seq }: Beginning): boolean {
    return this.#feed?.after(seq) !== undefined;
  }

  /** Once it has begun: a viewer that is sent this beginning and all that comes after it. */
  join(
    { seq, frames }: Beginning,
    { untilRunId, asker, ...options }: ViewerOptions & { untilRunId?: string; asker: Asker },
    onClose: (viewer: Viewer) => void,
  ): Viewer {
    const feed = this.#feed!;
    const viewer = new Viewer((closed) => {
      feed.leave(closed);
      this.#ofRuns.delete(closed);
      onClose(closed);
    }, options);
    const since = feed.after(seq);
    if (since === undefined) viewer.close();
    else {
      viewer.sendAll([...frames, ...since]);
      feed.join(viewer, defined({ asker, untilRunId }));
    }
    if (untilRunId === undefined) return viewer;
    this.#ofRuns.add(viewer);
    if (this.#settledRuns.has(untilRunId)) viewer.end();
    return viewer;
  }

  /** Begins with what the first viewer has missed: others may have missed it too. */
  begin({ seq, frames, snapshot }: Page): void {
    const feed = new Feed(this.#sessionId, snapshot ? seq : seq - frames.length);
    if (!snapshot) for (const frame of frames) feed.add({ seq: feed.seq + 1, frame });
    if (this.#owned) feed.share(this.#owned.owned);
    this.#feed = feed;
  }

  /** Once it has begun: what the owner has sent. Throws at a gap. */
  take(frames: PassedFrame[]): void {
    const feed = this.#feed!;
    for (const { seq, isSnapshot, frame, owned } of frames)
      if (isSnapshot) this.#replace({ seq, frame, owned: owned! });
      else if (seq === feed.seq + 1) {
        feed.add({ seq, frame });
        if (owned && this.#owned) this.#share(seq, { ...this.#owned.owned, ...owned });
      } else throw new Error(`Event ${seq} came after ${feed.seq}`);
    this.#advanced();
  }

  /** What the owner has answered to one who has missed something. */
  noteAnswer({ seq, snapshot, owned }: Page): void {
    if (snapshot) this.#snapshot = snapshot;
    if (owned) this.#share(seq, owned);
  }

  /** The session as the database has it, in the place of all that came: those that look at it already are sent it. */
  takeStored({ frame, owned, settledRuns }: Stored, seq: number): Page {
    const snapshot = { seq, frame, owned };
    this.#snapshot = snapshot;
    this.#share(seq, owned);
    this.#settledRuns = settledRuns;
    if (this.#feed) {
      this.#replace(snapshot);
      for (const runId of settledRuns) this.#feed.endAnswers(runId);
    }
    return { seq, frames: [frame], snapshot };
  }

  /** Who may see it now, without a new event. */
  noteOwned(owned: Owned): void {
    if (this.#owned) this.#share(this.#owned.seq, owned);
  }

  /** Closes the viewers that end with a run. */
  closeOfRuns(): void {
    for (const viewer of this.#ofRuns) viewer.close();
  }

  /** Resolves once this event is here. Rejects with the signal's reason, or that of the relay's end. */
  async until(seq: number, signal: AbortSignal): Promise<void> {
    if (this.seq >= seq) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const look = (): void => {
      if (this.seq >= seq) resolve();
    };
    this.#onAdvance.add(look);
    const ended = AbortSignal.any([signal, this.#closing]);
    const giveUp = (): void => resolve();
    ended.addEventListener("abort", giveUp, { once: true });
    await promise;
    this.#onAdvance.delete(look);
    ended.removeEventListener("abort", giveUp);
    ended.throwIfAborted();
  }

  close(): void {
    this.#feed?.close();
  }

  /** What is older than what is known says nothing. */
  #share(seq: number, owned: Owned): void {
    if (this.#owned && seq < this.#owned.seq) return;
    this.#owned = { seq, owned };
    this.#feed?.share(owned);
  }

  #replace(snapshot: Snapshot): void {
    this.#snapshot = snapshot;
    this.#owned = undefined;
    this.#share(snapshot.seq, snapshot.owned);
    this.#feed!.replace(snapshot.seq, snapshot.frame);
    this.#advanced();
  }

  #advanced(): void {
    for (const look of this.#onAdvance) look();
  }
}
