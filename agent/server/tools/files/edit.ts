/** The edit tool: replaces passages of text files, each file atomically. */
import { z } from "zod";
import { plural } from "../../../shared/plural";
import { type Tool, type ToolContext, ToolError } from "../tool";
import { accessOf, changeFiles, type FileChange, TextRoom } from "./file-changes";
import { toCrlf, usesCrlf } from "./line-endings";
import { resolvePath, type ResolvedPath } from "./resolved-path";
import { differenceWords, SearchedLines, SearchEffort } from "./patch/find-lines";
import { readTextFile } from "./text-file";

const maxEdits = 50;

const path = z
  .string()
  .min(1)
  .max(4096)
  .describe("The file, relative to the working directory or absolute");
const oldText = z
  .string()
  .min(1)
  .describe("The passage exactly as in the file, including white space, without line numbers");
const newText = z.string().describe("The replacement; empty to remove the passage");
const replaceAll = z.boolean().default(false).describe("Replace every occurrence");

const passage = z.strictObject({
  path: path.optional().describe("The file; without it, that of the path beside edits"),
  oldText,
  newText,
  replaceAll,
});

/** One object, not a union: some services refuse a schema that begins with one. */
const fields = z.strictObject({
  path: path.optional(),
  oldText: oldText.optional(),
  newText: newText.optional(),
  replaceAll,
  edits: z
    .array(passage)
    .min(1)
    .max(maxEdits)
    .optional()
    .describe("Several edits in one call, instead of oldText and newText beside this"),
});

export type EditInput = z.output<typeof fields>;

const input = fields.refine((given) => passagesOf(given) !== undefined, {
  message:
    "expected either path, oldText and newText, or edits, each with a path or all with the one beside them",
});

type Passage = z.output<typeof passage> & { path: string };

export const edit: Tool<EditInput> = {
  name: "edit",
  editForm: "passages",
  description:
    "Replaces a passage in a text file, or, with edits, several in one or more files: put the changes that belong together " +
    "into one call. Each passage must occur exactly once, unless replaceAll is set: include enough lines around it to make " +
    "it unique. Edits of the same file follow each other, each on what the one before has left. All passages are found " +
    "before anything is written; if one is not, nothing is. Read the files first.",
  input,
  async prepare(input, context, signal) {
    const files = await byFile(passagesOf(input) ?? [], context, signal);
    return {
      access: accessOf(
        files.map(({ target }) => target),
        () => true,
      ),
      async run() {
        await changeFiles(() => findAll(files, context, signal), context, signal);
        return {};
      },
    };
  },
};

/** Undefined when it is neither one edit nor a list of them. */
function passagesOf({ edits, ...one }: EditInput): Passage[] | undefined {
  const { path, oldText, newText, replaceAll } = one;
  if (edits === undefined)
    return path === undefined || oldText === undefined || newText === undefined
      ? undefined
      : [{ path, oldText, newText, replaceAll }];
  const known = edits.flatMap((edit) => {
    const file = edit.path ?? path;
    return file === undefined ? [] : [{ ...edit, path: file }];
  });
  const isAlone = oldText === undefined && newText === undefined && !replaceAll;
  return isAlone && known.length === edits.length ? known : undefined;
}

interface EditedFile {
  target: ResolvedPath;
  passages: NamedPassage[];
}

/** `name`: begins what is said of it, where there are several. */
type NamedPassage = Passage & { name: string };

/** In the order in which files are named first. */
async function byFile(
  passages: Passage[],
  { cwd }: Pick<ToolContext, "cwd">,
  signal: AbortSignal,
): Promise<EditedFile[]> {
  const files = new Map<string, EditedFile>();
  for (const [index, one] of passages.entries()) {
    const target = await resolvePath(one.path, cwd, signal);
    const file = files.get(target.path) ?? { target, passages: [] };
    files.set(target.path, file);
    file.passages.push({ ...one, name: passages.length === 1 ? "" : `Edit ${index + 1}: ` });
  }
  return [...files.values()];
}

async function findAll(
  files: EditedFile[],
  context: ToolContext,
  signal: AbortSignal,
): Promise<FileChange[]> {
  const room = new TextRoom();
  const changes: FileChange[] = [];
  for (const file of files) changes.push(await editOf(file, room, context, signal));
  return changes;
}

async function editOf(
  { target, passages }: EditedFile,
  room: TextRoom,
  context: ToolContext,
  signal: AbortSignal,
): Promise<FileChange> {
  const { text, version } = await readTextFile(target, context, signal);
  room.take(text.length);
  let after = text;
  let places = 0;
  for (const passage of passages) {
    const replaced = replace(after, passage, room, target.shown);
    after = replaced.after;
    places += replaced.count;
  }
  const words = `Edited ${target.shown}: ${plural(places, "place")}.`;
  return { target, expected: version, before: text, after, words };
}

function replace(text: string, change: NamedPassage, room: TextRoom, shown: string) {
  const { name, replaceAll } = change;
  const { oldText, newText } = matchLineEndings(text, change);
  if (oldText === newText) throw new ToolError(`${name}oldText and newText are the same.`);
  const first = text.indexOf(oldText);
  if (first === -1)
    throw new ToolError(
      `${name}oldText does not occur in ${shown}${differenceOf(text, oldText)}. Read the file again and copy the passage exactly.`,
    );
  if (!replaceAll && text.lastIndexOf(oldText) !== first)
    throw new ToolError(
      `${name}oldText occurs more than once in ${shown} (lines ${linesOf(text, oldText)}). ` +
        "Include more lines around it, or set replaceAll.",
    );
  const pieces = replaceAll
    ? text.split(oldText)
    : [text.slice(0, first), text.slice(first + oldText.length)];
  const count = pieces.length - 1;
  room.take(text.length + count * (newText.length - oldText.length), text.length);
  return { after: pieces.join(newText), count };
}

/** Of a larger file it is not looked for: that would hold the server up. */
const mostSearched = 1_000_000;

/** What the file has instead, where most of the passage is there. */
function differenceOf(text: string, passage: string): string {
  if (text.length > mostSearched) return "";
  const wanted = passage.split(/\r?\n/);
  const near = new SearchedLines(text.split(/\r?\n/), new SearchEffort()).nearest(wanted, true);
  return near === undefined ? "" : `: ${differenceWords(near, wanted)}`;
}

/** A model writes LF, whatever the file has. */
function matchLineEndings(text: string, { oldText, newText }: Passage) {
  if (!usesCrlf(text)) return { oldText, newText };
  return { oldText: toCrlf(oldText), newText: toCrlf(newText) };
}

function linesOf(text: string, passage: string): string {
  const lines: number[] = [];
  for (let at = text.indexOf(passage); at !== -1 && lines.length < 10;) {
    lines.push(text.slice(0, at).split("\n").length);
    at = text.indexOf(passage, at + 1);
  }
  return lines.join(", ");
}
