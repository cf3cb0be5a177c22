/** The names in the index of a user's repository, read by Rein itself: git would also read the configuration beside it. */
import { resolve } from "node:path";
import { below, type Name, shown } from "./git-path";
import type { Limits } from "./ignore-rules";
import { maxFiles } from "./ls-files";
import { readSmallFile } from "./small-file";

const maxIndexBytes = 64 * 1024 * 1024;
const maxNamesLength = 64 * 1024 * 1024;
const maxPointerBytes = 5000;
const stepsToReadByte = 1;

/**
 * Of the working tree at `name` below `root`, which is absolute and real. Its `.git` is a directory, or a file that names one (of
 * a submodule or a second working tree). Only its index is read. Empty when that is missing, damaged, not a regular file, or too
 * large: then files that it tracks though they are ignored are not recorded, and nothing else is lost. So it is with an index
 * whose names stand in another file (a split one), and with the directories of a sparse one.
 */
export async function readTrackedNames(
  root: string,
  name: Name,
  { budget, signal }: Limits,
): Promise<Name[]> {
  const git = below(name, ".git");
  const pointer = await readSmallFile(root, git, maxPointerBytes);
  const named = pointer && /^gitdir: ([^\0\n]+)\n*$/.exec(pointer.toString())?.[1];
  const index =
    pointer === undefined
      ? await readSmallFile(root, `${git}/index`, maxIndexBytes)
      : named && (await readSmallFile(resolve(root, shown(name), named), "index", maxIndexBytes));
  if (!index) return [];
  budget.spend(index.length * stepsToReadByte);
  return namesIn(index, signal);
}

/** After gitformat-index(5), versions 2 to 4. */
async function namesIn(index: Buffer, signal: AbortSignal): Promise<Name[]> {
  if (index.length < 12 || index.toString("latin1", 0, 4) !== "DIRC") return [];
  const version = index.readUInt32BE(4);
  const count = index.readUInt32BE(8);
  if (version < 2 || version > 4 || count > maxFiles) return [];
  const names: Name[] = [];
  let name: Name = "";
  let length = 0;
  let at = 12;
  for (let entry = 0; entry < count; entry++) {
    if (at + 62 >= index.length) return [];
    const mode = index.readUInt32BE(at + 24);
    const isExtended = version > 2 && (index[at + 60]! & 0x40) !== 0;
    let begin = at + (isExtended ? 64 : 62);
    let kept = "";
    if (version === 4) {
      const strip = readOffset(index, begin);
      if (strip === undefined || strip.value > name.length) return [];
      kept = name.slice(0, name.length - strip.value);
      begin = strip.end;
    }
    const end = index.indexOf(0, begin);
    if (end < 0) return [];
    name = kept + index.toString("latin1", begin, end);
    length += name.length;
    if (length > maxNamesLength) return [];
    at = version === 4 ? end + 1 : at + ((end - at + 8) & ~7);
    if (isFile(mode) && isSafe(name)) names.push(name);
    if (entry % entriesAtATime === entriesAtATime - 1) {
      await new Promise(setImmediate);
      signal.throwIfAborted();
    }
  }
  return names;
}

/** About ten milliseconds. */
const entriesAtATime = 20_000;

/** A number of variable length, as in an offset delta of a pack. */
function readOffset(index: Buffer, begin: number): { value: number; end: number } | undefined {
  let value = -1;
  for (let at = begin; at < index.length && value < maxIndexBytes; at++) {
    const byte = index[at]!;
    value = (value + 1) * 128 + (byte & 0x7f);
    if (byte < 0x80) return { value, end: at + 1 };
  }
  return undefined;
}

/** Not a submodule, and not a directory that a sparse index stands for. */
function isFile(mode: number): boolean {
  return mode >> 12 === 0o10 || mode >> 12 === 0o12;
}

/** An index that git wrote holds no other names. */
function isSafe(name: Name): boolean {
  return !name.split("/").some((part) => /^(|\.|\.\.|\.git)$/i.test(part));
}
