/** What the tests of backups share: `rein` on a data directory, and what it said. */
import { expect } from "bun:test";
import { Database } from "bun:sqlite";
import { readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { spawnCommand } from "./command-line";

export interface Said {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs `rein` with these arguments on a data directory. */
export async function reinOn(dataDir: string, args: string[], environment = {}): Promise<Said> {
  const options = { cwd: tmpdir(), environment: { ...environment, REIN_DATA_DIR: dataDir } };
  await using command = spawnCommand(args, options);
  const [stdout, stderr, code] = await Promise.all([
    command.stdout,
    command.stderr,
    command.exited,
  ]);
  return { code, stdout, stderr };
}

/** The same, which must have done what it was asked for; what it printed. */
export async function doneOn(dataDir: string, args: string[]): Promise<string> {
  const { code, stdout, stderr } = await reinOn(dataDir, args);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return stdout;
}

/** What the start of a server would find unfinished, and no later command. */
export function leftovers(dataDir: string): string[] {
  return readdirSync(dataDir).filter((name) => /^(backup-|restore)/.test(name));
}

/** The files under a directory, by their paths in it. */
export function filesUnder(directory: string): string[] {
  return [...new Bun.Glob("**/*").scanSync({ cwd: directory, dot: true })].toSorted();
}

export function rowsOf(path: string, sql: string): unknown[] {
  using database = new Database(path, { readonly: true });
  return database.query(sql).all();
}

/** A data directory with a database of so many messages, without a server. */
export function writeSessions(path: string, count: number, bytes = 1000): void {
  using database = new Database(join(path, "rein.db"));
  database.run(`BEGIN; INSERT INTO sessions (id, updated_at, data) VALUES ('many', 1, '{}');`);
  const insert = database.query(
    "INSERT INTO messages (id, session_id, position, data) VALUES (?, 'many', ?, ?)",
  );
  for (let at = 0; at < count; at++)
    insert.run(`m${at}`, at, JSON.stringify({ role: "user", text: `${at} `.padEnd(bytes, "x") }));
  database.run("COMMIT");
}
