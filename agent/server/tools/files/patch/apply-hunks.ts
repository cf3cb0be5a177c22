/** Applies the hunks of a patch to the text of a file. Lines that stay keep their bytes, whatever the patch has of them. */
import { ToolError } from "../../tool";
import { usesCrlf } from "../line-endings";
import { differenceWords, quoted, type SearchEffort, SearchedLines } from "./find-lines";
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
  /** Lines that the hunk before has below its change: those of the next one may begin among them. */
  let below = 0;
  for (const [index, written] of hunks.entries()) {
    const name = `Hunk ${index + 1} of ${shown}`;
    const { hunk, place } = placed(written, searched, [done, done - below], name);
    result.length -= Math.max(0, done - place);
    for (; done < place; done++) result.push(lines[done]!);
    done = place;
    for (const { kind, text } of hunk.lines) {
      if (kind === "added") result.push({ text, end: newEnd });
      else if (kind === "same") result.push(lines[done++]!);
      else done++;
    }
    below = hunk.lines.length - 1 - hunk.lines.findLastIndex(({ kind }) => kind !== "same");
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

interface Placed {
  hunk: Hunk;
  /** The line of the file at which it begins. */
  place: number;
}

/** `froms`: from which lines on it is searched, one after the other. Two places are one too many: the wrong one could be changed. */
function placed(written: Hunk, searched: SearchedLines, froms: number[], name: string): Placed {
  for (const hunk of [written, ...withoutEnd(written)])
    for (const from of froms) {
      const places = placesOf(hunk, searched, from);
      if (places.length > 1) throw severalPlaces(places, name);
      const [place] = places;
      if (place !== undefined) return { hunk, place };
    }
  throw new ToolError(`${name} was not found: ${missing(written, searched)} ${again}`);
}

/** The end of a file's last line is taken for an empty line by some models. */
function withoutEnd(hunk: Hunk): Hunk[] {
  const last = hunk.lines.at(-1);
  const isEmpty = last?.kind === "same" && last.text === "" && hunk.lines.length > 1;
  return isEmpty ? [{ ...hunk, lines: hunk.lines.slice(0, -1), isAtEnd: true }] : [];
}

function severalPlaces(places: number[], name: string): ToolError {
  const numbers = places.slice(0, mostShown).map((place) => place + 1);
  return new ToolError(
    `${name} fits several places (lines ${numbers.join(", ")}), and nothing was changed. ` +
      "Give more lines around the change, or a line above it after “@@”.",
  );
}

/** How many places are named. */
const mostShown = 10;

function placesOf(hunk: Hunk, searched: SearchedLines, from: number): number[] {
  const old = oldLines(hunk);
  const [first, ...inner] = hunk.anchors;
  if (hunk.isAtEnd) {
    const place = searched.count - old.length;
    return place >= from && searched.isAt(old, place) ? [place] : [];
  }
  if (first === undefined) return old.length === 0 ? [searched.count] : searched.places(old, from);
  let heads = searched.heads(first, from);
  for (const anchor of inner)
    heads = firstOfEach(heads, (head) => searched.heads(anchor, head + 1));
  // Models repeat the anchor as the first line.
  return old.length === 0
    ? heads.map((head) => head + 1)
    : firstOfEach(heads, (head) => searched.places(old, head));
}

/** The first that each head leads to, once. What is below a head and above the next one is first for both. */
function firstOfEach(heads: number[], find: (head: number) => number[]): number[] {
  const found: number[] = [];
  for (const head of heads) {
    if (head < (found.at(-1) ?? 0)) continue;
    const [place] = find(head);
    if (place === undefined) break;
    if (place !== found.at(-1)) found.push(place);
  }
  return found;
}

function oldLines({ lines }: Hunk): string[] {
  return lines.filter(({ kind }) => kind !== "added").map(({ text }) => text);
}

/** Why a hunk has no place. */
function missing(hunk: Hunk, searched: SearchedLines): string {
  const unknown = hunk.anchors.find((anchor) => searched.heads(anchor, 0).length === 0);
  if (unknown !== undefined) return `no line of the file has ${quoted(unknown)}.`;
  const lines = oldLines(hunk);
  const old = lines.length > 0 ? lines : hunk.anchors.slice(-1);
  const [other] = searched.places(old, 0);
  if (other !== undefined)
    return `its lines stand at line ${other + 1}, ${
      hunk.isAtEnd ? "not at the end of the file." : "above its “@@” line or the hunk before it."
    }`;
  const near = searched.nearest(old, false);
  if (near === undefined) return "its lines do not stand in the file.";
  return `its lines would stand at line ${near.place + 1}, but ${differenceWords(near, old)}.`;
}

const again = "Nothing was changed. Read the file again.";
