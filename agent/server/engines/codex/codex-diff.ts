/** What a patch of Codex changes, as a unified diff. */
import type { FileChange } from "./codex-wire";

/** Codex adds this to the hunks of a file that gets another name. */
const movedNote = /\n\nMoved to: [^\n]*\n?$/;

/** Of all files, one after the other; paths have a/ and b/ in front, as git has them. */
export function unifiedDiffOf(changes: readonly FileChange[]): string {
  return changes.map(diffOf).join("");
}

function diffOf({ path, kind, diff }: FileChange): string {
  if (kind.type === "add") return `--- /dev/null\n+++ b${path}\n${wholeFile(diff, "+")}`;
  if (kind.type === "delete") return `--- a${path}\n+++ /dev/null\n${wholeFile(diff, "-")}`;
  const hunks = diff.replace(movedNote, "");
  const end = hunks === "" || hunks.endsWith("\n") ? "" : "\n";
  return `--- a${path}\n+++ b${kind.move_path ?? path}\n${hunks}${end}`;
}

function wholeFile(content: string, sign: "+" | "-"): string {
  if (content === "") return "";
  const endsWithLine = content.endsWith("\n");
  const lines = (endsWithLine ? content.slice(0, -1) : content).split("\n");
  const range = lines.length === 1 ? "1" : `1,${lines.length}`;
  const place = sign === "+" ? `@@ -0,0 +${range} @@` : `@@ -${range} +0,0 @@`;
  const end = endsWithLine ? "" : "\\ No newline at end of file\n";
  return `${place}\n${lines.map((line) => `${sign}${line}\n`).join("")}${end}`;
}

/** All files that it touches, their new names too. */
export function pathsOf(changes: readonly FileChange[]): string[] {
  const all = changes.flatMap(({ path, kind }) => [path, kind.move_path ?? path]);
  return [...new Set(all)];
}
