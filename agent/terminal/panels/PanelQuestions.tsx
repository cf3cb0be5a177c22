/** @jsxImportSource @opentui/solid */
/** What a panel asks in its last lines: yes or no, or a text. Escape takes the question back. */
import type { InputRenderable } from "@opentui/core";
import { createSignal, untrack } from "solid-js";
import { visibleString } from "../../shared/visible-text";
import { type FieldHandle, MessageField } from "../composer/MessageField";
import { typedText } from "../composer/typed-text";
import { bindKey, bindLayer } from "../terminal-keys";
import { colors } from "../theme";

export interface AskLineProps {
  words: string;
  /** Done by "y" alone. */
  answer: () => void;
  close: () => void;
}

export function AskLine(props: AskLineProps) {
  bindLayer(() => props.close());
  for (const key of ["y", "Y"])
    bindKey({
      key,
      when: () => true,
      run() {
        props.close();
        props.answer();
      },
    });
  for (const key of ["n", "N", "Enter"])
    bindKey({ key, when: () => true, run: () => props.close() });
  return (
    <text fg={colors.warning} flexShrink={0} maxHeight={3}>
      {visibleString(props.words)} y: yes, n: no
    </text>
  );
}

export interface EntryProps {
  label: string;
  value: string;
  /** With Enter, when the text is another one; it may be empty. */
  save: (value: string) => void;
  close: () => void;
}

export function EntryLine(props: EntryProps) {
  let field!: InputRenderable;
  // Not followed: what is typed stays.
  const before = untrack(() => visibleString(props.value));
  bindEntryKeys(props, () => field.value.trim(), before);
  return (
    <box flexDirection="row" gap={1} height={1} flexShrink={0}>
      <Label text={props.label} />
      <input
        ref={(element) => (field = element)}
        value={before}
        textColor={colors.text}
        focusedTextColor={colors.text}
        backgroundColor={colors.panel}
        focusedBackgroundColor={colors.panel}
        flexGrow={1}
        maxLength={2000}
        focused
      />
    </box>
  );
}

/** The same for a text of several lines. */
export function EntryField(props: EntryProps) {
  let field!: FieldHandle;
  const before = untrack(() => typedText(props.value));
  const [text, setText] = createSignal(before);
  bindEntryKeys(props, () => field.text(), before);
  return (
    <box flexDirection="row" gap={1} flexShrink={0}>
      <Label text={props.label} />
      <MessageField
        ref={(handle) => (field = handle)}
        text={text()}
        set={setText}
        placeholder=""
        maxHeight={mostEntryLines}
        focused
      />
    </box>
  );
}

export const mostEntryLines = 5;

function bindEntryKeys(props: EntryProps, text: () => string, before: string): void {
  bindLayer(() => props.close());
  bindKey({
    key: "Enter",
    when: () => true,
    run() {
      const value = text();
      props.close();
      if (value !== before) props.save(value);
    },
  });
}

function Label(props: { text: string }) {
  return (
    <text fg={colors.accent} flexShrink={0}>
      {visibleString(props.text)}:
    </text>
  );
}
