/** A snapshot in which some names are as in a later one: what an undo has put back is no change of a run that waited meanwhile. */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { type Git, type GitPlace, objectPlace } from "./git";
import { linesOf } from "./ls-files";
import { type Name, quote, unquote } from "./git-path";
import type { Snapshot } from "./snapshot";

/** Throws as `Git.run` does. */
export async function rebase(
  git: Git,
  { directory }: GitPlace,
  snapshot: Snapshot,
  later: Snapshot,
  names: Name[],
  signal: AbortSignal,
): Promise<Snapshot> {
  const index = join(directory, "indexes", crypto.randomUUID());
  const place = { ...objectPlace(directory), index };
  const wanted = new Set(names);
  try {
    const listed = await git.run({ args: ["ls-tree", "-r", later.tree], place }, signal);
    const entries = linesOf(listed).flatMap((line) => {
      const [facts = "", path = ""] = line.split("\t");
      const [mode = "", , blob = ""] = facts.split(" ");
      const name = unquote(path);
      return wanted.has(name) ? [`${mode} ${blob}\t${quote(name)}\n`] : [];
    });
    const gone = names.map((name) => `0 ${"0".repeat(40)}\t${quote(name)}\n`);
    const stdin = [...gone, ...entries].join("");
    await git.run({ args: ["read-tree", snapshot.tree], place }, signal);
    await git.run({ args: ["update-index", "--index-info"], place, stdin }, signal);
    const tree = (await git.run({ args: ["write-tree"], place }, signal)).trim();
    const modes = replaced(snapshot.modes, later.modes, names);
    const nodes = snapshot.nodes && later.nodes && replaced(snapshot.nodes, later.nodes, names);
    return { ...snapshot, tree, modes, nodes };
  } finally {
    await rm(index, { force: true });
  }
}

function replaced<Value>(
  before: Map<Name, Value>,
  later: Map<Name, Value>,
  names: Name[],
): Map<Name, Value> {
  const map = new Map(before);
  for (const name of names) {
    const value = later.get(name);
    if (value === undefined) map.delete(name);
    else map.set(name, value);
  }
  return map;
}
