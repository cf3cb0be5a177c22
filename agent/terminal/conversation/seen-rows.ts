/** Whether every row of a box has been painted in the view that scrolls it: a person can have read what is in it. */
import { type BoxRenderable, type Renderable, ScrollBoxRenderable } from "@opentui/core";
import { type Accessor, createSignal } from "solid-js";

export interface SeenRows {
  /** Stays true once it is. */
  isSeen: Accessor<boolean>;
  /** The box: `renderAfter` of it, which is called with each frame that it is painted in. */
  look: (this: BoxRenderable) => void;
}

/** `counts`: whether what is painted is all of it, and nothing lies over it. */
export function createSeenRows(counts: () => boolean): SeenRows {
  const [isSeen, setSeen] = createSignal(false);
  let rows = new Set<number>();
  let size = "";

  /** Rows of another width have other text in them. */
  function look(this: BoxRenderable): void {
    if (isSeen() || !counts()) return;
    if (size !== (size = `${this.width} ${this.height}`)) rows = new Set();
    const view = viewOf(this) ?? this;
    const end = Math.min(this.y + this.height, view.y + view.height) - this.y;
    for (let row = Math.max(0, view.y - this.y); row < end; row++) rows.add(row);
    // Not in the middle of a frame: what it changes is laid out by the next one.
    if (rows.size >= this.height) queueMicrotask(() => setSeen(true));
  }

  return { isSeen, look };
}

/** Shows the next rows of what scrolls the box, and one of those before. */
export function scrollOn(box: Renderable): void {
  scrollBoxOf(box)?.scrollBy(Math.max(1, (viewOf(box)?.height ?? 0) - 1));
}

function viewOf(box: Renderable): Renderable | undefined {
  return scrollBoxOf(box)?.viewport;
}

function scrollBoxOf(box: Renderable): ScrollBoxRenderable | undefined {
  for (let parent = box.parent; parent !== null; parent = parent.parent)
    if (parent instanceof ScrollBoxRenderable) return parent;
  return undefined;
}
