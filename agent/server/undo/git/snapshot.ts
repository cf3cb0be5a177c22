/** The state of a directory at one moment, in a git directory of our own: every file that is not ignored. */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Git } from "./git";
import { emptyTree, Indexes, writeTree } from "./indexes";
import {
  listFiles,
  statFiles,
  maxFiles,
  selectFiles,
  TooLargeError,
  listTrackedIgnored,
} from "./ls-files";
import { isUnusual } from "./file-mode";
import { below, type Name, shown } from "./git-path";
import { findScope } from "./git-scope";

export interface Snapshot {
  /** The id of a git tree; names in it are relative to the directory. */
  tree: string;
  /** Permission bits, where they are not what the umask makes of a file (git keeps only whether it can be executed). */
  modes: Map<Name, number>;
  /** Too large or not readable: their content is not recorded. */
  leftOut: Name[];
}

interface ScopeSnapshot {
  tree: string;
  modes: [Name, number][];
  leftOut: Name[];
  nested: Name[];
}

export class Snapshots {
  readonly #git: Git;
  readonly #gitDirectory: string;
  readonly #directory: string;
  readonly #indexes: Indexes;
  /** Trees made of others, by what they were made of. */
  readonly #combined = new Map<string, string>();

  /** `directory` is absolute and real; `gitDirectory` was made by `makeGitDirectory`, and is this directory's alone. */
  constructor(git: Git, gitDirectory: string, directory: string) {
    this.#git = git;
    this.#gitDirectory = gitDirectory;
    this.#directory = directory;
    this.#indexes = new Indexes(git);
  }

  /** Records every file that has changed. Only one may run at a time. Throws GitError, TooLargeError, or the signal's reason. */
  async take(signal: AbortSignal): Promise<Snapshot> {
    const main = await this.#snapshotScope(this.#directory, "", signal);
    const trees = [{ name: "", tree: main.tree }];
    const { modes, leftOut } = main;
    const waiting = main.nested.map((name) => ({ name }));
    for (const { name } of waiting) {
      const taken = await this.#snapshotScope(`${this.#directory}/${shown(name)}`, name, signal);
      trees.push({ name, tree: taken.tree });
      modes.push(...taken.modes.map(([file, mode]) => [below(name, file), mode] as [Name, number]));
      leftOut.push(...taken.leftOut.map((file) => below(name, file)));
      waiting.push(...taken.nested.map((inner) => ({ name: below(name, inner) })));
    }
    return { tree: await this.#combine(trees, signal), modes: new Map(modes), leftOut };
  }

  async #snapshotScope(cwd: string, name: Name, signal: AbortSignal): Promise<ScopeSnapshot> {
    const scope = await findScope(this.#git, this.#gitDirectory, { cwd, name }, signal);
    const known = await this.#indexes.names(scope, signal);
    // In parallel: git finds what has changed, and stat what the permissions are.
    const [listing, hidden, seen] = await Promise.all([
      listFiles(this.#git, scope, signal),
      listTrackedIgnored(this.#git, scope, signal),
      statFiles(cwd, known, signal),
    ]);
    const others = [...listing.others, ...hidden.filter((file) => !known.has(file))];
    if (known.size + others.length > maxFiles)
      throw new TooLargeError(
        `it holds more than ${maxFiles.toLocaleString("en")} files that are not ignored`,
      );
    for (const [file, stats] of await statFiles(cwd, others, signal)) seen.set(file, stats);
    const { wanted, leftOut } = selectFiles([...others, ...listing.changed], seen);
    const { tree, failed } = await this.#indexes.write(scope, wanted, seen, signal);
    const modes = [...seen].flatMap(([file, stats]): [Name, number][] =>
      isUnusual(stats) ? [[file, stats.mode & 0o7777]] : [],
    );
    return { tree, modes, leftOut: [...leftOut, ...failed], nested: listing.nested };
  }

  /** One tree of several, the nested ones in their places. */
  async #combine(trees: { name: Name; tree: string }[], signal: AbortSignal): Promise<string> {
    if (trees.length === 1) return trees[0]!.tree;
    const key = trees.map(({ name, tree }) => `${tree} ${name}`).join("\0");
    const known = this.#combined.get(key);
    if (known !== undefined) return known;
    const index = join(this.#gitDirectory, "indexes", crypto.randomUUID());
    const place = { directory: this.#gitDirectory, root: this.#directory, index };
    try {
      for (const { name, tree } of trees) {
        const args = ["read-tree", ...(name === "" ? [] : [`--prefix=${shown(name)}/`]), tree];
        if (tree !== emptyTree) await this.#git.run({ args, place }, signal);
      }
      const tree = await writeTree(this.#git, place, "", signal);
      this.#combined.set(key, tree);
      return tree;
    } finally {
      await rm(index, { force: true });
    }
  }
}
