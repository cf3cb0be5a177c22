/** The text of a page, made by a helper job that a stop, a limit of time and one of memory end. */
import { z } from "zod";
import type { JobEnd } from "../../processes/jobs";
import { bunScript, bunScriptFiles } from "../../program-files";
import { type ToolContext, ToolError } from "../tool";
import type { PageInput, PageText } from "./page-converter";

const converter = "agent/server/tools/web/page-converter.ts";
const timeLimitMs = 10_000;
const memoryBytes = 1_000_000_000;
/** More than any page has: what the helper writes is the work of the page. */
const maxCharacters = 30_000_000;

const converted = z.object({ title: z.string(), text: z.string(), isPlain: z.boolean() });

/**
 * As Markdown; as plain text where that takes too long or is too much. Throws ToolError when neither can be made, the
 * signal's reason when it aborts: then the helper is dead.
 */
export async function pageText(
  page: Omit<PageInput, "as">,
  context: ToolContext,
  signal: AbortSignal,
): Promise<PageText> {
  const found =
    (await convert({ ...page, as: "markdown" }, context, signal)) ??
    (await convert({ ...page, as: "plain" }, context, signal));
  if (found) return found;
  throw new ToolError("The page arrived, but no text could be made of it within the limits.");
}

async function convert(
  input: PageInput,
  { jobs, sessionId, runId, toolCallId }: ToolContext,
  signal: AbortSignal,
): Promise<PageText | undefined> {
  const { sandboxWorks } = await jobs.capabilities();
  signal.throwIfAborted();
  let output = "";
  const end: JobEnd = await jobs.run(
    {
      command: bunScript(converter),
      cwd: "/",
      owner: { sessionId, runId, toolCallId },
      isHelper: true,
      stdin: JSON.stringify(input),
      ...(sandboxWorks
        ? { sandbox: { network: false, cwd: "read-only" }, readable: bunScriptFiles(converter) }
        : { unconfined: true }),
      timeoutMs: timeLimitMs,
      limits: { memoryBytes, processes: 64 },
      onOutput(text, stream) {
        if (stream === "stdout" && output.length <= maxCharacters) output += text;
      },
    },
    signal,
  );
  signal.throwIfAborted();
  if (end.exitCode !== 0 || output.length > maxCharacters) return undefined;
  return parsed(output);
}

function parsed(output: string): PageText | undefined {
  try {
    return converted.parse(JSON.parse(output));
  } catch {
    // A page that has broken the helper so far gets its plain text.
    return undefined;
  }
}
