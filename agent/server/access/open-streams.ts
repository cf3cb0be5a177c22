/** The open event streams by who opened them: how many there may be, and that they end with their sign-in. */

const maxStreams = 10_000;
/** A browser opens six connections to a server, and a proxy in front of it perhaps some more. */
const maxPerSignIn = 100;

export class OpenStreams {
  readonly #streams = new Map<string, Set<() => void>>();
  #count = 0;

  /** Which bound is reached. The script token, without an id, has only that of all together. */
  full(signInId: string | undefined): "sign-in" | "all" | undefined {
    if (this.#count >= maxStreams) return "all";
    const own = signInId === undefined ? 0 : (this.#streams.get(signInId)?.size ?? 0);
    return own >= maxPerSignIn ? "sign-in" : undefined;
  }

  /** Counts a stream until what is returned is called; `close` is called when its sign-in ends before. */
  add(signInId = "", close: () => void): () => void {
    const own = this.#streams.get(signInId) ?? new Set();
    this.#streams.set(signInId, own.add(close));
    this.#count++;
    return () => {
      if (!own.delete(close)) return;
      this.#count--;
      if (own.size === 0) this.#streams.delete(signInId);
    };
  }

  isOpen(signInId: string): boolean {
    return this.#streams.has(signInId);
  }

  /** Closes those of one sign-in. */
  close(signInId: string): void {
    for (const close of this.#streams.get(signInId) ?? []) close();
  }
}
