/**
 * Words as the search knows them: letters and digits without case and accents. Characters of Chinese, Japanese and Korean
 * are a word each, so that parts of their sentences are found.
 */

/** A word of a text, and where it stands there. */
interface Token {
  word: string;
  from: number;
  to: number;
}

/** What is looked for: words in a row. With `isBegun` the last one may be the beginning of a word. */
export interface Piece {
  words: string[];
  isBegun: boolean;
}

/** From where to where, in characters of a text. */
export type Mark = [from: number, to: number];

const words =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]\p{M}*|(?:(?![\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}])[\p{L}\p{N}\p{M}])+/gu;

/** More of a query is left out. */
const mostPieces = 20;
/** A longer word is that of a data URL or of a key. */
const longestWord = 64;

function* tokensOf(text: string, begin = 0): Generator<Token> {
  const pattern = new RegExp(words);
  pattern.lastIndex = begin;
  for (const match of text.matchAll(pattern)) {
    const word = folded(match[0]);
    if (word !== "") yield { word, from: match.index, to: match.index + match[0].length };
  }
}

function folded(word: string): string {
  return word
    .slice(0, longestWord)
    .normalize("NFKD")
    .replaceAll(/[^\p{L}\p{N}]/gu, "")
    .toLowerCase();
}

/** The text as the index is given it. */
export function indexedText(text: string): string {
  let all = "";
  for (const { word } of tokensOf(text)) all += `${word} `;
  return all;
}

/** What a person has typed: words that must all be there, and those between quotation marks in a row. */
export function piecesOf(query: string): Piece[] {
  const found: Piece[] = [];
  for (const [whole, quoted] of query.matchAll(/["“”„]([^"“”„]*)["“”„]?|[^\s"“”„]+/g)) {
    const own = [...tokensOf(quoted ?? whole)].map(({ word }) => word);
    if (own.length > 0) found.push({ words: own, isBegun: false });
  }
  const pieces = found.slice(0, mostPieces);
  const last = pieces.at(-1);
  // While it is typed.
  if (last !== undefined && /[\p{L}\p{N}\p{M}]$/u.test(query)) last.isBegun = true;
  return pieces;
}

/** For FTS5: of what was typed only letters and digits are in it. */
export function matchOf(pieces: Piece[]): string {
  return pieces
    .map(({ words: own, isBegun }) => `"${own.join(" ")}"${isBegun ? " *" : ""}`)
    .join(" AND ");
}

/** The places of the text at which the pieces stand. */
export function marksIn(text: string, pieces: Piece[]): Mark[] {
  return marksFrom(0, text, pieces, Infinity);
}

/** The first of these places, or another one that is found sooner, and those up to `reach` characters behind it. */
export function firstMarksIn(text: string, pieces: Piece[], reach: number): Mark[] {
  const begin = asTyped(text, pieces);
  const marks = begin > 0 ? marksFrom(begin, text, pieces, reach) : [];
  return marks.length > 0 ? marks : marksFrom(0, text, pieces, reach);
}

/** Where one of the pieces stands as it was typed; the end of the text where none does. Much quicker than word by word in a long text. */
function asTyped(text: string, pieces: Piece[]): number {
  const places = pieces.map(({ words: own }) => {
    const inRow = own.join(String.raw`[^\p{L}\p{N}]*`);
    return text.search(new RegExp(String.raw`(?<![\p{L}\p{N}\p{M}])${inRow}`, "iu"));
  });
  return Math.min(...places.filter((at) => at !== -1), text.length);
}

function marksFrom(begin: number, text: string, pieces: Piece[], reach: number): Mark[] {
  const tokens: Token[] = [];
  const marks: Mark[] = [];
  for (const token of tokensOf(text, begin)) {
    if (marks.length > 0 && token.from > marks[0]![0] + reach) break;
    tokens.push(token);
    for (const piece of pieces) {
      const at = tokens.length - piece.words.length;
      if (at >= 0 && stands(piece, tokens, at)) marks.push([tokens[at]!.from, token.to]);
    }
  }
  return united(marks);
}

function stands({ words: own, isBegun }: Piece, tokens: Token[], at: number): boolean {
  return own.every((word, index) => {
    const there = tokens[at + index]?.word;
    const isLast = index === own.length - 1;
    return there === word || (isBegun && isLast && there?.startsWith(word) === true);
  });
}

/** Those that overlap are one. */
function united(marks: Mark[]): Mark[] {
  const sorted = marks.toSorted(([a], [b]) => a - b);
  const all: Mark[] = [];
  for (const [from, to] of sorted) {
    const last = all.at(-1);
    if (last !== undefined && from <= last[1]) last[1] = Math.max(last[1], to);
    else all.push([from, to]);
  }
  return all;
}

/** The text around the first of the marks, in one line of at most `most` characters, with the marks in it. */
export function excerptOf(
  text: string,
  marks: Mark[],
  most: number,
): { text: string; marks: Mark[] } {
  const first = marks[0]?.[0] ?? 0;
  const begin = first < most / 2 ? 0 : beginOfWord(text, first - Math.floor(most / 3));
  const end = Math.min(text.length, begin + most);
  // Of the same length: so the marks stay where they are.
  const line = text.slice(begin, end).replaceAll(/\s/g, " ").toWellFormed();
  const before = begin > 0 ? "…" : "";
  const shift = before.length - begin;
  const inside = marks
    .filter(([from, to]) => from >= begin && to <= end)
    .map(([from, to]): Mark => [from + shift, to + shift]);
  return { text: `${before}${line}${end < text.length ? "…" : ""}`, marks: inside };
}

function beginOfWord(text: string, at: number): number {
  const space = text.slice(at, at + 30).search(/\s/);
  return space === -1 ? at : at + space + 1;
}
