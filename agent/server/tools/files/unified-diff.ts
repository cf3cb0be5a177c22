/** What changed in a file, as a unified diff. */
import { FILE_HEADERS_ONLY, formatPatch, structuredPatch } from "diff";

/** For two texts with little in common the search for the shortest diff is slow: then there is none. */
const patienceMs = 500;

/** Undefined when nothing changed but line ends, or the texts are too far apart. `before` is undefined for a new file. */
export function unifiedDiff(
  shown: string,
  before: string | undefined,
  after: string,
): string | undefined {
  const name = before === undefined ? "/dev/null" : `a/${shown}`;
  const patch = structuredPatch(name, `b/${shown}`, before ?? "", after, undefined, undefined, {
    context: 3,
    stripTrailingCr: true,
    timeout: patienceMs,
  });
  return patch && patch.hunks.length > 0 ? formatPatch(patch, FILE_HEADERS_ONLY) : undefined;
}
