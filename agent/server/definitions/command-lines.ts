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
    const block = /^ {0,3}(`{3,})![ \t]*\n(.*?)\n? {0,3}\1`*[ \t]*\n?$/s.exec(code)?.[2];
    const line = /^`([^`\n]+)`$/.exec(code)?.[1];
    if (block?.trim()) found.push({ start, end, command: block.trim() });
    else if (line?.trim() && /(?:^|\s)!$/.test(text.slice(Math.max(0, start - 2), start)))
      found.push({ start: start - 1, end, command: line.trim() });
  }
  return found;
}
