/** What the input could become: commands and their arguments, or a path after `@`. */
import { type Accessor, createEffect, createMemo, createSignal, on } from "solid-js";
import { type Command, completions, readCommand } from "../../client/state/commands";
import type { CompletionChoice } from "./CompletionList";
import { countCharacters, type FieldHandle } from "./MessageField";
import { chosenPath, createPathChoices, pathWordAt, type PathWord } from "./path-completion";

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
  commands: Command[];
  cwd: Accessor<string>;
  text: Accessor<string>;
  field: () => FieldHandle;
}

export function createInputCompletion(options: InputCompletionOptions): InputCompletion {
  const { commands, text, field } = options;
  const [closedFor, setClosedFor] = createSignal<string>();
  const [index, setIndex] = createSignal(0);
  const [word, setWord] = createSignal<PathWord>();
  const isOpen = () => closedFor() !== text();
  const paths = createPathChoices(options.cwd, () => (isOpen() ? word()?.query : undefined));

  const ofCommands = createMemo(() => (isOpen() ? completions(commands, text()) : []));
  const ofPaths = createMemo(() => paths().map((path) => ({ text: path, words: "" })));
  const choices = createMemo(() => (ofCommands().length > 0 ? ofCommands() : ofPaths()));
  const chosen = () => Math.min(index(), Math.max(0, choices().length - 1));
  createEffect(on([text, () => word()?.query], () => setIndex(0)));

  function look(): void {
    // To ask the field with each key allocates two megabytes: OpenTUI (0.5.12) takes one for each answer.
    const next = text().includes("@") ? wordAtCursor() : undefined;
    if (next?.query !== word()?.query || next?.rest !== word()?.rest) setWord(next);
  }

  function wordAtCursor(): PathWord | undefined {
    const { before, after } = field().around();
    return pathWordAt(before, after);
  }

  function take(at = chosen()): void {
    const choice = choices()[at];
    if (choice === undefined) return;
    if (ofCommands().length > 0) {
      field().replace(choice.text);
      if (!choice.text.endsWith(" ")) setClosedFor(choice.text);
    } else takePath(choice.text);
    field().focus();
  }

  function takePath(path: string): void {
    const { query, rest } = wordAtCursor() ?? { query: "", rest: "" };
    field().take(countCharacters(query) + 1, countCharacters(rest));
    field().insert(chosenPath(path));
  }

  return {
    choices,
    chosen,
    move: (step) => setIndex((chosen() + step + choices().length) % choices().length),
    take,
    close: () => setClosedFor(text()),
    takesEnter: () =>
      choices().length > 0 &&
      (ofCommands().length === 0 || readCommand(commands, text()) === undefined),
    look,
  };
}
