/** Keeps a scroll box where its reader is: at the end while it grows, or at the line at the top when what is above it changes. */
import type { Renderable, ScrollBoxRenderable } from "@opentui/core";
import { type Accessor, createSignal } from "solid-js";
import { topIn } from "./row-of-words";

export interface KeptPlace {
  isAtEnd: Accessor<boolean>;
  /** Changes with each scroll and each layout. */
  position: Accessor<Position>;
  toEnd: () => void;
}

/** In rows. */
export interface Position {
  top: number;
  height: number;
  viewport: number;
}

/**
 * A box without sticky scrolling of its own. `read`: an element in it that is being read. What grows at the end leaves its
 * first row in the view.
 */
export function keepPlace(box: ScrollBoxRenderable, read: () => Renderable | undefined): KeptPlace {
  const [isAtEnd, setAtEnd] = createSignal(true);
  const [position, setPosition] = createSignal<Position>(positionOf(box));
  /** Only what has been laid out has a place that can be kept. */
  let laidOut = new WeakSet<Renderable>();
  let isAdjusting = false;

  function toEnd(): void {
    setAtEnd(true);
    box.scrollTop = box.scrollHeight;
  }

  box.verticalScrollBar.on("change", () => {
    const next = positionOf(box);
    setPosition(next);
    // The layout moves it too, but only the reader leaves the end.
    if (!isAdjusting) setAtEnd(next.top >= next.height - next.viewport);
  });

  function adjust(change: () => void): void {
    isAdjusting = true;
    change();
    if (isAtEnd()) box.scrollTop = box.scrollHeight;
    isAdjusting = false;
    setPosition(positionOf(box));
  }

  /** In the middle of a layout: the sizes of the box are new, the places of its children are those of the last frame. */
  function onContentSize(resize: () => void): void {
    const element = isAtEnd() ? inView(read()) : undefined;
    const anchor = isAtEnd() ? undefined : findAnchor(box.content, box.scrollTop, laidOut);
    const top = box.scrollTop;
    const before = anchor && anchor.at(-1)!.y - box.content.y;
    adjust(() => {
      resize();
      if (element !== undefined) keepInView(element);
      if (anchor === undefined || before === undefined) return;
      box.scrollTop = top + anchor.reduce((sum, one) => sum + newTop(one), 0) - before;
    });
    laidOut = new WeakSet(box.content.getChildren());
  }

  /** The element, when its first row was in the view with the last frame. */
  function inView(element: Renderable | undefined): Renderable | undefined {
    const top = (element?.y ?? -1) - box.content.y - box.scrollTop;
    return top >= 0 && top < box.viewport.height ? element : undefined;
  }

  function keepInView(element: Renderable): void {
    const top = topIn(box.content, element);
    if (top >= box.scrollHeight - box.viewport.height) return;
    setAtEnd(false);
    box.scrollTop = top;
  }

  // The viewport is laid out before the content.
  const { viewport, content } = box;
  const resizeViewport = viewport.onSizeChange;
  const resizeContent = content.onSizeChange;
  viewport.onSizeChange = () => adjust(() => resizeViewport?.call(viewport));
  content.onSizeChange = () => onContentSize(() => resizeContent?.call(content));
  return { isAtEnd, position, toEnd };
}

function positionOf({ scrollTop, scrollHeight, viewport }: ScrollBoxRenderable): Position {
  return { top: scrollTop, height: scrollHeight, viewport: viewport.height };
}

/** The first element that begins at or below `top`, or the innermost around it: the way to it, from the outside. */
function findAnchor(
  parent: Renderable,
  top: number,
  laidOut: WeakSet<Renderable>,
): Renderable[] | undefined {
  const children = parent.getChildren().filter((child) => laidOut.has(child));
  const around = children.find((child) => endOf(child, parent) > top);
  return around && [around, ...innermost(around, top - (around.y - parent.y))];
}

function innermost(parent: Renderable, top: number): Renderable[] {
  if (top <= 0) return [];
  const around = parent.getChildren().find((child) => endOf(child, parent) > top);
  return around === undefined ? [] : [around, ...innermost(around, top - (around.y - parent.y))];
}

function endOf(child: Renderable, parent: Renderable): number {
  return child.y - parent.y + child.height;
}

function newTop(element: Renderable): number {
  return element.getLayoutNode().getComputedLayout().top;
}
