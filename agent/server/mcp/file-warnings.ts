/** What a project's server runs that its entry does not show: files of the project, which can change without a new question. */
import { isAbsolute, relative, resolve } from "node:path";
import { lstat } from "node:fs/promises";
import type { McpServer } from "../../shared/requests";
import { abortable } from "../abort";

/** Sentences. Throws only the signal's reason. */
export async function fileWarnings(
  server: McpServer,
  cwd: string,
  signal: AbortSignal,
): Promise<string[]> {
  if (server.type === "http") return [];
  const named = [server.command, ...server.args.flatMap(pathsIn)];
  const inside = new Set(named.flatMap((text) => insidePath(text, cwd) ?? []));
  // A name alone is no file of the project: the command is then searched on the path.
  if (!server.command.includes("/")) inside.delete(server.command);
  const found = await Promise.all(
    [...inside].map((path) =>
      abortable(
        lstat(resolve(cwd, path)).then(
          () => [path],
          () => [], // no such file: the text is no path
        ),
        signal,
      ),
    ),
  );
  return found
    .flat()
    .map(
      (path) =>
        `${path} is a file of the project: what it holds can change without a new question.`,
    );
}

/** Also of `--option=path`. */
function pathsIn(argument: string): string[] {
  const value = /^-[^=]*=(.+)$/s.exec(argument)?.[1];
  return value === undefined ? [argument] : [value];
}

/** Relative, of a path inside. */
function insidePath(text: string, cwd: string): string | undefined {
  const path = relative(cwd, resolve(cwd, text));
  return path === "" || path.startsWith("..") || isAbsolute(path) ? undefined : path;
}
