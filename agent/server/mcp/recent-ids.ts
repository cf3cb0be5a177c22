/** The ids of sessions that ended last: what still goes on in one of them for a moment opens nothing for it. */

const most = 1_000;

export class RecentIds {
  readonly #ids = new Set<string>();

  get size(): number {
    return this.#ids.size;
  }

  /** The oldest is forgotten where there are too many. */
  add(id: string): void {
    this.#ids.add(id);
    const [oldest] = this.#ids;
    if (this.#ids.size > most && oldest !== undefined) this.#ids.delete(oldest);
  }

  delete(id: string): void {
    this.#ids.delete(id);
  }

  has(id: string): boolean {
    return this.#ids.has(id);
  }
}
