/** Finds what a directory holds that is not ignored. It opens directories, ignore rules and indexes, never anything else. */
import type { Dirent, Stats } from "node:fs";
import { lstat, readdir } from "node:fs/promises";
import { errorCode } from "../../../shared/error-code";
import { below, type Name, parentOf, parentsOf, pathOf, shown } from "./git-path";
import { type IgnoreRules, type Limits, StepBudget } from "./ignore-rules";
import { kernelDirectories } from "./kernel-directories";
import { maxFiles, statFiles, tooManyFiles } from "./ls-files";
import { nodeCode } from "./node-state";
import { type Coverage, isSameRules, RuleSide } from "./rule-side";
import { readTrackedNames } from "./tracked-names";
import { UnrecordableError } from "./unrecordable-error";

const maxDirectories = 100_000;
const directoriesAtATime = 32;
const stepsPerName = 50;

/** Files that are tracked though ignored; those beyond are not recorded. */
const maxTrackedIgnored = 20_000;
/** Of what only new rules ignore; a build can make any number of it. */
const maxHidden = 20_000;
/** Names that are told, at most. */
const maxDoubtful = 1000;

export interface Scope {
  /** Absolute and real. */
  directory: string;
  /** Ignore rules of our own, which those of a project can revoke. */
  excludes: string;
  /** Whether a path below the directory is Rein's own, and never recorded. */
  isOurs: (name: Name) => boolean;
}

/** What is known of the files before they are searched. */
export interface Known {
  /** Names that need not be found: those of the index. */
  names: Set<Name>;
  /** By what they were taken. */
  by?: Coverage | undefined;
  /** The files are to be taken as then, though the rules may be others now. */
  as?: Coverage | undefined;
}

export interface FoundFiles {
  /** Files and links that are not ignored, or that a repository tracks; those known are not among them. */
  others: Name[];
  /** Those of them that are ignored by now. */
  hidden: Set<Name>;
  /** Known names that are ignored, lead through a link now, or whose directory is gone. */
  lost: Name[];
  /** Directories and special files, each with its `nodeCode`. */
  nodes: Map<Name, number>;
  /** Directories that cannot be read, and names that git refuses to record. */
  leftOut: Name[];
  /** What was ignored then and is not now. */
  doubtful: Name[];
  /** Each `.git` that was not there then, and each that is not there now: what is in them is not recorded. */
  repositories: Repositories;
  coverage: Coverage;
}

export interface Repositories {
  made: Name[];
  gone: Name[];
}

/** Throws UnrecordableError, or the signal's reason. */
export async function findFiles(
  scope: Scope,
  known: Known,
  signal: AbortSignal,
): Promise<FoundFiles> {
  const { directory, excludes, isOurs } = scope;
  if (isOurs("")) throw new UnrecordableError("it belongs to Rein’s own data");
  const kernel = await kernelDirectories(directory);
  if (kernel.has("")) throw new UnrecordableError("it is not on a disk");
  const limits = { budget: new StepBudget(), signal };
  const now = await RuleSide.open(directory, excludes, limits);
  const then =
    known.as &&
    (await RuleSide.open(directory, excludes, { ...limits, budget: new StepBudget() }, known.as));
  return new Walk(scope, known, kernel, now, then).run();
}

interface Directory {
  name: Name;
  /** By which its files are taken. */
  rules: IgnoreRules;
  /** The rules of now, where others decide; undefined when all of it is ignored by now. */
  current: IgnoreRules | undefined;
}

class Walk {
  readonly #scope: Scope;
  readonly #known: Known;
  readonly #kernel: Set<Name>;
  readonly #limits: Limits;
  readonly #now: RuleSide;
  /** The rules that decide: those of then, or of now. */
  readonly #deciding: RuleSide;
  readonly #others = new Set<Name>();
  readonly #hidden = new Set<Name>();
  readonly #leftOut = new Set<Name>();
  readonly #doubtful = new Set<Name>();
  readonly #nodes = new Map<Name, number>();
  readonly #tracked: Name[] = [];
  readonly #repositories = new Set<Name>();
  /** The rules of each directory that was searched. */
  readonly #searched = new Map<Name, IgnoreRules>();
  /** Of directories that were not: whether it is one, and no link, and neither is one above it. */
  readonly #directories = new Map<Name, boolean>();

  constructor(scope: Scope, known: Known, kernel: Set<Name>, now: RuleSide, then?: RuleSide) {
    this.#scope = scope;
    this.#known = known;
    this.#kernel = kernel;
    this.#limits = now.limits;
    this.#now = now;
    this.#deciding = then ?? now;
  }

