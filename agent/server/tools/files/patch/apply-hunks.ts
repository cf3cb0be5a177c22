/** Applies the hunks of a patch to the text of a file. Lines that stay keep their bytes, whatever the patch has of them. */
import { truncate } from "../../../../shared/truncate";
import { ToolError } from "../../tool";
import { usesCrlf } from "../line-endings";
import { type SearchEffort, SearchedLines } from "./find-lines";
import type { Hunk } from "./parse-patch";

interface FileLine {
  text: string;
  /** Its line end; empty for a last line without one. */
  end: string;
}

/** Each hunk must have one place, below the one before it. Throws ToolError; `shown` is the file's name in it. */
export function applyHunks(
  text: string,
  hunks: Hunk[],
  shown: string,
  effort: SearchEffort,
): string {
  const mark = text.startsWith("\uFEFF") ? "\uFEFF" : "";
  const lines = linesOf(text.slice(mark.length));
  const newEnd = usesCrlf(text) ? "\r\n" : "\n";
  const searched = new SearchedLines(
    lines.map((line) => line.text),
    effort,
  );
  const result: FileLine[] = [];
  let done = 0;
  for (const [index, hunk] of hunks.entries()) {
    const place = placeOf(hunk, searched, lines.length, done, `Hunk ${index + 1} of ${shown}`);
    for (; done < place; done++) result.push(lines[done]!);
    for (const { kind, text } of hunk.lines) {
      if (kind === "added") result.push({ text, end: newEnd });
      else if (kind === "same") result.push(lines[done++]!);
      else done++;
    }
  }
  for (; done < lines.length; done++) result.push(lines[done]!);
  return mark + joined(result, newEnd);
}

function linesOf(text: string): FileLine[] {
  return [...text.matchAll(/([^\n]*?)(\r?\n|$)/g)]
    .filter(([whole]) => whole !== "")
    .map(([, text = "", end = ""]) => ({ text, end }));
}

/** A line that had no end needs one where another follows. */
function joined(lines: FileLine[], newEnd: string): string {
  const last = lines.length - 1;
  return lines
    .map(({ text, end }, index) => text + (end === "" && index < last ? newEnd : end))
    .join("");
}

/** The line of the file at which the hunk begins. */
function placeOf(
  hunk: Hunk,
  searched: SearchedLines,
  lineCount: number,
  from: number,
  name: string,
): number {
  const old = hunk.lines.filter(({ kind }) => kind !== "added").map(({ text }) => text);
  const [first, ...inner] = hunk.anchors;
  if (hunk.isAtEnd) return placeAtEnd(old, searched, lineCount, from, name);
  if (first === undefined)
    return old.length === 0 ? lineCount : onlyPlace(old, searched, from, name);
  let anchor = onlyPlace([first], searched, from, name);
  for (const next of inner) anchor = firstPlace([next], searched, anchor + 1, name);
  // Models repeat the anchor as the first line.
  return old.length === 0 ? anchor + 1 : firstPlace(old, searched, anchor, name);
}

function placeAtEnd(
  old: string[],
  searched: SearchedLines,
  lineCount: number,
  from: number,
  name: string,
): number {
  const place = lineCount - old.length;
  if (place < from || !searched.places(old, place).includes(place))
    throw new ToolError(`${name} does not match the end of the file: ${missing(old)}`);
  return place;
}

function firstPlace(wanted: string[], searched: SearchedLines, from: number, name: string): number {
  const [place] = searched.places(wanted, from);
  if (place === undefined) throw new ToolError(`${name} was not found: ${missing(wanted)}`);
  return place;
}

/** Two places are one too many: the wrong one could be changed. */
function onlyPlace(wanted: string[], searched: SearchedLines, from: number, name: string): number {
  const places = searched.places(wanted, from);
  if (places.length < 2) return firstPlace(wanted, searched, from, name);
  const numbers = places.map((place) => place + 1).join(", ");
  throw new ToolError(
    `${name} fits several places (lines ${numbers}), and nothing was changed. ` +
      "Give more lines around the change, or a line above it after “@@”.",
  );
}

function missing(wanted: string[]): string {
  const lines = truncate(wanted.join("\n"), 1000);
  return `these lines do not follow each other below the hunk before it. Nothing was changed. Read the file again.\n${lines}`;
}
