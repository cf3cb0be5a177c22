/** Whether every row of a box has been painted in the view that scrolls it: a person can have read what is in it. */
import { type BoxRenderable, type Renderable, ScrollBoxRenderable } from "@opentui/core";
import { type Accessor, createSignal } from "solid-js";

export interface SeenRows {
  /** Stays true once it is. */
  isSeen: Accessor<boolean>;
  /** A frame has painted only a part of it: it was taller than the view. Stays true. */
  isTall: Accessor<boolean>;
  /** The box: `renderAfter` of it, which is called with each frame that it is painted in. */
  look: (this: BoxRenderable) => void;
  /** Scrolls to the first row that was not painted; once all were, on to the end of what the box is in. */
  showMore: (box: Renderable) => void;
}

/** `counts`: whether what is painted is all of it, and nothing lies over it. */
export function createSeenRows(counts: () => boolean): SeenRows {
  const [isSeen, setSeen] = createSignal(false);
  const [isTall, setTall] = createSignal(false);
  let rows = new Set<number>();
  let size = "";

  /** Rows of another width have other text in them. */
  function look(this: BoxRenderable): void {
    if (isSeen() || !counts()) return;
    if (size !== (size = `${this.width} ${this.height}`)) rows = new Set();
    const view = scrollBoxOf(this)?.viewport ?? this;
    const end = Math.min(this.y + this.height, view.y + view.height) - this.y;
    for (let row = Math.max(0, view.y - this.y); row < end; row++) rows.add(row);
    const isWhole = rows.size >= this.height;
    // Not in the middle of a frame: what it changes is laid out by the next one.
    queueMicrotask(() => (isWhole ? setSeen(true) : setTall(true)));
  }

  function showMore(box: Renderable): void {
    const scrollBox = scrollBoxOf(box);
    if (scrollBox === undefined) return;
    const { y, height } = scrollBox.viewport;
    const unseen = isSeen() ? -1 : allRows(box).findIndex((row) => !rows.has(row));
    // Below one of the rows before it, where there is room.
    if (unseen !== -1)
      return scrollBox.scrollBy(box.y - y + Math.max(0, unseen - (height > 1 ? 1 : 0)));
    const outer = box.parent ?? box;
    const toEnd = outer.y + outer.height - (y + height);
    const toLastRow = box.y + box.height - 1 - y;
    scrollBox.scrollBy(Math.max(0, Math.min(toEnd, toLastRow)));
  }

  return { isSeen, isTall, look, showMore };
}

function allRows({ height }: Renderable): number[] {
  return Array.from({ length: height }, (_, row) => row);
}

function scrollBoxOf(box: Renderable): ScrollBoxRenderable | undefined {
  for (let parent = box.parent; parent !== null; parent = parent.parent)
    if (parent instanceof ScrollBoxRenderable) return parent;
  return undefined;
}
