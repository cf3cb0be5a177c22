/** That notes, schedules, reviewed files, what is set for projects or the machines of a cluster have changed: counts, by which what shows them knows when to read them again. */
import { type Accessor, createSignal } from "solid-js";
import type { ListEvent } from "../../shared/protocol";

type ListName = "memory" | "schedules" | "files" | "projects" | "cluster";

type ChangeEvent = Extract<ListEvent, { type: `${ListName}-changed` }>;

export interface ListChanges {
  /** How often they may have changed since the page was opened. */
  of: (list: ListName) => number;
  take: (event: ChangeEvent) => void;
  /** No event came for a while: all of it may have changed. */
  missed: () => void;
  /** Another machine is asked from now on, and may have others; which machines there are stays. */
  ofAnother: () => void;
}

const listOf: Record<ChangeEvent["type"], ListName> = {
  "memory-changed": "memory",
  "schedules-changed": "schedules",
  "files-changed": "files",
  "projects-changed": "projects",
  "cluster-changed": "cluster",
};

export function isListChange(event: { type: string }): event is ChangeEvent {
  return Object.hasOwn(listOf, event.type);
}

export function createListChanges(): ListChanges {
  const counts = {
    memory: createCount(),
    schedules: createCount(),
    files: createCount(),
    projects: createCount(),
    cluster: createCount(),
  };
  const { cluster, ...ofMachine } = counts;
  const ofAnother = () => {
    for (const { add } of Object.values(ofMachine)) add();
  };
  return {
    of: (list) => counts[list].count(),
    take: ({ type }) => counts[listOf[type]].add(),
    missed() {
      ofAnother();
      cluster.add();
    },
    ofAnother,
  };
}

function createCount(): { count: Accessor<number>; add: () => void } {
  const [count, setCount] = createSignal(0);
  return { count, add: () => void setCount((before) => before + 1) };
}
