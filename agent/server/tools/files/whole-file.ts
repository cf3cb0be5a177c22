/** A file that gets a new content as a whole, whatever it had. */
import type { FileChange } from "./file-changes";
import { toCrlf, usesCrlf } from "./line-endings";
import type { ResolvedPath } from "./resolved-path";
import type { FileBefore } from "./text-file";

export function wholeFile(
  target: ResolvedPath,
  { text: before }: Pick<FileBefore, "text">,
  content: string,
): FileChange {
  const after = typeof before === "string" && usesCrlf(before) ? toCrlf(content) : content;
  const words = `${before === undefined ? "Created" : "Replaced"} ${target.shown}.`;
  return { target, before, after, words };
}
