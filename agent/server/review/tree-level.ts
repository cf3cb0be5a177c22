/** One level of a directory for people: its names, read by handle, without following any link. */
import { opendir, lstat } from "node:fs/promises";
import type { TreeAnswer, TreeEntry } from "../../shared/protocol";
import { defined } from "../../shared/defined";
import { Directory } from "../files/directory";
import { kernelReason } from "../files/regular-file";
import { log } from "../log";
import type { Jobs } from "../processes/jobs";
import { unquote, quote, shown, nameOf } from "../undo/git/git-path";
import { LookError, lookWithGit, quietEnvironment } from "./look-with-git";
import { partsOf } from "./review-path";

const maxEntries = 2000;
/** Beyond it the rest is not even counted. */
const maxRead = 100_000;

/** `path` is relative to `cwd`. Throws ReviewError, a system error, or the signal's reason. */
export async function readLevel(
  jobs: Jobs,
  cwd: string,
  path: string,
  signal: AbortSignal,
): Promise<TreeAnswer> {
  const parts = partsOf(path);
  using root = await Directory.open(cwd, signal);
  using directory = await root.descend(parts, signal);
  if ((await kernelReason(directory, signal)) !== undefined)
    return { cwd, path: parts.join("/"), entries: [], left: 0 };
  const all = await namesIn(directory, signal);
  const taken = all.slice(0, maxEntries);
  const [ignored, sizes] = await Promise.all([
    ignoredAmong(jobs, [cwd, ...parts].join("/"), taken, signal),
    Promise.all(taken.map((entry) => sizeOf(directory, entry, signal))),
  ]);
  const entries = taken.map(({ name, kind }, at): TreeEntry => {
    const isIgnored = ignored.has(name) ? (true as const) : undefined;
    return defined({ name, kind, bytes: sizes[at], isIgnored });
  });
  return { cwd, path: parts.join("/"), entries, left: all.length - taken.length };
}

type Found = Pick<TreeEntry, "name" | "kind">;

async function namesIn(directory: Directory, signal: AbortSignal): Promise<Found[]> {
  const found: Found[] = [];
  for await (const entry of await opendir(directory.at("."))) {
    signal.throwIfAborted();
    if (entry.name === ".git") continue;
    const kind = entry.isDirectory()
      ? "directory"
      : entry.isFile()
        ? "file"
        : entry.isSymbolicLink()
          ? "link"
          : "other";
    found.push({ name: entry.name, kind });
    if (found.length >= maxRead) break;
  }
  const rank = ({ kind }: Found) => (kind === "directory" ? 0 : 1);
  return found.toSorted(
    (a, b) => rank(a) - rank(b) || collator.compare(a.name, b.name) || (a.name < b.name ? -1 : 1),
  );
}

const collator = new Intl.Collator("en", { numeric: true });

async function sizeOf(
  directory: Directory,
  { name, kind }: Found,
  signal: AbortSignal,
): Promise<number | undefined> {
  if (kind !== "file") return undefined;
  const path = directory.at(name);
  try {
    return (await directory.use(() => lstat(path), signal)).size;
  } catch {
    signal.throwIfAborted();
    // It was removed meanwhile, or its name is not UTF-8: it is shown without a size.
    return undefined;
  }
}

/** By git itself; without a repository, none. */
async function ignoredAmong(
  jobs: Jobs,
  cwd: string,
  entries: Found[],
  signal: AbortSignal,
): Promise<Set<string>> {
  if (entries.length === 0 || Bun.which("git") === null) return new Set();
  const stdin = entries
    .map(({ name, kind }) => `${quote(`./${nameOf(name)}${kind === "directory" ? "/" : ""}`)}\n`)
    .join("");
  const args = ["check-ignore", "--no-index", "--stdin"];
  // The command takes no literal paths; one that begins with a dot has no magic.
  const { GIT_LITERAL_PATHSPECS: _, ...env } = quietEnvironment;
  try {
    // 1: none is. 128: it is no repository.
    const output = await lookWithGit(jobs, { cwd, args, stdin, env, allowed: [1, 128] }, signal);
    const lines = output.split("\n").filter((line) => line !== "");
    return new Set(
      lines.map((line) => shown(unquote(line)).replace(/^\.\//, "").replace(/\/$/, "")),
    );
  } catch (err) {
    signal.throwIfAborted();
    if (!(err instanceof LookError)) throw err;
    log.debug({ err, cwd }, "What is ignored could not be found out");
    return new Set();
  }
}
