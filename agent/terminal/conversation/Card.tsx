/** @jsxImportSource @opentui/solid */
/** Something in the conversation that can be selected, by key or click: one line, what can be done with it while it is selected, and more when it is open. */
import type { BoxRenderable } from "@opentui/core";
import { createEffect, createMemo, For, type JSX, onMount, Show } from "solid-js";
import { useSelection } from "../card-selection";
import { bindKey, keyWords } from "../terminal-keys";
import { colors } from "../theme";
import { useCardList } from "./card-list";
import { useColumnWidth } from "./column-width";
import { clickHandlers } from "./mouse-click";
import { type Piece, plainText } from "./pieces";
import { Words } from "./Words";

export interface CardAction {
  /** As terminal-keys.ts names it; a letter also as a capital. */
  key: string;
  label: string;
  run: () => void;
  /** It has its key, but is not named. */
  isUnnamed?: boolean;
}

export interface CardProps {
  id: string;
  /** The line that is cut at its end. */
  head: readonly Piece[];
  /** At the end of the line: never cut. */
  state?: readonly Piece[];
  /** What its keys do while it is selected. They are named below the line, and can be clicked. */
  actions?: readonly CardAction[];
  /** Before the actions: why they do nothing yet. */
  note?: string | undefined;
  /** Named while it is not selected, too. */
  isUrgent?: boolean;
  /** Called when it is selected, and when it no longer is. */
  onSelect?: (isSelected: boolean) => void;
  /** The line wraps. */
  isWrapped?: boolean;
  children?: JSX.Element;
}

export function Card(props: CardProps) {
  const selection = useSelection();
  const list = useCardList();
  const isSelected = createMemo(() => selection.isSelected(props.id));
  const actions = () => props.actions ?? [];
  let element: BoxRenderable | undefined;
  onMount(() => element && list.add(props.id, element));
  createEffect(() => props.onSelect?.(isSelected()));
  // What the cards can do depends on all messages: with each new one, it would be worked out for every card.
  bindActions(
    () => (isSelected() ? actions() : []),
    () => selection.hasKeys(props.id),
  );

  /** The first click selects, another does what Enter does. */
  const clicks = clickHandlers(() => {
    if (isSelected())
      actions()
        .find(({ key }) => key === "Enter")
        ?.run();
    else selection.select(props.id);
  });

  return (
    <box ref={(box) => (element = box)} flexDirection="column" flexShrink={0}>
      <box
        flexDirection="row"
        gap={1}
        backgroundColor={isSelected() ? colors.selected : "transparent"}
        {...clicks}
      >
        <Show when={isSelected()}>
          <Words pieces={[{ text: "›", color: "accent" }]} wrap="none" flexShrink={0} />
        </Show>
        <Words
          pieces={props.head}
          wrap={props.isWrapped ? "word" : "none"}
          flexGrow={1}
          flexShrink={1}
        />
        <Show when={props.state?.length}>
          <Words pieces={props.state ?? []} wrap="none" flexShrink={0} />
        </Show>
      </box>
      {props.children}
      <Show when={(isSelected() || props.isUrgent) && (actions().length > 0 || props.note)}>
        <ActionLine actions={actions()} note={props.note} isSelected={isSelected()} />
      </Show>
    </box>
  );
}

function bindActions(actions: () => readonly CardAction[], hasKeys: () => boolean): void {
  const keys = createMemo(() =>
    actions()
      .map(({ key }) => key)
      .join("\n"),
  );
  createEffect(() => {
    for (const key of keys().split("\n").filter(Boolean)) {
      const run = () =>
        actions()
          .find((action) => action.key === key)
          ?.run();
      for (const name of new Set(key.length === 1 ? [key, key.toUpperCase()] : [key]))
        bindKey({ key: name, when: hasKeys, run });
    }
  });
}

/** Columns beside the actions of a card, at most: the margins of the conversation, the bar of a request, and the indents in both. */
const indents = 8;

function ActionLine(props: {
  actions: readonly CardAction[];
  note: string | undefined;
  isSelected: boolean;
}) {
  const width = useColumnWidth();
  return (
    <box flexDirection="row" flexWrap="wrap" columnGap={2} paddingLeft={2}>
      <Show when={props.note}>
        {(note) => <Words pieces={[{ text: note(), color: "warning" }]} />}
      </Show>
      <For each={props.actions.filter(({ isUnnamed }) => !isUnnamed)}>
        {(action) => (
          // Without a width Yoga counts one row for a text that is too long for the line, and wraps it then.
          <Words
            pieces={actionPieces(action, props.isSelected)}
            width={Math.min(
              Bun.stringWidth(plainText(actionPieces(action, props.isSelected))),
              width() - indents,
            )}
            onClick={() => action.run()}
          />
        )}
      </For>
    </box>
  );
}

function actionPieces({ key, label }: CardAction, isSelected: boolean): Piece[] {
  return [
    { text: key.length === 1 ? key.toUpperCase() : keyWords(key), bold: true },
    { text: ` ${label}`, color: isSelected ? "text" : "muted" },
  ];
}
