/** The last lines of a long output, without processing all of it. */
import { escapeSequences } from "../../shared/escape-sequences";

export interface Tail {
  text: string;
  /** The number of lines before `text`. */
  earlier: number;
}

/** The last `count` lines as a terminal would show them: without colours, and overwritten lines in their last state. */
export function tailOf(output: string, count: number): Tail {
  const end = output.endsWith("\n") ? output.length - 1 : output.length;
  let from = end + 1;
  for (let lines = 0; lines < count && from > 0; lines++)
    from = from === 1 ? 0 : output.lastIndexOf("\n", from - 2) + 1;
  const text = output
    .slice(from, end)
    .replace(escapeSequences, "")
    .split("\n")
    .map((line) => line.slice(line.replace(/\r+$/, "").lastIndexOf("\r") + 1).replace(/\r+$/, ""))
    .join("\n");
  return { text, earlier: countLines(output, from) };
}

function countLines(text: string, end: number): number {
  let lines = 0;
  for (let at = text.indexOf("\n"); at !== -1 && at < end; at = text.indexOf("\n", at + 1)) lines++;
  return lines;
}
