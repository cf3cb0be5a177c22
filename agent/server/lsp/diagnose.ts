/** What language servers say about files after an edit. */

/**
 * For the model: what is wrong with these files now (absolute paths without links), or that nobody says so; empty where no
 * language server is for them. Never throws: an abort ends the wait, and then nothing is said.
 */
export type Diagnose = (
  session: { id: string; cwd: string },
  paths: readonly string[],
  signal: AbortSignal,
) => Promise<string>;
