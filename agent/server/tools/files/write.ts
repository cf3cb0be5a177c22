/** The write tool: creates or replaces a file atomically. */
import { z } from "zod";
import { unifiedDiff } from "./unified-diff";
import { toCrlf, usesCrlf } from "./line-endings";
import { resolvePath, type ResolvedPath } from "./resolved-path";
import { replaceFile } from "./atomic-write";
import { openTarget, readText } from "./text-file";
import { type Tool, ToolError, type ToolResult } from "../tool";

const input = z.strictObject({
  path: z
    .string()
    .min(1)
    .max(4096)
    .describe("The file, relative to the working directory or absolute"),
  content: z.string().describe("The whole content of the file"),
});

export type WriteInput = z.output<typeof input>;

export const write: Tool<WriteInput> = {
  name: "write",
  description:
    "Creates a file or replaces its whole content; missing directories are created. " +
    "To change part of a file use edit: it is shorter and safer.",
  input,
  async prepare({ path, content }, { cwd }, signal) {
    const target = await resolvePath(path, cwd, signal);
    return {
      access: { kind: "edit", path: target.path },
      run: () => writeWhole(target, content, signal),
    };
  },
};

async function writeWhole(
  target: ResolvedPath,
  content: string,
  signal: AbortSignal,
): Promise<ToolResult> {
  const before = await textBefore(target, signal);
  const after = typeof before === "string" && usesCrlf(before) ? toCrlf(content) : content;
  const diff = before === null ? undefined : unifiedDiff(target.shown, before, after);
  await replaceFile(target, after, undefined, signal);
  const output = `${before === undefined ? "Created" : "Replaced"} ${target.shown}.`;
  return diff === undefined ? { output } : { output, diff };
}

/** Undefined when there is no file. Null when it is not text: it is replaced all the same, without a diff. */
async function textBefore(
  target: ResolvedPath,
  signal: AbortSignal,
): Promise<string | undefined | null> {
  try {
    using file = await openTarget(target, signal);
    return file && (await readText(file, target, signal));
  } catch (error) {
    if (error instanceof ToolError) return null;
    throw error;
  }
}
