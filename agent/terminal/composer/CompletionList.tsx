/** @jsxImportSource @opentui/solid */
/** What the input could become, as a list above it, in groups where it has some: chosen with the arrow keys, taken with Tab or Enter. */
import { createMemo, For, Show } from "solid-js";
import { useTerminalDimensions } from "@opentui/solid";
import { visibleString } from "../../shared/visible-text";
import { cutAtEnd } from "../fitting-words";
import { colors } from "../theme";

export interface CompletionChoice {
  /** As it is shown. */
  text: string;
  words: string;
  /** The heading under which it stands. */
  group?: string;
}

export interface CompletionListProps {
  choices: readonly CompletionChoice[];
  chosen: number;
  /** In lines. */
  maxHeight: number;
  take: (index: number) => void;
}

interface Row {
  /** Of the choice; a heading has none. */
  index?: number;
  text: string;
  words: string;
}

export function CompletionList(props: CompletionListProps) {
  const size = useTerminalDimensions();
  const rows = createMemo(() => rowsOf(props.choices));
  /** The chosen one stays in sight. */
  const first = () => {
    const at = rows().findIndex(({ index }) => index === props.chosen);
    return Math.max(
      0,
      Math.min(at - Math.floor(props.maxHeight / 2), rows().length - props.maxHeight),
    );
  };
  const shown = () => rows().slice(first(), first() + props.maxHeight);
  const last = () => shown().findLast(({ index }) => index !== undefined)?.index ?? 0;
  return (
    <box flexDirection="column" paddingX={2} backgroundColor={colors.panel} flexShrink={0}>
      <For each={shown()}>
        {({ index, text, words }) => (
          <box
            flexDirection="row"
            gap={2}
            height={1}
            backgroundColor={index === props.chosen ? colors.selected : colors.panel}
            onMouseDown={() => index !== undefined && props.take(index)}
          >
            <text
              fg={index === undefined ? colors.muted : colors.accent}
              wrapMode="none"
              flexShrink={0}
              selectable={false}
            >
              {cutAtEnd(oneLine(text), Math.floor(size().width / 2))}
            </text>
            <text fg={colors.muted} wrapMode="none" flexShrink={1} selectable={false}>
              {oneLine(words)}
            </text>
          </box>
        )}
      </For>
      <Show when={rows().length > shown().length}>
        <text fg={colors.muted} selectable={false}>
          {last() + 1} of {props.choices.length}
        </text>
      </Show>
    </box>
  );
}

/** What a server says of its prompts may have line ends, which would be drawn over other rows. */
function oneLine(text: string): string {
  return visibleString(text.trim().replaceAll(/\s+/g, " "));
}

function rowsOf(choices: readonly CompletionChoice[]): Row[] {
  return choices.flatMap(({ text, words, group }, index) => {
    const choice = { index, text, words };
    const begins = group !== undefined && group !== choices[index - 1]?.group;
    return begins ? [{ text: group, words: "" }, choice] : [choice];
  });
}
