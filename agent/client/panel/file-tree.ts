/** The files of a directory as a tree: one level is read when it is opened, and again when something has changed. */
import { type Accessor, createEffect, createMemo, createSignal, on, onCleanup } from "solid-js";
import type { TreeAnswer, TreeEntry } from "../../shared/protocol";
import { api, wordsFor } from "../state/api-client";

export interface TreeRow {
  /** Relative to the directory. */
  path: string;
  entry: TreeEntry;
  /** From one. */
  depth: number;
  isOpen: boolean;
}

export interface FileTree {
  rows: Accessor<TreeRow[]>;
  /** Of the levels that are open: what could not be read or listed, in sentences' place: by path. */
  problemOf(path: string): string | undefined;
  /** So many more of this level are not listed. */
  leftOf(path: string): number;
  isLoading: Accessor<boolean>;
  setOpen(path: string, isOpen: boolean): void;
  /** Reads all levels that are open again. */
  refresh: () => void;
}

type Level = TreeAnswer | { problem: string };

/** `cwd` is empty until it is known. */
export function createFileTree(cwd: Accessor<string>): FileTree {
  const [levels, setLevels] = createSignal<ReadonlyMap<string, Level>>(new Map());
  const [opened, setOpened] = createSignal<ReadonlySet<string>>(new Set());
  const [reading, setReading] = createSignal(0);
  let closing = new AbortController();
  onCleanup(() => closing.abort());

  async function read(path: string): Promise<void> {
    const { signal } = closing;
    setReading((count) => count + 1);
    let level: Level;
    try {
      level = await api.tree({ cwd: cwd(), path }, signal);
    } catch (error) {
      level = { problem: wordsFor(error) };
    }
    setReading((count) => count - 1);
    if (!signal.aborted) setLevels((all) => new Map(all).set(path, level));
  }

  function refresh(): void {
    if (cwd() === "") return;
    for (const path of ["", ...opened()]) void read(path);
  }

  function setOpen(path: string, isOpen: boolean): void {
    setOpened((all) => new Set(isOpen ? [...all, path] : [...all].filter((one) => one !== path)));
    if (isOpen) void read(path);
  }

  createEffect(
    on(cwd, () => {
      closing.abort();
      closing = new AbortController();
      setLevels(new Map());
      setOpened(new Set<string>());
      if (cwd() !== "") void read("");
    }),
  );

  const rowsOf = (path: string, depth: number): TreeRow[] => {
    const level = levels().get(path);
    if (level === undefined || "problem" in level) return [];
    return level.entries.flatMap((entry) => {
      const child = path === "" ? entry.name : `${path}/${entry.name}`;
      const isOpen = entry.kind === "directory" && opened().has(child);
      const row = { path: child, entry, depth, isOpen };
      return isOpen ? [row, ...rowsOf(child, depth + 1)] : [row];
    });
  };

  return {
    rows: createMemo(() => rowsOf("", 1)),
    problemOf(path) {
      const level = levels().get(path);
      return level && "problem" in level ? level.problem : undefined;
    },
    leftOf(path) {
      const level = levels().get(path);
      return level && "left" in level ? level.left : 0;
    },
    isLoading: () => cwd() === "" || reading() > 0,
    setOpen,
    refresh,
  };
}
