/** How well a path has the letters that a person typed. */

/** By its kind a match is above all of a lower kind; then its letters decide, then the shorter path. */
const kinds = {
  nameStart: 8,
  nameWord: 7,
  /** Each letter begins a word of the name: `pi` is in PathIndex. */
  nameInitials: 6,
  name: 5,
  pathWord: 4,
  path: 3,
  nameLetters: 2,
  pathLetters: 1,
};
const kindStep = 1_000_000;
const letterStep = 500;
const maxLength = letterStep - 1;

/**
 * Higher is better; undefined when the letters are not in this order in it, and 0 when they may be, but it is surely below
 * `floor`. `lower` and `query` are in lower case.
 */
export function matchScore(
  path: string,
  lower: string,
  query: string,
  floor: number,
): number | undefined {
  const shortness = maxLength - Math.min(path.length, maxLength);
  if (query === "") return shortness;
  // Some letters are longer in lower case: their places would not be the same.
  const cased = path.length === lower.length ? path : lower;
  const nameAt = lower.lastIndexOf("/", lower.length - 2) + 1;
  const found = wholeKind(cased, lower, query, nameAt);
  if (found !== undefined && found !== kinds.name) return found * kindStep + shortness;
  if (floor >= (kinds.nameInitials + 1) * kindStep) return 0;
  const inName = lettersIn(cased, lower, query, nameAt);
  if (inName?.areInitials) return kinds.nameInitials * kindStep + shortness;
  if (found !== undefined) return found * kindStep + shortness;
  if (inName !== undefined)
    return kinds.nameLetters * kindStep + inName.bonus * letterStep + shortness;
  if (floor >= kinds.nameLetters * kindStep) return 0;
  const inPath = lettersIn(cased, lower, query, 0);
  return inPath && kinds.pathLetters * kindStep + inPath.bonus * letterStep + shortness;
}

/** Where the query stands in it as a whole. */
function wholeKind(
  cased: string,
  lower: string,
  query: string,
  nameAt: number,
): number | undefined {
  if (lower.startsWith(query, nameAt)) return kinds.nameStart;
  const last = lower.lastIndexOf(query);
  if (last === -1) return undefined;
  let startsWord = false;
  const from = last >= nameAt ? nameAt : 0;
  for (let at = lower.indexOf(query, from); at !== -1 && !startsWord;)
    if (beginsWord(cased, at)) startsWord = true;
    else at = lower.indexOf(query, at + 1);
  if (last >= nameAt) return startsWord ? kinds.nameWord : kinds.name;
  return startsWord ? kinds.pathWord : kinds.path;
}

interface Letters {
  /** At most two for each letter. */
  bonus: number;
  areInitials: boolean;
}

/** The letters one after another: where there is a choice, next to each other, or at the beginning of a word. */
function lettersIn(cased: string, lower: string, query: string, from: number): Letters | undefined {
  return (
    placeLetters(cased, lower, query, from, true) ?? placeLetters(cased, lower, query, from, false)
  );
}

function placeLetters(
  cased: string,
  lower: string,
  query: string,
  from: number,
  prefersWords: boolean,
): Letters | undefined {
  let [at, bonus, initials] = [from, 0, 0];
  for (let index = 0; index < query.length; index++) {
    const letter = query[index]!;
    const next = lower.indexOf(letter, at);
    if (next === -1) return undefined;
    const isNext = index > 0 && next === at;
    const place = isNext || !prefersWords ? next : wordWith(cased, lower, letter, next);
    const begins = beginsWord(cased, place);
    if (begins) initials++;
    if (begins || isNext) bonus += 2;
    at = place + 1;
  }
  return { bonus: Math.min(bonus, 999), areInitials: initials === query.length };
}

/** The first place from `from` at which the letter begins a word; `from` where there is none. */
function wordWith(cased: string, lower: string, letter: string, from: number): number {
  for (let at = from; at !== -1; at = lower.indexOf(letter, at + 1))
    if (beginsWord(cased, at)) return at;
  return from;
}

function beginsWord(cased: string, at: number): boolean {
  if (at === 0) return true;
  const before = cased.charCodeAt(at - 1);
  if (!isLetterOrDigit(before)) return true;
  return isUpper(cased.charCodeAt(at)) && !isUpper(before);
}

/** Of the letters beyond ASCII none ends a word. */
function isLetterOrDigit(code: number): boolean {
  return code >= 128 || (code >= 97 && code <= 122) || isUpper(code) || (code >= 48 && code <= 57);
}

function isUpper(code: number): boolean {
  return code >= 65 && code <= 90;
}
