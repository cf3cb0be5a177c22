/** Finds the files of a directory that are not ignored. It opens directories, ignore rules and indexes, never anything else. */
import type { Dirent, Stats } from "node:fs";
import { lstat, readdir } from "node:fs/promises";
import { errorCode } from "../../../shared/error-code";
import { below, type Name, pathOf, shown } from "./git-path";
import { IgnoreRules, type Limits, StepBudget } from "./ignore-rules";
import { kernelDirectories } from "./kernel-directories";
import { maxFiles, statFiles, tooManyFiles } from "./ls-files";
import { readTrackedNames } from "./tracked-names";
import { UnrecordableError } from "./unrecordable-error";
import { findWorktree, RulesReader } from "./worktree";

const maxDirectories = 100_000;
const directoriesAtATime = 32;
const stepsPerName = 50;

/** Files that are tracked though ignored; those beyond are not recorded. */
const maxTrackedIgnored = 20_000;

export interface Scope {
  /** Absolute and real. */
  directory: string;
  /** Ignore rules of our own, which those of a project can revoke. */
  excludes: string;
  /** Whether a path below the directory is Rein's own, and never recorded. */
  isOurs: (name: Name) => boolean;
}

export interface FoundFiles {
  /** Files and links that are not ignored, or that a repository tracks; those known are not among them. */
  others: Name[];
  /** Known names that lead through a link now, or whose directory is gone. */
  lost: Name[];
  /** Directories that cannot be read, and names that git refuses to record. */
  leftOut: Name[];
}

/** Throws UnrecordableError, or the signal's reason. */
export function findFiles(
  scope: Scope,
  known: Set<Name>,
  signal: AbortSignal,
): Promise<FoundFiles> {
  return new Walk(scope, known, signal).run();
}

interface Directory {
  name: Name;
  rules: IgnoreRules;
}

class Walk {
  readonly #scope: Scope;
  readonly #known: Set<Name>;
  readonly #signal: AbortSignal;
  readonly #limits: Limits;
  #ownRules: IgnoreRules | undefined;
  readonly #others = new Set<Name>();
  readonly #leftOut: Name[] = [];
  readonly #tracked: Name[] = [];
  /** Whether a name is a directory, and no link, and neither is one above it. */
  readonly #directories = new Map<Name, boolean>([["", true]]);
  /** The path from the top of the working tree down to the directory. */
  #above: Name = "";
  #reader: RulesReader | undefined;
  #kernel = new Set<Name>();

  constructor(scope: Scope, known: Set<Name>, signal: AbortSignal) {
    this.#scope = scope;
    this.#known = known;
    this.#signal = signal;
    this.#limits = { budget: new StepBudget(), signal };
  }

