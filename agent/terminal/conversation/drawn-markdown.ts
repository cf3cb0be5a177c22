/**
 * How much of a model's texts is drawn as Markdown. Each block, item and cell is an element of the screen, which takes
 * memory, and time with each frame: with too many of them no key is read in time. So they are counted in the text as it is
 * written, before it is read. What is beyond the bounds is shown as it is written.
 */
import { type Accessor, createContext, createMemo, useContext } from "solid-js";
import type { Message } from "../../shared/protocol";

/** The most elements of one text. */
const mostOfText = 1000;
/** Of all texts of a conversation. The newest have them. */
const mostOfAll = 3000;
/** In columns: deeper in quotes and lists no line is read. The time that takes grows with the square of the depth. */
const maxIndent = 100;
/** So many characters of a line count as one element. */
const elementCharacters = 2000;
/** And so many marks of words with another look. */
const elementMarks = 8;

/** The marks of quotes and items before the words of a line. */
const prefix = /^(?:[ \t>]|[-*+](?=[ \t])|\d{1,9}[.)](?=[ \t]))*/;
/** Between the head of a table and its rows. */
const delimiter = /^[ \t>|:-]*$/;
/** What begins an element within a line. */
const inner = /\||<details/gi;
const looks = /[*_`[]/g;

const lineEnd = /\r\n?|\n/g;

export interface DrawnMarkdown {
  /** Where the first line begins that is not drawn; the length of the text when all of it is. */
  end: number;
  /** At most how many elements there are before that. */
  weight: number;
}

/** Looks no further than it is drawn. A text that grows keeps its end, once that is not the text's own. */
export function drawnMarkdown(text: string): DrawnMarkdown {
  let weight = 0;
  /** Of the table that the line can belong to: a row has all of its cells, also those that are not written. */
  let columns = 0;
  for (let start = 0; start < text.length;) {
    const end = endOfLine(text, start);
    const line = text.slice(start, end).trimEnd();
    const marks = prefix.exec(line.slice(0, maxIndent + 1))?.[0] ?? "";
    const isNested = marks.trim() !== "";
    if (isNested && marks.length > maxIndent) return { end: start, weight };
    const found = line.match(inner)?.length ?? 0;
    if (line === "") columns = 0;
    else if (delimiter.test(line)) columns = Math.max(columns, found);
    const ofLine =
      1 +
      Math.max(found, columns) +
      (isNested ? Math.ceil(marks.length / 2) : 0) +
      Math.floor(line.length / elementCharacters) +
      Math.floor((line.match(looks)?.length ?? 0) / elementMarks);
    if (weight + ofLine > mostOfText) return { end: start, weight };
    weight += ofLine;
    start = end;
  }
  return { end: text.length, weight };
}

/** After what ends the line. */
function endOfLine(text: string, start: number): number {
  lineEnd.lastIndex = start;
  return lineEnd.test(text) ? lineEnd.lastIndex : text.length;
}

const PlainTextsContext = createContext<Accessor<ReadonlySet<string>>>();
export const PlainTextsProvider = PlainTextsContext.Provider;

/** The ids of the text parts that are shown as plain text. Needs the provider above. */
export function usePlainTexts(): Accessor<ReadonlySet<string>> {
  const plain = useContext(PlainTextsContext);
  if (plain === undefined) throw new Error("expected a PlainTextsProvider above this component");
  return plain;
}

/** Those of `messages` before the newest ones that have all the elements there may be. */
export function createPlainTexts(messages: Accessor<readonly Message[]>) {
  const weights = new Map<string, { length: number; weight: number }>();
  function weightOf(id: string, text: string): number {
    const known = weights.get(id);
    if (known?.length === text.length) return known.weight;
    const { weight } = drawnMarkdown(text);
    weights.set(id, { length: text.length, weight });
    return weight;
  }
  return createMemo<ReadonlySet<string>>(
    () => {
      const plain = new Set<string>();
      let left = mostOfAll;
      for (const { parts } of messages().toReversed())
        for (const part of parts.toReversed()) {
          if (part.type !== "text") continue;
          left -= weightOf(part.id, part.text);
          if (left < 0) plain.add(part.id);
        }
      return plain;
    },
    new Set(),
    { equals: Bun.deepEquals },
  );
}
