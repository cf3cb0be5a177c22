/** The files of a program, wherever it is installed: a sandbox hides some of the places where people install one. */
import { realpathSync } from "node:fs";
import { access } from "node:fs/promises";
import { dirname, isAbsolute, join } from "node:path";

/** Of the program, and of the script that it is given first: the file, or all the packages among which it is installed. */
export async function programPaths([program = "", script = ""]: readonly string[]): Promise<
  string[]
> {
  const named = [Bun.which(program) ?? program, script].filter(isAbsolute);
  const all = named.flatMap((path) => [path, withoutLinks(path)]);
  return existing([...new Set(all.flatMap(pathsOf))]);
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

function withoutLinks(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path; // the start says that it is missing
  }
}