  async run(): Promise<FoundFiles> {
    const { directory, isOurs } = this.#scope;
    if (isOurs("")) throw new UnrecordableError("it belongs to Rein’s own data");
    this.#kernel = await kernelDirectories(directory);
    if (this.#kernel.has("")) throw new UnrecordableError("it is not on a disk");
    const own = await IgnoreRules.read(this.#scope.excludes, "", this.#limits);
    this.#ownRules = own;
    const found = await findWorktree(directory, own, this.#limits);
    this.#above = found.prefix;
    this.#reader = new RulesReader(directory, found.prefix, this.#limits);
    this.#tracked.push(...found.tracked);
    const waiting: Directory[] = [{ name: "", rules: found.rules }];
    while (waiting.length > 0) {
      this.#signal.throwIfAborted();
      const some = waiting.splice(-directoriesAtATime);
      for (const inner of await Promise.all(some.map((one) => this.#read(one))))
        waiting.push(...inner);
    }
    await this.#addTracked();
    return { others: [...this.#others], lost: await this.#lost(), leftOut: this.#leftOut };
  }

  /** Takes the files of a directory, and returns the directories in it. */
  async #read({ name, rules: outer }: Directory): Promise<Directory[]> {
    this.#directories.set(name, true);
    if (this.#directories.size > maxDirectories)
      throw new UnrecordableError(
        `it holds more than ${maxDirectories.toLocaleString("en")} directories that are not ignored`,
      );
    const entries = await this.#entries(name);
    const rules = await this.#rulesOf(name, entries, outer);
    const inner: Directory[] = [];
    for (const entry of entries) {
      await this.#count();
      const path = name === "" ? entry.name : `${name}/${entry.name}`;
      const kind = await this.#kindOf(entry, path);
      if (kind === undefined || (kind === "file" && this.#known.has(path))) continue;
      if (this.#isRefused(entry, path) || this.#scope.isOurs(path)) continue;
      const isDirectory = kind === "directory";
      if (await rules.ignores(below(this.#above, path), isDirectory, this.#limits)) continue;
      if (isDirectory) inner.push({ name: path, rules });
      else this.#add(path);
    }
    return inner;
  }

  async #entries(name: Name): Promise<Dirent[]> {
    try {
      // As latin1, so that each character is one byte.
      const options = { encoding: "latin1", withFileTypes: true } as const;
      const path = pathOf(this.#scope.directory, name) as string;
      return await readdir(path, options);
    } catch (error) {
      if (errorCode(error) !== "ENOENT" && name !== "") this.#leftOut.push(name);
      return [];
    }
  }

  /** A repository within has its own rules only. */
  async #rulesOf(name: Name, entries: Dirent[], outer: IgnoreRules): Promise<IgnoreRules> {
    const has = (file: string): boolean => entries.some((one) => one.name === file);
    if (has(".gitattributes")) await this.#checkAttributes(name);
    const reader = this.#reader!;
    let rules = outer;
    if (name !== "" && has(".git")) {
      rules = await reader.ofRepository(name, this.#ownRules!);
      const { directory } = this.#scope;
      for (const file of await readTrackedNames(directory, name, this.#limits))
        this.#tracked.push(`${name}/${file}`);
    }
    return has(".gitignore") ? reader.ofDirectory(name, rules) : rules;
  }

  /** Git reads them for each file that it records, though they have no effect, and would wait for ever for a FIFO. */
  async #checkAttributes(directory: Name): Promise<void> {
    const name = directory === "" ? ".gitattributes" : `${directory}/.gitattributes`;
    const stats = await this.#stat(name);
    if (stats !== undefined && !isPlain(stats))
      throw new UnrecordableError(`${shown(name)} is not a file`);
  }

  /** Undefined for what is never recorded: devices, FIFOs, sockets. */
  async #kindOf(entry: Dirent, path: Name): Promise<"file" | "directory" | undefined> {
    // Not every file system says of what type its entries are.
    const isKnown = isPlain(entry) || isSpecial(entry);
    const stats = isKnown ? entry : await this.#stat(path);
    if (stats === undefined || !isPlain(stats)) return undefined;
    if (!stats.isDirectory()) return "file";
    return this.#kernel.has(path) ? undefined : "directory";
  }

  /** Of a single name. */
  async #count(): Promise<void> {
    const { budget, signal } = this.#limits;
    budget.spend(stepsPerName);
    if (budget.needsRest) await budget.rest(signal);
  }

  #stat(name: Name): Promise<Stats | undefined> {
    return lstat(pathOf(this.#scope.directory, name)).catch(() => undefined);
  }

  /** Git refuses to record these names, and with them all others. */
  #isRefused(entry: Dirent, path: Name): boolean {
    if (entry.name === ".git") return true;
    const lower = entry.name.toLowerCase();
    const isRefused = lower === ".git" || (lower === ".gitmodules" && entry.isSymbolicLink());
    if (isRefused) this.#leftOut.push(path);
    return isRefused;
  }

  #add(name: Name): void {
    this.#others.add(name);
    if (this.#known.size + this.#others.size > maxFiles) throw tooManyFiles();
  }

  /** Files that a repository tracks are no more ignored than any other. */
  async #addTracked(): Promise<void> {
    const ignored: Name[] = [];
    for (const name of this.#tracked) {
      await this.#count();
      if (this.#known.has(name) || this.#others.has(name) || this.#scope.isOurs(name)) continue;
      if (ignored.length >= maxTrackedIgnored) break;
      if (await this.#isDirectory(parentOf(name))) ignored.push(name);
    }
    const seen = await statFiles(this.#scope.directory, ignored, this.#signal);
    for (const [name, stats] of seen) if (stats.isFile() || stats.isSymbolicLink()) this.#add(name);
  }

  async #lost(): Promise<Name[]> {
    const lost: Name[] = [];
    for (const name of this.#known) {
      await this.#count();
      const parent = parentOf(name);
      if (!(this.#directories.get(parent) ?? (await this.#isDirectory(parent)))) lost.push(name);
    }
    return lost;
  }

  /** Also of one that was not searched, because it is ignored. */
  async #isDirectory(name: Name): Promise<boolean> {
    const known = this.#directories.get(name);
    if (known !== undefined) return known;
    const isIt =
      (await this.#isDirectory(parentOf(name))) &&
      !this.#kernel.has(name) &&
      (await this.#stat(name))?.isDirectory() === true;
    if (isIt) await this.#checkAttributes(name);
    this.#directories.set(name, isIt);
    return isIt;
  }
}

function parentOf(name: Name): Name {
  return name.slice(0, Math.max(0, name.lastIndexOf("/")));
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

function isPlain(entry: Kind): boolean {
  return entry.isFile() || entry.isDirectory() || entry.isSymbolicLink();
}

function isSpecial(entry: Kind): boolean {
  return entry.isFIFO() || entry.isSocket() || entry.isBlockDevice() || entry.isCharacterDevice();
}
