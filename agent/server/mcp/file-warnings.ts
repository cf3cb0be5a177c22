/** What a project's server runs that its entry does not show: files of the project, which can change without a new question. */
import { realpath } from "node:fs/promises";
import { isAbsolute, relative, resolve } from "node:path";
import type { McpServer } from "../../shared/requests";
import { abortable } from "../abort";

/** Sentences. Throws only the signal's reason. */
export async function fileWarnings(
  server: McpServer,
  cwd: string,
  signal: AbortSignal,
): Promise<string[]> {
  if (server.type === "http") return [];
  const { command, args, env } = server;
  // A name alone is searched on the path, and is no file of the project.
  const named = [
    ...(command.includes("/") ? [command] : []),
    ...[...args, ...Object.values(env)].flatMap(pathsIn),
  ].slice(0, mostPaths);
  const root = await realOf(cwd, signal);
  const found = await Promise.all(
    named.map(async (text) => insideOf(root ?? cwd, await realOf(resolve(cwd, text), signal))),
  );
  const inside = new Set(found.filter((path) => path !== undefined));
  return [...inside].map(
    (path) => `${path} is in the project: what it holds can change without a new question.`,
  );
}

const mostPaths = 500;

/** Also of `--option=path`, and of the paths that one variable or argument lists. */
function pathsIn(text: string): string[] {
  return [...new Set([text, ...text.split(/[\s:;,=]+/)])].filter((one) => one !== "");
}

/** Without links; undefined where there is no such file: then the text is no path. */
function realOf(path: string, signal: AbortSignal): Promise<string | undefined> {
  return abortable(
    realpath(path).catch(() => undefined),
    signal,
  );
}

/** Relative, of a path inside. */
function insideOf(root: string, path: string | undefined): string | undefined {
  if (path === undefined) return undefined;
  const inside = relative(root, path);
  const isOutside = inside === ".." || inside.startsWith("../") || isAbsolute(inside);
  return inside === "" || isOutside ? undefined : inside;
}
