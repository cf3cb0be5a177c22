/** The edit tool: replaces a passage of a text file atomically. */
import { z } from "zod";
import { plural } from "../../../shared/plural";
import { unifiedDiff } from "./unified-diff";
import { toCrlf, usesCrlf } from "./line-endings";
import { resolvePath, type ResolvedPath } from "./resolved-path";
import { replaceFile } from "./atomic-write";
import { readTextFile } from "./text-file";
import { type Tool, type ToolContext, ToolError, type ToolResult } from "../tool";

const input = z.strictObject({
  path: z
    .string()
    .min(1)
    .max(4096)
    .describe("The file, relative to the working directory or absolute"),
  oldText: z
    .string()
    .min(1)
    .describe("The passage exactly as in the file, including white space, without line numbers"),
  newText: z.string().describe("The replacement; empty to remove the passage"),
  replaceAll: z.boolean().default(false).describe("Replace every occurrence"),
});

export type EditInput = z.output<typeof input>;

/** How often to start over when the file is changed (by a parallel call) between reading and replacing it. */
const maxTries = 10;

export const edit: Tool<EditInput> = {
  name: "edit",
  description:
    "Replaces a passage in a text file. The passage must occur exactly once, unless replaceAll is set: " +
    "include enough lines around it to make it unique. Read the file first.",
  input,
  async prepare(change, context, signal) {
    const target = await resolvePath(change.path, context.cwd, signal);
    return {
      access: { kind: "edit", path: target.path },
      run: () => replacePassage(target, change, context, signal),
    };
  },
};

async function replacePassage(
  target: ResolvedPath,
  change: EditInput,
  context: ToolContext,
  signal: AbortSignal,
): Promise<ToolResult> {
  for (let tries = 0; tries < maxTries; tries++) {
    const { text, version } = await readTextFile(target, context, signal);
    const { after, count } = replaced(text, change, target.shown);
    const diff = unifiedDiff(target.shown, text, after);
    if (!(await replaceFile(target, after, version, signal))) continue;
    const output = `Edited ${target.shown}: ${plural(count, "place")}.`;
    return diff === undefined ? { output } : { output, diff };
  }
  throw new ToolError(
    `${target.shown} keeps being changed by another process; nothing was edited.`,
  );
}

function replaced(text: string, change: EditInput, shown: string) {
  const { oldText, newText } = matchLineEndings(text, change);
  if (oldText === newText) throw new ToolError("oldText and newText are the same.");
  const first = text.indexOf(oldText);
  if (first === -1)
    throw new ToolError(
      `oldText does not occur in ${shown}. Read the file again and copy the passage exactly.`,
    );
  if (!change.replaceAll && text.lastIndexOf(oldText) !== first)
    throw new ToolError(
      `oldText occurs more than once in ${shown} (lines ${linesOf(text, oldText)}). ` +
        "Include more lines around it, or set replaceAll.",
    );
  const pieces = text.split(oldText);
  return change.replaceAll
    ? { after: pieces.join(newText), count: pieces.length - 1 }
    : { after: text.slice(0, first) + newText + text.slice(first + oldText.length), count: 1 };
}

/** A model writes LF, whatever the file has. */
function matchLineEndings(text: string, { oldText, newText }: EditInput) {
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
