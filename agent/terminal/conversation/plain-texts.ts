/**
 * Which texts of a conversation are drawn as Markdown: the newest ones, as far as the screen can take their elements. Those
 * before them are shown as they are written.
 */
import { type Accessor, createContext, createMemo, useContext } from "solid-js";
import { drawnMarkdown } from "../../client/markdown/drawn-markdown";
import type { Message } from "../../shared/protocol";

/** The most elements of one text: each takes time with each frame. */
export const mostOfText = 1000;
/** Of all texts of a conversation. */
const mostOfAll = 3000;

const PlainTextsContext = createContext<Accessor<ReadonlySet<string>>>();
export const PlainTextsProvider = PlainTextsContext.Provider;

/** The ids of the text parts that are shown as plain text. Needs the provider above. */
export function usePlainTexts(): Accessor<ReadonlySet<string>> {
  const plain = useContext(PlainTextsContext);
  if (plain === undefined) throw new Error("expected a PlainTextsProvider above this component");
  return plain;
}

/** Those of `messages` before the newest ones that have all the elements there may be. */
export function createPlainTexts(messages: Accessor<readonly Message[]>) {
  const weights = new Map<string, { length: number; weight: number }>();
  function weightOf(id: string, text: string): number {
    const known = weights.get(id);
    if (known?.length === text.length) return known.weight;
    const { weight } = drawnMarkdown(text, mostOfText);
    weights.set(id, { length: text.length, weight });
    return weight;
  }
  return createMemo<ReadonlySet<string>>(
    () => {
      const plain = new Set<string>();
      let left = mostOfAll;
      for (const { parts } of messages().toReversed())
        for (const part of parts.toReversed()) {
          if (part.type !== "text") continue;
          left -= weightOf(part.id, part.text);
          if (left < 0) plain.add(part.id);
        }
      return plain;
    },
    new Set(),
    { equals: Bun.deepEquals },
  );
}
