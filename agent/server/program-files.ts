/** Where Rein's own files are, and how its scripts are run: from a checkout, or from the single binary. */
import { dirname, join } from "node:path";

/** Whether this is the single binary: its own files are inside it, and `process.execPath` is Rein itself. */
export const isBinary = Bun.isStandaloneExecutable;

let folder = isBinary ? undefined : join(import.meta.dir, "../..");

/** For the single binary: where it has unpacked its files. To be called before the first file is asked for. */
export function useProgramFolder(path: string): void {
  folder = path;
}

/** The folder of all of Rein's own files: the checkout, or that of the unpacked ones, which have the same paths. */
export function programFolder(): string {
  if (folder === undefined) throw new Error("The files of this binary are not unpacked yet.");
  return folder;
}

/** The absolute path of one of Rein's own files, by its path in the checkout. */
export function programFile(path: string): string {
  return join(programFolder(), path);
}

/** The program that runs all of this: Bun, or the single binary. */
export const runningProgram = process.execPath;

/** The files and folders that the server runs and serves, absolute: a change to one of them runs as Rein from then on. */
export function programParts(): string[] {
  if (isBinary) return [programFolder(), runningProgram];
  return ["agent", "node_modules", "package.json", "bunfig.toml"].map(programFile);
}

/**
 * The command that runs a TypeScript file of Rein by this very Bun. Start it in a directory of the system: Bun reads and runs
 * a `bunfig.toml` of the one that it starts in. The single binary is Bun only where the variable `beBun` says so: a script
 * that starts another program takes it out of the environment before.
 */
export function bunScript(path: string): string[] {
  const own = isBinary ? ["/usr/bin/env", `${beBun}=1`] : [];
  // In the binary every script is bundled.
  const script = isBinary ? path.replace(/\.ts$/, ".js") : path;
  const options = ["--smol", "--no-env-file", "--no-install"];
  return [...own, runningProgram, ...options, programFile(script)];
}

/** What a sandbox has to show for `bunScript`: the script's folder and Bun. */
export function bunScriptFiles(path: string): string[] {
  // The packages of a checkout are not beside the script.
  return [isBinary ? dirname(programFile(path)) : programFolder(), runningProgram];
}

/** The variable by which a binary that Bun has compiled is Bun itself. */
export const beBun = "BUN_BE_BUN";
