/** The names of rows that the shared database has not got as they are now. Names only: they are read when they are sent. */
import type { RowName } from "../store/shared-rows";

export class UnsentRows {
  readonly #bySession = new Map<string, Map<string, RowName>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get sessionIds(): string[] {
    return [...this.#bySession.keys()];
  }

  has(sessionId: string): boolean {
    return this.#bySession.has(sessionId);
  }

  add(rows: readonly RowName[]): void {
    for (const row of rows) {
      const names = this.#bySession.get(row.sessionId) ?? new Map<string, RowName>();
      this.#bySession.set(row.sessionId, names);
      const key = `${row.table} ${row.id}`;
      if (!names.has(key)) this.#size++;
      names.set(key, row);
    }
  }

  /** Takes at most so many out; those of the sessions named first, then of those that have waited longest. */
  take(most: number, first: readonly string[]): RowName[] {
    const taken: RowName[] = [];
    for (const id of new Set([...first, ...this.#bySession.keys()])) {
      if (taken.length >= most) break;
      taken.push(...this.#takeOf(id, most - taken.length));
    }
    return taken;
  }

  forget(sessionId: string): void {
    this.#takeOf(sessionId, Infinity);
  }

  #takeOf(sessionId: string, most: number): RowName[] {
    const names = this.#bySession.get(sessionId);
    if (names === undefined) return [];
    const taken = [...names].slice(0, most);
    for (const [key] of taken) names.delete(key);
    this.#size -= taken.length;
    if (names.size === 0) this.#bySession.delete(sessionId);
    return taken.map(([, row]) => row);
  }
}
