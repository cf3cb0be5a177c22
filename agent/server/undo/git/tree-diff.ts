/** What differs between two snapshots of a directory, file by file. */
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { defined } from "../../../shared/defined";
import type { FileChange } from "../../../shared/protocol";
import type { Git, GitPlace } from "./git";
import { usualMode } from "./file-mode";
import { type Name, quote, shown, unquote } from "./git-path";
import type { Snapshot } from "./snapshot";
import { checkoutFiles } from "./checkout";

/** A file, or a symbolic link, as it once was. */
export interface FileState {
  kind: "file" | "link";
  /** The id of the blob that holds its bytes, or where the link leads. */
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

export interface Difference {
  changes: Change[];
  /** Files that seem new only because the snapshot before did not hold them: their earlier content is unknown. */
  doubtful: Name[];
}

/** Throws as `Git.run` does. */
export async function compare(
  git: Git,
  place: GitPlace,
  before: Snapshot,
  after: Snapshot,
  signal: AbortSignal,
): Promise<Difference> {
  const args = ["diff-tree", "-r", "-M", "--raw", "--no-abbrev", before.tree, after.tree];
  const output = before.tree === after.tree ? "" : await git.run({ args, place }, signal);
  const changes = new Map<Name, Change>();
  for (const line of output.split("\n"))
    if (line !== "")
      for (const change of readRaw(line, before, after)) changes.set(change.name, change);
  await addModeChanges(changes, git, place, before, after, signal);
  const unseen = await notSeenBefore(changes, git, place, before, signal);
  for (const name of unseen) changes.delete(name);
  const all = [...changes.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return { changes: all, doubtful: [...unseen] };
}

/** As people see it: the two sides of a rename are one change. */
export function fileChanges(changes: Change[]): FileChange[] {
  return changes
    .filter(({ renamedTo }) => renamedTo === undefined)
    .map(({ name, before, after, renamedFrom }) => {
      const path = shown(name);
      if (renamedFrom !== undefined) return { path, kind: "renamed", from: shown(renamedFrom) };
      if (before === undefined) return { path, kind: "created" };
      return { path, kind: after === undefined ? "deleted" : "changed" };
    });
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
  const suspects = [...names].filter(
    (name) => !changes.has(name) && before.modes.get(name) !== after.modes.get(name),
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

/**
 * A file that was ignored or too large before, and no longer is, seems to be created by the run. Undoing that would
 * delete a file of which there is no copy.
 */
async function notSeenBefore(
  changes: Map<Name, Change>,
  git: Git,
  place: GitPlace,
  before: Snapshot,
  signal: AbortSignal,
): Promise<Set<Name>> {
  const created = [...changes.values()].flatMap((one) => (one.before ? [] : [one.name]));
  const unseen = new Set(before.leftOut.filter((name) => created.includes(name)));
  const rulesChanged = [...changes.keys()].some(isRules);
  if (created.length === 0 || !rulesChanged) return unseen;
  for (const name of await ignoredBefore(created, git, place, before, signal)) unseen.add(name);
  return unseen;
}

async function ignoredBefore(
  names: Name[],
  git: Git,
  place: GitPlace,
  before: Snapshot,
  signal: AbortSignal,
): Promise<Name[]> {
  const folder = await mkdtemp(join(place.directory, "rules-"));
  try {
    const output = await git.run({ args: ["ls-tree", "-r", before.tree], place }, signal);
    const rules = output.split("\n").flatMap((line) => {
      const [facts = "", path = ""] = line.split("\t");
      const [mode = "", , blob = ""] = facts.split(" ");
      const name = unquote(path);
      const state = stateOf(mode, blob, undefined);
      return state?.kind === "file" && isRules(name) ? [{ name, state }] : [];
    });
    const tree = join(folder, "tree");
    await mkdir(tree);
    await checkoutFiles(git, place, rules, tree, signal);
    const empty = { ...place, root: tree, index: join(folder, "none") };
    const stdin = names.map((name) => `${quote(name)}\n`).join("");
    const args = ["check-ignore", "--no-index", "--stdin"];
    const ignored = await git.run({ args, place: empty, stdin, allowed: [1] }, signal);
    return ignored
      .split("\n")
      .filter((line) => line !== "")
      .map(unquote);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function isRules(name: Name): boolean {
  return name === ".gitignore" || name.endsWith("/.gitignore");
}
