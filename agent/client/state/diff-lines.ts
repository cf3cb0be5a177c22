/** The lines of a change: of a unified diff, and of a passage that another one replaces. */
import { t } from "../../shared/translation";

export interface DiffLine {
  /** note: it is not a line of a file. */
  kind: "added" | "removed" | "same" | "note";
  text: string;
}

/** What stands before a line of each kind. */
export const signs = { added: "+", removed: "-", same: " ", note: "" } as const;

/** Without the header lines before each file's first hunk; of several files, each is named in a line of its own. */
export function readDiff(diff: string): DiffLine[] {
  const lines: DiffLine[] = [];
  const names = new Set<DiffLine>();
  let old = "";
  /** How many lines the hunk still has: one of them can look like a header. */
  let [before, after] = [0, 0];
  for (const line of diff.replace(/\n$/, "").split("\n")) {
    if (before + after > 0 && line[0] !== "\\") {
      const kind = kinds[line[0] ?? " "] ?? "same";
      if (kind !== "added") before--;
      if (kind !== "removed") after--;
      lines.push({ kind, text: line.slice(1) });
    } else if (line.startsWith("--- ")) old = fileIn(line);
    else if (line.startsWith("+++ ")) {
      const now = fileIn(line);
      const name: DiffLine = {
        kind: "note",
        text: now === none ? t("{name} (removed)", { name: old }) : now,
      };
      names.add(name);
      lines.push(name);
    } else if (!header.test(line)) {
      const hunk = hunkStart.exec(line);
      if (hunk) [before, after] = [Number(hunk[1] ?? 1), Number(hunk[2] ?? 1)];
      lines.push({ kind: "note", text: line });
    }
  }
  return names.size > 1 ? lines : lines.filter((line) => !names.has(line));
}

const none = "/dev/null";

/** Without the time that some programs put behind it. */
function fileIn(line: string): string {
  return (line.slice(4).split("\t", 1)[0] ?? "").replace(/^[ab]\//, "");
}

/** The lines of a patch in the form of OpenAI's models, its headers included. */
export function patchLines(patch: string): DiffLine[] {
  const lines = patch.replace(/\n$/, "").split(/\r?\n/);
  return lines.map((line) => {
    const kind = kinds[line[0] ?? ""] ?? (line.startsWith(" ") ? "same" : "note");
    return { kind, text: kind === "note" ? line : line.slice(1) };
  });
}

const hunkStart = /^@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@/;

const header =
  /^(?:(?:---|\+\+\+|Index:|diff --git|index|similarity index|rename (?:from|to)|(?:new|deleted) file mode|(?:old|new) mode)(?: |$)|====)/;

const kinds: Record<string, "added" | "removed"> = { "+": "added", "-": "removed" };

/** What is the same at the beginning and at the end stands once. */
export function replacedLines(before: string, after: string): DiffLine[] {
  const [old, next] = [before.split("\n"), after.split("\n")];
  const shorter = Math.min(old.length, next.length);
  let start = 0;
  while (start < shorter && old[start] === next[start]) start++;
  let end = 0;
  while (end < shorter - start && old.at(-1 - end) === next.at(-1 - end)) end++;
  const of = (kind: DiffLine["kind"]) => (text: string) => ({ kind, text });
  return [
    ...old.slice(0, start).map(of("same")),
    ...old.slice(start, old.length - end).map(of("removed")),
    ...next.slice(start, next.length - end).map(of("added")),
    ...old.slice(old.length - end).map(of("same")),
  ];
}
