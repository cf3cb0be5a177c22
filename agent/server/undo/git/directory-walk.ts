/** Walks through the directories that are not ignored, and sorts what is in them by the rules of then and of now. */
import type { Dirent, Stats } from "node:fs";
import { readdir } from "node:fs/promises";
import { errorCode } from "../../../shared/error-code";
import { type FileSearch, maxDirectories } from "./file-search";
import { below, type Name, pathOf } from "./git-path";
import type { IgnoreRules } from "./ignore-rules";
import { nodeCode } from "./node-state";
import { readTrackedNames } from "./tracked-names";
import { UnrecordableError } from "./unrecordable-error";

const directoriesAtATime = 32;

interface Directory {
  name: Name;
  /** By which its files are taken. */
  rules: IgnoreRules;
  /** The rules of now, where others decide; undefined when all of it is ignored by now. */
  current: IgnoreRules | undefined;
}

export class DirectoryWalk {
  /** What the repositories track: the one around the directory, and those in it. */
  readonly tracked: Name[] = [];
  /** Each `.git`. */
  readonly repositories = new Set<Name>();
  /** The rules of each directory that was searched. */
  readonly searched = new Map<Name, IgnoreRules>();
  readonly #search: FileSearch;

  constructor(search: FileSearch) {
    this.#search = search;
  }

  /** To be called once: the search then holds what was found. Throws UnrecordableError, or the signal's reason. */
  async run(): Promise<void> {
    const { deciding, now, limits } = this.#search;
    await this.#readTrackedAround();
    const waiting: Directory[] = [{ name: "", rules: deciding.top, current: now.top }];
    while (waiting.length > 0) {
      limits.signal.throwIfAborted();
      const some = waiting.splice(-directoriesAtATime);
      for (const inner of await Promise.all(some.map((one) => this.#read(one))))
        waiting.push(...inner);
    }
  }

  /** What the repository around the directory tracks in it. */
  async #readTrackedAround(): Promise<void> {
    const { now, limits } = this.#search;
    const begin = now.above === "" ? "" : `${now.above}/`;
    if (now.isPart)
      for (const name of await readTrackedNames(now.root, "", limits))
        if (name.startsWith(begin)) this.tracked.push(name.slice(begin.length));
  }

  /** Takes the files of a directory, and returns the directories in it. */
  async #read({ name, rules: outer, current: outerNow }: Directory): Promise<Directory[]> {
    const search = this.#search;
    const { scope, known, deciding, now, limits } = search;
    if (this.searched.size >= maxDirectories) throw tooManyDirectories();
    this.searched.set(name, outer);
    const [entries, stats] = await Promise.all([this.#entries(name), search.stat(name)]);
    if (stats?.isDirectory()) search.nodes.set(name === "" ? "." : name, nodeCode(stats)!);
    const names = new Set(entries.map((one) => one.name));
    if (names.has(".gitattributes")) await search.checkAttributes(name);
    if (names.has(".git")) this.repositories.add(below(name, ".git"));
    if (name !== "" && names.has(".git"))
      for (const file of await readTrackedNames(scope.directory, name, limits))
        this.tracked.push(`${name}/${file}`);
    const rules = await deciding.inDirectory(name, names, outer);
    this.searched.set(name, rules);
    const current =
      now === deciding ? rules : outerNow && (await now.inDirectory(name, names, outerNow));
    const inner: Directory[] = [];
    for (const entry of entries) {
      if (search.count()) await search.rest();
      // Most entries of most searches.
      if (isFile(entry) && known.names.has(below(name, entry.name))) continue;
      const found = await this.#take(entry, { name, rules, current });
      if (found) inner.push(found);
    }
    return inner;
  }

  /** Takes an entry of a directory; one that is a directory itself is returned. */
  async #take(entry: Dirent, { name, rules, current }: Directory): Promise<Directory | undefined> {
    const search = this.#search;
    const { deciding, now } = search;
    const path = below(name, entry.name);
    const kind = await this.#kindOf(entry, path);
    if (kind === undefined || (kind === "file" && search.known.names.has(path))) return undefined;
    if (this.#isRefused(entry, path) || search.scope.isOurs(path)) return undefined;
    const isDirectory = kind === "directory";
    const isIgnored = await deciding.ignores(rules, path, isDirectory);
    const isIgnoredNow =
      now === deciding
        ? isIgnored
        : current === undefined || (await now.ignores(current, path, isDirectory));
    if (isIgnored) {
      if (!isIgnoredNow) search.doubt(isDirectory ? `${path}/` : path);
      return undefined;
    }
    if (isIgnoredNow && !search.hide(path)) return undefined;
    if (isDirectory) return { name: path, rules, current: isIgnoredNow ? undefined : current };
    if (kind === "file") search.add(path);
    else await search.addSpecial(path);
    return undefined;
  }

  async #entries(name: Name): Promise<Dirent[]> {
    const { scope, leftOut } = this.#search;
    try {
      // As latin1, so that each character is one byte.
      const options = { encoding: "latin1", withFileTypes: true } as const;
      const path = pathOf(scope.directory, name) as string;
      return await readdir(path, options);
    } catch (error) {
      if (errorCode(error) !== "ENOENT" && name !== "") leftOut.add(name);
      return [];
    }
  }

  /** Undefined of what is gone, and of a directory of the kernel. */
  async #kindOf(entry: Dirent, path: Name): Promise<"file" | "directory" | "special" | undefined> {
    // Not every file system says of what type its entries are.
    const isKnown = isPlain(entry) || isSpecial(entry);
    const stats = isKnown ? entry : await this.#search.stat(path);
    if (stats === undefined) return undefined;
    if (!isPlain(stats)) return "special";
    if (!stats.isDirectory()) return "file";
    return this.#search.kernel.has(path) ? undefined : "directory";
  }

  /** Git refuses to record these names, and with them all others. */
  #isRefused(entry: Dirent, path: Name): boolean {
    if (entry.name === ".git") return true;
    const lower = entry.name.toLowerCase();
    const isRefused = lower === ".git" || (lower === ".gitmodules" && entry.isSymbolicLink());
    if (isRefused) this.#search.leftOut.add(path);
    return isRefused;
  }
}

function tooManyDirectories(): UnrecordableError {
  return new UnrecordableError(
    `it holds more than ${maxDirectories.toLocaleString("en")} directories that are not ignored`,
  );
}

type Entry = Dirent | Stats;

function isFile(entry: Entry): boolean {
  return entry.isFile() || entry.isSymbolicLink();
}

function isPlain(entry: Entry): boolean {
  return isFile(entry) || entry.isDirectory();
}

function isSpecial(entry: Entry): boolean {
  return entry.isFIFO() || entry.isSocket() || entry.isBlockDevice() || entry.isCharacterDevice();
}
