/** That notes or schedules have changed: counts, by which what shows them knows when to read them again. */
import { type Accessor, createSignal } from "solid-js";
import type { ListEvent } from "../../shared/protocol";

type ListName = "memory" | "schedules";

export interface ListChanges {
  /** How often they may have changed since the page was opened. */
  of: (list: ListName) => number;
  take: (event: Extract<ListEvent, { type: "memory-changed" | "schedules-changed" }>) => void;
  /** No event came for a while: all of it may have changed. */
  missed: () => void;
}

export function createListChanges(): ListChanges {
  const counts = { memory: createCount(), schedules: createCount() };
  return {
    of: (list) => counts[list].count(),
    take: ({ type }) => counts[type === "memory-changed" ? "memory" : "schedules"].add(),
    missed() {
      counts.memory.add();
      counts.schedules.add();
    },
  };
}

function createCount(): { count: Accessor<number>; add: () => void } {
  const [count, setCount] = createSignal(0);
  return { count, add: () => void setCount((before) => before + 1) };
}
