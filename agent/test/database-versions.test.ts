/** A database of an earlier Rein is migrated once and completely; one of a newer Rein is refused. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { Database } from "bun:sqlite";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { newestVersion } from "../server/store/migrations";
import type { Session, SessionSummary } from "../shared/protocol";
import { limited } from "./disk-limit";
import { everyServerIsNode } from "./given-cluster";
import { rejectionOf } from "./provider-wires";
import { type Rein, type ReinOptions, startRein } from "./rein";

/** A database of version 1 and its server's answers: an undone run, a subagent, a stop in one, a demo conversation. */
const fixtures = join(import.meta.dir, "fixtures");
const versionOneSql = readFileSync(join(fixtures, "database-v1.sql"), "utf8");
const expected = JSON.parse(readFileSync(join(fixtures, "database-v1.json"), "utf8")) as {
  list: { sessions: SessionSummary[] };
  sessions: Session[];
};

let dataDir: string;
let path: string;
let backup: string;
let cleanUp: AsyncDisposableStack;
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), "rein-versions-"));
  path = join(dataDir, "rein.db");
  backup = `${path}.v1-backup`;
  cleanUp = new AsyncDisposableStack();
  cleanUp.defer(() => rmSync(dataDir, { recursive: true, force: true }));
});
afterEach(() => cleanUp.disposeAsync());

test("a database of version 1 is migrated, and its sessions read the same", async () => {
  writeVersionOne();
  await expectSameSessions(await start());
  expect(versionOf(path)).toBe(newestVersion);
});

test("before the migration the database is copied, including its WAL, to a file that only its owner can read", async () => {
  writeVersionOne();
  // As a killed server leaves it: a second connection prevents the checkpoint of the WAL.
  const reader = new Database(path);
  const writer = new Database(path);
  writer.run("PRAGMA journal_mode = WAL");
  reader.query("SELECT * FROM sessions").all();
  writer.run("UPDATE sessions SET updated_at = 7");
  await start();
  for (const database of [reader, writer]) database.close();
  expect(statSync(backup).mode & 0o777).toBe(0o600);
  expect(copies()).toEqual(["rein.db.v1-backup"]);
  expect(versionOf(backup)).toBe(0);
  expect(read(backup, "SELECT DISTINCT updated_at FROM sessions")).toEqual([{ updated_at: 7 }]);
  expect(read(backup, "SELECT id, data FROM messages ORDER BY id")).toEqual(
    read(path, "SELECT id, data FROM messages ORDER BY id"),
  );
});

test("a migrated database is not migrated again at the next start", async () => {
  writeVersionOne();
  await (await start())[Symbol.asyncDispose]();
  rmSync(backup);
  await expectSameSessions(await start());
  expect(copies()).toEqual([]);
});

test("a new database is not copied", async () => {
  await start();
  expect(versionOf(path)).toBe(newestVersion);
  expect(copies()).toEqual([]);
});

test("a database of a newer Rein is refused with advice, and left as it was", async () => {
  writeVersionOne();
  const database = new Database(path);
  database.run(`PRAGMA user_version = ${newestVersion + 1}`);
  database.close();
  const before = readFileSync(path);
  const words = await refusal();
  expect(words).toContain(`its version is ${newestVersion + 1}`);
  expect(words).toContain("Start the newer Rein, or choose another directory with REIN_DATA_DIR");
  expect(readFileSync(path).equals(before)).toBe(true);
});

test("undo records of a newer Rein are refused with advice", async () => {
  await (await start())[Symbol.asyncDispose]();
  const undoPath = join(dataDir, "undo", "undo.db");
  expect(versionOf(undoPath)).toBe(1);
  const database = new Database(undoPath);
  database.run("PRAGMA user_version = 2");
  database.close();
  const words = await refusal();
  expect(words).toContain("was written by a newer Rein: its version is 2");
  expect(words).toContain("Start the newer Rein, or choose another directory with REIN_DATA_DIR");
});

test("the server refuses to start without space for the copy, and changes nothing", async () => {
  writeVersionOne();
  const words = await refusal({ command: limited(64) });
  expect(words).toContain(`could not be brought from version 1 to ${newestVersion}`);
  expect(words).toContain("Make sure that the disk has room");
  expect(versionOf(path)).toBe(0);
  expect(copies()).toEqual([]);
  await expectSameSessions(await start());
});

test("a process killed during a migration leaves version 1, and the next start migrates it", async () => {
  writeVersionOne();
  const before = schemaOf(path);
  const child = Bun.spawn([process.execPath, join(import.meta.dir, "killed-migration.ts"), path], {
    stdin: "ignore",
    stdout: "ignore",
    stderr: "inherit",
  });
  await child.exited;
  expect(child.signalCode).toBe("SIGKILL");
  expect(versionOf(path)).toBe(1);
  expect(schemaOf(path)).toEqual(before);
  await expectSameSessions(await start());
  expect(versionOf(path)).toBe(newestVersion);
});

async function start(options: ReinOptions = {}): Promise<Rein> {
  return cleanUp.use(await startRein({ dataDir, ...options }));
}

async function refusal(options: ReinOptions = {}): Promise<string> {
  return String(await rejectionOf(startRein({ dataDir, ...options })));
}

function writeVersionOne(): void {
  const database = new Database(path, { create: true });
  database.run(versionOneSql);
  database.close();
}

async function expectSameSessions(rein: Rein): Promise<void> {
  const { sessions, ...more } = await rein.json<typeof expected.list>("/api/sessions");
  // Only a node says on which machine a session is.
  const machine = everyServerIsNode ? { node: "only" } : {};
  expect({ ...more, sessions }).toEqual({
    ...expected.list,
    sessions: expected.list.sessions.map((session) => ({ ...session, ...machine })),
  });
  for (const session of expected.sessions)
    expect({ ...(await rein.session(session.id)), seq: 0 }).toEqual(session);
}

function versionOf(file: string): unknown {
  return Object.values(read(file, "PRAGMA user_version")[0] as object)[0];
}

function copies(): string[] {
  return readdirSync(dataDir).filter((name) => name.includes("backup"));
}

function schemaOf(file: string): unknown[] {
  return read(file, "SELECT type, name, sql FROM sqlite_schema ORDER BY name");
}

function read(file: string, sql: string): unknown[] {
  const database = new Database(file);
  const rows = database.query(sql).all();
  database.close();
  return rows;
}
