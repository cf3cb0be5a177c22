/** The change of a file as a unified diff. */
import { FILE_HEADERS_ONLY, formatPatch, structuredPatch } from "diff";

/** The search for the shortest diff of two very different texts is slow: after this time there is none. */
const timeoutMs = 500;

/** Undefined when only line endings changed, or the texts differ too much. `before` is undefined for a new file. */
export function unifiedDiff(
  shown: string,
  before: string | undefined,
  after: string,
): string | undefined {
  const name = before === undefined ? "/dev/null" : `a/${shown}`;
  const patch = structuredPatch(name, `b/${shown}`, before ?? "", after, undefined, undefined, {
    context: 3,
    stripTrailingCr: true,
    timeout: timeoutMs,
  });
  return patch && patch.hunks.length > 0 ? formatPatch(patch, FILE_HEADERS_ONLY) : undefined;
}
