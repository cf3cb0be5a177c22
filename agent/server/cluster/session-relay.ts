/**
 * The viewers that this node has of a session of another node: one stream from there, however many they are, with the
 * owner's ids. While the owner does not answer they see what the shared database has, once others have settled its runs.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { Asker } from "../../shared/protocol";
import { type Owned, roleIn } from "../../shared/session-roles";
import { log } from "../log";
import type { Viewer, ViewerOptions } from "../stream/viewer";
import type { PassedFrame } from "./frame-splitter";
import type { NodeAnswer, Unreached } from "./node-calls";
import { OwnerStream, type OwnerCalls, type Page } from "./owner-stream";
import { type Beginning, RelayedEvents, type Stored } from "./relayed-events";

/** So long after the last viewer has left the stream stays: a page that is loaded again finds it. */
const lingerMs = 5000;
const firstRetryMs = 100;
const maxRetryMs = 2000;

interface RelayParts {
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
  readonly #events: RelayedEvents;
  /** By the last event that was seen. */
  readonly #asking = new Map<number | undefined, Promise<Page | NoBeginning>>();
  #pending = 0;
  #linger: Timer | undefined;
  #retryMs = firstRetryMs;
  #wake = new AbortController();
  #isReached = true;

  constructor(parts: RelayParts) {
    this.node = parts.node;
    this.#parts = parts;
    this.#owner = new OwnerStream(parts.calls, parts.node, parts.sessionId);
    this.#events = new RelayedEvents(parts.sessionId, this.#closing.signal);
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
    const events = this.#events;
    this.#pending++;
    try {
      for (;;) {
        signal.throwIfAborted();
        const known = events.known(after, this.#isReached);
        const page = known ?? (await this.#ask(after));
        if (!("seq" in page)) return page;
        if (!events.hasBegun) this.#start(page);
        await events.until(page.seq, signal);
        // Only a snapshot says whose it is.
        const whole = events.owned ? page : await this.#ask(undefined);
        if (!("seq" in whole)) return whole;
        if (roleIn(asker, events.owned!, Date.now()) === undefined) return { unseen: true };
        if (events.follows(page)) return page;
      }
    } finally {
      this.#pending--;
      this.#endLater();
    }
  }

  /** A viewer that is sent this beginning and all that comes after it. */
  join(
    beginning: Beginning,
    options: ViewerOptions & { untilRunId?: string; asker: Asker },
    onClose: (viewer: Viewer) => void,
  ): Viewer {
    return this.#events.join(beginning, options, (viewer) => {
      this.#endLater();
      onClose(viewer);
    });
  }

  /** The owner may be back: it is asked at once. */
  retry(): void {
    this.#retryMs = firstRetryMs;
    this.#wake.abort();
    this.#wake = new AbortController();
  }

  /** Others have settled what the owner left: viewers see it as the database has it, until the owner answers again. */
  async showStored(): Promise<void> {
    if (!this.#events.hasBegun) return;
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
    if (!this.#isReached) this.#events.noteOwned(owned);
  }

  get isClosed(): boolean {
    return this.#closing.signal.aborted;
  }

  close(): void {
    this.#closing.abort();
    clearTimeout(this.#linger);
    this.#events.close();
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
    if ("seq" in page) this.#events.noteAnswer(page);
    return page;
  }

  /** Those that look at it already are sent the same. */
  async #storedPage(): Promise<Page | undefined> {
    const { signal } = this.#closing;
    // Later than what any viewer has seen, and than what the owner has sent.
    const seq = Math.max(Date.now() * 1000, this.#events.seq + 1);
    const stored = await this.#parts.readStored(seq, signal);
    signal.throwIfAborted();
    return stored && this.#events.takeStored(stored, seq);
  }

  #start(page: Page): void {
    this.#events.begin(page);
    this.#follow(this.#closing.signal).catch((err: unknown) => {
      const { sessionId } = this.#parts;
      log.error({ err, sessionId, node: this.node }, "The relay of a session has failed");
      this.#end();
    });
  }

  /** Keeps a stream from the owner open, from the event after the last one on, until the relay ends. */
  async #follow(signal: AbortSignal): Promise<void> {
    const events = this.#events;
    const reach = (now: boolean): void => {
      if (!now && !this.#isReached) return;
      this.#isReached = now;
      this.#parts.onReached(now);
    };
    const onOpen = (): void => {
      this.#retryMs = firstRetryMs;
      reach(true);
      // They connect again, to the owner.
      events.closeOfRuns();
    };
    // At a gap the stream begins anew, after the last event that came.
    const onFrames = (frames: PassedFrame[]): void => events.take(frames);
    while (!signal.aborted) {
      const end = await this.#owner.read(events.seq, { onOpen, onFrames }, signal);
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

  #endLater(): void {
    clearTimeout(this.#linger);
    if (this.isClosed) return;
    this.#linger = setTimeout(() => {
      if (this.#pending === 0 && !this.#events.isWatched) this.#end();
    }, lingerMs);
  }

  /** Viewers that are left connect again, and are told why there is nothing. */
  #end(): void {
    this.#parts.onEnd();
    this.close();
  }
}
