/**
 * Which card of the conversation is selected: a tool call, a subagent, an approval, a receipt. A card binds its keys
 * (`x` stops it, Enter opens it) for while it is selected.
 *
 * Alt+Up and Alt+Down select at any time; Tab with an empty input selects the last card. While one is selected, the plain
 * arrows move on, and Escape, or any character that is no card's key, goes back to the input.
 */
import { type Accessor, createContext, createSignal, useContext } from "solid-js";
import { bindKey, isCharacter } from "./terminal-keys";

export interface Selection {
  /** The id of the selected card. */
  selected: Accessor<string | undefined>;
  isSelected: (id: string) => boolean;
  /** Whether the keys of this card count: it is selected, and nothing lies over the conversation. */
  hasKeys: (id: string) => boolean;
  select: (id: string | undefined) => void;
  /** The place that the conversation was last asked to show: it scrolls there, and selects its card. */
  revealed: Accessor<Place | undefined>;
  reveal: (place: Place) => void;
  /** Of a key that no binding takes: a character is meant for the input. */
  onOtherKey: (name: string) => void;
  /** The conversation says which cards it has, from top to bottom. */
  provideCards: (cards: Accessor<readonly string[]>) => void;
}

/** Words in a part of a message. */
export interface Place {
  messageId: string;
  partId: string;
  words: string;
  /** How many times they stand in the part before this place. */
  before: number;
}

export interface SelectionOptions {
  /** Whether Tab may select: the input is empty. */
  isInputEmpty: () => boolean;
  /** Whether keys are meant for the conversation: nothing lies over it. */
  isOnTop: () => boolean;
  /** Whether Enter confirms a stop. */
  isConfirming: () => boolean;
}

export function createSelection(options: SelectionOptions): Selection {
  const { isInputEmpty, isOnTop, isConfirming } = options;
  const [chosen, select] = createSignal<string>();
  const [revealed, reveal] = createSignal<Place>();
  const [cards, setCards] = createSignal<Accessor<readonly string[]>>(() => []);
  /** A card may be gone: its messages were dropped, or another session is shown. */
  const selected = () => {
    const id = chosen();
    return id !== undefined && cards()().includes(id) ? id : undefined;
  };

  function move(step: 1 | -1): void {
    const all = cards()();
    const id = selected();
    if (id === undefined) return void select(all.at(-1));
    const next = all[all.indexOf(id) + step];
    // Below the last card is the input.
    if (next !== undefined || step === 1) select(next);
  }

  const isActive = () => isOnTop() && selected() !== undefined;
  bindKey({ key: "Alt+ArrowUp", when: isOnTop, run: () => move(-1), repeats: true });
  bindKey({ key: "Alt+ArrowDown", when: isActive, run: () => move(1), repeats: true });
  bindKey({ key: "ArrowUp", when: isActive, run: () => move(-1), repeats: true });
  bindKey({ key: "ArrowDown", when: isActive, run: () => move(1), repeats: true });
  bindKey({ key: "Escape", when: isActive, run: () => select(undefined) });
  // For a card without an Enter of its own: the input, which has the focus, would begin a new line.
  bindKey({ key: "Enter", when: () => isActive() && !isConfirming(), run: () => {} });
  bindKey({
    key: "Tab",
    words: "To the last card, from an empty input; Alt+Up selects from anywhere",
    when: () => isOnTop() && isInputEmpty() && cards()().length > 0,
    run: () => select(selected() === undefined ? cards()().at(-1) : undefined),
  });

  return {
    selected,
    isSelected: (id) => selected() === id,
    hasKeys: (id) => isOnTop() && selected() === id,
    select,
    revealed,
    reveal: (place) => void reveal({ ...place }),
    onOtherKey(name) {
      if (isOnTop() && isCharacter(name)) select(undefined);
    },
    provideCards: (next) => setCards(() => next),
  };
}

const SelectionContext = createContext<Selection>();
export const SelectionProvider = SelectionContext.Provider;

export function useSelection(): Selection {
  const selection = useContext(SelectionContext);
  if (selection === undefined) throw new Error("expected a SelectionProvider above this component");
  return selection;
}
