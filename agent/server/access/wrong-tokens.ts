/** A wrong token is answered late: guessing is slow, and costs the server a timer. */

const firstMs = 250;
const lastMs = 2000;
/** The delay doubles after so many wrong tokens of one peer. */
const perStep = 5;
/** A peer that sent no wrong token for so long begins anew. */
const forgottenMs = 10 * 60 * 1000;
const maxPeers = 1000;
const maxWaiting = 50;

export class WrongTokens {
  readonly #peers = new Map<string, { count: number; at: number }>();
  #waiting = 0;

  /** Resolves when the peer may be told; with false, and at once, when too many wait already. */
  async delay(peer: string): Promise<boolean> {
    const delayMs = this.#count(peer);
    if (this.#waiting >= maxWaiting) return false;
    this.#waiting++;
    await Bun.sleep(delayMs);
    this.#waiting--;
    return true;
  }

  #count(peer: string): number {
    const now = performance.now();
    const known = this.#peers.get(peer);
    const count = known !== undefined && now - known.at < forgottenMs ? known.count + 1 : 1;
    // The peer that was quiet for longest comes first.
    this.#peers.delete(peer);
    this.#peers.set(peer, { count, at: now });
    const [quietest] = this.#peers.keys();
    if (this.#peers.size > maxPeers) this.#peers.delete(quietest!);
    return Math.min(lastMs, firstMs * 2 ** Math.floor((count - 1) / perStep));
  }
}
