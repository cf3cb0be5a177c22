/** The write tool: creates or replaces a file atomically. */
import { z } from "zod";
import { unifiedDiff } from "./unified-diff";
import { toCrlf, usesCrlf } from "./line-endings";
import { resolvePath, type ResolvedPath } from "./resolved-path";
import { replaceFile } from "./atomic-write";
import { readTextFile, statFile } from "./text-file";
import { type Tool, ToolError } from "../tool";

const input = z.strictObject({
  path: z.string().min(1).describe("The file, relative to the working directory or absolute"),
  content: z.string().describe("The whole content of the file"),
});

export type WriteInput = z.output<typeof input>;

export const write: Tool<WriteInput> = {
  name: "write",
  description:
    "Creates a file or replaces its whole content; missing directories are created. " +
    "To change part of a file use edit: it is shorter and safer.",
  input,
  permission: async ({ path }, { cwd }) => ({
    kind: "edit",
    path: (await resolvePath(path, cwd)).path,
  }),
  async run({ path, content }, { cwd }, signal) {
    const resolved = await resolvePath(path, cwd);
    const isNew = (await statFile(resolved)) === undefined;
    const before = isNew ? undefined : await textBefore(resolved, signal);
    const after = before !== undefined && usesCrlf(before) ? toCrlf(content) : content;
    const diff =
      isNew || before !== undefined ? unifiedDiff(resolved.shown, before, after) : undefined;
    await replaceFile(resolved, after, undefined, signal);
    const output = `${isNew ? "Created" : "Replaced"} ${resolved.shown}.`;
    return diff === undefined ? { output } : { output, diff };
  },
};

/** Undefined when the file is not text: it is replaced all the same, without a diff. */
async function textBefore(
  resolved: ResolvedPath,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    return (await readTextFile(resolved, signal)).text;
  } catch (error) {
    if (error instanceof ToolError) return undefined;
    throw error;
  }
}
