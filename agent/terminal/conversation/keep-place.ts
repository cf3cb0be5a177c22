/** Keeps a scroll box where its reader is: at the end while it grows, or at the line at the top when what is above it changes. */
import type { Renderable, ScrollBoxRenderable } from "@opentui/core";
import { type Accessor, createSignal } from "solid-js";

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

/** A box without sticky scrolling of its own. */
export function keepPlace(box: ScrollBoxRenderable): KeptPlace {
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
    const anchor = isAtEnd() ? undefined : findAnchor(box.content, box.scrollTop, laidOut);
    const top = box.scrollTop;
    const before = anchor && anchor.at(-1)!.y - box.content.y;
    adjust(() => {
      resize();
      if (anchor === undefined || before === undefined) return;
      box.scrollTop = top + anchor.reduce((sum, one) => sum + newTop(one), 0) - before;
    });
    laidOut = new WeakSet(box.content.getChildren());
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
