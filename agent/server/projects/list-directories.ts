/** The directories in a directory, for a person who chooses one: by its handle, without following or running anything. */
import { lstat, opendir } from "node:fs/promises";
import { homedir } from "node:os";
import type { ChildDirectory, Directories } from "../../shared/protocol";
import { abortable, link } from "../abort";
import { Directory } from "../files/directory";
import { realPath } from "../files/real-path";
import { kernelReason } from "../files/regular-file";

export const maxListed = 500;
/** Of a directory of a million files only so many are looked at. */
const maxEntries = 50_000;
const timeoutMs = 2000;
/** Side by side: each is a thread's work. */
const looksAtOnce = 8;

/**
 * Of an absolute path. Only names with these letters, whatever their case. A file system that hangs is given up after two
 * seconds. Throws the system's errors, "it took longer than 2 seconds", or the signal's reason.
 */
export async function listDirectories(
  path: string,
  find: string,
  signal: AbortSignal,
): Promise<Directories> {
  using limited = link(signal);
  const { controller } = limited;
  const tooLate = new Error("it took longer than 2 seconds");
  const timer = setTimeout(() => controller.abort(tooLate), timeoutMs);
  try {
    return await list(path, find, controller.signal);
  } finally {
    clearTimeout(timer);
  }
}

async function list(path: string, find: string, signal: AbortSignal): Promise<Directories> {
  const real = await realPath(path, signal);
  using directory = await Directory.open(real, signal);
  const { names, links, isCut } = await abortable(childrenOf(directory, find, signal), signal);
  // A look into the file systems of the kernel may act, or mount another one.
  const isKernels = (await kernelReason(directory, signal)) !== undefined;
  const looked = [".", ...names.filter((name) => !links.has(name))];
  const repositories = isKernels ? new Set() : await withGit(directory, looked, signal);
  const isRepository = (name: string) => repositories.has(name) && { isRepository: true as const };
  return {
    path: real,
    home: homedir(),
    ...isRepository("."),
    directories: names.map((name): ChildDirectory => ({
      name,
      ...isRepository(name),
      ...(links.has(name) && { isLink: true }),
    })),
    ...(isCut && { isCut: true as const }),
  };
}

/** What a link leads to is not looked at. Names that are no UTF-8 are left out: no path of text leads there. */
async function childrenOf(directory: Directory, find: string, signal: AbortSignal) {
  const names = new FirstNames();
  const links = new Set<string>();
  const letters = find.toLowerCase();
  let looked = 0;
  for await (const entry of await opendir(directory.at("."))) {
    signal.throwIfAborted();
    if (++looked > maxEntries) break;
    const { name } = entry;
    if (!(entry.isDirectory() || entry.isSymbolicLink())) continue;
    if (name.includes("\uFFFD") || !name.toLowerCase().includes(letters)) continue;
    if (names.add(name) && entry.isSymbolicLink()) links.add(name);
  }
  const isCut = looked > maxEntries || names.isCut;
  return { names: names.list, links, isCut };
}

/** Those that come first, in their order. Each takes its place as it is found: sorting all of them at the end would hold up the server. */
class FirstNames {
  readonly list: string[] = [];
  isCut = false;

  /** Whether it is among them so far. */
  add(name: string): boolean {
    const at = this.#placeOf(name);
    if (at === maxListed) this.isCut = true;
    else this.list.splice(at, 0, name);
    if (this.list.length > maxListed) {
      this.isCut = true;
      this.list.pop();
    }
    return at < maxListed;
  }

  /** Most of many come behind the last. */
  #placeOf(name: string): number {
    const last = this.list.at(-1);
    if (last === undefined || compare(last, name) <= 0) return this.list.length;
    let [low, high] = [0, this.list.length - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (compare(this.list[middle]!, name) <= 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function compare(a: string, b: string): number {
  return Number(a.startsWith(".")) - Number(b.startsWith(".")) || order.compare(a, b);
}

/** As people count: folder2 before folder10. */
const order = new Intl.Collator("en", { numeric: true });

/** Of these names in it, the directories with a `.git`. */
async function withGit(
  directory: Directory,
  names: string[],
  signal: AbortSignal,
): Promise<Set<unknown>> {
  const found = new Set<string>();
  const waiting = names.values();
  const look = async () => {
    for (const name of waiting) {
      const path = `${String(directory.at(name))}/.git`;
      const isThere = await abortable(
        lstat(path).then(
          () => true,
          () => false, // what cannot be looked at is not there
        ),
        signal,
      );
      if (isThere) found.add(name);
    }
  };
  await Promise.all(Array.from({ length: looksAtOnce }, look));
  return found;
}
