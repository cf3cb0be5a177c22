/** Searches files with ripgrep, run as a job so that a stop ends it. Files that the project ignores are left out. */
import { stat } from "node:fs/promises";
import { basename, dirname, join, normalize } from "node:path";
import { rgPath } from "@vscode/ripgrep";
import { truncate } from "../../../shared/truncate";
import type { JobEnd } from "../../processes/jobs";
import type { ResolvedPath } from "../files/resolved-path";
import { type ToolContext, ToolError } from "../tool";

const timeLimitSeconds = 60;
const maxErrorCharacters = 2000;

export interface Search {
  /** Options and pattern, without the path. */
  args: string[];
  /** The directory or file to search. */
  target: ResolvedPath;
  onHits(hits: Hit[]): void;
}

/** A line of ripgrep's output. */
export interface Hit {
  /** The file, relative to the directory searched (or to that of the one file searched). */
  path: string;
  /** The file, relative to the working directory. */
  shown: string;
  /** Line number and line: `12:` before a match, `12-` before a context line. Empty when files are listed. */
  line: string;
}

/**
 * Resolves with notes on what could not be searched. Throws ToolError when the search failed, the signal's reason when it
 * was stopped; `onHits` has been called with what was found until then.
 */
export async function ripgrep(
  search: Search,
  context: ToolContext,
  signal: AbortSignal,
): Promise<string[]> {
  const { cwd, argument, prefix } = await searchRoot(search.target);
  const { sessionId, runId, toolCallId } = context;
  const lines = new LineReader((whole) => search.onHits(whole.map((line) => hitOf(line, prefix))));
  let errors = "";
  const end = await context.jobs.run(
    {
      command: [...limited, rgPath, ...common, ...search.args, "--", argument],
      cwd,
      owner: { sessionId, runId, toolCallId },
      timeoutMs: timeLimitSeconds * 1000,
      onOutput(text, stream) {
        if (stream === "stdout") lines.write(text);
        else errors = truncate(errors + text, maxErrorCharacters);
      },
    },
    signal,
  );
  if (end.stopped) throw signal.reason;
  lines.end();
  return notesOn(end, errors.trim(), lines.count);
}

/** Hidden files are searched, the repository's own store is not. Ignore files apply without a repository too. */
const common = [
  "--no-config",
  "--no-require-git",
  "--hidden",
  "--glob=!.git",
  "--color=never",
  "--sort=path",
];

/** In KiB of addresses: it reads ignore rules whole, and a link to /dev/zero in their place has no end. */
const maxMemory = 2 * 1024 * 1024;
const limited = ["/bin/sh", "-c", `ulimit -v ${maxMemory} 2>/dev/null; exec "$0" "$@"`];

/** Exit codes of ripgrep: 0 for matches, 1 for none, 2 for an error, even if there are matches. */
function notesOn(end: JobEnd, errors: string, count: number): string[] {
  if (end.timedOut)
    return [`[the search was cut off after ${timeLimitSeconds} s; search a smaller directory]`];
  if (end.exitCode === 0 || end.exitCode === 1) return [];
  const problem = errors || `ripgrep ended with ${end.exitCode ?? end.signalName}`;
  if (count === 0) throw new ToolError(`The search failed: ${problem}`);
  return [`[not everything could be searched: ${problem}]`];
}

/** The directory to start ripgrep in, its path argument, and the prefix that makes its paths relative to the working directory. */
async function searchRoot({ path, shown }: ResolvedPath) {
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory()) return { cwd: path, argument: ".", prefix: shown };
  if (found?.isFile())
    return { cwd: dirname(path), argument: `./${basename(path)}`, prefix: dirname(shown) };
  throw new ToolError(`There is no directory or file ${shown}.`);
}

/** With `--null` a path ends with a null character, which no file name contains. */
function hitOf(text: string, prefix: string): Hit {
  const [found = "", line = ""] = text.split("\0", 2);
  const path = normalize(found);
  return { path, shown: join(prefix, path), line };
}

/** Joins pieces of text into complete lines. */
class LineReader {
  count = 0;
  #rest = "";
  readonly #onLines: (lines: string[]) => void;

  constructor(onLines: (lines: string[]) => void) {
    this.#onLines = onLines;
  }

  write(text: string): void {
    const lines = (this.#rest + text).split("\n");
    this.#rest = lines.pop() ?? "";
    this.#deliver(lines);
  }

  end(): void {
    if (this.#rest !== "") this.#deliver([this.#rest]);
    this.#rest = "";
  }

  #deliver(lines: string[]): void {
    this.count += lines.length;
    if (lines.length > 0) this.#onLines(lines);
  }
}
