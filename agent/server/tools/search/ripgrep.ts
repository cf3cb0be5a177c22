/** Searches with ripgrep, run as a job like any other: what the project ignores is left out, and a stop ends it. */
import { stat } from "node:fs/promises";
import { basename, dirname, join, normalize } from "node:path";
import { rgPath } from "@vscode/ripgrep";
import type { JobEnd } from "../../processes/jobs";
import { cut } from "../bash/bounded-output";
import type { ResolvedPath } from "../files/resolved-path";
import { type ToolContext, ToolError } from "../tool";

const timeLimitSeconds = 60;

export interface Search {
  /** Options and pattern; where to look is added. */
  args: string[];
  place: ResolvedPath;
  onHits(hits: Hit[]): void;
}

/** A line of ripgrep's output. */
export interface Hit {
  /** The file, relative to the place that was searched (or to the directory of the one file that was). */
  path: string;
  /** The file as seen from the working directory. */
  shown: string;
  /** Line number and line, `12:` before a match and `12-` before a line of context; empty when files are listed. */
  line: string;
}

/**
 * Resolves with notes on what the search could not do. Throws ToolError when it could not search at all,
 * the signal's reason when it was stopped; what was found so far has been delivered.
 */
export async function ripgrep(
  search: Search,
  context: ToolContext,
  signal: AbortSignal,
): Promise<string[]> {
  const { cwd, target, prefix } = await startOf(search.place);
  const { sessionId, runId, toolCallId } = context;
  const lines = new LineReader((whole) => search.onHits(whole.map((line) => hitOf(line, prefix))));
  let complaint = "";
  const end = await context.jobs.run(
    {
      command: [rgPath, ...common, ...search.args, "--", target],
      cwd,
      owner: { sessionId, runId, toolCallId },
      timeoutMs: timeLimitSeconds * 1000,
      onOutput(text, stream) {
        if (stream === "stdout") lines.write(text);
        else complaint = cut(complaint + text, 2000);
      },
    },
    signal,
  );
  if (end.stopped) throw signal.reason;
  lines.end();
  return notesOn(end, complaint.trim(), lines.count);
}

/** Hidden files count, the repository's own store does not. An ignore file counts without a repository too. */
const common = [
  "--no-config",
  "--no-require-git",
  "--hidden",
  "--glob=!.git",
  "--color=never",
  "--sort=path",
];

/** Exit codes of ripgrep: 0 found, 1 nothing found, 2 an error, perhaps besides things found. */
function notesOn(end: JobEnd, complaint: string, count: number): string[] {
  if (end.timedOut) return [`[broken off after ${timeLimitSeconds} s; search in a smaller place]`];
  if (end.exitCode === 0 || end.exitCode === 1) return [];
  const problem = complaint || `ripgrep ended with ${end.exitCode ?? end.signalName}`;
  if (count === 0) throw new ToolError(`The search failed: ${problem}`);
  return [`[not everything could be searched: ${problem}]`];
}

/** Where ripgrep is started, what it is told to search, and what leads from the working directory to its paths. */
async function startOf({ path, shown }: ResolvedPath) {
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory()) return { cwd: path, target: ".", prefix: shown };
  if (found?.isFile())
    return { cwd: dirname(path), target: `./${basename(path)}`, prefix: dirname(shown) };
  throw new ToolError(`There is no directory or file ${shown}.`);
}

/** With `--null` a path ends with a null character, which no name can hold. */
function hitOf(text: string, prefix: string): Hit {
  const [found = "", line = ""] = text.split("\0", 2);
  const path = normalize(found);
  return { path, shown: join(prefix, path), line };
}

/** Text in pieces becomes whole lines. */
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
