/** Searches files with ripgrep, run as a job so that a stop ends it. Files that the project ignores are left out. */
import { basename, dirname, join, normalize } from "node:path";
import { errorCode } from "../../../shared/error-code";
import { truncate } from "../../../shared/truncate";
import { link } from "../../abort";
import { Directory } from "../../files/directory";
import { findRegular, kernelReason, NotRegularError } from "../../files/regular-file";
import type { JobEnd } from "../../processes/jobs";
import { programFile } from "../../program-files";
import { openParent, type ResolvedPath } from "../files/resolved-path";
import { refusal } from "../files/text-file";
import { type ToolContext, ToolError } from "../tool";
import { checkHits } from "./checked-hits";
import type { Listing } from "./search-listing";

const timeLimitSeconds = 60;
const maxErrorCharacters = 2000;
/** How many hits are checked, if most of them do not hold: a search that finds more is ended. */
const maxHits = 20_000;
/** So many hits at most are checked before they are shown. */
const batchSize = 50;

export interface Search {
  /** Options and pattern, without the path. */
  args: string[];
  /** The directory or file to search. */
  target: ResolvedPath;
  isWanted: (hit: Hit) => boolean;
  /** The line to show for a hit. */
  lineOf: (hit: Hit) => string;
  listing: Listing;
}

/** A line of ripgrep's output. */
export interface Hit {
  /** The file, relative to the directory searched (or to that of the one file searched). */
  path: string;
  /** The file, relative to the working directory. */
  shown: string;
  /** A line of the file and where it begins, in bytes; undefined when files are listed. */
  found?: { number: string; isMatch: boolean; offset: number; text: string };
}

/**
 * Resolves with notes on what could not be searched. Throws ToolError when the search failed, the signal's reason when it
 * was stopped; what was found and checked until then is shown.
 */
export async function ripgrep(
  search: Search,
  context: ToolContext,
  signal: AbortSignal,
): Promise<string[]> {
  const { root, cwd, argument, prefix } = await openRoot(search.target, signal);
  using _root = root;
  using enough = link(signal);
  let [errors, count] = ["", 0];
  let checking = Promise.resolve();
  const lines = new LineReader((whole) => {
    const wanted = whole.flatMap((line) => hitOf(line, prefix) ?? []).filter(search.isWanted);
    const counted = wanted.slice(0, maxHits - count);
    count += wanted.length;
    checking = checking.then(async () => {
      await show(counted, search, root, signal);
      if (search.listing.isFull) enough.controller.abort();
    });
    // It is awaited below, with its error; a stop may come before.
    checking.catch(() => undefined);
    if (count > maxHits) enough.controller.abort();
  });
  const { sessionId, runId, toolCallId } = context;
  const end = await context.jobs.run(
    {
      command: [...ripgrepCommand(), "--sort=path", ...search.args, "--", argument],
      cwd,
      owner: { sessionId, runId, toolCallId },
      isHelper: true,
      timeoutMs: timeLimitSeconds * 1000,
      onOutput(text, stream) {
        if (stream === "stdout") lines.write(text);
        else errors = truncate(errors + text, maxErrorCharacters);
      },
    },
    enough.controller.signal,
  );
  signal.throwIfAborted();
  lines.end();
  await checking;
  if (search.listing.isFull) return [];
  if (count > maxHits)
    return [`[the search was ended after ${maxHits} hits; narrow the pattern or the path]`];
  return notesOn(end, errors.trim(), search.listing.count);
}

async function show(
  found: Hit[],
  { listing, lineOf }: Search,
  root: Directory,
  signal: AbortSignal,
): Promise<void> {
  for (let at = 0; at < found.length && !listing.isFull; at += batchSize) {
    const held = await checkHits(root, found.slice(at, at + batchSize), signal);
    listing.add(held.map(lineOf));
  }
}

/** Hidden files are searched, the repository's own store is not. Ignore files apply without a repository too. */
const common = [
  "--no-config",
  "--no-require-git",
  "--hidden",
  "--glob=!.git",
  "--color=never",
  // A message could name a file that only a swapped link leads to.
  "--no-messages",
];

/** In KiB of addresses: it reads ignore rules whole, and a link to /dev/zero in their place has no end. */
const maxMemory = 2 * 1024 * 1024;
const limited = ["/bin/sh", "-c", `ulimit -v ${maxMemory} 2>/dev/null; exec "$0" "$@"`];

/** Ripgrep as all searches run it. */
export function ripgrepCommand(): string[] {
  return [...limited, programFile(ripgrepProgram), ...common];
}

const ripgrepProgram = `node_modules/@vscode/ripgrep-${process.platform}-${process.arch}/bin/rg`;

/** Exit codes of ripgrep: 0 for matches, 1 for none, 2 for an error, even if there are matches. */
function notesOn(end: JobEnd, errors: string, count: number): string[] {
  if (end.timedOut)
    return [`[the search was cut off after ${timeLimitSeconds} s; search a smaller directory]`];
  if (end.exitCode === 0 || end.exitCode === 1) return [];
  if (end.exitCode === 2 && errors === "")
    return ["[not everything could be searched: some files cannot be read]"];
  const problem = errors || `ripgrep ended with ${end.exitCode ?? end.signalName}`;
  if (count === 0) throw new ToolError(`The search failed: ${problem}`);
  return [`[not everything could be searched: ${problem}]`];
}

/** The directory to start ripgrep in, its path argument, and the prefix that makes its paths relative to the working directory. */
async function openRoot(target: ResolvedPath, signal: AbortSignal) {
  const { path, shown } = target;
  try {
    const root = await openDirectory(path, signal);
    if (root) return { root, cwd: path, argument: ".", prefix: shown };
    using cleanup = new DisposableStack();
    const { directory, name } = await openParent(target, signal);
    cleanup.use(directory);
    (await findRegular(directory, name, signal)).entry[Symbol.dispose]();
    cleanup.move();
    const argument = `./${basename(path)}`;
    return { root: directory, cwd: dirname(path), argument, prefix: dirname(shown) };
  } catch (error) {
    signal.throwIfAborted();
    if (errorCode(error) === "ENOENT")
      throw new ToolError(`There is no directory or file ${shown}.`, { cause: error });
    throw refusal(target, error);
  }
}

/** Undefined when it is no directory. Throws NotRegularError for one of the kernel. */
async function openDirectory(path: string, signal: AbortSignal): Promise<Directory | undefined> {
  try {
    using cleanup = new DisposableStack();
    const directory = cleanup.use(await Directory.open(path, signal));
    const reason = await kernelReason(directory, signal);
    if (reason !== undefined) throw new NotRegularError(reason);
    cleanup.move();
    return directory;
  } catch (error) {
    if (errorCode(error) === "ENOTDIR") return undefined;
    throw error;
  }
}

/**
 * A path ends with a null character (`--null`), which no file name contains. Then come the number and the offset of a line,
 * each with a colon after it (a match) or a dash (context). Undefined for a note of ripgrep's.
 */
function hitOf(output: string, prefix: string): Hit | undefined {
  const end = output.indexOf("\0");
  const path = normalize(end === -1 ? output : output.slice(0, end));
  const file = { path, shown: join(prefix, path) };
  if (end === -1) return file;
  const parts = output.slice(end + 1).match(/^(\d+)([:-])(\d+)\2(.*)$/s);
  if (parts === null) return undefined;
  const [, number = "", mark, offset, text = ""] = parts;
  return { ...file, found: { number, isMatch: mark === ":", offset: Number(offset), text } };
}

/** Joins pieces of text into complete lines. */
class LineReader {
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
    if (lines.length > 0) this.#onLines(lines);
  }
}
