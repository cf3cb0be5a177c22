/** `rein backup`: all data of this machine's server in one file, made while it works. */
import { createReadStream } from "node:fs";
import { tmpdir } from "node:os";
import { BackupRefused } from "../server/backup/backup-head";
import { FileExists, makeBackup, streamBackup } from "../server/backup/make-backup";
import type { ReadBackup } from "../server/backup/read-backup";
import { checkBackup } from "../server/backup/unpack-backup";
import { plural } from "../shared/plural";
import { terminalLine } from "../shared/terminal-safe";
import { backupPlace } from "./backup-place";
import { callersPath } from "./called-from";
import { type Call, CommandFailed, UsageError } from "./command";
import { writeOutput } from "./standard-output";
import { onStopSignals } from "./stop-signals";

/** Resolves with 130 when a signal stopped it; then nothing of it is left. */
export async function backUp(call: Call): Promise<number> {
  const [file] = call.positionals;
  if (file === undefined || file === "")
    throw new UsageError("Name the file: rein backup FILE. “-” is standard output.");
  return await untilStopped(async (signal) => {
    if (call.has("check")) await checkFile(file, signal);
    else {
      refuseRemote(call, "backup", "rein backup - > FILE");
      await (file === "-" ? streamOut(call, signal) : writeFile(call, callersPath(file), signal));
    }
  });
}

/** The files of another machine are read there: no backup leaves a server by its API, as no key does. */
export function refuseRemote(call: Call, name: string, there: string): void {
  if (call.isRemote)
    throw new UsageError(
      `“rein ${name}” works on the machine that has the data, not through a server's address. Write: ssh MACHINE ${there}`,
    );
}

/** With the exit code: 130 of what a signal has stopped. Throws CommandFailed for what went wrong. */
export async function untilStopped(work: (signal: AbortSignal) => Promise<void>): Promise<number> {
  const stop = new AbortController();
  using _signals = onStopSignals(stop, () => {});
  try {
    await work(stop.signal);
    return 0;
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    process.stderr.write("rein: Stopped; nothing was changed.\n");
    return 130;
  }
}

async function writeFile(call: Call, path: string, signal: AbortSignal): Promise<void> {
  const { dataDir } = call;
  const begun = performance.now();
  const place = backupPlace(path, dataDir);
  let made: Awaited<ReturnType<typeof makeBackup>>;
  try {
    made = await makeBackup({ dataDir, path: place, force: call.has("force") }, signal);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof FileExists)
      throw new CommandFailed(
        `${path} is there already. Choose another name, or replace it with --force.`,
      );
    throw new CommandFailed(`No backup was written: ${sentence(error)}`, { cause: error });
  }
  // It is there, whatever comes of telling so.
  const seconds = ((performance.now() - begun) / 1000).toFixed(1);
  const lines = [
    `${path}: ${contentWords(made)}, ${sizeWords(made.size)}, in ${seconds} s.`,
    "It was read back: every file is as it was written, and the databases are sound.",
    "It has the keys of providers in it. The token and the signed-in browsers stay with this machine.",
    ...missingWords(made),
  ];
  await writeOutput(`${lines.join("\n")}\n`);
}

async function streamOut({ dataDir }: Call, signal: AbortSignal): Promise<void> {
  if (process.stdout.isTTY)
    throw new UsageError("A backup is no text for a terminal. Write: rein backup - > FILE");
  try {
    const head = await streamBackup(dataDir, process.stdout, signal);
    const words = [
      `${plural(head.sessions, "session")}, ${plural(head.messages, "message")} were written. Check what has come: rein backup --check FILE`,
      ...missingWords({ head }),
    ];
    process.stderr.write(`${words.join("\n")}\n`);
  } catch (error) {
    signal.throwIfAborted();
    throw new CommandFailed(`The backup is not whole: ${sentence(error)}`, { cause: error });
  }
}

async function checkFile(file: string, signal: AbortSignal): Promise<void> {
  const path = file === "-" ? "The backup" : callersPath(file);
  let found: ReadBackup;
  try {
    const source = file === "-" ? process.stdin : createReadStream(path);
    found = await checkBackup(source, tmpdir(), signal);
  } catch (error) {
    signal.throwIfAborted();
    const what = error instanceof BackupRefused ? "cannot be restored" : "could not be read";
    throw new CommandFailed(`${path} ${what}: ${sentence(error)}`, { cause: error });
  }
  await writeOutput(`${path} is whole: ${contentWords(found)}.\n${originWords(found)}\n`);
}

/** "2 sessions, 5 runs, 17 messages, 9 files (1.2 MB)" */
export function contentWords({ head, files, bytes }: ReadBackup): string {
  return [
    plural(head.sessions, "session"),
    plural(head.runs, "run"),
    plural(head.messages, "message"),
    `${plural(files, "file")} (${sizeWords(bytes)})`,
  ].join(", ");
}

export function originWords({ head }: Pick<ReadBackup, "head">): string {
  return `It was made by Rein ${terminalLine(head.rein)} on ${terminalLine(head.host)}, ${head.at}; its database has version ${head.schema}.`;
}

function missingWords({ head: { missing } }: Pick<ReadBackup, "head">): string[] {
  return missing === 0
    ? []
    : [
        `${plural(missing, "attached file")} that sessions name are not in the data directory, nor in the backup.`,
      ];
}

/** The message of an error, as the end of a sentence. */
export function sentence(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return `${message.trim().replace(/\.$/, "")}.`;
}

export function sizeWords(bytes: number): string {
  return bytes < 1e6 ? `${Math.ceil(bytes / 1000)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
