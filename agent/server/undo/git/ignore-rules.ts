/** Which paths are ignored: git's rules, read by Rein itself, because git would also open other files of the directory. */
import { TimeSlice } from "../../time-slice";
import type { Name } from "./git-path";
import { compilePattern, maxPatternLength } from "./ignore-pattern";
import { UnrecordableError } from "./unrecordable-error";

/** Larger files of rules are not read. */
export const maxRulesBytes = 128 * 1024;

/** Of reading and matching for one snapshot, two seconds in all; 20,000 files under 100 rules take a fiftieth of it. */
const maxSteps = 100_000_000;
const stepsPerRule = 2;
const stepsToReadCharacter = 20;
/** Some tenths of a millisecond. */
const stepsPerLook = 20_000;

/** Counts the steps of one snapshot. A repository can hold rules that would take days to apply. */
export class StepBudget {
  #steps = 0;
  #nextLook = stepsPerLook;
  readonly #slice = new TimeSlice();

  /** Throws UnrecordableError when there have been too many in all. */
  spend(steps: number): void {
    this.#steps += steps;
    if (this.#steps > maxSteps)
      throw new UnrecordableError("its ignore rules and indexes are too large");
  }

  /** Ask before each step that can take some tenths of a millisecond. */
  get needsRest(): boolean {
    if (this.#slice.isResting) return true;
    if (this.#steps < this.#nextLook) return false;
    if (this.#slice.isOver) return true;
    this.#nextLook = this.#steps + stepsPerLook;
    return false;
  }

  /** Lets everything else run; all that work under this budget wait for the same rest. Throws the signal's reason. */
  async rest(signal: AbortSignal): Promise<void> {
    while (this.needsRest) {
      await this.#slice.rest();
      signal.throwIfAborted();
    }
  }
}

/** Of one snapshot. */
export interface Limits {
  budget: StepBudget;
  signal: AbortSignal;
}

interface Rule {
  isNegated: boolean;
  onlyDirectories: boolean;
  /** Against the whole path below the rules' directory, or only the last part of it. */
  whole: boolean;
  matches: ReturnType<typeof compilePattern>;
}

/** The rules of one file, and those that they add to. */
export class IgnoreRules {
  readonly #outer: IgnoreRules | undefined;
  readonly #base: Name;
  readonly #rules: Rule[];

  private constructor(rules: Rule[], base: Name, outer: IgnoreRules | undefined) {
    this.#outer = outer;
    this.#base = base;
    this.#rules = rules;
  }

  /**
   * `text` is in the format of gitignore(5), as latin1; its rules apply below `base`. The last rule that matches decides.
   * Throws UnrecordableError when all rules of the snapshot together are too long, or the signal's reason.
   */
  static async read(
    text: Name,
    base: Name,
    { budget, signal }: Limits,
    outer?: IgnoreRules,
  ): Promise<IgnoreRules> {
    const rules: Rule[] = [];
    for (const line of text.replace(/^\xef\xbb\xbf/, "").split("\n")) {
      if (budget.needsRest) await budget.rest(signal);
      budget.spend((line.length + 1) * stepsToReadCharacter);
      rules.push(...readRule(line));
    }
    return new IgnoreRules(rules.toReversed(), base, outer);
  }

  /**
   * `path` is relative to what `base` is relative to, and none of its parents is ignored. Throws UnrecordableError when that
   * takes too long, or the signal's reason.
   */
  async ignores(path: Name, isDirectory: boolean, limits: Limits): Promise<boolean> {
    const { budget, signal } = limits;
    const whole = this.#base === "" ? path : path.slice(this.#base.length + 1);
    const last = path.slice(path.lastIndexOf("/") + 1);
    const spend = (steps: number): void => budget.spend(steps);
    for (const rule of this.#rules) {
      if (budget.needsRest) await budget.rest(signal);
      spend(stepsPerRule);
      if (!isDirectory && rule.onlyDirectories) continue;
      if (rule.matches(rule.whole ? whole : last, spend)) return !rule.isNegated;
    }
    return this.#outer?.ignores(path, isDirectory, limits) ?? false;
  }
}

function readRule(line: string): Rule[] {
  if (line.startsWith("#")) return [];
  const text = trimmed(line.replace(/\r$/, "").replace(/\0.*$/s, ""));
  const isNegated = text.startsWith("!");
  const onlyDirectories = text.endsWith("/");
  const pattern = text.slice(isNegated ? 1 : 0, onlyDirectories ? -1 : undefined);
  if (pattern === "" || pattern.length > maxPatternLength) return [];
  const whole = pattern.includes("/");
  const matches = compilePattern(whole ? pattern.replace(/^\//, "") : pattern, !whole);
  return [{ isNegated, onlyDirectories, whole, matches }];
}

/** Spaces at the end do not count, unless escaped. */
function trimmed(line: string): string {
  let end = 0;
  for (let at = 0; at < line.length; at++) {
    if (line[at] === "\\") at++;
    else if (line[at] === " ") continue;
    end = at + 1;
  }
  return line.slice(0, end);
}
