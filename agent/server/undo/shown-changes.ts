/** A run's changes as people see them: a rename is one change, a directory that its files tell of is none. */
import type { FileChange } from "../../shared/protocol";
import type { Step } from "./file-state";
import { type Name, parentsOf, shown } from "./git/git-path";
import type { Change, FileState } from "./git/tree-diff";

type Both = Pick<Change, "name" | "before" | "after">;

/** By name, as in the record. */
export function fileChanges(changes: Change[]): FileChange[] {
  const implied = impliedIn(changes);
  return changes.filter((one) => isShown(one) && !implied.has(one.name)).map(fileChange);
}

/** The other side of a renamed file is shown with it. */
export function isShown({ renamedTo }: Change): boolean {
  return renamedTo === undefined;
}

export function fileChange({ name, before, after, renamedFrom }: Change): FileChange {
  const path = shownPath(name, before, after);
  if (renamedFrom !== undefined) return { path, kind: "renamed", from: shown(renamedFrom) };
  const isFile = !path.endsWith("/");
  // Of a file that took the place of a directory, or the other way round, the file is told.
  const [was, is] = [before, after].map((one) =>
    !isFile || one?.kind !== "directory" ? one : undefined,
  );
  if (was === undefined) return { path, kind: "created" };
  return { path, kind: is === undefined ? "deleted" : "changed" };
}

/** With a slash at its end when it was and is nothing but a directory. */
function shownPath(name: Name, ...states: (FileState | undefined)[]): string {
  const isDirectory = states.every((one) => one === undefined || one.kind === "directory");
  return isDirectory ? `${shown(name)}/` : shown(name);
}

export function pathOfStep({ name, expected, wanted }: Step): string {
  return shownPath(name, expected, wanted);
}

/** Directories that were made or deleted with what is in them. */
export function impliedIn(changes: Both[]): Set<Name> {
  const made = new Set(changes.flatMap(({ name, after }) => (after ? parentsOf(name) : [])));
  const deleted = new Set(changes.flatMap(({ name, before }) => (before ? parentsOf(name) : [])));
  const implied = changes.filter(
    ({ name, before, after }) =>
      (before ?? after)?.kind === "directory" &&
      ((before === undefined && made.has(name)) || (after === undefined && deleted.has(name))),
  );
  return new Set(implied.map(({ name }) => name));
}
