/** What goes into a backup: copies of the databases, the files that they name, and the rest of the data as it is now. */
import { constants, existsSync, readdirSync, statSync } from "node:fs";
import { copyFile, link, mkdir, rm } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { version } from "../../../package.json";
import { errorCode } from "../../shared/error-code";
import { format, type BackupHead } from "./backup-head";
import { mainDatabase, undoDatabase } from "./copy-databases";
import { documents, isDataPath, journalName } from "./data-names";
import { databaseStep } from "./database-step";
import { makeStaging, removeLeft } from "./left-backups";

export interface StagedFile {
  /** In the backup. */
  path: string;
  /** Where it is read. */
  from: string;
  /** What has come to it since is left out. */
  bytes: number;
}

export interface Staged {
  head: BackupHead;
  files: StagedFile[];
  /** A directory of this backup alone, in the data directory. */
  staging: string;
  /** Throws when other data was restored since: what was read then is not all of one server. */
  refuseReplaced: () => void;
}

/**
 * Calls `use` with it, and removes the copies. Throws an Error with what to do; the signal's reason when it aborts. A server
 * that writes meanwhile waits for nothing.
 */
export async function withStagedData<Result>(
  dataDir: string,
  use: (staged: Staged) => Promise<Result>,
  signal: AbortSignal,
): Promise<Result> {
  removeLeft(dataDir);
  const { staging, lock } = makeStaging(dataDir);
  try {
    using _lock = lock;
    return await use(await stage(dataDir, staging, signal));
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

async function stage(dataDir: string, staging: string, signal: AbortSignal): Promise<Staged> {
  const at = new Date().toISOString();
  const refuseReplaced = watchReplaced(dataDir);
  await databaseStep("copyDatabases", [dataDir, staging], signal);
  const main = join(staging, mainDatabase);
  const counts = await databaseStep("countsOf", [main], signal);
  const named = await databaseStep("namedIn", [main], signal);
  const [sessions, hashes] = [new Set(named.sessions), named.files];
  const missing = await keepNamed(dataDir, staging, hashes, signal);
  const files = [
    ...of(mainDatabase, main),
    ...of(undoDatabase, join(staging, undoDatabase)),
    ...documents.flatMap((name) => of(name, join(dataDir, name))),
    ...below("memory", dataDir),
    ...below("files", staging),
    ...below("outputs", dataDir, (path) => isOf(sessions, path)),
    ...below("processes", dataDir, (path) => isOf(sessions, path)),
    // Not their scripts, nor the directory for temporary files of a session.
    ...below(
      "shells",
      dataDir,
      (path) => isOf(sessions, path) && /^[^/]+\/[^/]+\/[^/]+\.json$/.test(path),
    ),
    // What engines keep of conversations; no credentials, no settings, and nothing that commands have left there.
    ...below("engines", dataDir, (path) => isOf(sessions, path) && path.endsWith(".jsonl")),
    // The rest of these repositories is made anew.
    ...below("undo", dataDir, (path) => /^undo\/[0-9a-f]{32}\/objects\/(?!.*\/tmp_)/.test(path)),
  ];
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  const head = { format, rein: version, at, host: hostname(), ...counts, missing, bytes };
  return { head, files, staging, refuseReplaced };
}

function watchReplaced(dataDir: string): () => void {
  const number = () => statSync(join(dataDir, mainDatabase), { throwIfNoEntry: false })?.ino;
  const before = number();
  const refuse = () => {
    if (existsSync(join(dataDir, journalName)))
      throw new Error(
        `A restore into ${dataDir} is going on, or was cut. Let it end, or start Rein once, which finishes it; then make the backup`,
      );
    if (number() !== before)
      throw new Error("Other data was restored meanwhile. Make the backup again");
  };
  refuse();
  return refuse;
}

function isOf(sessions: Set<string>, path: string): boolean {
  return sessions.has(path.split("/")[1]!);
}

function of(path: string, from: string): StagedFile[] {
  const stats = statSync(from, { throwIfNoEntry: false });
  return stats?.isFile() ? [{ path, from, bytes: stats.size }] : [];
}

/** Regular files alone, without following links. What is gone by now is left out. */
function below(
  name: string,
  root: string,
  isWanted: (path: string) => boolean = () => true,
): StagedFile[] {
  const found: StagedFile[] = [];
  const open = [name];
  for (let path = open.pop(); path !== undefined; path = open.pop())
    for (const entry of entriesOf(join(root, path))) {
      const inner = `${path}/${entry.name}`;
      if (entry.isDirectory()) open.push(inner);
      else if (entry.isFile() && isDataPath(inner) && isWanted(inner))
        found.push(...of(inner, join(root, inner)));
    }
  return found.toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

function entriesOf(path: string) {
  try {
    return readdirSync(path, { withFileTypes: true });
  } catch (error) {
    if (errorCode(error) === "ENOENT") return [];
    throw error;
  }
}

/** A session that is deleted from now on takes none of its files from the backup. Resolves with how many were not there. */
async function keepNamed(
  dataDir: string,
  staging: string,
  hashes: string[],
  signal: AbortSignal,
): Promise<number> {
  let missing = 0;
  await mkdir(join(staging, "files"), { mode: 0o700 });
  for (const hash of hashes) {
    signal.throwIfAborted();
    const path = `files/${hash}`;
    if (!isDataPath(path)) continue;
    const [from, to] = [join(dataDir, path), join(staging, path)];
    try {
      // Some file systems have no links.
      await link(from, to).catch((error: unknown) => {
        if (errorCode(error) === "ENOENT") throw error;
        return copyFile(from, to, constants.COPYFILE_FICLONE);
      });
    } catch (error) {
      if (errorCode(error) !== "ENOENT") throw error;
      missing++;
    }
  }
  return missing;
}
