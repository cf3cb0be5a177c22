/** @jsxImportSource @opentui/solid */
/** What the input could become, as a list above it: chosen with the arrow keys, taken with Tab or Enter. */
import { For, Show } from "solid-js";
import { useTerminalDimensions } from "@opentui/solid";
import { visibleString } from "../../shared/visible-text";
import { cutAtEnd } from "../fitting-words";
import { colors } from "../theme";

export interface CompletionChoice {
  /** As it is shown. */
  text: string;
  words: string;
}

export interface CompletionListProps {
  choices: readonly CompletionChoice[];
  chosen: number;
  /** In lines. */
  maxHeight: number;
  take: (index: number) => void;
}

export function CompletionList(props: CompletionListProps) {
  const size = useTerminalDimensions();
  /** The chosen one stays in sight. */
  const first = () =>
    Math.max(
      0,
      Math.min(
        props.chosen - Math.floor(props.maxHeight / 2),
        props.choices.length - props.maxHeight,
      ),
    );
  const shown = () => props.choices.slice(first(), first() + props.maxHeight);
  return (
    <box flexDirection="column" paddingX={2} backgroundColor={colors.panel} flexShrink={0}>
      <For each={shown()}>
        {(choice, index) => (
          <box
            flexDirection="row"
            gap={2}
            height={1}
            backgroundColor={first() + index() === props.chosen ? colors.selected : colors.panel}
            onMouseDown={() => props.take(first() + index())}
          >
            <text fg={colors.accent} wrapMode="none" flexShrink={0} selectable={false}>
              {cutAtEnd(oneLine(choice.text), Math.floor(size().width / 2))}
            </text>
            <text fg={colors.muted} wrapMode="none" flexShrink={1} selectable={false}>
              {oneLine(choice.words)}
            </text>
          </box>
        )}
      </For>
      <Show when={props.choices.length > shown().length}>
        <text fg={colors.muted} selectable={false}>
          {first() + shown().length} of {props.choices.length}
        </text>
      </Show>
    </box>
  );
}

/** What a server says of its prompts may have line ends, which would be drawn over other rows. */
function oneLine(text: string): string {
  return visibleString(text.trim().replaceAll(/\s+/g, " "));
}
