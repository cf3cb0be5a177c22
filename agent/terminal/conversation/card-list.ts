/** The cards of the conversation that is shown: what can be selected, from top to bottom. */
import type { BoxRenderable } from "@opentui/core";
import { type Accessor, createContext, createSignal, onCleanup, useContext } from "solid-js";

export interface CardList {
  /** From top to bottom. */
  ids: Accessor<readonly string[]>;
  /** Until the owner is disposed. */
  add: (id: string, element: BoxRenderable) => void;
  elementOf: (id: string) => BoxRenderable | undefined;
}

export function createCardList(): CardList {
  const cards = new Map<string, BoxRenderable>();
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

  return { ids, add, elementOf: (id) => cards.get(id) };
}

const CardListContext = createContext<CardList>();
export const CardListProvider = CardListContext.Provider;

export function useCardList(): CardList {
  const list = useContext(CardListContext);
  if (list === undefined) throw new Error("expected a CardListProvider above this component");
  return list;
}
