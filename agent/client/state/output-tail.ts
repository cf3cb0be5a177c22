/** The last lines of a long text, without processing all of it. */
import { withoutEscapes } from "../../shared/escape-sequences";
import { tn } from "../../shared/translation";

export interface Tail {
  text: string;
  /** The number of lines before `text`. */
  earlier: number;
  /** Further ones are not among what is counted: they are kept in a file. */
  isFolded?: boolean;
}

/** Of the lines before a tail; "" when there are none. */
export function earlierWords({ earlier, isFolded }: Tail): string {
  if (earlier === 0) return "";
  return isFolded
    ? tn(earlier, "More than {count} earlier line", "More than {count} earlier lines")
    : tn(earlier, "{count} earlier line", "{count} earlier lines");
}

/** The last `count` lines as they are. */
export function tailOf(text: string, count: number): Tail {
  const end = text.endsWith("\n") ? text.length - 1 : text.length;
  let from = end + 1;
  for (let lines = 0; lines < count && from > 0; lines++)
    from = from === 1 ? 0 : text.lastIndexOf("\n", from - 2) + 1;
  return { text: text.slice(from, end), earlier: countLines(text, from) };
}

/** Of a command's output, as a terminal would show it: without colours, and overwritten lines in their last state. */
export function terminalTailOf(output: string, count: number): Tail {
  const { text, earlier } = tailOf(output, count);
  const lines = withoutEscapes(text).split("\n").map(lastState);
  return { text: lines.join("\n"), earlier };
}

/** Not by a pattern: for a run of carriage returns it would take quadratic time. */
function lastState(line: string): string {
  let end = line.length;
  while (line[end - 1] === "\r") end--;
  return line.slice(0, end).slice(line.lastIndexOf("\r", end - 1) + 1);
}

function countLines(text: string, end: number): number {
  let lines = 0;
  for (let at = text.indexOf("\n"); at !== -1 && at < end; at = text.indexOf("\n", at + 1)) lines++;
  return lines;
}

/** Without the note for the model that the call's process runs, where that is the last line. */
export function withoutProcessNote(output: string, processId: string): string {
  const at = output.lastIndexOf(`[process ${processId} is running`);
  const isLastLine =
    at !== -1 && (at === 0 || output[at - 1] === "\n") && !output.includes("\n", at);
  return isLastLine ? output.slice(0, at) : output;
}
