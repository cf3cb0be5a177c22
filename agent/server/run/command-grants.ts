/** What the command of a message gives to its run alone, while its file is the one that was sent and acts. */
import type { Message, Rule, Session } from "../../shared/protocol";
import type { ActingCommand, ActingSkill } from "../definitions/definition-types";
import { inFolder } from "../definitions/expand-command";
import type { LoopParts } from "./run-types";

export interface CommandGrants {
  /** Its lines as they are written, and what it allows besides. */
  rules: Rule[];
  /** As the file names it. */
  model?: string | undefined;
}

/** None when its file has changed since, or no longer acts: then its lines are asked about. None when the signal aborts. */
export async function grantsOf(
  { definitions }: Pick<LoopParts, "definitions">,
  { cwd }: Pick<Session, "cwd">,
  { command }: Pick<Message, "command">,
  signal: AbortSignal,
): Promise<CommandGrants> {
  if (command === undefined) return { rules: [] };
  try {
    const [commands, skills] = await Promise.all([
      definitions.commands(cwd, signal),
      definitions.skills(cwd, signal),
    ]);
    const found = [...commands, ...skills].find(
      ({ name, origin, digest }) =>
        name === command.name && origin === command.origin && digest === command.digest,
    );
    return found === undefined ? { rules: [] } : grantsIn(found);
  } catch (error) {
    if (signal.aborted) return { rules: [] };
    throw error;
  }
}

function grantsIn(found: ActingCommand | ActingSkill): CommandGrants {
  const isSkill = "folder" in found;
  const runs = isSkill ? found.runs.map((line) => inFolder(line, found)) : found.runs;
  const lines = runs.map((command): Rule => ({ kind: "command", match: "exact", command }));
  return isSkill ? { rules: lines } : { rules: [...lines, ...found.grants], model: found.model };
}
