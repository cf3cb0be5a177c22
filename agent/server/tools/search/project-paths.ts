/** The files and folders of a directory that its ignore files do not exclude, listed by ripgrep and kept for a moment. */
import { link } from "../../abort";
import { Directory } from "../../files/directory";
import { kernelReason } from "../../files/regular-file";
import type { Jobs } from "../../processes/jobs";
import { bestPaths, type SearchedPath } from "./path-match";
import { ripgrepCommand } from "./ripgrep";

export interface ProjectPaths {
  /**
   * The best `limit` paths below a directory for a few letters, relative to it; folders end with a slash. `cwd` is absolute
   * and without links. Links are not followed. A name that is not UTF-8 is left out. The signal ends the listing. Throws
   * its reason, or an Error when the directory cannot be listed.
   */
  find(cwd: string, query: string, limit: number, signal: AbortSignal): Promise<string[]>;
}

/** A listing is used again for so long: while a person types. */
const keptMs = 3000;
const mostKept = 4;
const timeLimitMs = 20_000;
/** Of a larger directory the rest is not found. */
const maxFiles = 300_000;
const maxCharacters = 30_000_000;

interface Kept {
  paths: readonly SearchedPath[];
  listedAt: number;
}

export function createProjectPaths(jobs: Jobs): ProjectPaths {
  /** By directory, the one that was listed last at the end. */
  const kept = new Map<string, Kept>();

  async function list(cwd: string, signal: AbortSignal): Promise<readonly SearchedPath[]> {
    const found = kept.get(cwd);
    if (found !== undefined && performance.now() - found.listedAt < keptMs) return found.paths;
    const paths = withFolders(await filesIn(jobs, cwd, signal));
    kept.delete(cwd);
    kept.set(cwd, { paths, listedAt: performance.now() });
    for (const oldest of [...kept.keys()].slice(0, -mostKept)) kept.delete(oldest);
    return paths;
  }

  return {
    find: async (cwd, query, limit, signal) =>
      bestPaths(await list(cwd, signal), query, limit, signal),
  };
}

async function filesIn(jobs: Jobs, cwd: string, signal: AbortSignal): Promise<string[]> {
  {
    using directory = await Directory.open(cwd, signal);
    if ((await kernelReason(directory, signal)) !== undefined) return [];
  }
  using enough = link(signal);
  const files: string[] = [];
  let [rest, characters, errors] = ["", 0, ""];
  const end = await jobs.run(
    {
      command: [...ripgrepCommand, "--null", "--files"],
      cwd,
      owner: { sessionId: "paths" },
      isHelper: true,
      timeoutMs: timeLimitMs,
      onOutput(text, stream) {
        if (stream === "stderr") return void (errors = (errors + text).slice(0, 1000));
        characters += text.length;
        const whole = (rest + text).split("\0");
        rest = whole.pop() ?? "";
        for (const path of whole) if (!path.includes("\uFFFD")) files.push(path);
        if (files.length > maxFiles || characters > maxCharacters) enough.controller.abort();
      },
    },
    enough.controller.signal,
  );
  signal.throwIfAborted();
  // 1: there is none. 2: something could not be read; the rest was listed.
  const isListed = end.stopped || end.timedOut || (end.exitCode ?? 9) <= 1 || files.length > 0;
  if (!isListed && errors !== "") throw new Error(`The directory cannot be listed: ${errors}`);
  return files;
}

function withFolders(files: string[]): SearchedPath[] {
  const folders = new Set<string>();
  for (const file of files)
    for (let at = file.lastIndexOf("/"); at > 0; at = file.lastIndexOf("/", at - 1)) {
      const folder = file.slice(0, at + 1);
      if (folders.has(folder)) break;
      folders.add(folder);
    }
  return [...folders, ...files].map((path) => ({ path, lower: path.toLowerCase() }));
}
