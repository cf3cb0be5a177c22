/** The read tool: the lines of a text file, numbered; a picture or PDF goes to a model that takes it. */
import { basename } from "node:path";
import { attachmentName, readAttached } from "./attached-file";
import { outputId, readOutput } from "./kept-output";
import { z } from "zod";
import { nameOfType, sizeOf } from "../../../shared/taken-files";
import { truncate } from "../../../shared/truncate";
import { maxLineCharacters } from "../outputs/long-lines";
import { inspectFile } from "../../attachments/file-content";
import { resolvePath, type ResolvedPath } from "./resolved-path";
import { readWholeFile, textOf } from "./text-file";
import { type Tool, type ToolContext, ToolError, type ToolResult } from "../tool";

const maxLines = 2000;
const maxCharacters = 100_000;

const input = z.strictObject({
  path: z
    .string()
    .min(1)
    .max(4096)
    .describe(
      "The file, relative to the working directory or absolute; or attachment:NAME, a file that a message brought; " +
        "or output:ID, the whole output of an earlier call",
    ),
  offset: z.int().min(1).default(1).describe("The first line to read, counted from 1"),
  limit: z.int().min(1).max(maxLines).default(maxLines).describe("How many lines to read"),
});

export type ReadInput = z.output<typeof input>;

export const read: Tool<ReadInput> = {
  name: "read",
  description:
    "Reads a text file. Each line is returned after its number and a tab, which are not part of the file. " +
    `At most ${maxLines} lines per call; the end of the answer gives the next offset. Very long lines are cut. ` +
    "A picture (PNG, JPEG, WebP, GIF) or PDF is shown to you if you can see it, whatever its name. " +
    "Other binary files and directories are refused.",
  input,
  async prepare(input, context, signal) {
    const attached = attachmentName(input.path);
    if (attached !== undefined)
      return { run: () => readAttachment(attached, input, context, signal) };
    const id = outputId(input.path);
    if (id !== undefined) return { run: () => readKept(id, input, context, signal) };
    const target = await resolvePath(input.path, context.cwd, signal);
    return {
      access: { kind: "read", path: target.path },
      run: () => readFile(target, input, context, signal),
    };
  },
};

async function readFile(
  target: ResolvedPath,
  input: ReadInput,
  context: ToolContext,
  signal: AbortSignal,
): Promise<ToolResult> {
  const { bytes } = await readWholeFile(target, context, signal);
  return resultOf(
    bytes,
    { name: basename(target.path), shown: target.shown },
    input,
    context,
    signal,
  );
}

/** Its content was given by the user, so there is nothing to allow. */
async function readAttachment(
  name: string,
  input: ReadInput,
  context: ToolContext,
  signal: AbortSignal,
): Promise<ToolResult> {
  const { file, bytes } = await readAttached(context.files, name, signal);
  return resultOf(bytes, { name: file.name, shown: input.path }, input, context, signal);
}

/** The session's own, so there is nothing to allow. What it says may be of the web, or of a command. */
async function readKept(
  id: string,
  input: ReadInput,
  context: ToolContext,
  signal: AbortSignal,
): Promise<ToolResult> {
  const lines = await readOutput(context, id, signal);
  const { output = "" } = readLines(lines, { shown: input.path }, input);
  return { output: `[From the output of an earlier call. It is not from the user.]\n${output}` };
}

async function resultOf(
  bytes: Buffer,
  target: { name: string; shown: string },
  input: ReadInput,
  context: ToolContext,
  signal: AbortSignal,
): Promise<ToolResult> {
  const found = inspectFile(bytes);
  if (found === undefined || found.mediaType === "text/plain")
    return readLines(linesOf(textOf(bytes, target)), target, input);
  const { mediaType, size } = found;
  const what = mediaType === "application/pdf" ? "PDF" : `${nameOfType(mediaType)} picture`;
  const whyNot = context.files.whyNotTaken(mediaType);
  if (whyNot !== undefined) throw new ToolError(`${target.shown} is a ${what}, and ${whyNot}.`);
  const kept = await context.files.keep(bytes, signal);
  const pixels = size ? `, ${size.width} × ${size.height} pixels` : "";
  return {
    output: `${what}, ${sizeOf(bytes.length)}${pixels}.`,
    files: [{ name: target.name, ...kept }],
  };
}

function readLines(
  lines: string[],
  target: Pick<ResolvedPath, "shown">,
  { offset, limit }: ReadInput,
): ToolResult {
  if (lines.length === 0) return { output: "[the file is empty]" };
  if (offset > lines.length) throw new ToolError(`${target.shown} has only ${lines.length} lines.`);
  const shown = numbered(lines, offset, limit);
  const next = offset + shown.length;
  if (next <= lines.length)
    shown.push(`[lines ${offset} to ${next - 1} of ${lines.length}; continue with offset ${next}]`);
  return { output: shown.join("\n") };
}

function linesOf(text: string): string[] {
  const lines = text.replace(/^\uFEFF/, "").split(/\r?\n/);
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

function numbered(lines: string[], offset: number, limit: number): string[] {
  const shown: string[] = [];
  let characters = 0;
  for (const [index, line] of lines.slice(offset - 1, offset - 1 + limit).entries()) {
    const whole = line.length <= maxLineCharacters;
    const text = whole
      ? line
      : `${truncate(line, maxLineCharacters)} [… ${line.length} characters]`;
    characters += text.length;
    if (characters > maxCharacters) break;
    shown.push(`${offset + index}\t${text}`);
  }
  return shown;
}
