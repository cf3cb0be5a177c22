/** The state of a directory at one moment, in a git directory of our own: every file that is not ignored. */
import { abortable } from "../../abort";
import { findFiles, type Scope } from "./find-files";
import { type Git, type GitPlace, workPlace } from "./git";
import { FileIndex } from "./file-index";
import { listChanged, selectFiles, statFiles } from "./ls-files";
import { isUnusual } from "./file-mode";
import type { Name } from "./git-path";

export interface Snapshot {
  /** The id of a git tree; names in it are relative to the directory. */
  tree: string;
  /** Permission bits, where they are not what the umask makes of a file (git keeps only whether it can be executed). */
  modes: Map<Name, number>;
  /** Too large or not readable: their content is not recorded. */
  leftOut: Name[];
}

export class Snapshots {
  readonly #git: Git;
  readonly #place: GitPlace;
  readonly #scope: Scope;
  readonly #index: FileIndex;

  /** `gitDirectory` was made by `makeGitDirectory`, and is this directory's alone. */
  constructor(git: Git, gitDirectory: string, scope: Scope) {
    this.#git = git;
    this.#place = workPlace(gitDirectory, scope.directory);
    this.#scope = scope;
    this.#index = new FileIndex(git, this.#place);
  }

  /** Records every file that has changed. Only one may run at a time. Throws GitError, UnrecordableError, or the signal's reason. */
  async take(signal: AbortSignal): Promise<Snapshot> {
    const { directory } = this.#scope;
    const known = await this.#index.names(signal);
    // In parallel: git finds what has changed, we what is new, and stat what the permissions are.
    const looking = Promise.all([
      listChanged(this.#git, this.#place, signal),
      findFiles(this.#scope, known, signal),
      statFiles(directory, known, signal),
    ]);
    // A file system that hangs holds up no one longer than the signal allows.
    const [changed, found, seen] = await abortable(looking, signal);
    for (const name of found.lost) seen.delete(name);
    for (const [name, stats] of await statFiles(directory, found.others, signal))
      seen.set(name, stats);
    const names = new Set([...found.others, ...changed, ...found.lost]);
    const { wanted, leftOut } = selectFiles([...names], seen);
    const { tree, failed } = await this.#index.write(wanted, seen, signal);
    const modes = [...seen].flatMap(([name, stats]): [Name, number][] =>
      isUnusual(stats) ? [[name, stats.mode & 0o7777]] : [],
    );
    return { tree, modes: new Map(modes), leftOut: [...found.leftOut, ...leftOut, ...failed] };
  }
}
