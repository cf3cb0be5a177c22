/** Whether a node that owes an answer still lives: it is asked for its health meanwhile, once for all that wait for it. */

/** So long nothing may come from a node that lives. */
export const nodeSilentMs = 5000;
const betweenMs = 1000;

type Ask = (signal: AbortSignal) => Promise<unknown>;

export class NodePulse {
  readonly #ask: Ask;
  readonly #waiting = new Set<{ since: number; onSilent: () => void }>();
  #heardAt = Number.NEGATIVE_INFINITY;
  #silentAt = Number.NEGATIVE_INFINITY;
  #stop: AbortController | undefined;

  /** `ask` resolves when the node has answered, with whatever. */
  constructor(ask: Ask) {
    this.#ask = ask;
  }

  /** It did not answer when it was asked last. */
  get isSilent(): boolean {
    return this.#silentAt > this.#heardAt;
  }

  /** An answer of it has come. */
  heard(): void {
    this.#heardAt = performance.now();
  }

  /** Calls `onSilent` once nothing has come for five seconds, this call's begin included; returns what ends that. */
  watch(onSilent: () => void): () => void {
    const one = { since: performance.now(), onSilent };
    this.#waiting.add(one);
    if (this.#stop === undefined) this.#begin((this.#stop = new AbortController()).signal);
    return () => {
      this.#waiting.delete(one);
      if (this.#waiting.size > 0) return;
      this.#stop?.abort();
      this.#stop = undefined;
    };
  }

  #begin(signal: AbortSignal): void {
    let asking: Promise<void> | undefined;
    const look = () => {
      const now = performance.now();
      for (const one of this.#waiting)
        if (now - Math.max(one.since, this.#heardAt) >= nodeSilentMs) {
          this.#waiting.delete(one);
          this.#silentAt = now;
          one.onSilent();
        }
      asking ??= this.#ask(AbortSignal.any([signal, AbortSignal.timeout(nodeSilentMs)]))
        .then(() => this.heard())
        // Refused or silent: what waits is told in time, or has its own error.
        .catch(() => undefined)
        .finally(() => (asking = undefined));
    };
    const timer = setInterval(look, betweenMs);
    timer.unref();
    signal.addEventListener("abort", () => clearInterval(timer), { once: true });
  }
}
