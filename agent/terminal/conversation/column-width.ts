/** The width of the conversation, in columns. */
import { type Accessor, createContext, useContext } from "solid-js";

const ColumnWidthContext = createContext<Accessor<number>>();
export const ColumnWidthProvider = ColumnWidthContext.Provider;

export function useColumnWidth(): Accessor<number> {
  const width = useContext(ColumnWidthContext);
  if (width === undefined) throw new Error("expected a ColumnWidthProvider above this component");
  return width;
}
