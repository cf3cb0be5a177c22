/** The edit tool: one passage of a text file replaced by another, in one step. */
import { z } from "zod";
import { unifiedDiff } from "./unified-diff";
import { toCrlf, usesCrlf } from "./line-endings";
import { editPermission, resolvePath } from "./resolved-path";
import { replaceFile } from "./atomic-write";
import { readTextFile } from "./text-file";
import { type Tool, ToolError } from "../tool";

const input = z.strictObject({
  path: z.string().min(1).describe("The file, relative to the working directory or absolute"),
  oldText: z
    .string()
    .min(1)
    .describe("The passage as it stands in the file, white space included, without line numbers"),
  newText: z.string().describe("What is to stand there instead; empty to remove the passage"),
  replaceAll: z.boolean().default(false).describe("Replace every occurrence, not exactly one"),
});

export type EditInput = z.output<typeof input>;

/** How often to begin again when somebody else (a parallel call) changes the file between reading and replacing it. */
const maxTries = 10;

export const edit: Tool<EditInput> = {
  name: "edit",
  description:
    "Replaces a passage in a text file. The passage has to occur exactly once, unless replaceAll is set: " +
    "take in as many lines around it as make it unique. Read the file first.",
  input,
  permission: async ({ path }, { cwd }) => editPermission(await resolvePath(path, cwd)),
  async run(change, { cwd }, signal) {
    const place = await resolvePath(change.path, cwd);
    for (let tries = 0; tries < maxTries; tries++) {
      const { text, version } = await readTextFile(place, signal);
      const { after, count } = replaced(text, change, place.shown);
      const diff = unifiedDiff(place.shown, text, after);
      if (!(await replaceFile(place, after, version, signal))) continue;
      const output = `Edited ${place.shown}: ${count === 1 ? "1 place" : `${count} places`}.`;
      return diff === undefined ? { output } : { output, diff };
    }
    throw new ToolError(`${place.shown} keeps being changed by somebody else; nothing was edited.`);
  },
};

function replaced(text: string, change: EditInput, shown: string) {
  const { oldText, newText } = fitLineEnds(text, change);
  if (oldText === newText) throw new ToolError("oldText and newText are the same.");
  const first = text.indexOf(oldText);
  if (first === -1)
    throw new ToolError(
      `oldText does not occur in ${shown}. Read the file again and copy the passage exactly.`,
    );
  if (!change.replaceAll && text.lastIndexOf(oldText) !== first)
    throw new ToolError(
      `oldText occurs more than once in ${shown} (lines ${linesOf(text, oldText)}). ` +
        "Take in more of the lines around it, or set replaceAll.",
    );
  const pieces = text.split(oldText);
  return change.replaceAll
    ? { after: pieces.join(newText), count: pieces.length - 1 }
    : { after: text.slice(0, first) + newText + text.slice(first + oldText.length), count: 1 };
}

/** A model writes plain line ends, whatever the file has. */
function fitLineEnds(text: string, { oldText, newText }: EditInput) {
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
