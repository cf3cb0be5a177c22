/** @jsxImportSource @opentui/solid */
/** A text of the conversation that can be found and scrolled to. */
import type { BoxRenderable } from "@opentui/core";
import { type JSX, onMount } from "solid-js";
import { useCardList } from "./card-list";

/** `ids`: of the parts whose text it is. */
export function TextPlace(props: { ids: readonly string[]; children: JSX.Element }) {
  const list = useCardList();
  let element: BoxRenderable | undefined;
  onMount(() => {
    for (const id of props.ids) if (element) list.addText(id, element);
  });
  return (
    <box ref={(box) => (element = box)} flexDirection="column" flexShrink={0}>
      {props.children}
    </box>
  );
}
