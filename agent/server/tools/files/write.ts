/** The write tool: a whole file, new or in place of another, in one step. */
import { z } from "zod";
import { unifiedDiff } from "./unified-diff";
import { toCrlf, usesCrlf } from "./line-endings";
import { editPermission, resolvePath, type ResolvedPath } from "./resolved-path";
import { replaceFile } from "./atomic-write";
import { readTextFile, statFile } from "./text-file";
import { type Tool, ToolError } from "../tool";

const input = z.strictObject({
  path: z.string().min(1).describe("The file, relative to the working directory or absolute"),
  content: z.string().describe("Everything that the file is to hold"),
});

export type WriteInput = z.output<typeof input>;

export const write: Tool<WriteInput> = {
  name: "write",
  description:
    "Writes a whole file, in place of what it held before; directories on the way are made. " +
    "To change a part of a file use edit: it is shorter and safer.",
  input,
  permission: async ({ path }, { cwd }) => editPermission(await resolvePath(path, cwd)),
  async run({ path, content }, { cwd }, signal) {
    const place = await resolvePath(path, cwd);
    const isNew = (await statFile(place)) === undefined;
    const before = isNew ? undefined : await textBefore(place, signal);
    const after = before !== undefined && usesCrlf(before) ? toCrlf(content) : content;
    const diff =
      isNew || before !== undefined ? unifiedDiff(place.shown, before, after) : undefined;
    await replaceFile(place, after, undefined, signal);
    const output = `${isNew ? "Created" : "Replaced"} ${place.shown}.`;
    return diff === undefined ? { output } : { output, diff };
  },
};

/** Undefined when what is there is no text: it is replaced all the same, and there is no diff to show. */
async function textBefore(place: ResolvedPath, signal: AbortSignal): Promise<string | undefined> {
  try {
    return (await readTextFile(place, signal)).text;
  } catch (error) {
    if (error instanceof ToolError) return undefined;
    throw error;
  }
}
