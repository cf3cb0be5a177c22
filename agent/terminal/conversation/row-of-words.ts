/** Where words stand in what has been laid out. */
import { type Renderable, TextRenderable } from "@opentui/core";

/** The row in `content`, of the occurrence in the element with so many others before it, or the last one; else its first row. */
export function rowOfWords(
  content: Renderable,
  element: Renderable,
  words: string,
  before: number,
): number {
  const wanted = words.toLowerCase();
  let row = topIn(content, element);
  let left = before;
  for (const text of textsIn(element)) {
    const lower = text.plainText.toLowerCase();
    for (
      let at = lower.indexOf(wanted);
      at !== -1;
      at = lower.indexOf(wanted, at + wanted.length)
    ) {
      const line = lower.slice(0, at).split("\n").length - 1;
      row = topIn(content, text) + Math.max(0, text.lineInfo.lineSources.indexOf(line));
      if (left-- === 0) return row;
    }
  }
  return row;
}

/** By the layout: what is not in sight has old places on the screen. */
export function topIn(content: Renderable, element: Renderable): number {
  let top = 0;
  for (let one: Renderable | null = element; one !== null && one !== content; one = one.parent)
    top += one.getLayoutNode().getComputedLayout().top;
  return top;
}

/** From top to bottom. */
function textsIn(element: Renderable): TextRenderable[] {
  if (element instanceof TextRenderable) return [element];
  return element.getChildren().flatMap(textsIn);
}
