/** Which moves restore files: removals first, then directories, then files; permission bits last, for they can forbid the rest. */
import { lstatSync, type Stats } from "node:fs";
import type { Directory } from "../files/directory";
import { type Found, isGone, isModeOnly, type Step, versionOf } from "./file-state";
import { usualMode } from "./git/file-mode";
import type { FileState } from "./git/tree-diff";
import { entriesOf, type Name, parentOf, parentsOf } from "./git/git-path";
import { inTheWay } from "./moves";
import type { Move } from "./restore-journal";

export interface Task {
  step: Step;
  /** The file at the conflict check. When it has changed since, nothing is restored. */
  found: Found;
}

/** `fresh` names the new files in `work`, the work folder. Throws RestoreError where something is in the way, or a system error. */
export function planMoves(
  root: Directory,
  work: Directory,
  tasks: Task[],
  fresh: ReadonlyMap<Task, string>,
): Move[] {
  const plan = new Plan(root, work);
  // By depth, so that what is in a directory comes after it; reversed, before it.
  const all = tasks.toSorted((a, b) => depth(a.step.name) - depth(b.step.name));
  for (const task of all.toReversed()) plan.clear(task);
  for (const task of all) plan.fill(task, fresh.get(task));
  return plan.moves();
}

/** Whether what is there stays, with other permission bits. */
export function setsModeOnly({ step, found }: Task): boolean {
  const { wanted } = step;
  if (wanted?.kind === "directory") return found.version === "directory";
  return isModeOnly(step) && found.state?.kind === wanted?.kind;
}

class Plan {
  readonly #root: Directory;
  readonly #work: Directory;
  readonly #removals: Move[] = [];
  readonly #directories: Move[] = [];
  readonly #files: Move[] = [];
  readonly #modes: Move[] = [];
  /** What is not there once the removals are done. */
  readonly #cleared = new Set<Name>();
  readonly #made = new Set<Name>();
  /** Directories whose mode forbids changes: opened first, set to `to` last. */
  readonly #opened = new Map<Name, { from: number; to: number }>();
  #count = 0;

  constructor(root: Directory, work: Directory) {
    this.#root = root;
    this.#work = work;
  }

  clear({ step: { name, wanted, expected }, found: { version, state } }: Task): void {
    if (version === "none") return;
    if (version !== "directory") {
      if (wanted !== undefined && wanted.kind !== "directory") return;
      this.#open(name);
      this.#removals.push({ do: "aside", name, old: this.#old(), version });
      this.#cleared.add(name);
      return;
    }
    if (wanted?.kind === "directory" || (wanted === undefined && expected?.kind !== "directory"))
      return;
    this.#open(name);
    const mode = state?.mode ?? usualMode(true);
    this.#removals.push({ do: "remove", name, mode, isNeeded: wanted !== undefined });
    if (wanted !== undefined) this.#cleared.add(name);
  }

  fill(task: Task, fresh: string | undefined): void {
    const { step, found } = task;
    const { version, state } = found;
    const { name, wanted } = step;
    if (wanted === undefined) return;
    if (setsModeOnly(task)) this.#mode(name, wanted, state!.mode);
    else if (wanted.kind === "directory") this.#make(name, wanted.mode);
    else {
      for (const parent of parentsOf(name).toReversed()) this.#makeMissing(parent);
      this.#open(name);
      const made = versionOf(this.#work, fresh!);
      this.#files.push({ do: "place", name, new: fresh!, old: this.#old(), version, made });
    }
  }

  moves(): Move[] {
    const of = "directory";
    const opened = [...this.#opened].map(([name, { from }]): Move => ({
      do: "mode",
      name,
      of,
      from,
      to: from | allowed,
    }));
    for (const [name, { from, to }] of this.#opened) {
      this.#modes.push({ do: "mode", name, of, from: from | allowed, to, isClosing: true });
      // Taken back, it is opened until what was in it is there again.
      for (const one of this.#removals)
        if (one.do === "remove" && one.name === name) one.mode = from | allowed;
    }
    const modes = this.#modes.toSorted((a, b) => depth(b.name) - depth(a.name));
    return [...opened, ...this.#removals, ...this.#directories, ...this.#files, ...modes];
  }

  #make(name: Name, mode: number): void {
    for (const parent of parentsOf(name).toReversed()) this.#makeMissing(parent);
    if (this.#made.has(name)) return;
    this.#open(name);
    this.#made.add(name);
    this.#directories.push({ do: "make", name });
    if (mode !== 0o700)
      this.#modes.push({ do: "mode", name, of: "directory", from: 0o700, to: mode });
  }

  /** Makes a directory that is not recorded, or was removed since. */
  #makeMissing(name: Name): void {
    if (this.#made.has(name)) return;
    const stats = this.#cleared.has(name) ? undefined : this.#stat(name);
    if (stats?.isDirectory()) return;
    if (stats !== undefined) throw inTheWay(name);
    this.#make(name, usualMode(true));
  }

  #mode(name: Name, { kind, mode: to }: FileState, from: number): void {
    const opened = this.#opened.get(name);
    const of = kind === "directory" ? kind : "file";
    if (opened !== undefined) opened.to = to;
    else this.#modes.push({ do: "mode", name, of, from, to });
  }

  /** The mode of the directory of this name may forbid changes in it: one that this user (not root) owns is opened for the moves. */
  #open(name: Name): void {
    if (process.getuid?.() === 0) return;
    const parent = parentOf(name) || ".";
    if (this.#made.has(parent) || this.#opened.has(parent)) return;
    const stats = this.#stat(parent);
    if (!stats?.isDirectory() || stats.uid !== process.getuid?.()) return;
    const from = stats.mode & 0o7777;
    if ((from & allowed) === allowed) return;
    const at = this.#modes.findIndex((one) => one.do === "mode" && one.name === parent);
    const [planned] = at < 0 ? [] : this.#modes.splice(at, 1);
    this.#opened.set(parent, { from, to: planned?.do === "mode" ? planned.to : from });
  }

  #stat(name: Name): Stats | undefined {
    const { parents, entry } = entriesOf(name);
    try {
      using parent = this.#root.descendSync(parents);
      return lstatSync(parent.at(entry), { throwIfNoEntry: false });
    } catch (error) {
      if (isGone(error)) return undefined;
      throw error;
    }
  }

  #old(): string {
    return `old-${this.#count++}`;
  }
}

/** What the owner needs to change what is in a directory. */
const allowed = 0o700;

function depth(name: Name): number {
  return name === "." ? 0 : name.split("/").length;
}
