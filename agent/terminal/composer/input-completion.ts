/** What the input could become: commands and their arguments, or what is mentioned after `@`. */
import { type Accessor, createEffect, createMemo, createSignal, on } from "solid-js";
import { type Command, completions, readCommand } from "../../client/state/commands";
import {
  createMentionChoices,
  keptIndex,
  type MentionChoice,
  type MentionPlace,
} from "../../client/state/mention-choices";
import { mentionWordAt, type MentionWord } from "../../shared/mentions";
import type { CompletionChoice } from "./CompletionList";
import { countCharacters, type FieldHandle } from "./MessageField";

export interface InputCompletion {
  choices: Accessor<readonly CompletionChoice[]>;
  chosen: Accessor<number>;
  move: (step: number) => void;
  /** Puts the choice into the field; by default the chosen one. */
  take: (index?: number) => void;
  close: () => void;
  /** Whether Enter takes the choice: what stands there is no command yet. */
  takesEnter: () => boolean;
  /** The cursor was moved, or the text changed. */
  look: () => void;
}

export interface InputCompletionOptions {
  commands: () => Command[];
  mentions: Omit<MentionPlace, "query">;
  text: Accessor<string>;
  field: () => FieldHandle;
}

export function createInputCompletion(options: InputCompletionOptions): InputCompletion {
  const { commands, text, field } = options;
  const [closedFor, setClosedFor] = createSignal<string>();
  const [index, setIndex] = createSignal(0);
  const [word, setWord] = createSignal<MentionWord>();
  const isOpen = () => closedFor() !== text();
  const mentions = createMentionChoices({
    ...options.mentions,
    query: () => (isOpen() ? word()?.query : undefined),
  });

  const ofCommands = createMemo(() => (isOpen() ? completions(commands(), text()) : []));
  const ofMentions = mentions.all;
  const choices = createMemo(() => (ofCommands().length > 0 ? ofCommands() : ofMentions()));
  const chosen = () => Math.min(index(), Math.max(0, choices().length - 1));
  createEffect(on([text, () => word()?.query], () => setIndex(0)));
  createEffect(on(ofMentions, (now, before) => setIndex((at) => keptIndex(at, now, before))));

  function look(): void {
    // To ask the field with each key allocates two megabytes: OpenTUI (0.5.12) takes one for each answer.
    const next = text().includes("@") ? wordAtCursor() : undefined;
    if (next?.query !== word()?.query || next?.rest !== word()?.rest) setWord(next);
  }

  function wordAtCursor(): MentionWord | undefined {
    const { before, after } = field().around();
    return mentionWordAt(before, after);
  }

  function take(at?: number): void {
    // The field tells of its text later than of a key that follows at once.
    if (at === undefined) look();
    const command = ofCommands()[at ?? chosen()];
    const mention = ofMentions()[at ?? chosen()];
    if (command !== undefined) {
      field().replace(command.text);
      if (!command.text.endsWith(" ")) setClosedFor(command.text);
    } else if (ofCommands().length > 0) return;
    else if (at === undefined && index() === 0) mentions.takeFirst(takeMention);
    else if (mention !== undefined) takeMention(mention);
    field().focus();
  }

  function takeMention({ insert }: MentionChoice): void {
    const word = wordAtCursor();
    if (word === undefined) return;
    field().take(countCharacters(word.before) + 1, countCharacters(word.rest));
    field().insert(insert);
  }

  return {
    choices,
    chosen,
    move: (step) => setIndex((chosen() + step + choices().length) % choices().length),
    take,
    close: () => setClosedFor(text()),
    takesEnter: () =>
      choices().length > 0 &&
      (ofCommands().length === 0 || readCommand(commands(), text()) === undefined),
    look,
  };
}
