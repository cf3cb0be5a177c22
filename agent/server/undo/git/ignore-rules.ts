/** Which paths are ignored: git's rules, read by us, because git would open whatever lies about in a foreign directory. */
import type { Name } from "./git-path";
import { compilePattern } from "./ignore-pattern";
import { UnrecordableError } from "./unrecordable-error";

/** Larger files of rules are not read. */
export const maxRulesBytes = 128 * 1024;

/** No path is longer on Linux. */
const maxPatternLength = 4096;

/** Of reading and matching for one snapshot, some seconds in all; 20,000 files under 100 rules take a hundredth of it. */
const maxSteps = 200_000_000;
/** Some ten milliseconds; then the server answers others. */
const stepsAtATime = 1_000_000;
const stepsToReadCharacter = 20;

/** Counts the steps of one snapshot. A repository can hold rules that would take days to apply. */
export class StepBudget {
  #steps = 0;
  #nextRest = stepsAtATime;

  /** Throws UnrecordableError when there have been too many, in all or since the last rest. */
  spend(steps: number): void {
    this.#steps += steps;
    if (this.#steps > maxSteps || this.#steps > this.#nextRest + stepsAtATime)
      throw new UnrecordableError("its ignore rules and indexes are too large");
  }

  /** For what was read, and needs no rest. */
  spendReading(steps: number): void {
    this.#nextRest += steps;
    this.spend(steps);
  }

  get needsRest(): boolean {
    return this.#steps >= this.#nextRest;
  }

  /** Lets everything else run. Throws the signal's reason. */
  async rest(signal: AbortSignal): Promise<void> {
    this.#nextRest = this.#steps + stepsAtATime;
    await new Promise(setImmediate);
    signal.throwIfAborted();
  }
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

  /**
   * `text` is in the format of gitignore(5), as latin1; its rules apply below `base`. The last rule that matches decides.
   * Throws UnrecordableError when all rules of the snapshot together are too long.
   */
  constructor(text: Name, base: Name, budget: StepBudget, outer?: IgnoreRules) {
    budget.spendReading(text.length * stepsToReadCharacter);
    this.#outer = outer;
    this.#base = base;
    this.#rules = text
      .replace(/^\xef\xbb\xbf/, "")
      .split("\n")
      .flatMap(readRule)
      .toReversed();
  }

  /** `path` is relative to what `base` is relative to, and none of its parents is ignored. */
  ignores(path: Name, isDirectory: boolean, budget: StepBudget): boolean {
    const whole = this.#base === "" ? path : path.slice(this.#base.length + 1);
    const last = path.slice(path.lastIndexOf("/") + 1);
    const spend = (steps: number): void => budget.spend(steps);
    budget.spend(this.#rules.length);
    for (const rule of this.#rules)
      if ((isDirectory || !rule.onlyDirectories) && rule.matches(rule.whole ? whole : last, spend))
        return !rule.isNegated;
    return this.#outer?.ignores(path, isDirectory, budget) ?? false;
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
