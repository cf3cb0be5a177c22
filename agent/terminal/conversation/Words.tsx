/** @jsxImportSource @opentui/solid */
/** Text of any origin. All that the conversation draws goes through here: OpenTUI writes a text's control characters as they are. */
import type { TextOptions, TextRenderable } from "@opentui/core";
import { createMemo, createRenderEffect, onMount } from "solid-js";
import { clickHandlers } from "./mouse-click";
import { type Piece, styledText } from "./pieces";

export interface WordsProps extends Pick<
  TextOptions,
  "flexGrow" | "flexShrink" | "width" | "marginTop" | "marginLeft"
> {
  pieces: readonly Piece[];
  /** "cut": each line is cut at its end. "none": the same, and there is one line. */
  wrap?: "word" | "char" | "cut" | "none";
  onClick?: () => void;
}

export function Words(props: WordsProps) {
  const clicks = props.onClick === undefined ? {} : clickHandlers(() => props.onClick?.());
  let element: TextRenderable | undefined;
  onMount(() => {
    // What is the same is not measured again.
    const pieces = createMemo(() => props.pieces, undefined, { equals: Bun.deepEquals });
    createRenderEffect(() => {
      if (element !== undefined) element.content = styledText(pieces());
    });
  });
  return (
    <text
      ref={(text) => (element = text)}
      wrapMode={props.wrap === "cut" ? "none" : (props.wrap ?? "word")}
      height={props.wrap === "none" ? 1 : "auto"}
      flexGrow={props.flexGrow}
      flexShrink={props.flexShrink ?? (props.wrap === "none" ? 1 : 0)}
      width={props.width ?? "auto"}
      marginTop={props.marginTop}
      marginLeft={props.marginLeft}
      {...clicks}
    />
  );
}
