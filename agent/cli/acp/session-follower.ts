/** The state of one session, followed from the server: events of several streams, each applied once. */
import { setTimeout } from "node:timers/promises";
import { ApiError, ConnectionLost, type Rein } from "../../sdk/create-rein";
import { apply, applyEarlier } from "../../shared/apply";
import type { Session, SessionEvent } from "../../shared/protocol";

const reconnectMs = 1000;
const requestMs = 30_000;

export class SessionFollower {
  readonly #rein: Rein;
  readonly #id: string;
  /** Called after each change; the next event is read once it has resolved. */
  readonly #onChange: () => Promise<void>;
  readonly #ending = new AbortController();
  readonly #waiting = new Set<() => void>();
  #session: Session | undefined;
  #isFollowing = false;

  constructor(rein: Rein, id: string, onChange: () => Promise<void>) {
    this.#rein = rein;
    this.#id = id;
    this.#onChange = onChange;
  }

  /** Undefined until its first event. */
  get session(): Session | undefined {
    return this.#session;
  }

  /** Resolves when the session is known, with all its earlier messages if `isWhole`. Throws an ApiError when there is none. */
  async open(isWhole: boolean): Promise<Session> {
    const session = this.#session ?? (await this.#begin());
    if (!isWhole) return session;
    for (let [first] = session.messages; first && session.earlier; [first] = session.messages) {
      const signal = AbortSignal.any([this.#ending.signal, AbortSignal.timeout(requestMs)]);
      applyEarlier(session, await this.#rein.earlier(this.#id, first.id, signal));
    }
    return session;
  }

  #begin(): Promise<Session> {
    const { promise, resolve, reject } = Promise.withResolvers<Session>();
    void this.#follow(resolve, reject);
    return promise;
  }

  /** An event of another stream of the same session. From the first one on it follows the session by itself too. */
  async take(event: SessionEvent): Promise<void> {
    if (this.#session === undefined) {
      if (event.type !== "snapshot") return;
      this.#session = { ...event.session, seq: event.seq };
    } else apply(this.#session, event);
    if (!this.#isFollowing && this.#session.seq > 0) void this.#follow();
    for (const look of this.#waiting) look();
    await this.#onChange();
  }

  /** Resolves once this holds. Throws the signal's reason. */
  async until(holds: (session: Session) => boolean, signal: AbortSignal): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const look = () => {
      if (this.#session && holds(this.#session)) resolve();
    };
    const ended = () => reject(signal.reason as Error);
    this.#waiting.add(look);
    signal.addEventListener("abort", ended, { once: true });
    try {
      signal.throwIfAborted();
      look();
      await promise;
    } finally {
      this.#waiting.delete(look);
      signal.removeEventListener("abort", ended);
    }
  }

  close(): void {
    this.#ending.abort();
  }

  /** Connects again when the connection is lost. Ends when the session is removed, and on `close`. Never rejects. */
  async #follow(
    onOpen: (session: Session) => void = () => undefined,
    onRefused: (error: unknown) => void = logFailure,
  ): Promise<void> {
    this.#isFollowing = true;
    const { signal } = this.#ending;
    while (!signal.aborted) {
      try {
        for await (const event of this.#rein.events(this.#id, this.#session?.seq, signal)) {
          // What the storage is like comes with the answer to a prompt.
          if (event.type !== "storage-changed") await this.take(event);
          if (this.#session) onOpen(this.#session);
        }
      } catch (error) {
        if (signal.aborted) return;
        const isLost =
          error instanceof ConnectionLost || (error instanceof ApiError && error.status === 0);
        if (!isLost) return onRefused(error);
      }
      await setTimeout(reconnectMs, undefined, { signal }).catch(() => undefined); // closed meanwhile
    }
  }
}

function logFailure(error: unknown): void {
  // It was removed.
  if (error instanceof ApiError && error.status === 404) return;
  console.error("A session is no longer followed:", error);
}
