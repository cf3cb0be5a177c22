/** What an edit of Claude Code has changed in a file, as a unified diff. */
import { relative } from "node:path";
import { FILE_HEADERS_ONLY, formatPatch } from "diff";
import { z } from "zod";

const maxHunkLines = 20_000;

const line = z.number().int().nonnegative();
const edited = z.object({
  filePath: z.string(),
  type: z.string().optional(),
  content: z.string().optional(),
  structuredPatch: z
    .array(
      z.object({
        oldStart: line,
        oldLines: line,
        newStart: line,
        newLines: line,
        lines: z.array(z.string()).max(maxHunkLines),
      }),
    )
    .max(1_000),
});

/** Of a tool's own result, with the path from `cwd`; undefined when it changed no file, or the change is too long to show. */
export function diffOf(result: unknown, cwd: string): string | undefined {
  const { data } = edited.safeParse(result);
  if (data === undefined) return undefined;
  const isNew = data.type === "create";
  const hunks = isNew ? wholeFile(data.content ?? "") : data.structuredPatch;
  if (hunks.length === 0) return undefined;
  const path = relative(cwd, data.filePath);
  const shown = path.startsWith("..") ? data.filePath.replace(/^\//, "") : path;
  const names = {
    oldFileName: isNew ? "/dev/null" : `a/${shown}`,
    newFileName: `b/${shown}`,
  };
  return formatPatch(
    { ...names, oldHeader: undefined, newHeader: undefined, hunks },
    FILE_HEADERS_ONLY,
  );
}

function wholeFile(content: string): z.infer<typeof edited>["structuredPatch"] {
  const lines = content.split("\n");
  const endsWithLine = lines.at(-1) === "";
  if (endsWithLine) lines.pop();
  if (lines.length === 0 || lines.length > maxHunkLines) return [];
  const added = lines.map((text) => `+${text}`);
  if (!endsWithLine) added.push("\\ No newline at end of file");
  // The start is the line before, as a patch counts it, once it is written.
  return [{ oldStart: 1, oldLines: 0, newStart: 1, newLines: lines.length, lines: added }];
}
