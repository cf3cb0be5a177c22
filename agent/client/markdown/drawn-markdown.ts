/**
 * How much of a model's text is drawn as Markdown. Each block, item and cell is an element of the screen, which takes
 * memory and time: with too many of them no key is read in time. So they are counted in the text as it is written, before
 * it is read. What is beyond the bound is shown as it is written.
 */

/** In characters: more than the longest answer of any model. */
const mostCharacters = 1_000_000;
/** In columns: deeper in quotes and lists no line is read. The time that takes grows with the square of the depth. */
const maxIndent = 60;
/** So many characters of a line count as one element. */
const elementCharacters = 2000;
/** And so many marks of words with another look. */
const elementMarks = 8;

/** No further is looked for the marks of a line. */
const longestPrefix = 2000;
/** The marks of quotes and items before the words of a line. */
const prefix = /^(?:[ \t>]|[-*+](?=[ \t])|\d{1,9}[.)](?=[ \t]))*/;
/** Between the head of a table and its rows. */
const delimiter = /^[ \t>|:-]*$/;
/** What begins an element within a line. */
const inner = /[|[]|<details/gi;
/** What gives words another look, or makes a formula of them. */
const looks = /[*_`$]/g;

const lineEnd = /\r\n?|\n/g;

export interface DrawnMarkdown {
  /** Where the first line begins that is not drawn; the length of the text when all of it is. */
  end: number;
  /** At most how many elements there are before that. */
  weight: number;
}

/**
 * `most` elements are drawn, which is what the face can take of one text. Looks no further than it is drawn. A text that
 * grows keeps its end, once that is not the text's own.
 */
export function drawnMarkdown(text: string, most: number): DrawnMarkdown {
  let weight = 0;
  /** Of the table that the line can belong to: a row has all of its cells, also those that are not written. */
  let columns = 0;
  for (let start = 0; start < text.length;) {
    const end = endOfLine(text, start);
    if (end > mostCharacters) return { end: start, weight };
    const line = text.slice(start, end).trimEnd();
    const marks = prefix.exec(line.slice(0, longestPrefix))?.[0] ?? "";
    const isNested = marks.trim() !== "" || marks.length === longestPrefix;
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
    if (weight + ofLine > most) return { end: start, weight };
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
