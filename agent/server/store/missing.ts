/** A database that is older than its seal: found before anything is written, and its files copied. */
import type { Database } from "bun:sqlite";
import { constants, copyFileSync, existsSync, mkdirSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { synchronise } from "../durable-file";
import { hasTables } from "./migrations";
import { countsSql, type Counts } from "./seal";
import { type Missing, readSeal, type SealFile, sealPath } from "./seal-file";

const maxTold = 10;

/**
 * What is missing, this time and at earlier starts. `database` is undefined when there is no file; it was only read so
 * far, and no other connection has written. Where it is older than the seal, its files are copied first: throws when
 * they cannot be, for the start would change them.
 */
export function findMissing(path: string, database: Database | undefined, hadWal: boolean) {
  const sealed = readSeal(path);
  const known = sealed?.missing ?? [];
  const found = readKnown(database);
  if (sealed === undefined || found.number >= sealed.number) return { isNew: false, known };
  const cause = database === undefined ? "database" : hadWal ? "older" : "wal";
  const one: Missing = { cause, copy: copyAsFound(path, sealed), ...compare(sealed, found) };
  return { isNew: true, known: [...known, one].slice(-maxTold) };
}

/** What the database holds; nothing where there is none, or one that an older Rein has written. */
function readKnown(database: Database | undefined) {
  const nothing = { number: 0, sessions: 0, lastMessage: 0, has: (_id: string) => false };
  if (database === undefined || !hasTables(database)) return nothing;
  const counts = database.query<Counts, []>(countsSql).get()!;
  const isSealed = database.query("SELECT 1 FROM sqlite_schema WHERE name = 'seal'").get() !== null;
  const row = isSealed && database.query<{ number: number }, []>("SELECT number FROM seal").get();
  const has = (id: string) =>
    database.query("SELECT 1 FROM sessions WHERE id = ?").get(id) !== null;
  return { ...counts, number: row ? row.number : 0, has };
}

function compare(sealed: SealFile, found: ReturnType<typeof readKnown>) {
  const sessions = Math.max(0, sealed.sessions - found.sessions);
  const lost = sealed.newest.filter(({ id }) => !found.has(id));
  return {
    sealedAt: sealed.at,
    // A deletion may be missing too, and hide a session in the count.
    sessions: Math.max(sessions, lost.length),
    titles: lost.map(({ title }) => title),
    messages: Math.max(0, sealed.lastMessage - found.lastMessage),
  };
}

/** Copies the database and what lies beside it into a new directory (mode 0700); returns its path once it is on the disk. */
function copyAsFound(path: string, { number }: SealFile): string {
  const stamp = new Date().toISOString().replaceAll(/[:.]/g, "-");
  const target = `${path}.found-${stamp}-${number}`;
  try {
    mkdirSync(target, { mode: 0o700 });
    for (const from of [path, `${path}-wal`, `${path}-shm`, sealPath(path)]) {
      if (!existsSync(from)) continue;
      const to = join(target, basename(from));
      copyFileSync(from, to, constants.COPYFILE_FICLONE);
      synchronise(to);
    }
    synchronise(target);
    synchronise(dirname(target));
    return target;
  } catch (error) {
    rmSync(target, { recursive: true, force: true });
    throw new Error(
      `The database ${path} is older than what was saved in it, and its files could not be copied to ${target}: ${(error as Error).message}. ` +
        "Nothing was changed. Make sure that the disk has room for the copy, then start again.",
      { cause: error },
    );
  }
}
