/**
 * The viewers that this node has of a session of another node: one stream from there, however many they are, with the
 * owner's ids. While the owner does not answer they see what the shared database has, once others have settled its runs.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { defined } from "../../shared/defined";
import type { Asker } from "../../shared/protocol";
import { type Owned, roleIn } from "../../shared/session-roles";
import { log } from "../log";
import { Feed } from "../stream/feed";
import type { Frame } from "../stream/sse-frame";
import { Viewer, type ViewerOptions } from "../stream/viewer";
import type { PassedFrame } from "./frame-splitter";
import type { NodeAnswer, Unreached } from "./node-calls";
import { OwnerStream, type OwnerCalls, type Page, type Snapshot } from "./owner-stream";

/** So long after the last viewer has left the stream stays: a page that is loaded again finds it. */
const lingerMs = 5000;
const firstRetryMs = 100;
const maxRetryMs = 2000;
/** Frames after a snapshot that are sent with it, before the owner is asked for another. */
const maxBytesAfter = 256_000;

export interface RelayParts {
  /** The owner of the session. */
  node: string;
  sessionId: string;
  calls: OwnerCalls;
  /** As the shared database has it, as a snapshot with this id; undefined: it has none, or does not answer. */
  readStored: (seq: number, signal: AbortSignal) => Promise<Stored | undefined>;
  /** The owner answers, told whenever a stream opens, or answers no longer. */
  onReached: (isReached: boolean) => void;
  /** Nobody needs it any more: it has ended. */
  onEnd: () => void;
}

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

/**
 * Why there is none: the owner's own words; or that it was not reached, and the database has nothing either; or that it is not
 * for the one who asks.
 */
export type NoBeginning = { answer: NodeAnswer } | { unreached: Unreached } | { unseen: true };

export class SessionRelay {
  readonly node: string;
  readonly #parts: RelayParts;
  readonly #owner: OwnerStream;
  readonly #closing = new AbortController();
  #feed: Feed | undefined;
  /** The last one that was sent or asked for. */
  #snapshot: Snapshot | undefined;
  /** Who may see the session, as of this event. */
  #owned: { seq: number; owned: Owned } | undefined;
  /** Of what the database had last. */
  #settledRuns: ReadonlySet<string> = new Set();
  /** They end with a run, and are here only while the owner does not answer. */
  readonly #ofRuns = new Set<Viewer>();
  /** By the last event that was seen. */
  readonly #asking = new Map<number | undefined, Promise<Page | NoBeginning>>();
  #pending = 0;
  #linger: Timer | undefined;
  readonly #onAdvance = new Set<() => void>();
  #retryMs = firstRetryMs;
  #wake = new AbortController();
  #isReached = true;

  constructor(parts: RelayParts) {
    this.node = parts.node;
    this.#parts = parts;
    this.#owner = new OwnerStream(parts.calls, parts.node, parts.sessionId);
  }

