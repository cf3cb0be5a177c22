/** Words for a line of so many columns. */

/** Those of the words for which there is room, the first ones first. */
export function fittingWords(words: readonly string[], width: number): string {
  const fitting: string[] = [];
  for (const one of words)
    if (Bun.stringWidth([...fitting, one].join(" · ")) <= width) fitting.push(one);
  return fitting.join(" · ");
}

/** The first way to say it for which there is room; the last one is cut. */
export function fittingWay(ways: readonly string[], width: number): string {
  return ways.find((way) => Bun.stringWidth(way) <= width) ?? cutAtEnd(ways.at(-1) ?? "", width);
}

/** With an ellipsis at its end, when it is longer. */
export function cutAtEnd(text: string, width: number): string {
  if (Bun.stringWidth(text) <= width) return text;
  const characters = Array.from(graphemes.segment(text.slice(0, longest(width))), segmentOf);
  return width < 1
    ? ""
    : `${upTo(characters, width - 1)
        .join("")
        .trimEnd()}…`;
}

/** With an ellipsis at its start, when it is longer. */
export function cutAtStart(text: string, width: number): string {
  if (Bun.stringWidth(text) <= width) return text;
  const characters = Array.from(graphemes.segment(text.slice(-longest(width))), segmentOf);
  return width < 1
    ? ""
    : `…${upTo(characters.toReversed(), width - 1)
        .toReversed()
        .join("")}`;
}

const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });
const segmentOf = ({ segment }: Intl.SegmentData): string => segment;
/** More of a text is not looked at, in UTF-16 code units. */
const longest = (width: number): number => Math.max(1, width * 20);

/** The first of them, as many as there is room for. */
function upTo(characters: readonly string[], width: number): string[] {
  let left = width;
  const end = characters.findIndex((one) => (left -= Bun.stringWidth(one)) < 0);
  return characters.slice(0, end === -1 ? characters.length : end);
}
