/** The repository of a directory as far as a review and a commit need it. */
import type { Jobs } from "../processes/jobs";
import { findPrograms, type Programs } from "./commit-programs";
import { type Name, nameOf } from "../undo/git/git-path";
import { LookError, lookWithGit } from "./look-with-git";

export interface Repository {
  /** Absent: no branch is checked out. */
  branch: string | undefined;
  /** The commit that is checked out; absent: there is none yet. */
  head: string | undefined;
  /** The id of the tree of that, or of one without entries. */
  tree: string;
  /** Absolute: where its index, its HEAD and the state of a merge are. */
  gitDirectory: string;
  /** The directory as the names of the index begin with it; empty at the top. */
  prefix: Name;
  programs: Programs;
}

/** Or a sentence that says why there is none. Throws LookError, or the signal's reason. */
export async function findRepository(
  jobs: Jobs,
  cwd: string,
  signal: AbortSignal,
): Promise<Repository | string> {
  if (Bun.which("git") === null) return "Git is not installed on this machine.";
  const asked = ["--is-inside-work-tree", "--show-object-format", "--absolute-git-dir"];
  const places = ["--git-common-dir", "--show-toplevel", "--show-prefix"];
  let found: string;
  try {
    found = await lookWithGit(jobs, { cwd, args: ["rev-parse", ...asked, ...places] }, signal);
  } catch (error) {
    if (!(error instanceof LookError)) throw error;
    if (error.message.includes("not a git repository"))
      return "This directory is in no git repository.";
    if (error.message.includes("must be run in a work tree"))
      return "This directory is not in the working tree of its repository.";
    return `Git does not read this repository: ${error.message}`;
  }
  const look = (args: string[]) => lookWithGit(jobs, { cwd, args, allowed: [1] }, signal);
  const lines = found.split("\n");
  // A path may have line breaks: then each is asked for alone.
  const one = async (name: string) => (await look(["rev-parse", name])).replace(/\n$/, "");
  const [, format, gitDirectory = "", common = "", root = "", prefix = ""] =
    lines.length === asked.length + places.length + 1
      ? lines
      : await Promise.all([...asked, ...places].map(one));
  const [branch, head, programs] = await Promise.all([
    look(["symbolic-ref", "-q", "HEAD"]),
    look(["rev-parse", "-q", "--verify", "HEAD^{commit}"]),
    findPrograms(jobs, cwd, { common, root }, signal),
  ]);
  return {
    branch: branch.trim().replace(/^refs\/heads\//, "") || undefined,
    head: head.trim() || undefined,
    tree: head.trim() || emptyTree(format),
    gitDirectory,
    prefix: nameOf(prefix),
    programs,
  };
}

/** The id of a tree without entries is the same everywhere. */
function emptyTree(format: string | undefined): string {
  return format === "sha256"
    ? "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321"
    : "4b825dc642cb6eb9a060e54bf8d69288fbee4904";
}
