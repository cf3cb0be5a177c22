/** The files and folders of a directory that its ignore files do not exclude, listed by ripgrep and kept while a person types. */
import { setImmediate, setTimeout } from "node:timers/promises";
import { abortable, link } from "../../abort";
import { Directory } from "../../files/directory";
import { kernelReason } from "../../files/regular-file";
import { log } from "../../log";
import type { Jobs } from "../../processes/jobs";
import { PathIndex } from "./path-index";
import { ripgrepCommand } from "./ripgrep";

export interface FoundPaths {
  paths: string[];
  /** There are more files than are looked at. */
  isPartial: boolean;
  /** They were listed before the search: there may be others by now. */
  isOld: boolean;
}

export interface PathQuery {
  /** A few letters. */
  query: string;
  limit: number;
  /** Waits for a new listing where the last is older than the search. */
  newest?: boolean;
}

export interface ProjectPaths {
  /**
   * The best `limit` paths below a directory, relative to it; folders end with a slash. `cwd` is absolute
   * and without links. Links are not followed. A name that is not UTF-8 is left out. Only the first search waits for a
   * listing: later ones take the last, and a listing older than `freshMs` is renewed meanwhile. The signal ends the search,
   * and the first listing with its last search. Throws its reason, or an Error when the directory cannot be listed.
   */
  find(cwd: string, query: PathQuery, signal: AbortSignal): Promise<FoundPaths>;
}

const freshMs = 1000;
/** A listing is dropped when it was not asked for so long. */
const keptMs = 5 * 60_000;
const mostKept = 4;
/** Others have their turn after so long. */
const sliceMs = 2;
const timeLimitMs = 20_000;
/** Files and folders. Of a larger directory the rest is not found. */
const maxPaths = 300_000;
const maxCharacters = 30_000_000;

interface Kept {
  index: PathIndex;
  listedAt: number;
  renewal: Promise<void> | undefined;
  dropping: NodeJS.Timeout;
}

interface Listing {
  index: Promise<PathIndex>;
  searches: number;
  controller: AbortController;
}

/** `now`: in milliseconds. */
export function createProjectPaths(
  jobs: Pick<Jobs, "run">,
  now = () => performance.now(),
): ProjectPaths {
  /** By directory, the one that was asked for last at the end. */
  const kept = new Map<string, Kept>();
  const first = new Map<string, Listing>();

  function keep(cwd: string, index: PathIndex): void {
    const dropping = globalThis.setTimeout(() => drop(cwd), keptMs).unref();
    drop(cwd);
    kept.set(cwd, { index, listedAt: now(), renewal: undefined, dropping });
    for (const oldest of [...kept.keys()].slice(0, -mostKept)) drop(oldest);
  }

  function drop(cwd: string): void {
    clearTimeout(kept.get(cwd)?.dropping);
    kept.delete(cwd);
  }

  /** Never rejects. */
  async function renew(cwd: string): Promise<void> {
    try {
      keep(cwd, await listFiles(jobs, cwd, AbortSignal.timeout(2 * timeLimitMs)));
    } catch (error) {
      // The next search lists it anew, and says why it cannot.
      drop(cwd);
      log.debug({ err: error, cwd }, "The files of a directory could not be listed again");
    }
  }

  /** Not before a listing is as old as it may be: else each pause of a person who types would cost one. */
  async function renewed(cwd: string, signal: AbortSignal): Promise<void> {
    const one = kept.get(cwd);
    if (one === undefined) return;
    const left = freshMs - (now() - one.listedAt);
    if (left > 0 && one.renewal === undefined) await setTimeout(left, undefined, { signal });
    await abortable((one.renewal ??= renew(cwd)), signal);
  }

  function begin(cwd: string): Listing {
    const controller = new AbortController();
    const index = listFiles(jobs, cwd, controller.signal).then((found) => {
      keep(cwd, found);
      return found;
    });
    const listing: Listing = { index, searches: 0, controller };
    first.set(cwd, listing);
    const end = () => first.get(cwd) === listing && first.delete(cwd);
    void index.then(end, end);
    return listing;
  }

  async function firstOf(cwd: string, signal: AbortSignal): Promise<PathIndex> {
    const listing = first.get(cwd) ?? begin(cwd);
    listing.searches++;
    try {
      return await abortable(listing.index, signal);
    } finally {
      listing.searches--;
      if (listing.searches === 0) {
        if (first.get(cwd) === listing) first.delete(cwd);
        listing.controller.abort();
      }
    }
  }

  return {
    async find(cwd, { query, limit, newest }, signal) {
      signal.throwIfAborted();
      if (newest) await renewed(cwd, signal);
      const one = kept.get(cwd);
      if (one !== undefined) {
        one.dropping.refresh();
        kept.delete(cwd);
        kept.set(cwd, one);
        if (now() - one.listedAt > freshMs) one.renewal ??= renew(cwd);
      }
      const index = one?.index ?? (await firstOf(cwd, signal));
      const paths = await index.best(query, limit, signal);
      return { paths, isPartial: index.isPartial, isOld: one !== undefined && !newest };
    },
  };
}

/** All that `ProjectPaths` would find, as it is now. Throws the signal's reason, or an Error when it cannot be listed. */
export async function listFiles(
  jobs: Pick<Jobs, "run">,
  cwd: string,
  signal: AbortSignal,
): Promise<PathIndex> {
  const index = new PathIndex();
  {
    using directory = await Directory.open(cwd, signal);
    if ((await kernelReason(directory, signal)) !== undefined) return index;
  }
  using enough = link(signal);
  const output: string[] = [];
  let [characters, errors] = [0, ""];
  const end = await jobs.run(
    {
      command: [...ripgrepCommand(), "--null", "--files"],
      cwd,
      owner: { sessionId: "paths" },
      isHelper: true,
      timeoutMs: timeLimitMs,
      onOutput(text, stream) {
        if (stream === "stderr") return void (errors = (errors + text).slice(0, 1000));
        output.push(text);
        characters += text.length;
        if (characters > maxCharacters) enough.controller.abort();
      },
    },
    enough.controller.signal,
  );
  signal.throwIfAborted();
  await addAll(index, output, signal);
  if (end.stopped || end.timedOut) index.isPartial = true;
  // 1: there is none. 2: something could not be read; the rest was listed.
  const isListed = index.isPartial || (end.exitCode ?? 9) <= 1 || index.size > 0;
  if (!isListed && errors !== "") throw new Error(`The directory cannot be listed: ${errors}`);
  return index;
}

/** The names that end in a NUL, with a turn for others every few milliseconds. Throws the signal's reason. */
async function addAll(index: PathIndex, output: string[], signal: AbortSignal): Promise<void> {
  let [rest, files, sliceEnd] = ["", 0, performance.now() + sliceMs];
  for (const text of output) {
    let start = 0;
    for (let end = text.indexOf("\0"); end !== -1; end = text.indexOf("\0", start)) {
      const path = rest + text.slice(start, end);
      [rest, start] = ["", end + 1];
      if (index.size >= maxPaths) return void (index.isPartial = true);
      if (!path.includes("\uFFFD")) index.add(path);
      // One deep path brings hundreds of folders.
      if (++files % 16 !== 0 || performance.now() < sliceEnd) continue;
      await setImmediate();
      signal.throwIfAborted();
      sliceEnd = performance.now() + sliceMs;
    }
    rest += text.slice(start);
  }
}
