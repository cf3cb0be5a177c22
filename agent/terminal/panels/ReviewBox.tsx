/** @jsxImportSource @opentui/solid */
/** What has to be read before it can be allowed: scrolled row by row, with the keys that are there then. */
import type { BoxRenderable, ScrollBoxRenderable } from "@opentui/core";
import { type JSX, onMount } from "solid-js";
import { createSeenRows } from "../conversation/seen-rows";
import { Words } from "../conversation/Words";
import { bindKey, bindLayer } from "../terminal-keys";
import { usePanelSize } from "./PanelFrame";

export interface ReviewKey {
  key: string;
  words: string;
  when: () => boolean;
  run: () => void;
  /** Only once every row was on the screen. */
  isForSeen?: true;
}

export interface ReviewBoxProps {
  keys: readonly ReviewKey[];
  /** In the place of the keys, while something is done. */
  note?: string | undefined;
  /** What it waits for; then Escape ends that wait. */
  waits?: string | undefined;
  close: () => void;
  children: JSX.Element;
}

/** To be drawn anew when what it shows changes: nothing that was seen of the text before counts for it. */
export function ReviewBox(props: ReviewBoxProps) {
  const size = usePanelSize();
  const seen = createSeenRows(() => true);
  let box: BoxRenderable | undefined;
  let view: ScrollBoxRenderable | undefined;
  bindLayer(() => props.close());
  onMount(() => view && (view.focusable = false));
  const works = ({ when, isForSeen }: ReviewKey) => when() && (!isForSeen || seen.isSeen());
  for (const one of props.keys) bindKey({ key: one.key, when: () => works(one), run: one.run });
  bindKey({ key: "Enter", when: () => true, run: () => box && seen.showMore(box) });
  bindKey({ key: "ArrowDown", repeats: true, when: () => true, run: () => view?.scrollBy(1) });
  bindKey({ key: "ArrowUp", repeats: true, when: () => true, run: () => view?.scrollBy(-1) });

  const hints = () => {
    if (props.note) return props.note;
    const last = props.waits ? "Escape: no longer wait" : "Escape goes back";
    const named = props.keys.filter(works).map(({ key, words }) => `${key}: ${words}`);
    const isHeld = props.keys.some((one) => one.isForSeen && one.when());
    const more = `Enter: the next rows${isHeld ? ", before it can be allowed" : ""}`;
    const first = props.waits ?? (seen.isSeen() ? undefined : more);
    return [first, ...named, last].filter((words) => words !== undefined).join(" · ");
  };

  return (
    <>
      <scrollbox
        ref={(one: ScrollBoxRenderable) => (view = one)}
        flexGrow={1}
        flexShrink={1}
        maxHeight={Math.max(1, size.height() - 3)}
      >
        <box
          ref={(one) => (box = one)}
          renderAfter={seen.look}
          flexDirection="column"
          flexShrink={0}
        >
          {props.children}
        </box>
      </scrollbox>
      <Words pieces={[{ text: hints(), color: "warning" }]} />
    </>
  );
}
