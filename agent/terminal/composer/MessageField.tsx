/** @jsxImportSource @opentui/solid */
/** A field of several lines for a message: bound to a text, bounded in height, and safe against what is pasted into it. */
import {
  decodePasteBytes,
  type KeyEvent,
  type PasteEvent,
  type TextareaRenderable,
} from "@opentui/core";
import { createEffect, on, onMount } from "solid-js";
import { colors } from "../theme";
import { editingKeys } from "./editing-keys";
import { typedText } from "./typed-text";

export interface MessageFieldProps {
  text: string;
  /** Called with each change, a moment after the key. `FieldHandle.text` is what stands there now. */
  set: (text: string) => void;
  placeholder: string;
  /** In lines. */
  maxHeight: number;
  focused: boolean;
  ref: (field: FieldHandle) => void;
  onMoved?: () => void;
  /** Takes what is pasted in another way: then it is not inserted. */
  takePasted?: (text: string) => boolean;
}

/** In columns: a text may have a million characters, and is looked at with each key. */
const mostAround = 500;

/** What is done with the field from outside. */
export interface FieldHandle {
  text: () => string;
  /** Some of the text around the cursor. */
  around: () => { before: string; after: string };
  /** The cursor is then at the end. */
  replace: (text: string) => void;
  insert: (text: string) => void;
  /** Takes so many characters, as people count them, from both sides of the cursor. */
  take: (before: number, after: number) => void;
  isOnFirstLine: () => boolean;
  isOnLastLine: () => boolean;
  lines: () => number;
  focus: () => void;
}

export function MessageField(props: MessageFieldProps) {
  let field!: TextareaRenderable;
  /** What the state was last told, or has put there: OpenTUI (0.5.12) allocates a megabyte to read the field's text. */
  let told: string | undefined;

  function tell(): void {
    told = field.plainText;
    props.set(told);
  }

  function handleOf(area: TextareaRenderable): FieldHandle {
    return {
      text: () => area.plainText,
      around: () => ({
        before: textBefore(area),
        after: area.getTextRange(area.cursorOffset, area.cursorOffset + mostAround),
      }),
      replace(text) {
        area.setText(typedText(text));
        area.gotoBufferEnd();
        tell();
      },
      insert: (text) => area.insertText(typedText(text)),
      take(before, after) {
        for (let count = 0; count < before; count++) area.deleteCharBackward();
        for (let count = 0; count < after; count++) area.deleteChar();
      },
      isOnFirstLine: () => area.visualCursor.visualRow + area.scrollY === 0,
      isOnLastLine: () => area.visualCursor.visualRow + area.scrollY >= area.virtualLineCount - 1,
      lines: () => area.lineCount,
      focus: () => area.focus(),
    };
  }

  onMount(() => field.gotoBufferEnd());

  // What the state puts there: a text that is given back, or taken out to be sent.
  createEffect(
    on(
      () => props.text,
      (text) => {
        if (text === told || field.plainText === text) return;
        field.setText(typedText(text));
        field.gotoBufferEnd();
        told = field.plainText;
      },
    ),
  );

  /** The field has replaced nothing yet of what would move or reorder the terminal. */
  function onPaste(event: PasteEvent): void {
    event.preventDefault();
    const text = decodePasteBytes(event.bytes);
    if (props.takePasted?.(text) !== true) field.insertText(typedText(text));
  }

  /**
   * The edit buffer measures each insert by itself: a combining mark would stand after the cursor, and each code point of
   * an emoji would have columns of its own.
   */
  function onKeyDown(key: KeyEvent): void {
    if (key.ctrl || key.meta || !/^\P{ASCII}+$/u.test(key.sequence)) return;
    const last = lastCharacter(textBefore(field));
    if (last === undefined || countCharacters(last + key.sequence) > 1) return;
    key.preventDefault();
    field.deleteCharBackward();
    field.insertText(last + key.sequence);
  }

  return (
    <textarea
      ref={(area) => {
        field = area;
        props.ref(handleOf(area));
      }}
      focused={props.focused}
      minHeight={1}
      maxHeight={props.maxHeight}
      flexGrow={1}
      wrapMode="word"
      initialValue={typedText(props.text)}
      placeholder={props.placeholder}
      placeholderColor={colors.muted}
      textColor={colors.text}
      focusedTextColor={colors.text}
      cursorColor={colors.accent}
      keyBindings={editingKeys}
      onKeyDown={onKeyDown}
      onPaste={onPaste}
      onContentChange={tell}
      onCursorChange={() => props.onMoved?.()}
    />
  );
}

function textBefore(area: TextareaRenderable): string {
  return area.getTextRange(Math.max(0, area.cursorOffset - mostAround), area.cursorOffset);
}

const characters = new Intl.Segmenter(undefined, { granularity: "grapheme" });

export function countCharacters(text: string): number {
  return [...characters.segment(text)].length;
}

function lastCharacter(text: string): string | undefined {
  return [...characters.segment(text)].at(-1)?.segment;
}
