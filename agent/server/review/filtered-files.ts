/** Which files git stores through a filter: what it stores has other bytes than what is in the directory. */
import type { Jobs } from "../processes/jobs";
import { type Name, quote, unquote } from "../undo/git/git-path";
import type { Programs } from "./commit-programs";
import { lookWithGit } from "./look-with-git";

/** By name the program; names as in a list of git's in `cwd`. Runs none of them. Throws as `lookWithGit` does. */
export async function filteredFiles(
  jobs: Jobs,
  { cwd, programs: { filters } }: { cwd: string; programs: Programs },
  names: readonly Name[],
  signal: AbortSignal,
): Promise<Map<Name, string>> {
  if (filters.size === 0 || names.length === 0) return new Map();
  const stdin = names.map((name) => `${quote(name)}\n`).join("");
  const args = ["check-attr", "--stdin", "filter"];
  const output = await lookWithGit(jobs, { cwd, args, stdin }, signal);
  return new Map(
    output.split("\n").flatMap((line): [Name, string][] => {
      const at = line.lastIndexOf(": filter: ");
      const program = at === -1 ? undefined : filters.get(line.slice(at + ": filter: ".length));
      return program === undefined ? [] : [[unquote(line.slice(0, at)), program]];
    }),
  );
}
