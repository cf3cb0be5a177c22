/** The apply_patch tool: adds, changes, moves and removes files by a patch in the form of OpenAI's models. */
import { dirname, join } from "node:path";
import { z } from "zod";
import { basename } from "node:path";
import { type Tool, type ToolContext, ToolError } from "../../tool";
import { accessOf, changeFiles, type FileChange, TextRoom } from "../file-changes";
import { resolvePath, type ResolvedPath } from "../resolved-path";
import { type FileBefore, readBefore } from "../text-file";
import { wholeFile } from "../whole-file";
import { applyHunks } from "./apply-hunks";
import { SearchEffort } from "./find-lines";
import { parsePatch, type PatchSection } from "./parse-patch";

const maxFiles = 100;
/** What a person can be asked to look through, and more than models write in one answer. */
const maxCharacters = 1_000_000;

const input = z.strictObject({
  input: z
    .string()
    .max(maxCharacters)
    .describe("The whole patch, from *** Begin Patch to *** End Patch"),
});

export type PatchInput = z.output<typeof input>;

/** A section with what its paths lead to. */
type ResolvedSection = PatchSection & { target: ResolvedPath; to?: ResolvedPath };

export const applyPatch: Tool<PatchInput> = {
  name: "apply_patch",
  editForm: "patch",
  description: `Changes files by a patch of this form:
*** Begin Patch
*** Add File: path (its lines follow, each after "+"; replaces a file that is there)
*** Update File: path
*** Move to: new path (optional)
@@ a line above the change, such as the head of its function or class (optional, also several below each other)
 a line that stays
-a line that is removed
+a line that is added
*** End of File (optional: the lines above are the last ones of the file)
*** Delete File: path
*** End Patch
Paths are relative to the working directory. About three lines that stay are given above and below a change. Changes of a file are in its order, and each must fit one place alone; where its lines stand several times, "@@" lines say which. Everything is found before anything is written; if something does not fit, nothing is. Read the files first.`,
  input,
  async prepare({ input }, context, signal) {
    const sections = await resolved(parsePatch(input), context, signal);
    return {
      access: accessOf(pathsOf(sections), ({ path }) =>
        sections.some(({ kind, target }) => kind === "update" && target.path === path),
      ),
      async run() {
        await changeFiles(() => findChanges(sections, signal), context, signal);
        return {};
      },
    };
  },
};

async function resolved(
  sections: PatchSection[],
  { cwd }: Pick<ToolContext, "cwd">,
  signal: AbortSignal,
): Promise<ResolvedSection[]> {
  const all: ResolvedSection[] = [];
  if (sections.length > maxFiles)
    throw new ToolError(`The patch changes more than ${maxFiles} files. Nothing was changed.`);
  for (const section of sections) {
    const target = await resolvePath(section.path, cwd, signal);
    const moveTo = section.kind === "update" ? section.moveTo : undefined;
    const to = moveTo === undefined ? undefined : await resolvePath(moveTo, cwd, signal);
    if (section.kind === "delete" || to) await requireNoLink(section.path, target, cwd, signal);
    all.push({ ...section, target, ...(to && to.path !== target.path && { to }) });
  }
  return all;
}

/** A path leads to the file behind a link, which is not what is to go. */
async function requireNoLink(
  path: string,
  target: ResolvedPath,
  cwd: string,
  signal: AbortSignal,
): Promise<void> {
  const parent = await resolvePath(dirname(path), cwd, signal);
  if (join(parent.path, basename(path)) === target.path) return;
  throw new ToolError(
    `${path} is a symbolic link to ${target.shown}, and only files can be removed. Nothing was changed.`,
  );
}

/** Each once, in the order in which they are named. */
function pathsOf(sections: ResolvedSection[]): ResolvedPath[] {
  const all = sections.flatMap(({ target, to }) => (to ? [target, to] : [target]));
  return [...new Map(all.map((one) => [one.path, one])).values()];
}

async function findChanges(
  sections: ResolvedSection[],
  signal: AbortSignal,
): Promise<FileChange[]> {
  const files = new PatchedFiles(signal);
  for (const section of sections) await files.take(section);
  return files.changes();
}

/** A file as it is while the sections are gone through, one after another. */
interface PatchedFile {
  target: ResolvedPath;
  before: FileBefore;
  /** Undefined: it is not there. Null: it is, and is not text. */
  text: string | undefined | null;
  like?: ResolvedPath;
  words: string;
}

class PatchedFiles {
  readonly #signal: AbortSignal;
  readonly #files = new Map<string, PatchedFile>();
  readonly #effort = new SearchEffort();
  readonly #room = new TextRoom();

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  /** Throws ToolError when it does not fit. */
  async take(section: ResolvedSection): Promise<void> {
    const file = await this.#file(section.target);
    const { shown } = file.target;
    if (section.kind === "add") {
      const content = section.lines.map((line) => `${line}\n`).join("");
      const { after, words } = wholeFile(file.target, file, content);
      return this.#set(file, after, words);
    }
    if (file.text === undefined)
      throw new ToolError(`File “${shown}” not found. Nothing was changed.`);
    if (section.kind === "delete") return this.#set(file, undefined, `Removed ${shown}.`);
    if (file.text === null)
      throw new ToolError(
        `${shown} is no text file that can be read, and only such can be patched. Nothing was changed.`,
      );
    const after = applyHunks(file.text, section.hunks, shown, this.#effort);
    if (section.to === undefined) {
      if (after === file.text)
        throw new ToolError(`The patch of ${shown} changes nothing: no line is added or removed.`);
      return this.#set(file, after, `Edited ${shown}.`);
    }
    const to = await this.#file(section.to);
    to.like = file.target;
    this.#set(to, after, `Moved ${shown} to ${to.target.shown}.`);
    this.#set(file, undefined, `Removed ${shown}, which was moved.`);
  }

  /** First what is written, so that what was moved is never nowhere. */
  changes(): FileChange[] {
    const all = [...this.#files.values()].map(({ target, before, text, words, like }) => ({
      target,
      before: before.text,
      after: text ?? undefined,
      words,
      ...(before.version !== undefined && { expected: before.version }),
      ...(like && { like }),
    }));
    const [written, removed] = [true, false].map((isWritten) =>
      all.filter(({ after }) => (after !== undefined) === isWritten),
    );
    // Added and removed again: there is nothing to do.
    return [...written!, ...removed!.filter(({ before }) => before !== undefined)];
  }

  #set(file: PatchedFile, text: string | undefined, words: string): void {
    this.#room.take(text?.length ?? 0, file.text?.length);
    file.text = text;
    file.words = words;
  }

  async #file(target: ResolvedPath): Promise<PatchedFile> {
    const known = this.#files.get(target.path);
    if (known) return known;
    const before = await readBefore(target, this.#signal);
    this.#room.take(before.text?.length ?? 0);
    const file = { target, before, text: before.text, words: "" };
    this.#files.set(target.path, file);
    return file;
  }
}
