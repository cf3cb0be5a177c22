/**
 * Unpacks the files that are inside the single binary into the data directory, once for each version. At every start each
 * file is compared with the binary: one that is missing, changed, half-written, or replaced by a link is written anew.
 */
import { createHash } from "node:crypto";
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { isBinary, useProgramFolder } from "./program-files";
import { lockAlone, lockShared } from "./store/data-dir-lock";

/** What the binary has of itself, as `build-binary.ts` writes it: a list, and the files one after another, compressed. */
export interface ProgramList {
  /** Changes with any of the files. */
  hash: string;
  files: ProgramFile[];
}

export interface ProgramFile {
  /** As in the checkout. */
  path: string;
  bytes: number;
  isExecutable: boolean;
  sha256: string;
}

/** Their names inside the binary. */
export const listName = "program.json";
export const contentName = "program.zst";

/** The files cannot be unpacked; the message says why, and what to do. */
export class NotUnpacked extends Error {
  override readonly name = "NotUnpacked";
}

/**
 * From a checkout it does nothing. In the binary, `programFile` works afterwards, and the files stay until this process
 * ends, whatever versions start beside it. Throws NotUnpacked.
 */
export function unpackProgram(dataDir: string): void {
  if (!isBinary) return;
  const list = embeddedList();
  const versions = join(dataDir, "program");
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    makeFolder(versions);
    const lock = join(versions, "lock");
    using alone = lockAlone(lock);
    if (alone !== undefined) removeOthers(versions, list);
    alone?.[Symbol.dispose]();
    inUse.push(lockShared(lock));
    const folder = join(versions, list.hash);
    unpack(folder, list);
    useProgramFolder(folder);
  } catch (error) {
    throw new NotUnpacked(
      `Rein's own files (${sizeOf(list)}) could not be unpacked into ${versions}: ${(error as Error).message}. Make room there or let this user write there; or choose another data directory with REIN_DATA_DIR.`,
      { cause: error },
    );
  }
}

/** Whether the single binary has this file; it need not be unpacked for that. */
export function isInBinary(path: string): boolean {
  return embeddedList().files.some((file) => file.path === path);
}

/** Held until the process ends. */
const inUse: Disposable[] = [];

function sizeOf({ files }: ProgramList): string {
  return `${Math.ceil(files.reduce((sum, { bytes }) => sum + bytes, 0) / 1e6)} MB`;
}

function embeddedList(): ProgramList {
  return JSON.parse(embedded(listName).toString()) as ProgramList;
}

function embedded(name: string): Buffer {
  return readFileSync(join(import.meta.dir, name));
}

/** No other process uses any version now: what is left of older ones, or of a start that was cut, is of no use. */
function removeOthers(versions: string, { hash }: ProgramList): void {
  const kept = new Set([hash, "lock", "lock-journal"]);
  for (const name of readdirSync(versions))
    if (!kept.has(name)) rmSync(join(versions, name), { recursive: true, force: true });
}

function unpack(folder: string, { files }: ProgramList): void {
  const folders = new Set(files.flatMap(({ path }) => foldersOf(path)));
  for (const path of folders) makeFolder(join(folder, path));
  const wrong = files.filter((file) => !isAsBuilt(join(folder, file.path), file));
  if (wrong.length === 0) return;
  const content = Bun.zstdDecompressSync(embedded(contentName));
  let from = 0;
  for (const file of files) {
    const bytes = content.subarray(from, (from += file.bytes));
    if (wrong.includes(file)) replace(join(folder, file.path), bytes, file, dirname(folder));
  }
}

/** "a/b/c.ts" is in ".", "a" and "a/b". */
function foldersOf(path: string): string[] {
  const above = dirname(path);
  return above === "." ? ["."] : [...foldersOf(above), above];
}

/** Its owner's alone; what is in its place and no folder is removed, a link without what it points to. */
function makeFolder(path: string): void {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found?.isDirectory()) {
    if ((found.mode & 0o777) !== 0o700) chmodSync(path, 0o700);
    return;
  }
  if (found !== undefined) rmSync(path, { force: true });
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    // Another start has made it meanwhile.
    if (!lstatSync(path, { throwIfNoEntry: false })?.isDirectory()) throw error;
  }
}

function modeOf({ isExecutable }: ProgramFile): number {
  return isExecutable ? 0o700 : 0o600;
}

function isAsBuilt(path: string, file: ProgramFile): boolean {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (!found?.isFile() || found.size !== file.bytes || (found.mode & 0o777) !== modeOf(file))
    return false;
  return sha256(readFileSync(path)) === file.sha256;
}

/** Complete or not there: it gets its name last. Starts at the same time replace the file one after the other. */
function replace(path: string, bytes: Uint8Array, file: ProgramFile, beside: string): void {
  const unfinished = join(beside, crypto.randomUUID());
  try {
    writeFileSync(unfinished, bytes, { mode: modeOf(file), flag: "wx" });
    if (lstatSync(path, { throwIfNoEntry: false })?.isDirectory())
      rmSync(path, { recursive: true, force: true });
    renameSync(unfinished, path);
  } catch (error) {
    rmSync(unfinished, { force: true });
    throw error;
  }
}

export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
