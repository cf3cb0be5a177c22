/** Checks files out into a folder of their own, from which they can be moved into their places. */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { FileState } from "./tree-diff";
import type { Git, GitPlace } from "./git";
import { type Name, quote } from "./git-path";

/** `folder` is there and empty. Of the modes only that of the owner to execute is set. Throws GitError when not all of it could be written: the folder then holds a part. */
export async function checkoutFiles(
  git: Git,
  place: GitPlace,
  files: { name: Name; state: FileState }[],
  folder: string,
  signal: AbortSignal,
): Promise<void> {
  if (files.length === 0) return;
  const index = join(place.directory, "indexes", crypto.randomUUID());
  const own = { ...place, index };
  try {
    const stdin = files
      .map(({ name, state }) => `${gitMode(state)} ${state.blob}\t${quote(name)}\n`)
      .join("");
    await git.run({ args: ["update-index", "--index-info"], place: own, stdin }, signal);
    await git.run(
      { args: ["checkout-index", "--all", `--prefix=${folder}/`], place: own, writes: folder },
      signal,
    );
  } finally {
    await rm(index, { force: true });
  }
}

function gitMode({ kind, mode }: FileState): string {
  if (kind === "link") return "120000";
  return (mode & 0o100) === 0 ? "100644" : "100755";
}
