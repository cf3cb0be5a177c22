/** The files that are recorded though ignored, because a repository tracks them; and the known ones that are recorded no more. */
import type { DirectoryWalk } from "./directory-walk";
import type { FileSearch } from "./file-search";
import { type Name, parentOf } from "./git-path";
import { statFiles } from "./ls-files";
import { nodeCode } from "./node-state";
import { isSameRules } from "./rule-side";

/** Files that are tracked though ignored; those beyond are not recorded. */
const maxTrackedIgnored = 20_000;

export class TrackedFiles {
  readonly #search: FileSearch;
  readonly #walk: DirectoryWalk;
  /** No more ignored than any other file: what was tracked then, or is now. */
  readonly #forced: Set<Name>;
  /** Of directories that were not searched: whether it is one, and no link, and neither is one above it. */
  readonly #directories = new Map<Name, boolean>();

  /** `walk` is over. */
  constructor(search: FileSearch, walk: DirectoryWalk) {
    this.#search = search;
    this.#walk = walk;
    this.#forced = new Set(search.known.as?.tracked ?? walk.tracked);
  }

  /** Adds those that are there, and returns them; of what is tracked only by now nothing earlier is known. */
  async add(): Promise<Name[]> {
    const search = this.#search;
    const { known, others, scope, limits } = search;
    const ignored: Name[] = [];
    for (const name of new Set([...this.#forced, ...this.#walk.tracked])) {
      if (search.count()) await search.rest();
      if (known.names.has(name) || others.has(name) || scope.isOurs(name)) continue;
      if (ignored.length >= maxTrackedIgnored) break;
      if (await this.#isDirectory(parentOf(name))) ignored.push(name);
    }
    const seen = await statFiles(scope.directory, ignored, limits.signal);
    const added: Name[] = [];
    for (const [name, stats] of seen.stats) {
      if (!stats.isFile() && !stats.isSymbolicLink()) continue;
      if (!this.#forced.has(name)) search.doubt(name);
      else {
        search.add(name);
        added.push(name);
      }
    }
    return added;
  }

  /**
   * Of the known names, those that are recorded only because they are tracked; and those that are lost: ignored by now,
   * behind a link, or in a directory that is gone.
   */
  async sortKnown(): Promise<{ tracked: Name[]; lost: Name[] }> {
    const search = this.#search;
    const { names, by } = search.known;
    const { root, texts: rules } = search.deciding;
    const isSame = isSameRules(by, { root, rules });
    const wasTracked = new Set(by?.tracked);
    const tracked: Name[] = [];
    const lost: Name[] = [];
    for (const name of names) {
      if (search.count()) await search.rest();
      const parent = parentOf(name);
      const searched = this.#walk.searched.get(parent);
      if (searched === undefined && search.isUnseen(parent)) continue;
      const isTaken =
        searched !== undefined &&
        (isSame ? !wasTracked.has(name) : !(await search.deciding.ignores(searched, name, false)));
      if (isTaken) continue;
      const isTracked = this.#forced.has(name) && (await this.#isDirectory(parent));
      (isTracked ? tracked : lost).push(name);
    }
    return { tracked, lost };
  }

  /** Also of one that was not searched, because it is ignored. */
  async #isDirectory(name: Name): Promise<boolean> {
    const { kernel, nodes } = this.#search;
    if (this.#walk.searched.has(name)) return true;
    const known = this.#directories.get(name);
    if (known !== undefined) return known;
    const stats = (await this.#isDirectory(parentOf(name))) && (await this.#search.stat(name));
    const isIt = Boolean(stats && stats.isDirectory() && !kernel.has(name));
    this.#directories.set(name, isIt);
    if (isIt) await this.#search.checkAttributes(name);
    if (isIt && stats) nodes.set(name, nodeCode(stats)!);
    return isIt;
  }
}
