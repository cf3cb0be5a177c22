/** `rein restore`: a backup becomes the data of this machine's server, all of it or nothing. */
import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import type { Readable } from "node:stream";
import { makeDataDir } from "../server/config/make-data-dir";
import { newestVersion } from "../server/store/migrations";
import { BackupRefused } from "../server/backup/backup-head";
import { RestoreUnfinished } from "../server/backup/finish-restore";
import { DataDirInUse } from "../server/store/data-dir-lock";
import {
  HoldsData,
  restoreBackup,
  restoreDatabase,
  type RestoreChoices,
} from "../server/backup/restore-backup";
import { plural } from "../shared/plural";
import { contentWords, originWords, refuseRemote, sentence, untilStopped } from "./backup-command";
import { callersPath } from "./called-from";
import { type Call, CommandFailed, UsageError } from "./command";
import { withDataDir } from "./data-directory";
import { writeOutput } from "./standard-output";

/** Resolves with 130 when a signal stopped it; then everything is as it was. */
export async function restore(call: Call): Promise<number> {
  const [file] = call.positionals;
  if (file === undefined || file === "")
    throw new UsageError("Name the backup: rein restore FILE. “-” is standard input.");
  refuseRemote(call, "restore", "rein restore - < FILE");
  if (file === "-" && process.stdin.isTTY)
    throw new UsageError("Name the backup, or give it on standard input: rein restore - < FILE");
  const path = file === "-" ? "The backup" : callersPath(file);
  withDataDir(call.dataDir, makeDataDir);
  const choices = { dataDir: call.dataDir, replace: call.has("replace") };
  return await untilStopped(async (signal) => {
    let words: string[];
    try {
      words =
        file !== "-" && (await isDatabase(path))
          ? await putDatabase(path, choices, signal)
          : await putBackup(file === "-" ? process.stdin : createReadStream(path), choices, signal);
    } catch (error) {
      if (!(error instanceof RestoreUnfinished)) signal.throwIfAborted();
      throw failure(error, path, call);
    }
    // It is done, whatever comes of telling so.
    await writeOutput(`${words.join("\n")}\n`);
  });
}

async function putBackup(
  source: Readable,
  choices: RestoreChoices,
  signal: AbortSignal,
): Promise<string[]> {
  const { found, kept } = await restoreBackup(source, choices, signal);
  const { dataDir } = choices;
  return [
    `${dataDir} has ${contentWords(found)}.`,
    originWords(found),
    ...migrationWords(found.head.schema),
    ...keptWords(kept),
    "Browsers sign in anew (rein web), unless this machine knows them already; schedules that are on begin runs here, too.",
  ];
}

async function putDatabase(
  path: string,
  choices: RestoreChoices,
  signal: AbortSignal,
): Promise<string[]> {
  const { found, kept } = await restoreDatabase(path, choices, signal);
  return [
    `${choices.dataDir} has the database of ${path}: ${plural(found.sessions, "session")}, ${plural(found.messages, "message")}. All else is as it was.`,
    ...migrationWords(found.schema),
    ...keptWords(kept),
  ];
}

function migrationWords(schema: number): string[] {
  return schema === newestVersion
    ? []
    : [`The next start brings the database from version ${schema} to ${newestVersion}.`];
}

function keptWords(kept: string | undefined): string[] {
  return kept === undefined
    ? []
    : [`What was there before is in ${kept}. Remove it once you do not need it.`];
}

/** A copy that Rein keeps when a newer version changes the database; everything else is a backup. */
async function isDatabase(path: string): Promise<boolean> {
  await using file = await open(path);
  const { buffer } = await file.read(Buffer.alloc(16), 0, 16, 0);
  return buffer.toString("latin1").startsWith("SQLite format 3\0");
}

function failure(error: unknown, path: string, { dataDir }: Call): unknown {
  if (error instanceof DataDirInUse)
    return new CommandFailed(
      `A server works with ${dataDir}. End it first: rein shutdown --data-dir ${dataDir}`,
    );
  if (error instanceof HoldsData)
    return new CommandFailed(
      `${error.message}. To move that away, into a directory in it, and restore: rein restore ${path} --replace --data-dir ${dataDir}`,
    );
  if (error instanceof RestoreUnfinished)
    return new CommandFailed(sentence(error), { cause: error });
  const what = error instanceof BackupRefused ? "cannot be restored" : "was not restored";
  return new CommandFailed(`${path} ${what}: ${sentence(error)} ${dataDir} is as it was.`, {
    cause: error,
  });
}
