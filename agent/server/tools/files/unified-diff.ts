/** The change of a file as a unified diff. */
import { FILE_HEADERS_ONLY, formatPatch, structuredPatch } from "diff";

/** The search for the shortest diff of two very different texts is slow: after this time there is none. */
const timeoutMs = 500;

/** What the diffs of one call take together. */
export class DiffTime {
  #leftMs = timeoutMs;

  /** Runs `work` with the time that is left, in ms. */
  spend<Result>(work: (leftMs: number) => Result): Result {
    const start = performance.now();
    try {
      return work(Math.max(1, this.#leftMs));
    } finally {
      this.#leftMs -= performance.now() - start;
    }
  }
}

/**
 * Undefined when only line endings changed, the texts differ too much, or the time is up. `before` is undefined for a new
 * file, `after` for one that was removed.
 */
export function unifiedDiff(
  shown: string,
  before: string | undefined,
  after: string | undefined,
  time: DiffTime,
): string | undefined {
  const [from, to] = [before === undefined, after === undefined];
  const names = [from ? "/dev/null" : `a/${shown}`, to ? "/dev/null" : `b/${shown}`] as const;
  const patch = time.spend((timeout) =>
    structuredPatch(...names, before ?? "", after ?? "", undefined, undefined, {
      context: 3,
      stripTrailingCr: true,
      timeout,
    }),
  );
  return patch && patch.hunks.length > 0 ? formatPatch(patch, FILE_HEADERS_ONLY) : undefined;
}
