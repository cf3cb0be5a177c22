/** Makes a backup file that is complete or absent, and is believed only once it was read back. */
import {
  createReadStream,
  createWriteStream,
  lstatSync,
  linkSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { dirname } from "node:path";
import type { Writable } from "node:stream";
import { errorCode } from "../../shared/error-code";
import { synchronise } from "../durable-file";
import type { BackupHead } from "./backup-head";
import { noteUnfinished, unfinishedEnd } from "./left-backups";
import type { ReadBackup } from "./read-backup";
import { withStagedData } from "./staged-data";
import { checkBackup } from "./unpack-backup";
import { writeBackup } from "./write-backup";

/** There is a file of that name, and no `--force` to replace it. */
export class FileExists extends Error {
  override readonly name = "FileExists";
}

export interface BackupChoices {
  dataDir: string;
  /** Absolute. */
  path: string;
  /** A file that is there may be replaced. */
  force: boolean;
}

/**
 * Resolves with what is in the file (mode 0600), once it is on the disk and was read back whole. Throws FileExists, what the
 * disk throws, or the signal's reason: then there is no such file, or it is as it was.
 */
export async function makeBackup(
  { dataDir, path, force }: BackupChoices,
  signal: AbortSignal,
): Promise<ReadBackup & { size: number }> {
  if (!force && lstatSync(path, { throwIfNoEntry: false })) throw new FileExists(path);
  // Another backup to the same path has its own.
  const unfinished = `${path}.${crypto.randomUUID().slice(0, 8)}${unfinishedEnd}`;
  try {
    const read = await withStagedData(
      dataDir,
      async (staged) => {
        noteUnfinished(staged.staging, unfinished);
        await writeBackup(
          staged,
          createWriteStream(unfinished, { flags: "wx", mode: 0o600 }),
          signal,
        );
        synchronise(unfinished);
        return await checkBackup(createReadStream(unfinished), staged.staging, signal);
      },
      signal,
    );
    const { size } = statSync(unfinished);
    giveName(unfinished, path, force);
    return { ...read, size };
  } finally {
    rmSync(unfinished, { force: true });
  }
}

/** One that has come meanwhile is not replaced either. */
function giveName(unfinished: string, path: string, force: boolean): void {
  if (force) renameSync(unfinished, path);
  else {
    try {
      linkSync(unfinished, path);
    } catch (error) {
      if (errorCode(error) === "EEXIST") throw new FileExists(path, { cause: error });
      // Some file systems have no links.
      renameSync(unfinished, path);
    }
  }
  synchronise(dirname(path));
}

/** Writes it to a stream, which ends with it. What has arrived is to be checked by its reader. Throws as makeBackup does. */
export async function streamBackup(
  dataDir: string,
  sink: Writable,
  signal: AbortSignal,
): Promise<BackupHead> {
  return await withStagedData(
    dataDir,
    async (staged) => {
      await writeBackup(staged, sink, signal);
      return staged.head;
    },
    signal,
  );
}
