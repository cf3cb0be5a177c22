/** One pattern of an ignore rule, matched as git does (wildmatch.c), in time that grows only with its length. */
import type { Name } from "./git-path";
import { UnrecordableError } from "./unrecordable-error";

/** A byte (a literal one), one of the numbers below, or from `firstSet` on the number of a set. */
type Token = number;

/** Any characters: all but slashes, or slashes too. */
const star = -1;
const deepStar = -2;
/** The two tokens after it may be left out: `**` and the slash after it match no directory too. */
const optional = -3;
const firstSet = 256;
const slash = "/".charCodeAt(0);

/** Of one pattern against one path: some milliseconds. No pattern that means anything takes a tenth of it. */
const maxMatchSteps = 300_000;
const stepsPerMatch = 8;

/** No path is longer on Linux. */
export const maxPatternLength = 4096;

interface Tokens {
  list: Token[];
  /** Which bytes each set holds: eight words, so 256 bits, a set. */
  sets: number[];
}

/** Whether a path matches. `spend` is told how many steps that took. Throws UnrecordableError when those are too many. */
export type Matcher = (text: Name, spend: (steps: number) => void) => boolean;

export function compilePattern(pattern: Name, crossesSlashes: boolean): Matcher {
  if (!/[*?[\\]/.test(pattern)) return (text) => text === pattern;
  const ending = /^\*([^*?[\\/]+)$/.exec(pattern)?.[1];
  if (ending !== undefined && crossesSlashes) return (text) => text.endsWith(ending);
  const fixed = /^[^*?[\\]*/.exec(pattern)![0];
  const tokens = tokensOf(pattern.slice(fixed.length), crossesSlashes);
  if (tokens === undefined) return () => false;
  return (text, spend) =>
    text.startsWith(fixed) && matchesTokens(tokens, text, fixed.length, spend);
}

/**
 * Undefined when the pattern is malformed: it matches nothing. As in git, the first wildcard counts as the begin of the
 * pattern: the stars of `a**` followed by a slash match directories.
 */
function tokensOf(pattern: Name, crossesSlashes: boolean): Tokens | undefined {
  const list: Token[] = [];
  const sets: number[] = [];
  const addSet = (words: number[]): void => {
    if (!crossesSlashes) words[slash >> 5]! &= ~(1 << (slash & 31));
    list.push(firstSet + sets.length / 8);
    for (const word of words) sets.push(word);
  };
  for (let at = 0; at < pattern.length; at++) {
    const character = pattern[at]!;
    if (character === "?") addSet(Array<number>(8).fill(-1));
    else if (character === "[") {
      const set = readSet(pattern, at + 1);
      if (set === undefined) return undefined;
      addSet(set.words);
      at = set.end;
    } else if (character === "*") {
      let end = at;
      while (pattern[end] === "*") end++;
      const begins = at === 0 || pattern[at - 1] === "/";
      const next = pattern[end] === "\\" ? pattern[end + 1] : pattern[end];
      const isDeep = end - at > 1 && begins && (end === pattern.length || next === "/");
      if (isDeep && pattern[end] === "/") list.push(optional);
      list.push(isDeep || crossesSlashes ? deepStar : star);
      at = end - 1;
    } else {
      const literal = character === "\\" ? pattern.charCodeAt(++at) : character.charCodeAt(0);
      if (Number.isNaN(literal)) return undefined;
      list.push(literal);
    }
  }
  return { list, sets };
}

/**
 * By position: when it was last entered. Then the positions entered now, and next. Nothing waits while a path is matched, so
 * that one table serves all.
 */
const entered = new Float64Array(maxPatternLength + 2);
let moment = 0;
let now = new Uint16Array(maxPatternLength + 2);
let next = new Uint16Array(maxPatternLength + 2);
let count = 0;

/** Adds a position to `next`, and those to which it leads without a character. */
function enter(list: Token[], position: number): void {
  for (let at = position; entered[at] !== moment; at++) {
    entered[at] = moment;
    next[count++] = at;
    const token = list[at];
    if (token === optional) enter(list, at + 3);
    else if (token !== star && token !== deepStar) return;
  }
}

/** All positions in the pattern at once, character by character: there is no way back, so no pattern takes exponential time. */
function matchesTokens(
  { list, sets }: Tokens,
  text: Name,
  begin: number,
  spend: (steps: number) => void,
): boolean {
  let steps = stepsPerMatch;
  moment++;
  count = 0;
  enter(list, 0);
  for (let at = begin; at < text.length && count > 0; at++) {
    const code = text.charCodeAt(at);
    const entries = count;
    [now, next] = [next, now];
    moment++;
    count = 0;
    steps += entries + 1;
    if (steps > maxMatchSteps) throw new UnrecordableError("its ignore rules are too large");
    for (let index = 0; index < entries; index++) {
      const position = now[index]!;
      const token = list[position]!;
      if (token === deepStar || (token === star && code !== slash)) enter(list, position);
      else if (token === code || (token >= firstSet && has(sets, token - firstSet, code)))
        enter(list, position + 1);
    }
  }
  spend(steps);
  return entered[list.length] === moment;
}

function has(sets: number[], set: number, code: number): boolean {
  return ((sets[set * 8 + (code >> 5)]! >> (code & 31)) & 1) === 1;
}

/** The bytes of the set that begins after a `[`; `end` is the place of its `]`. */
function readSet(pattern: Name, begin: number): { words: number[]; end: number } | undefined {
  const isNegated = pattern[begin] === "!" || pattern[begin] === "^";
  const words = Array<number>(8).fill(0);
  const add = (code: number): void => void (words[code >> 5]! |= 1 << (code & 31));
  let previous: number | undefined;
  let at = isNegated ? begin + 1 : begin;
  do {
    const one = pattern[at];
    if (one === undefined) return undefined;
    const name = one === "[" ? /^\[:([^\]]*):\]/.exec(pattern.slice(at, at + 80))?.[1] : undefined;
    const following = pattern[at + 1];
    const isRange =
      one === "-" && previous !== undefined && following !== "]" && following !== undefined;
    if (name !== undefined) {
      const members = classes.get(name);
      if (members === undefined) return undefined;
      for (const code of members) add(code);
      at += name.length + 4;
      previous = undefined;
      continue;
    }
    if (isRange) at++;
    if (pattern[at] === "\\") at++;
    const code = pattern.charCodeAt(at++);
    if (Number.isNaN(code)) return undefined;
    for (let byte = isRange ? previous! : code; byte <= code; byte++) add(byte);
    previous = isRange ? undefined : code;
  } while (pattern[at] !== "]");
  return { words: isNegated ? words.map((word) => ~word) : words, end: at };
}

const tests: Record<string, RegExp> = {
  alnum: /[a-z0-9]/i,
  alpha: /[a-z]/i,
  blank: /[ \t]/,
  cntrl: /[^ -~\x80-\xff]/,
  digit: /[0-9]/,
  graph: /[!-~]/,
  lower: /[a-z]/,
  print: /[ -~]/,
  punct: /[!-/:-@[-`{-~]/,
  space: /[ \t-\r]/,
  upper: /[A-Z]/,
  xdigit: /[0-9a-f]/i,
};
const bytes = Array.from({ length: 256 }, (_, code) => code);
const classes = new Map(
  Object.entries(tests).map(([name, test]) => [
    name,
    bytes.filter((code) => test.test(String.fromCharCode(code))),
  ]),
);
