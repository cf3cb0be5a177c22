/** Writes what a call changes in files: all of it is found first, then each file is replaced or removed as a whole. */
import type { PathAccess } from "../../../shared/rules";
import { ToolError, type ToolContext } from "../tool";
import { removeFile, replaceFile } from "./atomic-write";
import type { ResolvedPath } from "./resolved-path";
import type { FileVersion } from "./text-file";
import { DiffTime, unifiedDiff } from "./unified-diff";

export interface FileChange {
  target: ResolvedPath;
  /** Undefined: whatever is there is replaced. */
  expected?: FileVersion;
  /** Undefined: there is no file. Null: what is there is not text, so there is no diff. */
  before: string | undefined | null;
  /** Undefined: the file is removed. */
  after: string | undefined;
  /** Whose mode and owner it gets; without it, those of the file that is there. */
  like?: ResolvedPath;
  /** What happened to the file, once it has. */
  words: string;
}

/** What a call that changes these files is asked about. There is one at least. `reads`: whether it tells of a file, or moves it. */
export function accessOf(
  files: ResolvedPath[],
  reads: (file: ResolvedPath) => boolean,
): PathAccess {
  const [first, ...also] = files.map((file) => ({
    kind: "edit" as const,
    path: file.path,
    ...(reads(file) && { reads: true as const }),
  }));
  return { ...first!, ...(also.length > 0 && { also }) };
}

/** All texts that one call reads and makes, in characters: they are held at the same time. */
const mostCharacters = 60_000_000;
/** What could not be read again. */
const mostOfOne = 14_000_000;

/** The room of one call for texts. */
export class TextRoom {
  #left = mostCharacters;

  /** To be called before a text is made: `after` characters in the place of `before`. Throws ToolError when there is no room. */
  take(after: number, before = 0): void {
    this.#left -= Math.max(0, after - before);
    if (after <= mostOfOne && this.#left >= 0) return;
    throw new ToolError(
      "The files are too large, or would become so. Nothing was changed: change them in several calls, or by a command.",
    );
  }
}

/** How often to start over when a file is changed (by a parallel call) between reading and replacing it. */
const maxTries = 10;

/**
 * `find` reads the files and throws ToolError where a change does not fit: nothing is written then. What was written before
 * a failure or a stop is said in the output and shown as a diff. Throws ToolError, the signal's reason when a stop came
 * before the last file was written.
 */
export async function changeFiles(
  find: () => Promise<FileChange[]>,
  context: Pick<ToolContext, "output" | "changed" | "diagnose">,
  signal: AbortSignal,
): Promise<void> {
  const diffTime = new DiffTime();
  for (let tries = 0; tries < maxTries; tries++) {
    const changes = await find();
    const written: ResolvedPath[] = [];
    let isWhole = true;
    for (const change of changes) {
      isWhole = await writeOne(change, changes, written, signal);
      if (!isWhole) break;
      const { target, before, after, words } = change;
      context.output(`${written.length > 0 ? "\n" : ""}${words}`);
      written.push(target);
      const diff = before === null ? undefined : unifiedDiff(target.shown, before, after, diffTime);
      if (diff !== undefined) context.changed(diff);
    }
    if (isWhole) return tellProblems(changes, context, signal);
  }
  throw new ToolError(
    "The files keep being changed by another process; nothing was changed by this call.",
  );
}

/** All is written: whatever comes now, the call is done. */
async function tellProblems(
  changes: FileChange[],
  context: Pick<ToolContext, "output" | "diagnose">,
  signal: AbortSignal,
): Promise<void> {
  const left = changes.filter(({ after }) => after !== undefined);
  const problems = await context.diagnose(
    left.map(({ target }) => target.path),
    signal,
  );
  if (problems !== "") context.output(`\n${problems}`);
}

/** False when it has to start over: nothing is written yet, and the file is another one than was read. */
async function writeOne(
  change: FileChange,
  changes: FileChange[],
  written: ResolvedPath[],
  signal: AbortSignal,
): Promise<boolean> {
  const { target } = change;
  try {
    if (await write(change, signal)) return true;
    if (written.length === 0) return false;
    throw new ToolError(`${target.shown} was changed by another process meanwhile.`);
  } catch (error) {
    if (signal.aborted || written.length === 0 || !(error instanceof ToolError)) throw error;
    const names = (all: ResolvedPath[]) => all.map(({ shown }) => shown).join(", ");
    const rest = changes.slice(written.length).map((one) => one.target);
    throw new ToolError(
      `${error.message} Changed before that: ${names(written)}. Not changed: ${names(rest)}.`,
      { cause: error },
    );
  }
}

function write(change: FileChange, signal: AbortSignal): Promise<boolean> {
  const { target, after, expected, like } = change;
  return after === undefined
    ? removeFile(target, expected, signal)
    : replaceFile({ target, text: after, expected, like }, signal);
}
