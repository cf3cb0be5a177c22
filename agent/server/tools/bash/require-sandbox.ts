/** What commands of plan mode need, since nothing else keeps them from changing files. */
import { abortable } from "../../abort";
import type { Jobs } from "../../processes/jobs";
import { ToolError } from "../tool";

/** Plan mode trusts no command. Throws ToolError where none can be confined. */
export async function requireSandbox(jobs: Jobs, signal: AbortSignal): Promise<void> {
  const { sandboxWorks, noSandbox } = await abortable(jobs.capabilities(), signal);
  if (sandboxWorks) return;
  throw new ToolError(
    `In plan mode a command runs read-only, which needs a sandbox, and there is none here (${noSandbox ?? "unknown"}): nothing was run. Use read, glob and grep.`,
  );
}
