/** @jsxImportSource @opentui/solid */
/** Lines of which one is chosen with the arrow keys, the wheel or a click; by typing, fewer are shown. */
import type { InputRenderable } from "@opentui/core";
import { createMemo, createSignal, For, Show } from "solid-js";
import { visibleString } from "../../shared/visible-text";
import { bindKey } from "../terminal-keys";
import { type Colors, colors } from "../theme";
import { cutAtEnd } from "../fitting-words";
import { usePanelSize } from "./PanelFrame";

export interface Line {
  /** Of its own in the list. */
  id: string;
  text: string;
  /** At the right. */
  side?: string | undefined;
  /** Before the text. */
  mark?: { text: string; color: keyof Colors };
  /** A head above others: it cannot be chosen. */
  isHead?: true;
  /** Said below the list while the line is chosen; else, where the text is cut, all of it. */
  words?: string | undefined;
}

export interface LineKey {
  key: string;
  run: (line: Line) => void;
}

export interface ChoiceListProps {
  lines: readonly Line[];
  /** The line to begin at. */
  first?: string | undefined;
  /** What is typed; without it, nothing can be typed. */
  filter?: { query: string; set: (query: string) => void; placeholder: string };
  /** In the place of lines. */
  empty: string;
  /** Enter and a click on the chosen line. */
  choose: (line: Line) => void;
  keys?: readonly LineKey[];
  /** Whether it gets the keys: nothing is asked over it. */
  isActive?: boolean;
  /** Lines that stand beside the list in the panel. */
  reserved?: number;
}

export function ChoiceList(props: ChoiceListProps) {
  const size = usePanelSize();
  const [movedTo, setChosenId] = createSignal<string>();
  /** Until a line is chosen, the first one follows what is loaded. */
  const chosenId = () => movedTo() ?? props.first;
  const choosable = createMemo(() => props.lines.filter(({ isHead }) => !isHead));
  /** Where the chosen one is gone, the one in its place; of what is found by other words, the first. */
  const place = createMemo<{ at: number; query: string | undefined }>(
    (before) => {
      const query = props.filter?.query;
      const at = choosable().findIndex(({ id }) => id === chosenId());
      if (at >= 0) return { at, query };
      const last = Math.max(0, choosable().length - 1);
      return { at: query === before.query ? Math.min(before.at, last) : 0, query };
    },
    { at: 0, query: undefined },
  );
  const chosen = createMemo(() => choosable().at(place().at));
  const isActive = () => props.isActive !== false;
  const rows = () =>
    Math.max(1, size.height() - (props.filter ? 2 : 0) - (props.reserved ?? 0) - 3);
  /** The chosen one stays in sight, with the head above the first. */
  const start = createMemo<number>((before) => {
    const all = props.lines;
    const at = all.findIndex(({ id }) => id === chosen()?.id);
    const top = at === 1 && all[0]?.isHead ? 0 : at;
    const least = Math.max(0, at - rows() + 1);
    return Math.max(least, Math.min(before, Math.max(0, top), Math.max(0, all.length - rows())));
  }, 0);
  const shown = createMemo(() => props.lines.slice(start(), start() + rows()));
  const below = () => {
    const line = chosen();
    if (line === undefined || line.words !== undefined) return line?.words;
    const text = oneLine(line.text);
    return Bun.stringWidth(text) > textWidth(line, size.width()) ? text : undefined;
  };

  function move(step: number): void {
    const all = choosable();
    const at = all.findIndex(({ id }) => id === chosen()?.id);
    setChosenId(all[Math.max(0, Math.min(all.length - 1, at + step))]?.id);
  }

  function press(line: Line): void {
    if (line.isHead) return;
    if (line.id === chosen()?.id) props.choose(line);
    else setChosenId(line.id);
  }

  const moves: [key: string, step: () => number][] = [
    ["ArrowUp", () => -1],
    ["ArrowDown", () => 1],
    ["PageUp", () => -rows()],
    ["PageDown", () => rows()],
    ["Ctrl+Home", () => -Infinity],
    ["Ctrl+End", () => Infinity],
  ];
  for (const [key, step] of moves)
    bindKey({ key, repeats: true, when: isActive, run: () => move(step()) });
  const whenChosen = () => isActive() && chosen() !== undefined;
  bindKey({ key: "Enter", when: whenChosen, run: () => props.choose(chosen()!) });
  for (const { key, run } of props.keys ?? [])
    bindKey({ key, when: whenChosen, run: () => run(chosen()!) });

  return (
    <box
      flexDirection="column"
      flexGrow={1}
      minHeight={0}
      onMouseScroll={(event) => move(event.scroll?.direction === "up" ? -1 : 1)}
    >
      <Show when={props.filter}>
        {(filter) => (
          <FilterField
            query={filter().query}
            set={filter().set}
            placeholder={filter().placeholder}
            focused={isActive()}
          />
        )}
      </Show>
      <Show
        when={props.lines.length > 0}
        fallback={
          <text fg={colors.muted} flexGrow={1}>
            {props.empty}
          </text>
        }
      >
        <box flexDirection="column" flexGrow={1} minHeight={0} overflow="hidden">
          <For each={shown()}>
            {(line) => (
              <ListLine
                line={line}
                width={size.width()}
                isChosen={line.id === chosen()?.id}
                press={() => press(line)}
              />
            )}
          </For>
        </box>
      </Show>
      <Show when={below()}>
        {(words) => (
          <text fg={colors.muted} flexShrink={0} maxHeight={2}>
            {visibleString(words())}
          </text>
        )}
      </Show>
    </box>
  );
}

