/** The files of a program, wherever it is installed: a sandbox hides some of the places where people install one. */
import { realpathSync } from "node:fs";
import { dirname, isAbsolute, join } from "node:path";

/** Of the program, and of the script that it is given first: files, and the packages beside them. Some may not exist. */
export function programPaths([program = "", script = ""]: readonly string[]): string[] {
  const named = [Bun.which(program) ?? program, script].filter(isAbsolute);
  const all = named.flatMap((path) => [path, withoutLinks(path)]);
  return [...new Set(all.flatMap(pathsOf))];
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
