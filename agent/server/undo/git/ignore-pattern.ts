/** One pattern of an ignore rule, matched as git does (wildmatch.c), in time that grows only with its length. */
import type { Name } from "./git-path";

type Token =
  /** One character that this accepts. */
  | ((code: number) => boolean)
  /** Any characters: "*" all but slashes, "**" slashes too. */
  | "*"
  | "**"
  /** The two tokens after it may be left out: `**` and the slash after it match no directory too. */
  | "optional";

/** Compiles a pattern; the function tells whether a path matches, and `spend` is told how many steps that took. */
export function compilePattern(
  pattern: Name,
  crossesSlashes: boolean,
): (text: Name, spend: (steps: number) => void) => boolean {
  if (!/[*?[\\]/.test(pattern)) return (text) => text === pattern;
  const ending = /^\*([^*?[\\/]+)$/.exec(pattern)?.[1];
  if (ending !== undefined && crossesSlashes) return (text) => text.endsWith(ending);
  const fixed = /^[^*?[\\]*/.exec(pattern)![0];
  const tokens = tokensOf(pattern.slice(fixed.length), crossesSlashes);
  if (tokens === undefined) return () => false;
  return (text, spend) =>
    text.startsWith(fixed) && matchesTokens(tokens, text.slice(fixed.length), spend);
}

/**
 * Undefined when the pattern is malformed: it matches nothing. As in git, the first wildcard counts as the begin of the
 * pattern: the stars of `a**` followed by a slash match directories.
 */
function tokensOf(pattern: Name, crossesSlashes: boolean): Token[] | undefined {
  const tokens: Token[] = [];
  const accepts = (test: (code: number) => boolean): void => {
    tokens.push(crossesSlashes ? test : (code) => code !== slash && test(code));
  };
  for (let at = 0; at < pattern.length; at++) {
    const character = pattern[at]!;
    if (character === "?") accepts(() => true);
    else if (character === "[") {
      const set = readSet(pattern, at + 1);
      if (set === undefined) return undefined;
      accepts(set.accepts);
      at = set.end;
    } else if (character === "*") {
      let end = at;
      while (pattern[end] === "*") end++;
      const rest = pattern.slice(end);
      const begins = at === 0 || pattern[at - 1] === "/";
      const isDeep = end - at > 1 && begins && /^($|\\?\/)/.test(rest);
      if (isDeep && rest.startsWith("/")) tokens.push("optional");
      tokens.push(isDeep || crossesSlashes ? "**" : "*");
      at = end - 1;
    } else {
      const literal = character === "\\" ? pattern.charCodeAt(++at) : character.charCodeAt(0);
      if (Number.isNaN(literal)) return undefined;
      tokens.push((code) => code === literal);
    }
  }
  return tokens;
}

const slash = "/".charCodeAt(0);

/** All positions in the pattern at once, character by character: there is no way back, so no pattern takes exponential time. */
function matchesTokens(tokens: Token[], text: Name, spend: (steps: number) => void): boolean {
  /** By position: the character at which it was last entered, counted from one. */
  const entered = new Int32Array(tokens.length + 1).fill(-1);
  const enter = (into: number[], state: number, at: number): void => {
    if (entered[state] === at) return;
    entered[state] = at;
    into.push(state);
    const token = tokens[state];
    if (typeof token === "string") enter(into, state + 1, at);
    if (token === "optional") enter(into, state + 3, at);
  };
  let states: number[] = [];
  enter(states, 0, 0);
  for (let at = 0; at < text.length && states.length > 0; at++) {
    const code = text.charCodeAt(at);
    const next: number[] = [];
    spend(states.length);
    for (const state of states) {
      const token = tokens[state];
      if (token === "**" || (token === "*" && code !== slash)) enter(next, state, at + 1);
      else if (typeof token === "function" && token(code)) enter(next, state + 1, at + 1);
    }
    states = next;
  }
  return entered[tokens.length] === text.length;
}

/** The set that begins after a `[`; `end` is the place of its `]`. */
function readSet(
  pattern: Name,
  begin: number,
): { accepts: (code: number) => boolean; end: number } | undefined {
  const isNegated = pattern[begin] === "!" || pattern[begin] === "^";
  const tests: ((code: number) => boolean)[] = [];
  let previous: number | undefined;
  let at = isNegated ? begin + 1 : begin;
  do {
    const one = pattern[at];
    if (one === undefined) return undefined;
    const name = one === "[" ? /^\[:([^\]]*):\]/.exec(pattern.slice(at, at + 80))?.[1] : undefined;
    const isRange = one === "-" && previous !== undefined && !/^(\]|$)/.test(pattern.slice(at + 1));
    if (name !== undefined) {
      const named = classes[name];
      if (named === undefined) return undefined;
      tests.push((code) => named.test(String.fromCharCode(code)));
      at += name.length + 4;
      previous = undefined;
      continue;
    }
    if (isRange) at++;
    if (pattern[at] === "\\") at++;
    const code = pattern.charCodeAt(at++);
    if (Number.isNaN(code)) return undefined;
    const from = isRange ? previous! : code;
    tests.push((tested) => tested >= from && tested <= code);
    previous = isRange ? undefined : code;
  } while (pattern[at] !== "]");
  return { accepts: (code) => tests.some((test) => test(code)) !== isNegated, end: at };
}

const classes: Record<string, RegExp> = {
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
