/** How many injection points were tried and failed, for each intervention. */

export interface Count {
  tried: number;
  failed: number;
  /** The conversation ended before the point. */
  notReached: number;
}

export class Tally {
  readonly #counts = new Map<string, Count>();

  add(intervention: string, more: Partial<Count>): void {
    const before = this.#counts.get(intervention) ?? { tried: 0, failed: 0, notReached: 0 };
    this.#counts.set(intervention, {
      tried: before.tried + (more.tried ?? 0),
      failed: before.failed + (more.failed ?? 0),
      notReached: before.notReached + (more.notReached ?? 0),
    });
  }

  sum(): Count {
    const all = new Tally();
    for (const count of this.#counts.values()) all.add("all", count);
    return all.#counts.get("all") ?? { tried: 0, failed: 0, notReached: 0 };
  }

  toString(): string {
    const rows = [...this.#counts, ["all", this.sum()] as const];
    return rows
      .map(
        ([name, { tried, failed, notReached }]) =>
          `sweep: ${name}: ${tried} points tried, ${failed} failed (${notReached} not reached)`,
      )
      .join("\n");
  }
}
