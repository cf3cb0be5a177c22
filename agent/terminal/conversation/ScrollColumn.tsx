/** @jsxImportSource @opentui/solid */
/** A scrolling column that stays at its end while it grows, with the keys that scroll it. */
import { CliRenderEvents, type ScrollBoxRenderable } from "@opentui/core";
import { useRenderer } from "@opentui/solid";
import { createEffect, createSignal, type JSX, on, onMount, Show } from "solid-js";
import { useClient } from "../../client/state/client";
import { type Place, useSelection } from "../card-selection";
import { bindKey } from "../terminal-keys";
import { type CardList, CardListProvider } from "./card-list";
import { keepPlace, type KeptPlace } from "./keep-place";
import { rowOfWords, topIn } from "./row-of-words";
import { Words } from "./Words";

export interface ScrollColumnProps {
  cards: CardList;
  /** False while another column is shown in its place. */
  isShown: boolean;
  /** Called once, with the place that it keeps. */
  onPlace?: (place: KeptPlace) => void;
  /** A message is being sent: its writer wants to see it, wherever they were reading. */
  isSending?: boolean;
  children: JSX.Element;
}

export function ScrollColumn(props: ScrollColumnProps) {
  const selection = useSelection();
  const [place, setPlace] = createSignal<KeptPlace>();
  let box: ScrollBoxRenderable | undefined;
  onMount(() => {
    if (box === undefined) return;
    box.verticalScrollBar.visible = false;
    // A click in it leaves the input the focus.
    box.focusable = false;
    const kept = keepPlace(box, () => {
      const id = selection.selected();
      return id === undefined ? undefined : props.cards.elementOf(id);
    });
    setPlace(kept);
    props.onPlace?.(kept);
  });
  createEffect(() => props.isSending && place()?.toEnd());
  createEffect(
    on(selection.selected, (id) => {
      const element = id === undefined || !props.isShown ? undefined : props.cards.elementOf(id);
      if (element && box) reveal(box, topIn(box.content, element) - box.scrollTop, element.height);
    }),
  );
  const renderer = useRenderer();
  createEffect(
    on(
      selection.revealed,
      (wanted) => {
        if (wanted === undefined || !props.isShown) return;
        show(wanted, framesOfPlace);
      },
      { defer: true },
    ),
  );

  /** Again with each of the next frames: what is outside of the viewport is laid out only as it comes into it. */
  function show(wanted: Place, frames: number): void {
    renderer.once(CliRenderEvents.FRAME, () => {
      const { partId, words, before } = wanted;
      const element = props.cards.elementOf(partId);
      if (element === undefined || box === undefined) return;
      if (props.cards.ids().includes(partId)) selection.select(partId);
      const row = rowOfWords(box.content, element, words, before);
      box.scrollTo(row - Math.floor(box.viewport.height / 3));
      if (frames > 1) show(wanted, frames - 1);
    });
    renderer.requestRender();
  }

  bindScrollKeys(
    () => box,
    place,
    () => props.isShown,
  );
  return (
    <CardListProvider value={props.cards}>
      <box flexGrow={1} flexShrink={1} minHeight={0} visible={props.isShown} flexDirection="column">
        <scrollbox
          ref={(element) => (box = element)}
          flexGrow={1}
          flexShrink={1}
          minHeight={0}
          paddingX={1}
          contentOptions={contentOptions}
        >
          {props.children}
        </scrollbox>
        <Show when={place()?.isAtEnd() === false}>
          <Words
            pieces={[{ text: " ↓ Ctrl+End: jump to latest", color: "muted" }]}
            wrap="none"
            flexShrink={0}
            onClick={() => place()?.toEnd()}
          />
        </Show>
      </box>
    </CardListProvider>
  );
}

/** By then the place has settled: the message, its text, and the lines of that, wrapped, have come into the viewport. */
const framesOfPlace = 3;

/**
 * Yoga measures the children of a box that scrolls without a limit to their height. Else the limit is the height of all
 * of them, and with each line that is added, each of them is laid out again.
 */
const contentOptions = { flexDirection: "column", overflow: "scroll" } as const;

/** `top`: from the top of the viewport, in rows. */
function reveal(box: ScrollBoxRenderable, top: number, height: number): void {
  const viewport = box.viewport.height;
  if (top < 0) box.scrollBy(top);
  else if (top + height > viewport) box.scrollBy(Math.min(top, top + height - viewport));
}

/** Home and End are those of the input while it has text. */
function bindScrollKeys(
  box: () => ScrollBoxRenderable | undefined,
  place: () => KeptPlace | undefined,
  isShown: () => boolean,
): void {
  const client = useClient();
  const selection = useSelection();
  const when = () => isShown() && !client.route.isCovered();
  const isFree = () =>
    when() && (client.current().input.text() === "" || selection.selected() !== undefined);
  const page = (pages: number) => box()?.scrollBy(pages, "viewport");
  const toStart = () => box()?.scrollTo(0);
  const toEnd = () => place()?.toEnd();
  bindKey({ key: "PageUp", words: "Scroll up", when, run: () => page(-0.9), repeats: true });
  bindKey({ key: "PageDown", words: "Scroll down", when, run: () => page(0.9), repeats: true });
  bindKey({ key: "Ctrl+Home", words: "To the first message", when, run: toStart });
  bindKey({ key: "Ctrl+End", words: "To the end, and stay there", when, run: toEnd });
  bindKey({ key: "Home", when: isFree, run: toStart });
  bindKey({ key: "End", when: isFree, run: toEnd });
}
