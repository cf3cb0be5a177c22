/** Which proofs a node takes: each once, and only for a while, by its own clock, whatever the time is elsewhere. */
import type { RequestProof } from "./node-proof";

/** So far the time of a proof may be from that of the node that it is for; also how long its sender asks again. */
export const freshMs = 30_000;

export class ReceivedProofs {
  readonly #now: () => number;
  readonly #startedAt: number;
  /** Of the last minute at least: no proof is fresh for longer. */
  #seen = new Set<string>();
  #seenBefore = new Set<string>();
  #turnedAt: number;

  /** `now`: only goes forward, from about the time of day at the start. */
  constructor(now = steadyClock()) {
    this.#now = now;
    this.#startedAt = this.#turnedAt = now();
  }

  /** In milliseconds since 1970. */
  get now(): number {
    return Math.round(this.#now());
  }

  /** seen: it was sent before. stale: of another time; or of before this process, which may have taken it. */
  take({ time, nonce }: Pick<RequestProof, "time" | "nonce">): "fresh" | "stale" | "seen" {
    const now = this.#now();
    if (this.#seen.has(nonce) || this.#seenBefore.has(nonce)) return "seen";
    if (!(Math.abs(time - now) <= freshMs) || time < Math.floor(this.#startedAt)) return "stale";
    if (now - this.#turnedAt > 2 * freshMs) {
      this.#seenBefore = this.#seen;
      this.#seen = new Set();
      this.#turnedAt = now;
    }
    this.#seen.add(nonce);
    return "fresh";
  }
}

/** Nobody who sets the clock makes a proof fresh again. */
function steadyClock(): () => number {
  const offset = Date.now() - performance.now();
  return () => offset + performance.now();
}
