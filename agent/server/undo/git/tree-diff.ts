/** What differs between two snapshots of a directory, file by file. */
import { defined } from "../../../shared/defined";
import type { Git, GitPlace } from "./git";
import { usualMode } from "./file-mode";
import { type Name, parentsOf, unquote } from "./git-path";
import { nodeState } from "./node-state";
import type { Snapshot } from "./snapshot";

/** A file, a symbolic link, a directory, or a FIFO, socket or device, as it once was. */
export interface FileState {
  kind: "file" | "link" | "directory" | "special";
  /** The id of the blob that holds its bytes, or where the link leads. Of a special file: its type and device. */
  blob: string;
  /** Permission bits; those of a link have no meaning. */
  mode: number;
}

/** One name, before and after. Absent: there was no such file. */
export interface Change {
  name: Name;
  before?: FileState;
  after?: FileState;
  /** Of a file that was renamed: its other name. */
  renamedFrom?: Name;
  renamedTo?: Name;
}

/** By name. Throws as `Git.run` does. */
export async function compare(
  git: Git,
  place: GitPlace,
  before: Snapshot,
  after: Snapshot,
  signal: AbortSignal,
): Promise<{ changes: Change[]; doubtful: Name[] }> {
  const args = ["diff-tree", "-r", "-M", "--raw", "--no-abbrev", before.tree, after.tree];
  const output = before.tree === after.tree ? "" : await git.run({ args, place }, signal);
  const changes = new Map<Name, Change>();
  for (const line of output.split("\n"))
    if (line !== "")
      for (const change of readRaw(line, before, after)) changes.set(change.name, change);
  await addModeChanges(changes, git, place, before, after, signal);
  addNodes(changes, before, after);
  // What there was before is not known: undoing that would delete what there is no copy of.
  const wasUnseen = unseenIn(before);
  const doubtful = [...changes.values()].flatMap(({ name, before: was }) =>
    was === undefined && wasUnseen(name) ? [name] : [],
  );
  for (const name of doubtful) changes.delete(name);
  return {
    changes: [...changes.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    doubtful,
  };
}

/** Whether it is not known of a name if it was there. */
function unseenIn({ leftOut }: Snapshot): (name: Name) => boolean {
  const names = new Set(leftOut);
  if (names.size === 0) return () => false;
  return (name) => [name, ...parentsOf(name), "."].some((one) => names.has(one));
}

/** A name can be a file before and a directory after, or the other way round. */
function addNodes(changes: Map<Name, Change>, before: Snapshot, after: Snapshot): void {
  if (!before.nodes || !after.nodes) return;
  const [wasUnseen, isUnseen] = [unseenIn(before), unseenIn(after)];
  for (const name of new Set([...before.nodes.keys(), ...after.nodes.keys()])) {
    const [was, is] = [before.nodes.get(name), after.nodes.get(name)];
    if (was === is) continue;
    if ((was === undefined && wasUnseen(name)) || (is === undefined && isUnseen(name))) continue;
    const states = defined({
      before: was === undefined ? undefined : nodeState(was),
      after: is === undefined ? undefined : nodeState(is),
    });
    changes.set(name, { name, ...changes.get(name), ...states });
  }
}

/** A line of `--raw`: `:100644 100755 <blob> <blob> M<tab>name`, with a second name for a rename. */
function readRaw(line: string, before: Snapshot, after: Snapshot): Change[] {
  const [facts = "", first = "", second] = line.split("\t");
  const [oldMode = "", newMode = "", oldBlob = "", newBlob = "", status = ""] = facts
    .slice(1)
    .split(" ");
  const name = unquote(first);
  const was = stateOf(oldMode, oldBlob, before.modes.get(name));
  if (status.startsWith("R") && second !== undefined) {
    const target = unquote(second);
    const is = stateOf(newMode, newBlob, after.modes.get(target));
    return [
      defined({ name, before: was, renamedTo: target }),
      defined({ name: target, after: is, renamedFrom: name }),
    ];
  }
  const is = stateOf(newMode, newBlob, after.modes.get(name));
  return [defined({ name, before: was, after: is })];
}

function stateOf(gitMode: string, blob: string, mode: number | undefined): FileState | undefined {
  if (gitMode === "120000") return { kind: "link", blob, mode: 0o777 };
  if (!gitMode.startsWith("100")) return undefined;
  return { kind: "file", blob, mode: mode ?? usualMode(gitMode === "100755") };
}

/** Git records only whether a file is executable; the other permission bits are compared here. */
async function addModeChanges(
  changes: Map<Name, Change>,
  git: Git,
  place: GitPlace,
  before: Snapshot,
  after: Snapshot,
  signal: AbortSignal,
): Promise<void> {
  const names = new Set([...before.modes.keys(), ...after.modes.keys()]);
  const [wasUnseen, isUnseen] = [unseenIn(before), unseenIn(after)];
  const suspects = [...names].filter(
    (name) =>
      !changes.has(name) &&
      before.modes.get(name) !== after.modes.get(name) &&
      (before.modes.has(name) || !wasUnseen(name)) &&
      (after.modes.has(name) || !isUnseen(name)),
  );
  if (suspects.length === 0) return;
  const args = ["ls-tree", "-r", after.tree];
  const wanted = new Set(suspects);
  for (const line of (await git.run({ args, place }, signal)).split("\n")) {
    const [facts = "", path = ""] = line.split("\t");
    const name = unquote(path);
    if (!wanted.has(name)) continue;
    const [gitMode = "", , blob = ""] = facts.split(" ");
    const was = stateOf(gitMode, blob, before.modes.get(name));
    const is = stateOf(gitMode, blob, after.modes.get(name));
    if (was && is && was.mode !== is.mode) changes.set(name, { name, before: was, after: is });
  }
}
