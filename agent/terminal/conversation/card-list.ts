/** What the conversation that is shown consists of: cards, which can be selected, and texts, which can be found. */
import type { BoxRenderable } from "@opentui/core";
import { type Accessor, createContext, createSignal, onCleanup, useContext } from "solid-js";

export interface CardList {
  /** Of the cards, from top to bottom. */
  ids: Accessor<readonly string[]>;
  /** A card, until the owner is disposed. */
  add: (id: string, element: BoxRenderable) => void;
  /** A text, until the owner is disposed. */
  addText: (id: string, element: BoxRenderable) => void;
  elementOf: (id: string) => BoxRenderable | undefined;
}

export function createCardList(): CardList {
  const cards = new Map<string, BoxRenderable>();
  const texts = new Map<string, BoxRenderable>();
  const [changes, setChanges] = createSignal(0);
  const changed = () => setChanges((count) => count + 1);

  function ids(): string[] {
    changes();
    return [...cards].toSorted(([, a], [, b]) => a.screenY - b.screenY).map(([id]) => id);
  }

  function add(id: string, element: BoxRenderable): void {
    cards.set(id, element);
    changed();
    onCleanup(() => {
      // Another one with its name may have taken its place.
      if (cards.get(id) === element) cards.delete(id);
      changed();
    });
  }

  function addText(id: string, element: BoxRenderable): void {
    texts.set(id, element);
    onCleanup(() => texts.get(id) === element && texts.delete(id));
  }

  return { ids, add, addText, elementOf: (id) => cards.get(id) ?? texts.get(id) };
}

const CardListContext = createContext<CardList>();
export const CardListProvider = CardListContext.Provider;

export function useCardList(): CardList {
  const list = useContext(CardListContext);
  if (list === undefined) throw new Error("expected a CardListProvider above this component");
  return list;
}
