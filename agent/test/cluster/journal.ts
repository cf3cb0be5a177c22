/** What happened in a random run, in order: people's acts with their answers, and faults. Printed when a check fails. */

export interface StopSaid {
  runId: string;
  sessionId: string;
  /** The end is on the disk of the owner alone. */
  unshared: boolean;
}

export class Journal {
  readonly lines: string[] = [];
  /** The acknowledged ones. */
  readonly stops: StopSaid[] = [];
  /** By what was asked and how it was answered. */
  readonly counts = new Map<string, number>();
  readonly #begun = performance.now();

  note(line: string): void {
    const seconds = ((performance.now() - this.#begun) / 1000).toFixed(2).padStart(7);
    this.lines.push(`${seconds}  ${line}`);
  }

  count(act: string, answer: string): void {
    const key = `${act} ${answer}`;
    this.counts.set(key, (this.counts.get(key) ?? 0) + 1);
  }

  /** `stop 200 ×41, stop 503 undelivered ×2`. */
  summary(): string {
    const all = [...this.counts].toSorted(([one], [other]) => (one < other ? -1 : 1));
    return all.map(([key, count]) => `${key} ×${count}`).join(", ");
  }
}
