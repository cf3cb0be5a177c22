/** Reads on in the output of an earlier call of the session, of which the model was shown the ends. */
import { truncate } from "../../../shared/truncate";
import { outputLines } from "../outputs/long-lines";
import { type ToolContext, ToolError } from "../tool";

const prefix = "output:";

/** What follows `output:` in a path; undefined when it is a path. */
export function outputId(path: string): string | undefined {
  return path.startsWith(prefix) ? path.slice(prefix.length) : undefined;
}

/** Its lines, whatever bytes it has. Throws ToolError when there is none, the signal's reason when it aborts. */
export async function readOutput(
  { outputs, sessionId }: Pick<ToolContext, "outputs" | "sessionId">,
  id: string,
  signal: AbortSignal,
): Promise<string[]> {
  const bytes = await outputs.read(sessionId, id, signal);
  if (bytes === undefined)
    throw new ToolError(
      `No output of this session is kept as “${truncate(id, 200)}”. Make the call again if you need it.`,
    );
  return outputLines(new TextDecoder().decode(bytes));
}
