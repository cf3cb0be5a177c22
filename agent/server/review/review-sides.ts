/** All that has changed, as one answer: the files by path, within what a page can show. */
import { defined } from "../../shared/defined";
import type { ReviewAnswer, ReviewOf } from "../../shared/protocol";
import { compareFile, type Compared } from "./compare-file";
import type { FoundSides } from "./tree-changes";

const maxFiles = 300;
const maxCharacters = 400_000;
const maxMs = 1500;

export interface Reviewed {
  answer: ReviewAnswer;
  /** Of the files in the answer. */
  compared: Compared[];
}

/** Lets others have their turn between files. Throws the signal's reason. */
export async function reviewSides(
  of: ReviewOf,
  cwd: string,
  found: FoundSides,
  signal: AbortSignal,
): Promise<Reviewed> {
  const compared: Compared[] = [];
  let [characters, spentMs, left] = [0, 0, found.left];
  for (const sides of found.sides) {
    await new Promise(setImmediate);
    signal.throwIfAborted();
    const begun = performance.now();
    const one = compareFile(sides, Math.min(500, maxMs - spentMs));
    spentMs += performance.now() - begun;
    if (one === undefined) continue;
    const size = charactersIn(one);
    if (compared.length >= maxFiles || characters + size > maxCharacters) left++;
    else {
      compared.push(one);
      characters += size;
    }
  }
  const files = compared.map(({ file }) => file);
  const { unseen, repository } = found;
  return { answer: { of, cwd, files, left, unseen, ...defined({ repository }) }, compared };
}

function charactersIn({ file }: Compared): number {
  const lines = file.hunks.flatMap((hunk) => hunk.lines);
  return lines.reduce((sum, { text }) => sum + text.length + 20, 200);
}
