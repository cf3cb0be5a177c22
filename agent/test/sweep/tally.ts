/** How many moments were tried, of each kind, and how many have failed: as lines, and read from lines. */

export interface Count {
  tried: number;
  failed: number;
  /** The conversation was over before. */
  notReached: number;
}

export class Tally {
  readonly #counts = new Map<string, Count>();

  add(kind: string, more: Partial<Count>): void {
    const { tried, failed, notReached } = this.of(kind);
    this.#counts.set(kind, {
      tried: tried + (more.tried ?? 0),
      failed: failed + (more.failed ?? 0),
      notReached: notReached + (more.notReached ?? 0),
    });
  }

  of(kind: string): Count {
    return this.#counts.get(kind) ?? { tried: 0, failed: 0, notReached: 0 };
  }

  /** Adds what another process has printed; false when that was nothing. */
  read(printed: string): boolean {
    const lines = [...printed.matchAll(line)].filter(([, kind]) => kind !== all);
    for (const [, kind, tried, failed, notReached] of lines)
      this.add(kind!, {
        tried: Number(tried),
        failed: Number(failed),
        notReached: Number(notReached),
      });
    return lines.length > 0;
  }

  toString(): string {
    const sum = new Tally();
    for (const count of this.#counts.values()) sum.add(all, count);
    const rows = [...this.#counts, [all, sum.of(all)] as const];
    return rows.map(([kind, count]) => words(kind, count)).join("\n");
  }
}

const all = "all";
const line = /^sweep: (.+): (\d+) moments tried, (\d+) failed \((\d+) not reached\)$/gm;

function words(kind: string, { tried, failed, notReached }: Count): string {
  return `sweep: ${kind}: ${tried} moments tried, ${failed} failed (${notReached} not reached)`;
}
