/** The paths of a directory in a form in which they are found quickly by a few letters, as a person types them after `@`. */
import { setImmediate } from "node:timers/promises";
import { matchScore } from "./path-score";

/** Others have their turn after so long. */
const sliceMs = 2;
/** So many are compared before the clock is looked at: a path is bounded, and so is what it takes to compare one. */
const batchSize = 32;

export class PathIndex {
  /** Some files of the directory are not in it: there are too many. */
  isPartial = false;
  readonly #paths: string[] = [];
  readonly #lower: string[] = [];
  /** Which letters each path has: most are passed over by that alone. */
  readonly #letters: number[] = [];
  readonly #folders = new Set<string>();
  /** What the last search found: one that extends its query looks at nothing else. */
  #last: { query: string; found: number[] } | undefined;

  get size(): number {
    return this.#paths.length;
  }

  /** A file, relative; with it the folders that it is in. */
  add(file: string): void {
    this.#keep(file);
    for (let at = file.lastIndexOf("/"); at > 0; at = file.lastIndexOf("/", at - 1)) {
      const folder = file.slice(0, at + 1);
      if (this.#folders.has(folder)) break;
      this.#folders.add(folder);
      this.#keep(folder);
    }
  }

  /**
   * The `limit` best of the paths that have the letters of `query` in this order, the best first. Of equals the shorter comes
   * first. A folder ends with a slash. Throws the signal's reason.
   */
  async best(query: string, limit: number, signal: AbortSignal): Promise<string[]> {
    const wanted = query.toLowerCase();
    const letters = lettersOf(wanted);
    const best: Scored[] = [];
    const among = this.#last && wanted.startsWith(this.#last.query) ? this.#last.found : undefined;
    const count = among?.length ?? this.#paths.length;
    const found: number[] = [];
    let sliceEnd = performance.now() + sliceMs;
    for (let step = 0; step < count; step++) {
      if (step % batchSize === 0) {
        signal.throwIfAborted();
        if (performance.now() > sliceEnd) {
          await setImmediate();
          sliceEnd = performance.now() + sliceMs;
        }
      }
      const at = among === undefined ? step : among[step]!;
      if ((this.#letters[at]! & letters) !== letters) continue;
      const path = this.#paths[at]!;
      const floor = best.length < limit ? 0 : best.at(-1)!.score;
      const score = matchScore(path, this.#lower[at]!, wanted, floor);
      if (score === undefined) continue;
      found.push(at);
      if (score > 0) insert(best, { path, score }, limit);
    }
    signal.throwIfAborted();
    if (wanted !== "") this.#last = { query: wanted, found };
    return best.map(({ path }) => path);
  }

  #keep(path: string): void {
    this.#last = undefined;
    const lower = path.toLowerCase();
    this.#paths.push(path);
    this.#lower.push(lower);
    this.#letters.push(lettersOf(lower));
  }
}

interface Scored {
  path: string;
  score: number;
}

/** `best` is in order, and stays no longer than `limit`. */
function insert(best: Scored[], one: Scored, limit: number): void {
  const last = best.at(-1);
  if (best.length >= limit && last !== undefined && !isBetter(one, last)) return;
  let at = best.length;
  while (at > 0 && isBetter(one, best[at - 1]!)) at--;
  best.splice(at, 0, one);
  if (best.length > limit) best.pop();
}

function isBetter(a: Scored, b: Scored): boolean {
  return a.score === b.score ? a.path < b.path : a.score > b.score;
}

/** A bit for each letter from a to z, one for all digits, and one for all else. */
function lettersOf(lower: string): number {
  let letters = 0;
  for (let at = 0; at < lower.length; at++) {
    const code = lower.charCodeAt(at);
    if (code >= 97 && code <= 122) letters |= 1 << (code - 97);
    else letters |= code >= 48 && code <= 57 ? 1 << 26 : 1 << 27;
  }
  return letters;
}
