/** The width of the conversation, in columns, and text that is wrapped for it. */
import { type Accessor, createContext, useContext } from "solid-js";
import { wrapped } from "../wrapped-text";

const ColumnWidthContext = createContext<Accessor<number>>();
export const ColumnWidthProvider = ColumnWidthContext.Provider;

export function useColumnWidth(): Accessor<number> {
  const width = useContext(ColumnWidthContext);
  if (width === undefined) throw new Error("expected a ColumnWidthProvider above this component");
  return width;
}

/** Columns beside a text of the conversation, at most: its margins, the bar of a request, the mark of a selected card, and indents. */
const indents = 8;

/**
 * Breaks a text at its spaces alone, inside a component. The library also breaks within a word, after a point, a comma or a
 * hyphen: an amount such as $0.0087 would stand on two lines.
 */
export function useLines(): (text: string) => string {
  const width = useColumnWidth();
  return (text) =>
    text
      .split("\n")
      .flatMap((line) => wrapped(line, width() - indents))
      .join("\n");
}
