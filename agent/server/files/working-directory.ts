/** A session's working directory as it stands now: whether it is still the one that was chosen, and which one is there. */
import { realpath, stat } from "node:fs/promises";
import { abortable } from "../abort";

/** `id`: of the directory itself, which another one in its place does not have. `problem`: a sentence. */
export type WorkingDirectory = { id: string } | { problem: string };

/** `path`: without links when it was chosen. Rejects only with the signal's reason. */
export async function findWorkingDirectory(
  path: string,
  signal: AbortSignal,
): Promise<WorkingDirectory> {
  return abortable(find(path), signal);
}

async function find(path: string): Promise<WorkingDirectory> {
  try {
    const real = await realpath(path);
    // Rules that were given for it do not hold for another one.
    if (real !== path)
      return {
        problem: `The working directory ${path} has become another one, ${real}, since it was chosen. Choose the session’s directory again.`,
      };
    const { dev, ino } = await stat(path, { bigint: true });
    return { id: `${dev}:${ino}` };
  } catch {
    return {
      problem: `The working directory ${path} cannot be accessed. Bring it back, or choose another one for the session.`,
    };
  }
}
