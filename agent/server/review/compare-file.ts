/** One file before and now as a person reviews it: hunks, or why there are none. */
import { structuredPatch } from "diff";
import { defined } from "../../shared/defined";
import type { ReviewFile, ReviewHunk, ReviewLine } from "../../shared/protocol";
import { type Name, shown } from "../undo/git/git-path";
import { type Side, textOfSide } from "./file-side";
import type { Sides } from "./tree-changes";

export interface Compared {
  name: Name;
  before: Side;
  now: Side;
  file: ReviewFile;
}

/** Lines that are compared, and characters of hunks, at most. */
const maxLines = 20_000;
const maxCharacters = 100_000;

/** Undefined when nothing has changed. `leftMs`: for the search of the shortest difference. */
export function compareFile(
  { name, before, now, isFiltered = false }: Sides,
  leftMs: number,
): Compared | undefined {
  if (digestOf(before) === digestOf(now)) return undefined;
  const path = shown(name);
  const kind: ReviewFile["kind"] =
    before.kind === "none" ? "created" : now.kind === "none" ? "deleted" : "changed";
  const id = digest(["file", path, digestOf(before), digestOf(now)]);
  const hunks = isFiltered ? "filter" : hunksOf(path, before, now, leftMs);
  const lines = typeof hunks === "string" ? [] : hunks.flatMap((hunk) => hunk.lines);
  const file = defined({
    id,
    path,
    kind,
    unshown: typeof hunks === "string" ? hunks : undefined,
    modes: modesOf(before, now),
    added: lines.filter((line) => line.kind === "added").length,
    removed: lines.filter((line) => line.kind === "removed").length,
    hunks: typeof hunks === "string" ? [] : hunks,
    // What is there now is kept, too: a revert can be taken back. What a filter stores is no file's content.
    canRevert: !isFiltered && canPutBack(before) && canPutBack(now),
  });
  return { name, before, now, file };
}

/** A file whose bytes are here, or nothing. */
function canPutBack({ kind, bytes }: Side): boolean {
  return kind === "none" || (kind === "file" && bytes !== undefined);
}

function hunksOf(
  path: string,
  before: Side,
  now: Side,
  leftMs: number,
): ReviewHunk[] | NonNullable<ReviewFile["unshown"]> {
  const kinds = new Set([before.kind, now.kind]);
  if (kinds.has("unreadable")) return "unreadable";
  if (kinds.has("other")) return "other";
  if (kinds.has("link")) return "link";
  const [old, current] = [textOfSide(before), textOfSide(now)];
  if (old === undefined || current === undefined)
    return [before, now].some(isTooLong) ? "too-long" : "binary";
  if (old === current) return before.kind === now.kind ? "mode" : [];
  if (countLines(old) + countLines(current) > maxLines) return "too-long";
  const patch = structuredPatch(path, path, old, current, undefined, undefined, {
    context: 3,
    timeout: Math.max(1, leftMs),
  });
  if (patch === undefined) return "too-long";
  const seed = digestOf(before);
  const hunks = patch.hunks.map((hunk) => {
    const lines = linesOf(hunk);
    const header = `@@ -${hunk.oldStart},${hunk.oldLines} +${hunk.newStart},${hunk.newLines} @@`;
    // Not the numbers of the lines now: a hunk stays the same when one above it is put back.
    const parts = lines.map(({ kind, old: at, text, isUnended }) => [kind, at, text, isUnended]);
    return { id: digest(["hunk", path, seed, hunk.oldStart, parts]), header, lines };
  });
  const characters = hunks
    .flatMap(({ lines }) => lines)
    .reduce((sum, { text }) => sum + text.length, 0);
  return characters > maxCharacters ? "too-long" : hunks;
}

function isTooLong({ kind, bytes }: Side): boolean {
  return kind === "file" && bytes === undefined;
}

function countLines(text: string): number {
  let count = 0;
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) count++;
  return count;
}

function linesOf(hunk: { oldStart: number; newStart: number; lines: string[] }): ReviewLine[] {
  const lines: ReviewLine[] = [];
  let [old, now] = [hunk.oldStart, hunk.newStart];
  for (const line of hunk.lines) {
    const text = line.slice(1);
    if (line.startsWith("+")) lines.push({ kind: "added", new: now++, text });
    else if (line.startsWith("-")) lines.push({ kind: "removed", old: old++, text });
    else if (line.startsWith("\\")) Object.assign(lines.at(-1) ?? {}, { isUnended: true });
    else lines.push({ kind: "same", old: old++, new: now++, text });
  }
  return lines;
}

function modesOf({ mode: before }: Side, { mode: now }: Side): ReviewFile["modes"] {
  if (before === undefined || now === undefined || before === now) return undefined;
  return { before: before.toString(8), after: now.toString(8) };
}

/** The text now without one hunk: what it was before stands there. Undefined: it is not there. */
export function withoutHunk(text: string, { lines }: ReviewHunk): string | undefined {
  const all = text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
  const ended = ({ text: line, isUnended }: ReviewLine) => (isUnended ? line : `${line}\n`);
  const current = lines.filter(({ kind }) => kind !== "removed");
  // A hunk without any line that is there now is the whole file.
  const first = current[0]?.new ?? 1;
  const at = first - 1;
  if (!current.every((line, index) => all[at + index] === ended(line))) return undefined;
  const old = lines.filter(({ kind }) => kind !== "added").map(ended);
  return all.toSpliced(at, current.length, ...old).join("");
}

/** Of everything that a side is. */
export function digestOf({ kind, mode, bytes, stamp }: Side): string {
  const hasher = new Bun.CryptoHasher("sha256");
  hasher.update(JSON.stringify([kind, mode ?? null, stamp ?? null, bytes?.length ?? null]));
  if (bytes) hasher.update(bytes);
  return hasher.digest("hex");
}

function digest(value: unknown): string {
  return new Bun.CryptoHasher("sha256").update(JSON.stringify(value)).digest("hex");
}
