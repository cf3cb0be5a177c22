/** Notes about a project that a person keeps, for models in later sessions. */

export interface ProjectMemory {
  /** The notes that are kept, for the system prompt; empty when there are none. Throws only the signal's reason. */
  promptOf(cwd: string, signal: AbortSignal): Promise<string>;
}

/** There are no notes. */
export const noMemory: ProjectMemory = { promptOf: async () => "" };
