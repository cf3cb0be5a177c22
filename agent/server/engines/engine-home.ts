/** What may set an engine up: nothing that a command has left in Rein's home for it, and nothing of the directory. */
import { lstatSync, mkdirSync, renameSync, symlinkSync } from "node:fs";
import { lstat, readdir, realpath, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { errorCode } from "../../shared/error-code";
import { isWithin } from "../../shared/rules";
import { Directory } from "../files/directory";
import { EngineError } from "./engine";

/**
 * Removes what an earlier command can have left in Rein's home for an engine, to be asked less often or to run something
 * without a sandbox. Names are paths in it; a link in the place of a directory on the way is removed, and not followed.
 */
export async function clearHome(
  home: string,
  names: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  using directory = await Directory.open(await realpath(home), signal);
  await Promise.all(names.map((name) => clear(directory, name.split("/"), signal)));
}

async function clear(
  directory: Directory,
  [first = "", ...rest]: string[],
  signal: AbortSignal,
): Promise<void> {
  const remove = () => rm(directory.at(first), { recursive: true, force: true });
  if (rest.length === 0) return await remove();
  const inner = await directory.directory(first, signal).catch((error: unknown) => {
    signal.throwIfAborted();
    if (errorCode(error) !== "ENOENT") return remove();
  });
  if (!inner) return;
  using _inner = inner;
  await clear(inner, rest, signal);
}

/**
 * Makes a fresh directory in the place of ~/.config: with one of the engine's own, and links to all else, for its commands
 * find their settings by the same variable. Rejects with what the file system throws.
 */
export async function makeConfig(
  directory: string,
  own: string,
  from = join(homedir(), ".config"),
): Promise<void> {
  const names = await readdir(from).catch(() => []); // many homes have none
  const old = `${directory}-${crypto.randomUUID()}`;
  // In one go: another conversation can be opened in the same home meanwhile.
  if (lstatSync(directory, { throwIfNoEntry: false })) renameSync(directory, old);
  for (const path of [directory, join(directory, own)]) mkdirSync(path, { mode: 0o700 });
  for (const name of names) if (name !== own) symlinkSync(join(from, name), join(directory, name));
  await rm(old, { recursive: true, force: true });
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

/** Rejects with EngineError where one of the directories has a policy, or cannot be read. */
export async function refusePolicies(
  engine: string,
  directories: readonly string[],
): Promise<void> {
  for (const directory of directories)
    if (await hasPolicies(directory))
      throw new EngineError(
        "engine-policies",
        `${engine} is not started: with the policies of this machine in ${directory} it ignores Rein’s, by which it asks before it does something. Use another engine here.`,
      );
}

async function hasPolicies(directory: string): Promise<boolean> {
  try {
    return (await readdir(directory)).some((name) => name.endsWith(".toml"));
  } catch (error) {
    return isThere(error);
  }
}

/**
 * Of the names in the directory, the paths of those that are links out of it: read as instructions they would tell the model
 * what no question was about. Never rejects.
 */
export async function leadingOutside(cwd: string, names: readonly string[]): Promise<string[]> {
  const paths = names.map((name) => join(cwd, name));
  const targets = await Promise.all(paths.map((path) => realpath(path).catch(() => path)));
  return paths.filter((_, index) => !isWithin(targets[index]!, cwd));
}

/** The directory and all above it. */
export function upwards(directory: string): string[] {
  const above = dirname(directory);
  return above === directory ? [directory] : [directory, ...upwards(above)];
}

function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    (error: unknown) => isThere(error),
  );
}

/** By the error of a look at it. */
function isThere(error: unknown): boolean {
  return !["ENOENT", "ENOTDIR"].includes(errorCode(error) ?? "");
}