  /**
   * What a viewer of this person that has seen the events up to `after` is sent; then it is to be joined in the same tick.
   * Rejects with the signal's reason.
   */
  async begin(
    after: number | undefined,
    asker: Asker,
    signal: AbortSignal,
  ): Promise<Beginning | NoBeginning> {
    this.#pending++;
    try {
      for (;;) {
        signal.throwIfAborted();
        const known = this.#known(after);
        const page = known ?? (await this.#ask(after));
        if (!("seq" in page)) return page;
        this.#feed ??= this.#start(page);
        await this.#until(page.seq, signal);
        // Only a snapshot says whose it is.
        const whole = this.#owned ? page : await this.#ask(undefined);
        if (!("seq" in whole)) return whole;
        if (roleIn(asker, this.#owned!.owned, Date.now()) === undefined) return { unseen: true };
        if (this.#feed.after(page.seq) !== undefined) return page;
      }
    } finally {
      this.#pending--;
      this.#endLater();
    }
  }

  /** A viewer that is sent this beginning and all that comes after it. */
  join(
    { seq, frames }: Beginning,
    { untilRunId, asker, ...options }: ViewerOptions & { untilRunId?: string; asker: Asker },
    onClose: (viewer: Viewer) => void,
  ): Viewer {
    const feed = this.#feed!;
    const viewer = new Viewer((closed) => {
      feed.leave(closed);
      this.#ofRuns.delete(closed);
      this.#endLater();
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

  /** The owner may be back: it is asked at once. */
  retry(): void {
    this.#retryMs = firstRetryMs;
    this.#wake.abort();
    this.#wake = new AbortController();
  }

  /** Others have settled what the owner left: viewers see it as the database has it, until the owner answers again. */
  async showStored(): Promise<void> {
    if (this.#feed === undefined) return;
    this.#owner.cut();
    await this.#storedPage();
    this.retry();
  }

  /** The owner answers, as far as is known. */
  get isReached(): boolean {
    return this.#isReached;
  }

  /** What the shared database says of who may see it counts while the owner does not say it. */
  noteOwned(owned: Owned): void {
    if (!this.#isReached && this.#owned) this.#share(this.#owned.seq, owned);
  }

  get isClosed(): boolean {
    return this.#closing.signal.aborted;
  }

  close(): void {
    this.#closing.abort();
    clearTimeout(this.#linger);
    this.#feed?.close();
  }

  #known(after: number | undefined): Beginning | undefined {
    const feed = this.#feed;
    if (feed === undefined) return undefined;
    if (after !== undefined && feed.after(after) !== undefined) return { seq: after, frames: [] };
    // The owner has what this one has missed, while it answers.
    if (after !== undefined && this.#isReached) return undefined;
    const { seq, frame } = this.#snapshot ?? {};
    const since = seq === undefined ? undefined : feed.after(seq);
    if (frame === undefined || since === undefined) return undefined;
    const bytes = since.reduce((sum, { length }) => sum + length, 0);
    return bytes > maxBytesAfter ? undefined : { seq: seq!, frames: [frame] };
  }

  /** However many have seen the same and ask at once, the owner is asked once. */
  async #ask(after: number | undefined): Promise<Page | NoBeginning> {
    const asking = this.#asking.get(after);
    if (asking) return asking;
    const asked = this.#askOwner(after).finally(() => this.#asking.delete(after));
    this.#asking.set(after, asked);
    return asked;
  }

  async #askOwner(after: number | undefined): Promise<Page | NoBeginning> {
    const page = await this.#owner.page(after, this.#closing.signal);
    if ("unreached" in page) return (await this.#storedPage()) ?? page;
    if (!("seq" in page)) return page;
    if (page.snapshot) this.#snapshot = page.snapshot;
    if (page.owned) this.#share(page.seq, page.owned);
    return page;
  }

  /** Those that look at it already are sent the same. */
  async #storedPage(): Promise<Page | undefined> {
    const { signal } = this.#closing;
    // Later than what anybody has seen, and than what the owner has sent.
    const seq = Math.max(Date.now() * 1000, (this.#feed?.seq ?? 0) + 1);
    const stored = await this.#parts.readStored(seq, signal);
    signal.throwIfAborted();
    if (stored === undefined) return undefined;
    const { frame, owned, settledRuns } = stored;
    const snapshot = { seq, frame, owned };
    this.#snapshot = snapshot;
    this.#share(seq, owned);
    this.#settledRuns = settledRuns;
    if (this.#feed) {
      this.#replace(this.#feed, snapshot);
      for (const runId of settledRuns) this.#feed.endAnswers(runId);
    }
    return { seq, frames: [frame], snapshot };
  }

  /** What is older than what is known says nothing. */
  #share(seq: number, owned: Owned): void {
    if (this.#owned && seq < this.#owned.seq) return;
    this.#owned = { seq, owned };
    this.#feed?.share(owned);
  }

  #replace(feed: Feed, snapshot: Snapshot): void {
    this.#snapshot = snapshot;
    this.#owned = undefined;
    this.#share(snapshot.seq, snapshot.owned);
    feed.replace(snapshot.seq, snapshot.frame);
    this.#advanced();
  }

  /** What the first viewer has missed others may have missed too. */
  #start({ seq, frames, snapshot }: Page): Feed {
    const feed = new Feed(this.#parts.sessionId, snapshot ? seq : seq - frames.length);
    if (!snapshot) for (const frame of frames) feed.add({ seq: feed.seq + 1, frame });
    if (this.#owned) feed.share(this.#owned.owned);
    this.#follow(feed, this.#closing.signal).catch((err: unknown) => {
      const { sessionId } = this.#parts;
      log.error({ err, sessionId, node: this.node }, "The relay of a session has failed");
      this.#end();
    });
    return feed;
  }

  /** Keeps a stream from the owner open, from the event after the last one on, until the relay ends. */
  async #follow(feed: Feed, signal: AbortSignal): Promise<void> {
    const reach = (now: boolean): void => {
      if (!now && !this.#isReached) return;
      this.#isReached = now;
      this.#parts.onReached(now);
    };
    while (!signal.aborted) {
      const onOpen = (): void => {
        this.#retryMs = firstRetryMs;
        reach(true);
        // They connect again, to the owner.
        for (const viewer of this.#ofRuns) viewer.close();
      };
      const end = await this.#owner.read(
        feed.seq,
        { onOpen, onFrames: (all) => this.#take(feed, all) },
        signal,
      );
      if (signal.aborted) return;
      if (end === "no session") return this.#end();
      if (end === "unreached") reach(false);
      await this.#pause(signal);
    }
  }

  async #pause(signal: AbortSignal): Promise<void> {
    const woken = AbortSignal.any([signal, this.#wake.signal]);
    await sleep(this.#retryMs, undefined, { signal: woken }).catch(() => undefined);
    this.#retryMs = Math.min(maxRetryMs, this.#retryMs * 2);
  }

  /** Throws at a gap: then the stream begins anew, after the last event that came. */
  #take(feed: Feed, frames: PassedFrame[]): void {
    for (const { seq, isSnapshot, frame, owned } of frames)
      if (isSnapshot) this.#replace(feed, { seq, frame, owned: owned! });
      else if (seq === feed.seq + 1) {
        feed.add({ seq, frame });
        if (owned && this.#owned) this.#share(seq, { ...this.#owned.owned, ...owned });
      } else throw new Error(`Event ${seq} came after ${feed.seq}`);
    this.#advanced();
  }

  #advanced(): void {
    for (const look of this.#onAdvance) look();
  }

  /** Resolves once the stream has brought this event. */
  async #until(seq: number, signal: AbortSignal): Promise<void> {
    const feed = this.#feed!;
    if (feed.seq >= seq) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const look = (): void => {
      if (feed.seq >= seq || this.#feed !== feed) resolve();
    };
    this.#onAdvance.add(look);
    const ended = AbortSignal.any([signal, this.#closing.signal]);
    ended.addEventListener("abort", () => resolve(), { once: true });
    await promise;
    this.#onAdvance.delete(look);
    ended.throwIfAborted();
  }

  #endLater(): void {
    clearTimeout(this.#linger);
    this.#linger = setTimeout(() => {
      if (this.#pending === 0 && !this.#feed?.isWatched) this.#end();
    }, lingerMs);
  }

  /** Viewers that are left connect again, and are told why there is nothing. */
  #end(): void {
    this.#parts.onEnd();
    this.close();
  }
}
