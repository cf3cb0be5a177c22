/** One server for a data directory: a second one would settle the first one's runs as if a crash had interrupted them. */
import { Database, SQLiteError } from "bun:sqlite";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";

export class DataDirInUse extends Error {
  override readonly name = "DataDirInUse";
}

/** A look at the lock (isDataDirHeld) takes less. */
const lookMs = 100;

/** Holds the directory until it is disposed or the process has ended, however it ends. Throws when another server holds it. */
export function lockDataDir(dataDir: string): Disposable {
  const lock = takeLock(serverLock(dataDir), lookMs);
  if (lock !== undefined) return lock;
  throw new DataDirInUse(
    `Another Rein works with the data directory ${dataDir}. Open the address that it printed, or end it; or give this one a directory of its own with REIN_DATA_DIR.`,
  );
}

/** Whether a server holds the directory now. Throws when this user cannot see that. */
export function isDataDirHeld(dataDir: string): boolean {
  if (!isThere(serverLock(dataDir))) return false;
  const lock = takeLock(serverLock(dataDir), 0);
  lock?.[Symbol.dispose]();
  return lock === undefined;
}

/** The process that holds the directory, as the kernel has it; undefined when none does, or the system does not say. */
export function holderOf(dataDir: string): number | undefined {
  if (process.platform !== "linux") return undefined;
  const { ino } = statSync(serverLock(dataDir));
  // "1: POSIX  ADVISORY  WRITE 4711 fd:01:1234 0 EOF"
  const lock = new RegExp(`^\\d+: \\S+ +\\S+ +WRITE +([1-9]\\d*) \\S+:${ino} `, "m");
  const [, pid] = lock.exec(readFileSync("/proc/locks", "utf8")) ?? [];
  return pid === undefined ? undefined : Number(pid);
}

/**
 * For the one process that starts a server in the background, until it answers; undefined while another process does that.
 * It ends as the other does.
 */
export function lockStart(dataDir: string): Disposable | undefined {
  return takeLock(join(dataDir, "start-lock"), 0);
}

/** For what must be done while no other process holds this lock, alone or shared; undefined while one does. */
export function lockAlone(path: string): Disposable | undefined {
  return takeLock(path, 0);
}

/** Held together with others until it is disposed or the process has ended. Throws when it cannot be had within seconds. */
export function lockShared(path: string): Disposable {
  const lock = new Database(path, { create: true });
  try {
    lock.run(`PRAGMA busy_timeout = ${sharedMs}`);
    lock.run("BEGIN");
    // The first look at the file takes the lock.
    lock.query("SELECT * FROM sqlite_master").all();
  } catch (error) {
    lock.close();
    throw error;
  }
  return { [Symbol.dispose]: () => lock.close() };
}

const sharedMs = 10_000;

/** existsSync says the same of what is not there and of what this user may not look at. */
function isThere(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}

function serverLock(dataDir: string): string {
  return join(dataDir, "lock");
}

/** Undefined when another process has it, and keeps it for `waitMs`. */
function takeLock(path: string, waitMs: number): Disposable | undefined {
  // SQLite locks the file by a lock of the operating system: it ends with the process, and leaves nothing to clean up.
  const lock = new Database(path, { create: true });
  try {
    lock.run(`PRAGMA busy_timeout = ${waitMs}`);
    lock.run("BEGIN EXCLUSIVE");
  } catch (error) {
    lock.close();
    if (!(error instanceof SQLiteError && error.code === "SQLITE_BUSY")) throw error;
    return undefined;
  }
  return { [Symbol.dispose]: () => lock.close() };
}