function ListLine(props: { line: Line; width: number; isChosen: boolean; press: () => void }) {
  const background = () => (props.isChosen ? colors.selected : colors.panel);
  return (
    <box
      flexDirection="row"
      height={1}
      gap={1}
      flexShrink={0}
      backgroundColor={background()}
      onMouseDown={() => props.press()}
    >
      <Show when={!props.line.isHead}>
        <text fg={colors[props.line.mark?.color ?? "muted"]} flexShrink={0} selectable={false}>
          {props.line.mark?.text ?? " "}
        </text>
      </Show>
      <text
        fg={props.line.isHead ? colors.accent : colors.text}
        wrapMode="none"
        flexGrow={1}
        flexShrink={1}
        selectable={false}
      >
        {cutAtEnd(oneLine(props.line.text), textWidth(props.line, props.width))}
      </text>
      <Show when={props.line.side}>
        {(side) => (
          <text fg={colors.muted} wrapMode="none" flexShrink={0} selectable={false}>
            {sideWords(side(), props.width)}
          </text>
        )}
      </Show>
    </box>
  );
}

/** What the mark and the side leave, with a gap beside each. */
function textWidth({ isHead, mark, side }: Line, width: number): number {
  const markWidth = isHead ? 0 : Bun.stringWidth(mark?.text ?? " ") + 1;
  return width - markWidth - (side ? Bun.stringWidth(sideWords(side, width)) + 1 : 0);
}

function sideWords(side: string, width: number): string {
  return cutAtEnd(oneLine(side), listSideWidth(width));
}

/** How many columns of the panel's the right side of a line may take. */
export function listSideWidth(width: number): number {
  return Math.floor(width / 2);
}

/** A title may be long, and have line ends. */
function oneLine(text: string): string {
  return visibleString(text.slice(0, 500).replaceAll(/\s+/g, " "));
}

function FilterField(props: {
  query: string;
  set: (query: string) => void;
  placeholder: string;
  focused: boolean;
}) {
  let field!: InputRenderable;
  return (
    <box flexDirection="row" height={2} gap={1} flexShrink={0}>
      <text fg={colors.accent} flexShrink={0}>
        ›
      </text>
      <input
        ref={(element) => (field = element)}
        value={props.query}
        placeholder={props.placeholder}
        placeholderColor={colors.muted}
        textColor={colors.text}
        focusedTextColor={colors.text}
        backgroundColor={colors.panel}
        focusedBackgroundColor={colors.panel}
        flexGrow={1}
        maxLength={200}
        focused={props.focused}
        onInput={() => props.set(field.value)}
      />
    </box>
  );
}
