/** The patches of a run's changes, by path as people read it. */
import { unquote, shown } from "./git-path";
import type { RunRecord } from "../run-record";
import type { Workspace } from "../workspace";

/** Limits of what is read from git, and of one file's diff: a page cannot show more. */
const maxCharacters = 4_000_000;
const maxCharactersEach = 100_000;

/** Files without a readable diff (binary, mode only, too long) are left out. Throws as `Git.run` does. */
export async function readDiffs(
  { git, place }: Workspace,
  { before, after }: RunRecord,
  signal: AbortSignal,
): Promise<Map<string, string>> {
  if (after === undefined || after.tree === before.tree) return new Map();
  const args = ["diff-tree", "-r", "-M", "--patch-with-raw", "--no-color", before.tree, after.tree];
  const call = { args, place, maxOutput: maxCharacters };
  return pair(await git.run(call, signal));
}

/** First come the raw lines, then the patches in the same order; a change of type makes two of them. */
function pair(output: string): Map<string, string> {
  const [head = "", ...patches] = output.split(/^(?=diff --git )/m);
  // The last one may have been cut where reading ended.
  if (output.length === maxCharacters) patches.pop();
  const diffs = new Map<string, string>();
  let at = 0;
  for (const line of head.split("\n")) {
    if (!line.startsWith(":")) continue;
    const [facts = "", ...names] = line.split("\t");
    const count = facts.split(" ")[4] === "T" ? 2 : 1;
    const patch = patches.slice(at, at + count).join("");
    at += count;
    const isReadable = patch.includes("\n@@ ") && patch.length <= maxCharactersEach;
    if (isReadable) diffs.set(shown(unquote(names.at(-1) ?? "")), patch);
  }
  return diffs;
}
