/** A database with conversations, what a killed server leaves of it, and damage to that. */
import { Database } from "bun:sqlite";
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { SessionRegistry } from "../server/session/session-registry";
import { readSeal } from "../server/store/seal-file";
import { Store } from "../server/store/store";
import { type EventBody, noUsage, type Session } from "../shared/protocol";
import { emptySession } from "./long-session";
import { until } from "./within";

/** Another program that holds the lock, once the server is not just writing. To be closed. */
export function lockDatabase(dataDir: string): Database {
  const other = new Database(join(dataDir, "rein.db"));
  other.run("PRAGMA busy_timeout = 60000");
  other.run("BEGIN IMMEDIATE");
  return other;
}

/** Creates a session with a message, its answer and the end of its run, a step each. */
export function conversation(id: string, sessions: SessionRegistry): (() => void)[] {
  const live = sessions.create({ ...emptySession("/"), id, title: `Title ${id}` });
  const runId = `${id} run`;
  const run = { id: runId, state: "running" as const, startedAt: 1, usage: noUsage };
  const message = (role: "user" | "assistant") => ({
    id: `${id} ${role}`,
    runId,
    role,
    createdAt: 1,
    parts: [{ type: "text" as const, id: `${id} ${role} part`, text: role.repeat(200) }],
  });
  const events: EventBody[] = [
    { type: "run-start", sessionId: id, run },
    { type: "message-start", message: message("user") },
    { type: "message-start", message: message("assistant") },
    { type: "run-end", runId, at: 3, outcome: "done", usage: noUsage },
  ];
  return events.map((event) => () => live.emit(event));
}

/** Copies what a server that is killed now leaves: the index of the WAL is made anew by the next one. */
export function copyFiles(path: string, directory: string): string {
  mkdirSync(directory);
  for (const ending of ["", "-wal", ".seal"])
    if (existsSync(path + ending)) copyFileSync(path + ending, join(directory, `rein.db${ending}`));
  return join(directory, "rein.db");
}

/** Every session, whole. */
export function contentOf(path: string): (Session | undefined)[] {
  const store = new Store(path);
  const found = store.list().map(({ id }) => store.load(id));
  store.close();
  return found;
}

/** Resolves when the seal knows the newest commit. */
export async function sealed(path: string): Promise<void> {
  const database = new Database(path, { readonly: true });
  const { number } = database.query<{ number: number }, []>("SELECT number FROM seal").get()!;
  database.close();
  await until(() => readSeal(path)?.number === number, "the seal knows the newest commit");
}

export function cut(path: string, length: number): void {
  writeFileSync(path, readFileSync(path).subarray(0, length));
}

/** Overwrites 100 bytes. */
export function garble(path: string, at: number): void {
  const bytes = readFileSync(path);
  bytes.fill(0xa5, at, at + 100);
  writeFileSync(path, bytes);
}
