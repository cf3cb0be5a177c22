/** The files of a program, wherever it is installed: a sandbox hides some of the places where people install one. */
import { realpathSync, statSync } from "node:fs";
import { access } from "node:fs/promises";
import { dirname, isAbsolute, join } from "node:path";
import { isWithin } from "../../shared/rules";

/**
 * Of the program, of the script that it is given first, and of other programs that its variables name: the file, or all the
 * packages among which it is installed.
 */
export async function programPaths(
  [program = "", script = ""]: readonly string[],
  environment: Record<string, string> = {},
): Promise<string[]> {
  const others = Object.entries(environment).flatMap(([name, value]) =>
    /_(PATH|EXECUTABLE)$/.test(name) && isFile(value) ? value : [],
  );
  const named = [Bun.which(program) ?? program, script, ...others].filter(isAbsolute);
  const all = named.flatMap((path) => [path, withoutLinks(path)]);
  return existing([...new Set(all.flatMap(pathsOf))]);
}

/**
 * The command with the files that links among the temporary ones lead to: a sandbox has no such links. Others stay, since
 * some programs are told by the name of a link what they are.
 */
export function withoutHiddenLinks([program = "", script, ...more]: readonly string[]): string[] {
  const shown = (path: string) =>
    isAbsolute(path) && isWithin(path, "/tmp") ? withoutLinks(path) : path;
  return [shown(program), ...(script === undefined ? [] : [shown(script)]), ...more];
}

/** Those of the paths that exist. */
export async function existing(paths: readonly string[]): Promise<string[]> {
  const found = paths.map((path) =>
    access(path).then(
      () => path,
      () => undefined,
    ),
  );
  return (await Promise.all(found)).filter((path) => path !== undefined);
}

function pathsOf(path: string): string[] {
  const packages = /^.*?\/node_modules(?=\/)/.exec(path)?.[0];
  return [packages ?? path, ...(packages ? [] : [join(dirname(path), "node_modules")])];
}

function isFile(path: string): boolean {
  try {
    return isAbsolute(path) && statSync(path).isFile();
  } catch {
    return false; // none, or not to be seen
  }
}

function withoutLinks(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path; // the start says that it is missing
  }
}
