/** What files say about how an agent works in a directory: instructions, commands, skills and roles. */
import type { Definition } from "../../shared/protocol";
import type { ProjectAnswerRequest } from "../../shared/requests";

export interface DefinitionSet {
  /** By which answers are kept. */
  root: string;
  /** Those that act and those that do not, the ones that win first. */
  definitions: Definition[];
  /** What cannot be read or used, in sentences. */
  problems: string[];
}

/** Each throws only the signal's reason, and what is said. */
export interface Definitions {
  /** As the files are now. */
  of(cwd: string, signal: AbortSignal): Promise<DefinitionSet>;
  /** The instructions that act, for the system prompt; empty when there are none. It changes only with them. */
  promptOf(cwd: string, signal: AbortSignal): Promise<string>;
  /** Keeps all answers; false, and none, when one of what was shown has changed. Throws what the file system throws. */
  answer(
    cwd: string,
    answers: ProjectAnswerRequest["answers"],
    signal: AbortSignal,
  ): Promise<boolean>;
}

/** There are no such files. */
export const noDefinitions: Pick<Definitions, "of" | "promptOf"> = {
  of: async (root) => ({ root, definitions: [], problems: [] }),
  promptOf: async () => "",
};
