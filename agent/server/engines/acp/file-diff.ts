/** The change of one file that an agent reports, as a unified diff. */
import { FILE_HEADERS_ONLY, formatPatch, structuredPatch } from "diff";
import type { ToolContent } from "./acp-schemas";

const maxCharacters = 2_000_000;
const limitMs = 100;

/** Empty for other content, and where nothing has changed. What takes long to compare is told without its lines. */
export function fileDiff({ type, path, oldText, newText }: ToolContent): string {
  if (type !== "diff" || path === undefined || newText === undefined) return "";
  const before = oldText ?? "";
  if (before === newText) return "";
  const isShort = before.length + newText.length <= maxCharacters;
  const patch = isShort
    ? structuredPatch(path, path, before, newText, undefined, undefined, {
        context: 3,
        timeout: limitMs,
      })
    : undefined;
  if (patch === undefined) return `--- ${path}\n+++ ${path}\n@@ too large to be compared @@\n`;
  return formatPatch(patch, FILE_HEADERS_ONLY);
}