  async run(): Promise<FoundFiles> {
    await this.#readTrackedAround();
    const waiting: Directory[] = [{ name: "", rules: this.#deciding.top, current: this.#now.top }];
    while (waiting.length > 0) {
      this.#limits.signal.throwIfAborted();
      const some = waiting.splice(-directoriesAtATime);
      for (const inner of await Promise.all(some.map((one) => this.#read(one))))
        waiting.push(...inner);
    }
    // Files that a repository tracks are no more ignored than any other: those of then, or of now.
    const forced = new Set(this.#known.as?.tracked ?? this.#tracked);
    const tracked = await this.#addTracked(forced);
    const { root, texts: rules, repositories: were } = this.#deciding;
    const lost = await this.#lost(forced, tracked);
    const made = [...this.#repositories.difference(new Set(were))];
    const gone = were.filter((one) => !this.#repositories.has(one) && !this.#isUnseen(one));
    return {
      others: [...this.#others],
      hidden: this.#hidden,
      lost,
      nodes: this.#nodes,
      leftOut: [...this.#leftOut],
      doubtful: [...this.#doubtful],
      repositories: { made: made.toSorted(), gone: gone.toSorted() },
      coverage: this.#known.as ?? { root, rules, tracked },
    };
  }

  /** What the repository around the directory tracks in it. */
  async #readTrackedAround(): Promise<void> {
    const { isPart, root, above } = this.#now;
    const begin = above === "" ? "" : `${above}/`;
    if (isPart)
      for (const name of await readTrackedNames(root, "", this.#limits))
        if (name.startsWith(begin)) this.#tracked.push(name.slice(begin.length));
  }

  /** Takes the files of a directory, and returns the directories in it. */
  async #read({ name, rules: outer, current: outerNow }: Directory): Promise<Directory[]> {
    if (this.#searched.size >= maxDirectories) throw tooMany();
    this.#searched.set(name, outer);
    const [entries, stats] = await Promise.all([this.#entries(name), this.#stat(name)]);
    if (stats?.isDirectory()) this.#nodes.set(name === "" ? "." : name, nodeCode(stats)!);
    const names = new Set(entries.map((one) => one.name));
    if (names.has(".gitattributes")) await this.#checkAttributes(name);
    if (names.has(".git")) this.#repositories.add(below(name, ".git"));
    if (name !== "" && names.has(".git"))
      for (const file of await readTrackedNames(this.#scope.directory, name, this.#limits))
        this.#tracked.push(`${name}/${file}`);
    const rules = await this.#deciding.inDirectory(name, names, outer);
    this.#searched.set(name, rules);
    const current =
      this.#now === this.#deciding
        ? rules
        : outerNow && (await this.#now.inDirectory(name, names, outerNow));
    const inner: Directory[] = [];
    for (const entry of entries) {
      if (this.#count()) await this.#rest();
      // Most entries of most searches.
      if (isFile(entry) && this.#known.names.has(below(name, entry.name))) continue;
      const found = await this.#take(entry, { name, rules, current });
      if (found) inner.push(found);
    }
    return inner;
  }

  /** Takes an entry of a directory; one that is a directory itself is returned. */
  async #take(entry: Dirent, { name, rules, current }: Directory): Promise<Directory | undefined> {
    const path = below(name, entry.name);
    const kind = await this.#kindOf(entry, path);
    if (kind === undefined || (kind === "file" && this.#known.names.has(path))) return undefined;
    if (this.#isRefused(entry, path) || this.#scope.isOurs(path)) return undefined;
    const isDirectory = kind === "directory";
    const isIgnored = await this.#deciding.ignores(rules, path, isDirectory);
    const isIgnoredNow =
      this.#now === this.#deciding
        ? isIgnored
        : current === undefined || (await this.#now.ignores(current, path, isDirectory));
    if (isIgnored) {
      if (!isIgnoredNow) this.#doubt(isDirectory ? `${path}/` : path);
      return undefined;
    }
    if (isIgnoredNow && !this.#hide(path)) return undefined;
    if (isDirectory) return { name: path, rules, current: isIgnoredNow ? undefined : current };
    if (kind === "file") this.#add(path);
    else await this.#addSpecial(path);
    return undefined;
  }

  async #entries(name: Name): Promise<Dirent[]> {
    try {
      // As latin1, so that each character is one byte.
      const options = { encoding: "latin1", withFileTypes: true } as const;
      const path = pathOf(this.#scope.directory, name) as string;
      return await readdir(path, options);
    } catch (error) {
      if (errorCode(error) !== "ENOENT" && name !== "") this.#leftOut.add(name);
      return [];
    }
  }

  /** Git reads them for each file that it records, though they have no effect, and would wait for ever for a FIFO. */
  async #checkAttributes(directory: Name): Promise<void> {
    const name = below(directory, ".gitattributes");
    const stats = await this.#stat(name);
    if (stats !== undefined && !isPlain(stats))
      throw new UnrecordableError(`${shown(name)} is not a file`);
  }

  async #kindOf(entry: Dirent, path: Name): Promise<"file" | "directory" | "special" | undefined> {
    // Not every file system says of what type its entries are.
    const isKnown = isPlain(entry) || isSpecial(entry);
    const stats = isKnown ? entry : await this.#stat(path);
    if (stats === undefined) return undefined;
    if (!isPlain(stats)) return "special";
    if (!stats.isDirectory()) return "file";
    return this.#kernel.has(path) ? undefined : "directory";
  }

  /** Of a single name; whether others are to have their turn. */
  #count(): boolean {
    const { budget } = this.#limits;
    budget.spend(stepsPerName);
    return budget.needsRest;
  }

  #rest(): Promise<void> {
    return this.#limits.budget.rest(this.#limits.signal);
  }

  #stat(name: Name): Promise<Stats | undefined> {
    return lstat(pathOf(this.#scope.directory, name)).catch(() => undefined);
  }

  /** Git refuses to record these names, and with them all others. */
  #isRefused(entry: Dirent, path: Name): boolean {
    if (entry.name === ".git") return true;
    const lower = entry.name.toLowerCase();
    const isRefused = lower === ".git" || (lower === ".gitmodules" && entry.isSymbolicLink());
    if (isRefused) this.#leftOut.add(path);
    return isRefused;
  }

  #add(name: Name): void {
    this.#others.add(name);
    if (this.#known.names.size + this.#others.size > maxFiles) throw tooManyFiles();
  }

  async #addSpecial(name: Name): Promise<void> {
    const stats = await this.#stat(name);
    const code = stats && nodeCode(stats);
    if (code !== undefined) this.#nodes.set(name, code);
    if (this.#nodes.size > 2 * maxDirectories) throw tooManyFiles();
  }

  /** False when there are too many of what only new rules ignore. */
  #hide(name: Name): boolean {
    if (this.#hidden.size < maxHidden) return Boolean(this.#hidden.add(name));
    this.#leftOut.add(parentOf(name) === "" ? name : parentOf(name));
    return false;
  }

  #doubt(name: Name): void {
    if (this.#doubtful.size < maxDoubtful) this.#doubtful.add(name);
  }

  /** Adds those that are there, and returns them; of what is tracked only by now nothing earlier is known. */
  async #addTracked(forced: Set<Name>): Promise<Name[]> {
    const ignored: Name[] = [];
    for (const name of new Set([...forced, ...this.#tracked])) {
      if (this.#count()) await this.#rest();
      if (this.#known.names.has(name) || this.#others.has(name) || this.#scope.isOurs(name))
        continue;
      if (ignored.length >= maxTrackedIgnored) break;
      if (await this.#isDirectory(parentOf(name))) ignored.push(name);
    }
    const seen = await statFiles(this.#scope.directory, ignored, this.#limits.signal);
    const added: Name[] = [];
    for (const [name, stats] of seen.stats) {
      if (!stats.isFile() && !stats.isSymbolicLink()) continue;
      if (!forced.has(name)) this.#doubt(name);
      else {
        this.#add(name);
        added.push(name);
      }
    }
    return added;
  }

  /** Adds to `tracked` what is known and recorded for that alone. */
  async #lost(forced: Set<Name>, tracked: Name[]): Promise<Name[]> {
    const { names, by } = this.#known;
    const { root, texts: rules } = this.#deciding;
    const isSame = isSameRules(by, { root, rules });
    const wasTracked = new Set(by?.tracked);
    const lost: Name[] = [];
    for (const name of names) {
      if (this.#count()) await this.#rest();
      const parent = parentOf(name);
      const searched = this.#searched.get(parent);
      if (searched === undefined && this.#isUnseen(parent)) continue;
      const isTaken =
        searched !== undefined &&
        (isSame ? !wasTracked.has(name) : !(await this.#deciding.ignores(searched, name, false)));
      if (isTaken) continue;
      if (forced.has(name) && (await this.#isDirectory(parent))) tracked.push(name);
      else lost.push(name);
    }
    return lost;
  }

  /** Whether it lies in a directory that cannot be read. */
  #isUnseen(name: Name): boolean {
    return [name, ...parentsOf(name)].some((one) => this.#leftOut.has(one));
  }

  /** Also of one that was not searched, because it is ignored. */
  async #isDirectory(name: Name): Promise<boolean> {
    if (this.#searched.has(name)) return true;
    const known = this.#directories.get(name);
    if (known !== undefined) return known;
    const stats = (await this.#isDirectory(parentOf(name))) && (await this.#stat(name));
    const isIt = Boolean(stats && stats.isDirectory() && !this.#kernel.has(name));
    this.#directories.set(name, isIt);
    if (isIt) await this.#checkAttributes(name);
    if (isIt && stats) this.#nodes.set(name, nodeCode(stats)!);
    return isIt;
  }
}

function tooMany(): UnrecordableError {
  return new UnrecordableError(
    `it holds more than ${maxDirectories.toLocaleString("en")} directories that are not ignored`,
  );
}

interface Kind {
  isFile(): boolean;
  isDirectory(): boolean;
  isSymbolicLink(): boolean;
  isFIFO(): boolean;
  isSocket(): boolean;
  isBlockDevice(): boolean;
  isCharacterDevice(): boolean;
}

function isFile(entry: Kind): boolean {
  return entry.isFile() || entry.isSymbolicLink();
}

function isPlain(entry: Kind): boolean {
  return isFile(entry) || entry.isDirectory();
}

function isSpecial(entry: Kind): boolean {
  return entry.isFIFO() || entry.isSocket() || entry.isBlockDevice() || entry.isCharacterDevice();
}
