/** What a backup has left that was killed: its copies in the data directory, and the file that it wrote. */
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { basename, join } from "node:path";
import { log } from "../log";
import { lockAlone } from "../store/data-dir-lock";
import { stagingPrefix } from "./data-names";

/** In the staging directory: the path of the file that is being written. */
const writesName = "writes";
export const unfinishedEnd = ".unfinished";

/** To be called before there is such a file. */
export function noteUnfinished(staging: string, path: string): void {
  writeFileSync(join(staging, writesName), path, { mode: 0o600 });
}

/** A directory for one backup, and the lock that is held while it is made. Throws what the disk throws. */
export function makeStaging(dataDir: string): { staging: string; lock: Disposable } {
  const id = crypto.randomUUID();
  const [unlocked, staging] = [`${unlockedPrefix}${id}`, `${stagingPrefix}${id}`].map((name) =>
    join(dataDir, name),
  ) as [string, string];
  mkdirSync(unlocked, { mode: 0o700 });
  try {
    const lock = lockStaging(unlocked);
    if (lock === undefined) throw new Error(`Another program has locked ${unlocked}`);
    // Another backup that begins takes no directory for left that has its name already.
    renameSync(unlocked, staging);
    return { staging, lock };
  } catch (error) {
    rmSync(unlocked, { recursive: true, force: true });
    throw error;
  }
}

const unlockedPrefix = `${stagingPrefix}new-`;

function lockStaging(staging: string): Disposable | undefined {
  return lockAlone(join(staging, "lock"));
}

/** A backup that is being made holds its lock, and keeps what it has; what another user has left stays. Never throws. */
export function removeLeft(dataDir: string): void {
  for (const name of readdirSync(dataDir)) {
    const path = join(dataDir, name);
    if (!isStaging(name) && !isLeftUnlocked(path)) continue;
    attempt(() => {
      using lock = lockStaging(path);
      if (lock === undefined) return;
      attempt(() => removeUnfinished(path));
      rmSync(path, { recursive: true, force: true });
    });
  }
}

function isStaging(name: string): boolean {
  return name.startsWith(stagingPrefix) && /^[0-9a-f-]{36}$/.test(name.slice(stagingPrefix.length));
}

/** Its backup would have locked it by now. */
function isLeftUnlocked(path: string): boolean {
  if (!basename(path).startsWith(unlockedPrefix)) return false;
  const made = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
  return Date.now() - made > 60_000;
}

function removeUnfinished(staging: string): void {
  const path = readFileSync(join(staging, writesName), "utf8");
  if (path.endsWith(unfinishedEnd)) rmSync(path, { force: true });
}

/** It may be on a disk that is not there now, or of root. */
function attempt(remove: () => void): void {
  try {
    remove();
  } catch (err) {
    log.debug({ err }, "What a killed backup has left could not be removed");
  }
}
