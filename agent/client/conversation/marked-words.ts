/** Marks the words of a search in a message, by the browser's own highlights: nothing of the message is changed. */
import { folded } from "../../shared/folded-text";

const name = "found";
/** More of them are no help to a reader. */
const mostMarks = 500;
/** In characters of the message. */
const mostText = 500_000;

/** `words` as they are written for a search: each of them, and "these in a row". Nothing in a browser without highlights. */
export function markWords(element: HTMLElement, words: string): void {
  unmarkWords();
  const sought = soughtIn(words);
  if (!("highlights" in CSS) || sought.length === 0) return;
  const { text, places } = foldedText(element);
  const highlight = new Highlight();
  for (const one of sought)
    for (let at = text.indexOf(one); at !== -1; at = text.indexOf(one, at + one.length)) {
      const [from, to] = [places[at], places[at + one.length - 1]];
      if (from === undefined || to === undefined || highlight.size >= mostMarks) break;
      // Words begin where the search finds them: "art" is not looked for in "start".
      if (isLetter(text[at - 1]) && isLetter(one[0])) continue;
      const range = new Range();
      range.setStart(from.node, from.offset);
      range.setEnd(to.node, to.offset + 1);
      highlight.add(range);
    }
  CSS.highlights.set(name, highlight);
}

export function unmarkWords(): void {
  if ("highlights" in CSS) CSS.highlights.delete(name);
}

function soughtIn(words: string): string[] {
  const pieces = words.match(/"[^"]+"?|[^\s"]+/g) ?? [];
  const sought = pieces.map((piece) => folded(piece.replaceAll('"', "")).trim());
  return [...new Set(sought.filter((piece) => /[\p{L}\p{N}]/u.test(piece)))];
}

function isLetter(character: string | undefined): boolean {
  return (
    character !== undefined &&
    /[a-z0-9\p{Script=Latin}\p{Script=Cyrillic}\p{Script=Greek}]/u.test(character)
  );
}

interface Place {
  node: Node;
  offset: number;
}

/** The text of the element, and from where each character of it comes. */
function foldedText(element: HTMLElement): { text: string; places: Place[] } {
  const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  const places: Place[] = [];
  let text = "";
  for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
    const { data } = node as Text;
    for (let offset = 0; offset < data.length && text.length < mostText; offset++) {
      const letters = folded(data[offset] ?? "");
      for (let index = 0; index < letters.length; index++) places.push({ node, offset });
      text += letters;
    }
  }
  return { text, places };
}
