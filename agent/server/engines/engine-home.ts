/** What may set an engine up: nothing that a command has left in Rein's home for it, and nothing of the directory. */
import { lstat, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { EngineError } from "./engine";

/**
 * Removes what an earlier command can have left in Rein's home for an engine, to be asked less often or to run in another
 * session. Names are paths in it.
 */
export async function clearHome(home: string, names: readonly string[]): Promise<void> {
  await Promise.all(names.map((name) => rm(join(home, name), { recursive: true, force: true })));
}

/** Rejects with EngineError where the directory, or one above it, has one of the names. The user's home is the user's own. */
export async function refuseSetUps(
  engine: string,
  cwd: string,
  names: readonly string[],
): Promise<void> {
  for (const directory of upwards(cwd)) {
    if (directory === homedir()) continue;
    for (const name of names) {
      const path = join(directory, name);
      if (await exists(path))
        throw new EngineError(
          "engine-directory",
          `${engine} is not started in this directory: it would run what ${path} names before anybody is asked, and that cannot be turned off. Move it away, or use another engine here.`,
        );
    }
  }
}

/** The directory and all above it. */
export function upwards(directory: string): string[] {
  const above = dirname(directory);
  return above === directory ? [directory] : [directory, ...upwards(above)];
}

function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => error.code !== "ENOENT" && error.code !== "ENOTDIR",
  );
}
