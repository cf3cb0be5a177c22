/** Puts files of a backup into a directory that is this unpacking's alone, and checks the databases among them. */
import { existsSync, mkdirSync } from "node:fs";
import { mkdir, open, rm, statfs } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Readable } from "node:stream";
import { type BackupHead, BackupRefused } from "./backup-head";
import { mainDatabase, undoDatabase } from "./copy-databases";
import { databaseStep } from "./database-step";
import { type FileSink, readBackup, type ReadBackup } from "./read-backup";

/** So much stays free. */
const spareBytes = 20_000_000;

export interface Unpacking {
  /** It is there, and empty. */
  directory: string;
  /** Of the databases alone: the others are only read. */
  which: "all" | "databases";
  /** Whose the files become; of this process unless given. */
  owner?: { uid: number; gid: number } | undefined;
}

/**
 * Resolves once all of the backup was found whole, what is wanted of it is on the disk, and its databases are sound and have
 * what it says. Throws as readBackup does; the directory is then to be removed.
 */
export async function unpackBackup(
  source: Readable,
  unpacking: Unpacking,
  signal: AbortSignal,
): Promise<ReadBackup> {
  const isWanted = (path: string) =>
    unpacking.which === "all" || path === mainDatabase || path === undoDatabase;
  const made = new Set<string>();
  const read = await readBackup(
    source,
    {
      begin: async (head) => {
        if (unpacking.which === "all") await checkRoom(unpacking.directory, head.bytes);
      },
      open: async (path, bytes) => {
        if (!isWanted(path)) return undefined;
        if (unpacking.which !== "all") await checkRoom(unpacking.directory, bytes);
        return await openFile(path, unpacking, made);
      },
    },
    signal,
  );
  await checkDatabases(unpacking.directory, read.head, signal);
  for (const one of [unpacking.directory, ...made]) await synchroniseDirectory(one);
  return read;
}

async function checkRoom(directory: string, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(directory);
  if (bavail * bsize < bytes + spareBytes)
    throw new Error(
      `What is in it needs ${megabytes(bytes + spareBytes)}, and the disk of ${dirname(directory)} has ${megabytes(bavail * bsize)} left`,
    );
}

function megabytes(bytes: number): string {
  return `${Math.ceil(bytes / 1e6)} MB`;
}

async function openFile(
  path: string,
  { directory, owner }: Unpacking,
  made: Set<string>,
): Promise<FileSink> {
  const target = join(directory, path);
  await makeDirectories(dirname(target), directory, owner, made);
  const file = await open(target, "wx", 0o600);
  if (owner !== undefined) await file.chown(owner.uid, owner.gid);
  // git does not wait for the disk with these either.
  const isObject = path.startsWith("undo/") && path !== undoDatabase;
  return {
    write: async (piece) => {
      for (let at = 0; at < piece.length;)
        at += (await file.write(piece, at, piece.length - at)).bytesWritten;
    },
    end: async () => {
      if (!isObject) await file.sync();
      await file.close();
    },
    give: async () => await file.close().catch(() => {}), // it can be closed already
  };
}

async function makeDirectories(
  path: string,
  root: string,
  owner: Unpacking["owner"],
  made: Set<string>,
): Promise<void> {
  if (path === root || made.has(path)) return;
  await makeDirectories(dirname(path), root, owner, made);
  await mkdir(path, { mode: 0o700 });
  if (owner !== undefined) {
    await using directory = await open(path, "r");
    await directory.chown(owner.uid, owner.gid);
  }
  made.add(path);
}

async function synchroniseDirectory(path: string): Promise<void> {
  await using directory = await open(path, "r");
  await directory.sync();
}

async function checkDatabases(
  directory: string,
  head: BackupHead,
  signal: AbortSignal,
): Promise<void> {
  const path = join(directory, mainDatabase);
  if (!existsSync(path)) throw new BackupRefused(`It has no ${mainDatabase}.`);
  const counts = await attempt(
    mainDatabase,
    () => databaseStep("countsOf", [path], signal),
    signal,
  );
  for (const name of ["schema", "sessions", "runs", "messages"] as const)
    if (counts[name] !== head[name])
      throw new BackupRefused(
        `Its database has ${counts[name]} as ${name}, and its first file says ${head[name]}.`,
      );
  const undo = join(directory, undoDatabase);
  if (existsSync(undo))
    await attempt(undoDatabase, () => databaseStep("checkUndo", [undo], signal), signal);
}

async function attempt<Result>(
  name: string,
  work: () => Promise<Result>,
  signal: AbortSignal,
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    signal.throwIfAborted();
    throw new BackupRefused(`Its ${name} cannot be used: ${(error as Error).message}.`, {
      cause: error,
    });
  }
}

/** Only the databases are unpacked, into a directory that is removed again. Throws as unpackBackup does. */
export async function checkBackup(
  source: Readable,
  beside: string,
  signal: AbortSignal,
): Promise<ReadBackup> {
  const directory = join(beside, `rein-check-${crypto.randomUUID()}`);
  // Without waiting: nothing listens yet to an error of the source.
  mkdirSync(directory, { mode: 0o700 });
  try {
    return await unpackBackup(source, { directory, which: "databases" }, signal);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
