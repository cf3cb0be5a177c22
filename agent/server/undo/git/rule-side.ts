/** The ignore rules of a directory, from its disk as they are now, or as they were when an earlier snapshot read them. */
import { dirname, join, relative } from "node:path";
import { lstat } from "node:fs/promises";
import { below, type Name, nameOf } from "./git-path";
import { IgnoreRules, type Limits, maxRulesBytes } from "./ignore-rules";
import { readSmallFile } from "./small-file";

/** What a snapshot was taken by, so that a later one takes the same files whatever a run has made of the rules. */
export interface Coverage {
  /** The top of the working tree around the directory. */
  root: string;
  /** The text of each file of rules, by its path; of a repository the `.git` too. */
  rules: Map<Name, string>;
  /** Recorded though ignored, because a repository tracked them. */
  tracked: Name[];
}

export class RuleSide {
  /** The rules of the directory itself: those of all directories above it, and of the repository around it. */
  top!: IgnoreRules;
  /** The path from the top of the working tree down to the directory; rules apply to paths from there. */
  above: Name = "";
  /** A directory that its repository ignores is not a part of it. */
  isPart = true;
  readonly texts: Map<Name, string>;
  readonly limits: Limits;
  readonly root: string;
  readonly #directory: string;
  readonly #isKept: boolean;
  #own!: IgnoreRules;

  private constructor(directory: string, root: string, limits: Limits, kept?: Map<Name, string>) {
    this.root = root;
    this.limits = limits;
    this.texts = kept ?? new Map<Name, string>();
    this.#directory = directory;
    this.#isKept = kept !== undefined;
  }

  /**
   * `directory` is absolute and real; `own` are rules of ours. With `kept` nothing is read: the rules are those. Throws
   * UnrecordableError or the signal's reason.
   */
  static async open(
    directory: string,
    own: string,
    limits: Limits,
    kept?: Coverage,
  ): Promise<RuleSide> {
    const root = kept?.root ?? (await rootOf(directory));
    const side = new RuleSide(directory, root, limits, kept?.rules);
    side.#own = await IgnoreRules.read(own, "", limits);
    await side.#readAbove();
    return side;
  }

  /** The rules below a directory of the tree. A repository within has its own rules only. */
  async inDirectory(
    name: Name,
    entries: ReadonlySet<string>,
    outer: IgnoreRules,
  ): Promise<IgnoreRules> {
    const git = this.#key(this.#directory, below(name, ".git"));
    const isRepository = this.#isKept ? this.texts.has(git) : entries.has(".git");
    let rules = outer;
    const base = name === "" ? this.above : below(this.above, name);
    if (isRepository) this.texts.set(git, "");
    if (name !== "" && isRepository) {
      rules = await this.#read(this.#directory, below(name, ".git/info/exclude"), base, this.#own);
    }
    if (!this.#isKept && !entries.has(".gitignore")) return rules;
    return this.#read(this.#directory, below(name, ".gitignore"), base, rules);
  }

  /** The `.git` of each repository in the directory. */
  get repositories(): Name[] {
    const top = this.#key(this.#directory, "");
    return [...this.texts.keys()].flatMap((key) =>
      key.startsWith(top) && key.endsWith("/.git") ? [key.slice(top.length)] : [],
    );
  }

  /** Whether these rules ignore an entry; no directory above it is ignored. */
  ignores(rules: IgnoreRules, name: Name, isDirectory: boolean): Promise<boolean> {
    return rules.ignores(below(this.above, name), isDirectory, this.limits);
  }

  async #readAbove(): Promise<void> {
    const prefix = nameOf(relative(this.root, this.#directory));
    let rules = await this.#read(this.root, ".git/info/exclude", "", this.#own);
    let at: Name = "";
    for (const part of prefix === "" ? [] : prefix.split("/")) {
      rules = await this.#read(this.root, below(at, ".gitignore"), at, rules);
      at = below(at, part);
      if (await rules.ignores(at, true, this.limits)) {
        this.isPart = false;
        this.top = this.#own;
        return;
      }
    }
    this.above = prefix;
    this.top = rules;
  }

  async #read(root: string, name: Name, base: Name, outer: IgnoreRules): Promise<IgnoreRules> {
    const key = this.#key(root, name);
    if (!this.#isKept) {
      const bytes = await readSmallFile(root, name, maxRulesBytes);
      if (bytes !== undefined) this.texts.set(key, bytes.toString("latin1"));
    }
    const text = this.texts.get(key);
    return text === undefined ? outer : IgnoreRules.read(text, base, this.limits, outer);
  }

  #key(root: string, name: Name): Name {
    return `${nameOf(root)}/${name}`;
  }
}

/** Whether two snapshots are taken by the same rules. */
export function isSameRules(a: Coverage | undefined, b: Omit<Coverage, "tracked">): boolean {
  if (a === undefined || a.root !== b.root || a.rules.size !== b.rules.size) return false;
  for (const [key, text] of b.rules) if (a.rules.get(key) !== text) return false;
  return true;
}

async function rootOf(directory: string): Promise<string> {
  for (let root = directory; ; root = dirname(root)) {
    if (await lstat(join(root, ".git")).catch(() => undefined)) return root;
    if (root === dirname(root)) return directory;
  }
}
