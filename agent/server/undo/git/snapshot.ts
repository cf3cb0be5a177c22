/** The state of a directory at one moment, in a git directory of our own: everything that is not ignored. */
import { abortable } from "../../abort";
import type { Scope } from "./file-search";
import { findFiles, type Repositories } from "./find-files";
import { type Git, type GitPlace, workPlace } from "./git";
import { FileIndex } from "./file-index";
import { listChanged, selectFiles, statFiles } from "./ls-files";
import { isUnusual } from "./file-mode";
import { type Name, parentOf } from "./git-path";
import type { Coverage } from "./rule-side";

export interface Snapshot {
  /** The id of a git tree; names in it are relative to the directory. */
  tree: string;
  /** Permission bits, where they are not what the umask makes of a file (git keeps only whether it can be executed). */
  modes: Map<Name, number>;
  /** Directories (the snapshot's own is ".") and special files, by `nodeCode`. Absent in what an older Rein has recorded. */
  nodes?: Map<Name, number> | undefined;
  /** Too large, too many or not readable: their content is not recorded. Of a directory, nor what is in it. */
  leftOut: Name[];
  /** By what it was taken. Absent in what an older Rein has recorded. */
  coverage?: Coverage | undefined;
}

export class Snapshots {
  readonly #git: Git;
  readonly #place: GitPlace;
  readonly #scope: Scope;
  readonly #index: FileIndex;
  /** By what the index was last written. */
  #coverage: Coverage | undefined;

  /** `gitDirectory` was made by `makeGitDirectory`, and is this directory's alone. */
  constructor(git: Git, gitDirectory: string, scope: Scope) {
    this.#git = git;
    this.#place = workPlace(gitDirectory, scope.directory);
    this.#scope = scope;
    this.#index = new FileIndex(git, this.#place);
  }

  /**
   * Records every file that has changed. Only one may run at a time. With the coverage of an earlier snapshot it takes the
   * same files, and `doubtful` are those that only other rules would take; `repositories` have come and gone since. Throws
   * GitError, UnrecordableError, or the signal's reason.
   */
  async take(
    signal: AbortSignal,
    as?: Coverage,
  ): Promise<Snapshot & { doubtful: Name[]; repositories: Repositories }> {
    const { directory } = this.#scope;
    const names = await this.#index.names(signal);
    // In parallel: git finds what has changed, we what is new, and stat what the permissions are.
    const looking = Promise.all([
      listChanged(this.#git, this.#place, signal),
      findFiles(this.#scope, { names, by: this.#coverage, as }, signal),
      statFiles(directory, names, signal),
    ]);
    // On a file system that hangs this takes no longer than the signal allows.
    const [changed, found, { stats: seen, unseen }] = await abortable(looking, signal);
    for (const name of found.lost) seen.delete(name);
    for (const name of unseen) changed.delete(name);
    for (const [name, stats] of (await statFiles(directory, found.others, signal)).stats)
      seen.set(name, stats);
    const all = new Set([...found.others, ...changed, ...found.lost]);
    const { wanted, leftOut } = selectFiles([...all], seen, found.hidden);
    this.#coverage = undefined;
    const { tree, failed } = await this.#index.write(wanted, seen, signal);
    this.#coverage = found.coverage;
    const modes = [...seen].flatMap(([name, stats]): [Name, number][] =>
      isUnusual(stats) ? [[name, stats.mode & 0o7777]] : [],
    );
    const { nodes, coverage, doubtful, repositories } = found;
    const notRecorded = [
      ...found.leftOut,
      ...leftOut,
      ...failed,
      ...unseen.map((name) => parentOf(name) || "."),
    ];
    return {
      tree,
      modes: new Map(modes),
      nodes,
      leftOut: [...new Set(notRecorded)],
      coverage,
      doubtful,
      repositories,
    };
  }
}
