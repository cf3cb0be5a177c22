/** The open event streams by who opened them: how many there may be, and that they end with their sign-in. */

const maxStreams = 10_000;
/** A browser opens six connections to a server, and a proxy in front of it perhaps some more. */
const maxPerSignIn = 100;

export class OpenStreams {
  readonly #streams = new Map<string, Set<() => void>>();
  #count = 0;

  /** Which bound is reached. The script token, without an id, has only that of all together. */
  full(credentialId: string | undefined): "sign-in" | "all" | undefined {
    if (this.#count >= maxStreams) return "all";
    const own = credentialId === undefined ? 0 : (this.#streams.get(credentialId)?.size ?? 0);
    return own >= maxPerSignIn ? "sign-in" : undefined;
  }

  /** Counts a stream until what is returned is called; `close` is called when its credential ends before. */
  add(credentialId = "", close: () => void): () => void {
    const own = this.#streams.get(credentialId) ?? new Set();
    this.#streams.set(credentialId, own.add(close));
    this.#count++;
    return () => {
      if (!own.delete(close)) return;
      this.#count--;
      if (own.size === 0) this.#streams.delete(credentialId);
    };
  }

  isOpen(credentialId: string): boolean {
    return this.#streams.has(credentialId);
  }

  /** Closes those of one sign-in. */
  close(credentialId: string): void {
    for (const close of this.#streams.get(credentialId) ?? []) close();
  }
}
