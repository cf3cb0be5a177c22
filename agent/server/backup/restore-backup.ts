/** Restores a backup, or one copy of the database, into a data directory: all of it, or nothing. */
import {
  createReadStream,
  createWriteStream,
  existsSync,
  mkdirSync,
  readdirSync,
  realpathSync,
  rmSync,
  statSync,
} from "node:fs";
import { chown } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { synchronise } from "../durable-file";
import { lockDataDir } from "../store/data-dir-lock";
import { BackupRefused } from "./backup-head";
import { type Counts, mainDatabase } from "./copy-databases";
import { databaseStep } from "./database-step";
import { incomingName, keptPrefix, replacedNames } from "./data-names";
import { commitRestore, finishRestore, type Owner } from "./finish-restore";
import type { ReadBackup } from "./read-backup";
import { unpackBackup } from "./unpack-backup";

/** There is data, and no `--replace` to move it away. */
export class HoldsData extends Error {
  override readonly name = "HoldsData";
}

export interface Restored<Found> {
  found: Found;
  /** The directory with what was there before; undefined when nothing was. */
  kept: string | undefined;
}

export interface RestoreChoices {
  /** Made if it is not there; readable by its owner alone. */
  dataDir: string;
  /** What is there may be moved away. */
  replace: boolean;
}

/**
 * Everything is read, checked and on the disk before anything changes. Throws DataDirInUse, HoldsData, BackupRefused, what the
 * disk throws, or the signal's reason: then the directory is as it was. RestoreUnfinished says that it is not.
 */
export function restoreBackup(
  source: Readable,
  choices: RestoreChoices,
  signal: AbortSignal,
): Promise<Restored<ReadBackup>> {
  return replaceData(choices, replacedNames, (directory, owner) =>
    unpackBackup(source, { directory, which: "all", owner }, signal),
  );
}

/** The same with a copy of the database alone, as one is kept when a newer Rein changes its schema; all else stays. */
export function restoreDatabase(
  copy: string,
  choices: RestoreChoices,
  signal: AbortSignal,
): Promise<Restored<Counts>> {
  // The index and the seal are of the database that goes.
  const isOfDatabase = (name: string) =>
    /^(rein|search)\.db(-wal|-shm|-journal|\.seal)?$/.test(name);
  return replaceData(
    choices,
    (names) => names.filter(isOfDatabase),
    async (directory) => {
      const target = join(directory, mainDatabase);
      await pipeline(createReadStream(copy), createWriteStream(target, { mode: 0o600 }), {
        signal,
      });
      synchronise(target);
      synchronise(directory);
      try {
        return await databaseStep("countsOf", [target], signal);
      } catch (error) {
        signal.throwIfAborted();
        throw new BackupRefused(`It cannot be used: ${(error as Error).message}.`, {
          cause: error,
        });
      }
    },
  );
}

async function replaceData<Found>(
  { dataDir, replace }: RestoreChoices,
  replaced: (names: string[]) => string[],
  unpack: (directory: string, owner: Owner | undefined) => Promise<Found>,
): Promise<Restored<Found>> {
  const owner = ownerOf(dataDir);
  using _lock = lockDataDir(dataDir);
  // Of an earlier restore.
  finishRestore(dataDir);
  const names = readdirSync(dataDir);
  const out = replaced(names);
  if (!replace && replacedNames(names).length > 0)
    throw new HoldsData(`${dataDir} holds data: ${replacedNames(names).slice(0, 5).join(", ")}`);
  const incoming = join(dataDir, incomingName);
  mkdirSync(incoming, { mode: 0o700 });
  let found: Found;
  try {
    found = await unpack(incoming, owner);
    await giveTo(owner, [dataDir, incoming, join(dataDir, "lock"), join(incoming, mainDatabase)]);
  } catch (error) {
    rmSync(incoming, { recursive: true, force: true });
    throw error;
  }
  const stamp = new Date().toISOString().replaceAll(/[:.]/g, "-");
  const kept = out.length === 0 ? undefined : `${keptPrefix}${stamp}`;
  commitRestore(dataDir, { kept, out }, owner);
  return { found, kept: kept && join(dataDir, kept) };
}

/**
 * Root restores for the user whose directory it is, or whose directory this new one is in: the server runs as that user.
 * Undefined for any other user.
 */
function ownerOf(dataDir: string): Owner | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const path = realpathSync(dataDir);
  const isNew = readdirSync(path).length === 0;
  const [own, above] = [statSync(path), statSync(dirname(path))];
  const { uid, gid } = isNew && own.uid === 0 ? above : own;
  return { uid, gid };
}

async function giveTo(owner: Owner | undefined, paths: string[]): Promise<void> {
  if (owner === undefined) return;
  for (const path of paths) if (existsSync(path)) await chown(path, owner.uid, owner.gid);
}
