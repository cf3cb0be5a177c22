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

/** With an ellipsis, when it is longer. */
export function cutAtEnd(text: string, width: number): string {
  if (Bun.stringWidth(text) <= width) return text;
  let [cut, left] = ["", width - 1];
  for (const { segment } of characters.segment(text.slice(0, width * 10))) {
    left -= Bun.stringWidth(segment);
    if (left < 0) break;
    cut += segment;
  }
  return width < 1 ? "" : `${cut.trimEnd()}…`;
}

const characters = new Intl.Segmenter(undefined, { granularity: "grapheme" });
