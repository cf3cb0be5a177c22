/** One search for the files of a directory: what it is given, and what it has found so far, up to its limits. */
import type { Stats } from "node:fs";
import { lstat } from "node:fs/promises";
import { below, type Name, parentOf, parentsOf, pathOf, shown } from "./git-path";
import type { Limits } from "./ignore-rules";
import { maxFiles, tooManyFiles } from "./ls-files";
import { nodeCode } from "./node-state";
import type { Coverage, RuleSide } from "./rule-side";
import { UnrecordableError } from "./unrecordable-error";

export const maxDirectories = 100_000;
const stepsPerName = 50;

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

export class FileSearch {
  readonly scope: Scope;
  readonly known: Known;
  /** As from `kernelDirectories`; they are not searched. */
  readonly kernel: Set<Name>;
  readonly limits: Limits;
  readonly now: RuleSide;
  /** The rules that decide: those of then, or of now. */
  readonly deciding: RuleSide;
  /** What was found, as `FoundFiles` says of each. */
  readonly others = new Set<Name>();
  readonly hidden = new Set<Name>();
  readonly leftOut = new Set<Name>();
  readonly doubtful = new Set<Name>();
  readonly nodes = new Map<Name, number>();

  constructor(scope: Scope, known: Known, kernel: Set<Name>, now: RuleSide, then?: RuleSide) {
    this.scope = scope;
    this.known = known;
    this.kernel = kernel;
    this.limits = now.limits;
    this.now = now;
    this.deciding = then ?? now;
  }

  /** Throws UnrecordableError when there are too many. */
  add(name: Name): void {
    this.others.add(name);
    if (this.known.names.size + this.others.size > maxFiles) throw tooManyFiles();
  }

  /** Throws UnrecordableError when there are too many. */
  async addSpecial(name: Name): Promise<void> {
    const stats = await this.stat(name);
    const code = stats && nodeCode(stats);
    if (code !== undefined) this.nodes.set(name, code);
    if (this.nodes.size > 2 * maxDirectories) throw tooManyFiles();
  }

  /** False when there are too many of what only new rules ignore. */
  hide(name: Name): boolean {
    if (this.hidden.size < maxHidden) return Boolean(this.hidden.add(name));
    this.leftOut.add(parentOf(name) === "" ? name : parentOf(name));
    return false;
  }

  doubt(name: Name): void {
    if (this.doubtful.size < maxDoubtful) this.doubtful.add(name);
  }

  /** Whether it lies in a directory that cannot be read. */
  isUnseen(name: Name): boolean {
    return [name, ...parentsOf(name)].some((one) => this.leftOut.has(one));
  }

  /** Undefined when it cannot be determined. A link is not followed. */
  stat(name: Name): Promise<Stats | undefined> {
    return lstat(pathOf(this.scope.directory, name)).catch(() => undefined);
  }

  /**
   * Git reads a directory's `.gitattributes` for each file that it records, though they have no effect, and would wait for
   * ever for a FIFO: throws UnrecordableError when it is one.
   */
  async checkAttributes(directory: Name): Promise<void> {
    const name = below(directory, ".gitattributes");
    const stats = await this.stat(name);
    const isSpecial = stats && nodeCode(stats) !== undefined && !stats.isDirectory();
    if (isSpecial) throw new UnrecordableError(`${shown(name)} is not a file`);
  }

  /** Counts a single name; true when `rest` is to be awaited before the next. */
  count(): boolean {
    const { budget } = this.limits;
    budget.spend(stepsPerName);
    return budget.needsRest;
  }

  rest(): Promise<void> {
    return this.limits.budget.rest(this.limits.signal);
  }
}
