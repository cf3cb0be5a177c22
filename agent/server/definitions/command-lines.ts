/** The lines of a command or a skill that run: `` !`command` `` at the start of a line or after white space, and blocks fenced with ```` ```! ````. */
import { codeRanges } from "../../shared/code-ranges";

export interface CommandLine {
  /** In the text, in UTF-16 units. */
  start: number;
  end: number;
  command: string;
}

/** More than that do not run. */
export const maxCommandLines = 20;

/** In their order. What stands in other code is an example, and none. */
export function commandLines(text: string): CommandLine[] {
  const found: CommandLine[] = [];
  for (const { start, end } of codeRanges(text)) {
    const code = text.slice(start, end);
    const block = scriptIn(code);
    const line = /^`([^`\n]+)`$/.exec(code)?.[1];
    if (block) found.push({ start, end, command: block });
    else if (line?.trim() && /(?:^|\s)!$/.test(text.slice(Math.max(0, start - 2), start)))
      found.push({ start: start - 1, end, command: line.trim() });
  }
  return found;
}

/** What a fenced block runs: the lines between its fences; undefined of any other code. By lines, so that no text is slow to read. */
function scriptIn(code: string): string | undefined {
  const [first = "", ...lines] = code.trimEnd().split("\n");
  if (!/^ {0,3}`{3,}![ \t]*$/.test(first)) return undefined;
  // Without its last fence the block goes on to the end of the text.
  if (/^ {0,3}`+$/.test(lines.at(-1) ?? "")) lines.pop();
  return lines.join("\n").trim() || undefined;
}
