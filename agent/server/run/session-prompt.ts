/** The system prompt of a session: Rein's own, the instructions of files, and the notes about the project. */
import { abortable } from "../abort";
import { activeRun } from "../../shared/session-lookup";
import { planNote } from "../agent/plan-tool";
import { systemPrompt, unattendedPrompt } from "../agent/system-prompt";
import type { LiveSession } from "../session/live-session";
import type { LoopParts } from "./run-types";

/** What confines commands is not known in the first moments of a server: a stop does not wait for it. */
export async function sessionPrompt(
  { jobs, definitions, memory }: LoopParts,
  { session }: LiveSession,
  isSubagent: boolean,
  signal: AbortSignal,
): Promise<string> {
  const sandbox = await abortable(jobs.confinement(), signal);
  const added = await Promise.all([
    definitions.promptOf(session.cwd, signal),
    memory.promptOf(session.cwd, signal),
  ]);
  const note = planNote(session.permissions, isSubagent);
  // Last: the beginning is that of the session's other runs.
  const last = activeRun(session)?.unattended ? unattendedPrompt : "";
  return [systemPrompt(session, sandbox), ...added, note, last]
    .filter((text) => text !== "")
    .join("\n\n");
}
