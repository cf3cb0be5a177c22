/** Lines of code that are shown with numbers and can be commented on: of a file, and of what has changed in it. */
import type { ReviewLine } from "../../shared/protocol";

export interface CodeLine extends ReviewLine {
  /** Where it stands among the lines of its block. */
  at: number;
}

/** Two lines beside each other: before and now. Lines that were replaced stand beside those that replaced them. */
export interface LinePair {
  before?: CodeLine;
  now?: CodeLine;
}

export function codeLines(lines: readonly ReviewLine[]): CodeLine[] {
  return lines.map((line, at) => ({ ...line, at }));
}

export function pairsOf(lines: readonly CodeLine[]): LinePair[] {
  const pairs: LinePair[] = [];
  let removed: CodeLine[] = [];
  let added: CodeLine[] = [];
  const settle = () => {
    for (let at = 0; at < Math.max(removed.length, added.length); at++)
      pairs.push({
        ...(removed[at] && { before: removed[at] }),
        ...(added[at] && { now: added[at] }),
      });
    [removed, added] = [[], []];
  };
  for (const line of lines) {
    if (line.kind === "removed") {
      // A removal behind an addition begins the next pairs.
      if (added.length > 0) settle();
      removed.push(line);
    } else if (line.kind === "added") added.push(line);
    else {
      settle();
      pairs.push({ before: line, now: line });
    }
  }
  settle();
  return pairs;
}

/** What a comment on these lines quotes: without signs when they are of one kind. */
export function quoteOf(lines: readonly CodeLine[]): string {
  const isOneKind = new Set(lines.map(({ kind }) => kind)).size <= 1;
  const signs = { same: " ", added: "+", removed: "-" };
  return lines.map(({ kind, text }) => (isOneKind ? text : signs[kind] + text)).join("\n");
}

/** The numbers of these lines as they are now; of lines that are all removed, as they were. */
export function rangeOf(lines: readonly CodeLine[]): { from: number; to: number; isOld: boolean } {
  const now = lines.flatMap((line) => line.new ?? []);
  const numbers = now.length > 0 ? now : lines.flatMap((line) => line.old ?? []);
  return { from: Math.min(...numbers), to: Math.max(...numbers), isOld: now.length === 0 };
}
