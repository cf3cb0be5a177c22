/** What the text of the message field could become: a command with its argument, or what is mentioned at the cursor. */
import { type Accessor, createEffect, createMemo, createSignal, on } from "solid-js";
import { mentionWordAt, type MentionWord } from "../../shared/mentions";
import { t } from "../../shared/translation";
import { type Command, completions, readCommand } from "../state/commands";
import type { InputText } from "../state/input-text";
import {
  createMentionChoices,
  keptIndex,
  type MentionChoice,
  type MentionPlace,
} from "../state/mention-choices";

export interface FieldCompletion {
  choices: Accessor<readonly { text: string; words: string; group?: string }[]>;
  chosen: Accessor<number>;
  move: (step: number) => void;
  /** Puts a choice into the field; by default the chosen one. */
  take: (index?: number) => void;
  close: () => void;
  /** Whether the chosen one is a folder to go into, and the cursor stands behind what is typed of it. */
  goesOn: () => boolean;
  /** Whether Enter takes the choice: what stands there is no command yet. */
  takesEnter: () => boolean;
  /** What else could be typed at the cursor; empty when there is nothing to say. */
  hint: Accessor<string>;
  /** The cursor was moved, or the text changed. */
  look: () => void;
}

export interface FieldCompletionOptions {
  commands: () => Command[];
  mentions: Omit<MentionPlace, "query">;
  input: InputText;
  field: () => HTMLTextAreaElement;
}

export function createFieldCompletion(options: FieldCompletionOptions): FieldCompletion {
  const { commands, input, field } = options;
  const [closedFor, setClosedFor] = createSignal<string>();
  const [index, setIndex] = createSignal(0);
  const [word, setWord] = createSignal<MentionWord>();
  const isOpen = () => closedFor() !== input.text();
  const mentions = createMentionChoices({
    ...options.mentions,
    query: () => (isOpen() ? word()?.query : undefined),
  });
  const ofCommands = createMemo(() => (isOpen() ? completions(commands(), input.text()) : []));
  const ofMentions = mentions.all;
  const choices = () => (ofCommands().length > 0 ? ofCommands() : ofMentions());
  const chosen = () => Math.min(index(), Math.max(0, choices().length - 1));
  const mention = (at: number) => (ofCommands().length > 0 ? undefined : ofMentions()[at]);
  createEffect(on([input.text, () => word()?.query], () => setIndex(0)));
  createEffect(on(ofMentions, (now, before) => setIndex((at) => keptIndex(at, now, before))));
  // A message that was sent leaves no word.
  createEffect(on(input.text, (text) => text === "" && setWord(undefined)));

  function look(): void {
    const next = input.text().includes("@") ? wordAtCursor() : undefined;
    if (next?.before !== word()?.before || next?.rest !== word()?.rest) setWord(next);
  }

  function wordAtCursor(): MentionWord | undefined {
    const { value, selectionStart, selectionEnd } = field();
    if (selectionStart !== selectionEnd) return undefined;
    return mentionWordAt(value.slice(0, selectionStart), value.slice(selectionEnd));
  }

  function take(at?: number): void {
    const command = ofCommands()[at ?? chosen()];
    const found = mention(at ?? chosen());
    if (command !== undefined) {
      input.set(command.text);
      setClosedFor(command.text.endsWith(" ") ? undefined : command.text);
    } else if (at === undefined && index() === 0) mentions.takeFirst(takeMention);
    else if (found !== undefined) takeMention(found);
    field().focus();
  }

  function takeMention({ insert, goesOn }: MentionChoice): void {
    const now = wordAtCursor();
    if (now === undefined) return;
    const { value, selectionStart } = field();
    const start = selectionStart - now.before.length - 1;
    const rest = value.slice(selectionStart + now.rest.length);
    const isSpaced = insert.endsWith(" ") && rest.startsWith(" ");
    input.set(value.slice(0, start) + (isSpaced ? insert.trimEnd() : insert) + rest);
    // Within the quotes of a folder its name can go on.
    const cursor = start + insert.length - (goesOn && insert.endsWith('"') ? 1 : 0);
    field().setSelectionRange(cursor, cursor);
    look();
  }

  return {
    choices,
    chosen,
    move: (step) => setIndex((chosen() + step + choices().length) % choices().length),
    take,
    close: () => setClosedFor(input.text()),
    goesOn: () => word()?.rest === "" && mention(chosen())?.goesOn === true,
    takesEnter: () =>
      choices().length > 0 &&
      (ofCommands().length === 0 || readCommand(commands(), input.text()) === undefined),
    hint: () =>
      /[^:]:\d*(-\d*)?$/.test(word()?.before ?? "")
        ? t("A line or a range of lines: @file:10-20")
        : "",
    look,
  };
}
