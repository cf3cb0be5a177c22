/** That notes, schedules or reviewed files have changed: counts, by which what shows them knows when to read them again. */
import { type Accessor, createSignal } from "solid-js";
import type { ListEvent } from "../../shared/protocol";

type ListName = "memory" | "schedules" | "files";

export interface ListChanges {
  /** How often they may have changed since the page was opened. */
  of: (list: ListName) => number;
  take: (event: Extract<ListEvent, { type: `${ListName}-changed` }>) => void;
  /** No event came for a while: all of it may have changed. */
  missed: () => void;
}

export function createListChanges(): ListChanges {
  const counts = { memory: createCount(), schedules: createCount(), files: createCount() };
  return {
    of: (list) => counts[list].count(),
    take: ({ type }) => counts[names[type]].add(),
    missed() {
      for (const { add } of Object.values(counts)) add();
    },
  };
}

const names = {
  "memory-changed": "memory",
  "schedules-changed": "schedules",
  "files-changed": "files",
} as const;

function createCount(): { count: Accessor<number>; add: () => void } {
  const [count, setCount] = createSignal(0);
  return { count, add: () => void setCount((before) => before + 1) };
}
