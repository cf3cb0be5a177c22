/** The directory that `rein` was called in. It can be gone: what works in a directory asks for it, all else works without. */
import { resolve } from "node:path";
import { CommandFailed } from "./command";

let unusable: string | undefined;

/** The launcher has started Bun in Rein's own directory, where it obeys no file of the caller's, and named the caller's. */
export function returnToCaller(): void {
  const directory = process.env["REIN_CALLED_FROM"];
  if (directory === undefined) return;
  delete process.env["REIN_CALLED_FROM"];
  if (directory === "") unusable = isGone;
  else
    try {
      process.chdir(directory);
    } catch (error) {
      unusable = `The directory you are in cannot be used: ${String(error)}`;
    }
}

const isGone = "The directory you are in is gone; change to another.";

/** Throws CommandFailed when it cannot be used. */
export function callersDirectory(): string {
  if (unusable !== undefined) throw new CommandFailed(unusable);
  try {
    return process.cwd();
  } catch (cause) {
    throw new CommandFailed(isGone, { cause });
  }
}

/** A path as the caller means it. Throws CommandFailed for a relative one where the directory cannot be used. */
export function callersPath(path: string): string {
  return path.startsWith("/") ? resolve(path) : resolve(callersDirectory(), path);
}

/** Whether it is this directory. */
export function isCallersDirectory(path: string): boolean {
  try {
    return callersDirectory() === path;
  } catch {
    return false; // it cannot be used
  }
}
