/** Where Markdown's code stands in a text: fenced blocks, and spans within a paragraph. */

export interface TextRange {
  start: number;
  /** The first place after it. */
  end: number;
}

/** In their order. Takes time that is linear in the length of the text. */
export function codeRanges(text: string): TextRange[] {
  const ranges: TextRange[] = [];
  let fence: { mark: string; start: number } | undefined;
  let paragraph = 0;
  for (let start = 0; start < text.length;) {
    const lineEnd = text.indexOf("\n", start);
    const end = lineEnd === -1 ? text.length : lineEnd + 1;
    // No mark of a fence is longer than can be told from it.
    const line = text.slice(start, Math.min(end, start + 200));
    const mark = /^ {0,3}(`{3,}|~{3,})/.exec(line)?.[1];
    if (fence !== undefined) {
      if (mark?.startsWith(fence.mark) && line.trim() === mark) {
        ranges.push({ start: fence.start, end });
        fence = undefined;
      }
      paragraph = end;
    } else if (
      mark !== undefined &&
      !(mark[0] === "`" && line.trim().slice(mark.length).includes("`"))
    ) {
      ranges.push(...spansIn(text, paragraph, start));
      fence = { mark, start };
    } else if (line.trim() === "") {
      ranges.push(...spansIn(text, paragraph, start));
      paragraph = end;
    }
    start = end;
  }
  ranges.push(
    ...(fence ? [{ start: fence.start, end: text.length }] : spansIn(text, paragraph, text.length)),
  );
  return ranges;
}

/** A span ends with the next run of as many backticks; a run without one is text. */
function spansIn(text: string, from: number, to: number): TextRange[] {
  const runs = [...text.slice(from, to).matchAll(/`+/g)].map(({ 0: { length }, index }) => ({
    length,
    start: from + index,
    next: -1,
  }));
  const later = new Map<number, number>();
  for (let at = runs.length - 1; at >= 0; at--) {
    const run = runs[at]!;
    run.next = later.get(run.length) ?? -1;
    later.set(run.length, at);
  }
  const spans: TextRange[] = [];
  for (let at = 0; at < runs.length; at++) {
    const { start, next } = runs[at]!;
    const closing = runs[next];
    if (closing === undefined) continue;
    spans.push({ start, end: closing.start + closing.length });
    at = next;
  }
  return spans;
}
