/** When a run may have written: the times of its calls that write, to tell its changes from those of another run. */
import { lstat } from "node:fs/promises";
import { abortable } from "../abort";
import { type Name, parentsOf, pathOf } from "./git/git-path";

/** The clock of files is some milliseconds behind. */
const slackMs = 20;
/** More calls than any run makes; beyond that the last ones count as one. */
const maxSpans = 10_000;

export class WriteTimes {
  readonly #spans: { from: number; to: number }[] = [];
  #open = 0;

  get isOpen(): boolean {
    return this.#open > 0;
  }

  get isEmpty(): boolean {
    return this.#spans.length === 0;
  }

  /** A call that may write begins; it ends when this is disposed of. */
  begin(): Disposable {
    const last = this.#spans.at(-1);
    const isLast = last !== undefined && (this.isOpen || this.#spans.length >= maxSpans);
    const span = isLast ? last : { from: Date.now(), to: 0 };
    if (!isLast) this.#spans.push(span);
    span.to = Number.POSITIVE_INFINITY;
    this.#open++;
    let isOver = false;
    return {
      [Symbol.dispose]: () => {
        if (isOver) return;
        isOver = true;
        if (--this.#open === 0) span.to = Date.now();
      },
    };
  }

  includes(at: number): boolean {
    return this.#spans.some(({ from, to }) => at >= from - slackMs && at <= to + slackMs);
  }
}

/**
 * When each name was last changed, in milliseconds since the epoch: of one that is gone, its directory; 0 where that is
 * unknown. Those after the first 2000 are left out. Throws the signal's reason.
 */
export async function changeTimes(
  directory: string,
  names: Name[],
  signal: AbortSignal,
): Promise<number[]> {
  const times = names.slice(0, maxLooks).map(async (name) => {
    for (const one of [name, ...parentsOf(name), "."]) {
      const stats = await lstat(pathOf(directory, one)).catch(() => undefined);
      if (stats !== undefined) return stats.ctimeMs;
    }
    return 0;
  });
  return abortable(Promise.all(times), signal);
}

const maxLooks = 2000;
