/** Rows of the database that anything may have changed: each costs at most its own message or session, and never the start. */
import { Database } from "bun:sqlite";
import { afterAll, beforeAll, expect, test } from "bun:test";
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { log } from "../../server/log";
import { toTurns } from "../../server/providers/provider-history";
import { exportMarkdown } from "../../server/session/export-markdown";
import { selectStops, stopsCsv } from "../../server/session/stop-history";
import { DamagedSessionError } from "../../server/store/storage-errors";
import { Store } from "../../server/store/store";
import { encode } from "../../server/stream/sse-frame";
import { startRein } from "../rein";
import { SeededRandom } from "../seeded-random";

const seeds = process.env.REIN_TRIES === "full" ? 2000 : 100;

let dataDir: string;
let healthy: string;
beforeAll(() => {
  log.level = "silent";
  dataDir = mkdtempSync(join(tmpdir(), "rein-rows-"));
  healthy = join(dataDir, "healthy.db");
  const database = new Database(healthy, { create: true });
  database.run(readFileSync(join(import.meta.dir, "../fixtures/database-v1.sql"), "utf8"));
  database.close();
  new Store(healthy).close();
});
afterAll(() => {
  log.level = "info";
  rmSync(dataDir, { recursive: true, force: true });
});

test(`whatever ${seeds} damaged databases hold, each session is read, or refused as damaged`, () => {
  for (let seed = 1; seed <= seeds; seed++) {
    const path = join(dataDir, "damaged.db");
    for (const ending of ["-wal", "-shm"]) rmSync(path + ending, { force: true });
    copyFileSync(healthy, path);
    damage(path, seed);
    try {
      readEverything(path);
    } catch (error) {
      throw new Error(`seed ${seed}`, { cause: error });
    }
  }
});

test("a server starts on them, answers every request that reads, and takes the next message", async () => {
  const tries = process.env.REIN_TRIES === "full" ? 20 : 2;
  for (let seed = 1; seed <= tries; seed++) {
    const own = mkdtempSync(join(tmpdir(), "rein-rows-"));
    copyFileSync(healthy, join(own, "rein.db"));
    for (let more = 0; more < 4; more++) damage(join(own, "rein.db"), seed * 10 + more);
    await using rein = await startRein({ dataDir: own });
    const { sessions } = await rein.json<{ sessions: { id: string }[] }>("/api/sessions");
    for (const { id } of sessions)
      for (const path of ["", "/export", "/processes", "/messages?before=x"]) {
        const response = await rein.fetch(`/api/sessions/${id}${path}`);
        expect(response.status).toBeLessThan(500);
        if (!response.ok) expect((await response.json()).error.message.length).toBeGreaterThan(10);
      }
    expect((await rein.fetch("/api/stops")).status).toBe(200);
    const chat = rein.chat({ message: "Say hello", provider: "demo", onDisconnect: "continue" });
    await chat.ended;
    expect(chat.session.runs.at(-1)!.outcome).toBe("done");
    rmSync(own, { recursive: true, force: true });
  }
});

/** As every route and every page does it. */
function readEverything(path: string): void {
  const store = new Store(path);
  try {
    store.usage(0, Date.now(), "");
    stopsCsv(selectStops(store.stopped(), { format: "json" }));
    for (const { id } of store.list()) readSession(store, id);
  } finally {
    store.close();
  }
}

function readSession(store: Store, id: string): void {
  try {
    const session = store.load(id)!;
    encode({ type: "snapshot", session, seq: 1 });
    exportMarkdown(session);
    structuredClone(toTurns(session.messages, { provider: "anthropic", model: "model-1" }));
  } catch (error) {
    if (!(error instanceof DamagedSessionError)) throw error;
  }
}

const tables = ["sessions", "runs", "messages", "parts"];

/** Changes a few values in the JSON of a few rows. The same seed does the same. */
function damage(path: string, seed: number): void {
  const random = new SeededRandom(seed);
  const database = new Database(path);
  for (let count = 1 + random.below(4); count > 0; count--) {
    const table = random.pick(tables);
    const rows = database.query<{ id: string; data: string }, []>(`SELECT id, data FROM ${table}`);
    const all = rows.all();
    const { id, data } = random.pick(all);
    const change = database.query(`UPDATE ${table} SET data = ? WHERE id = ?`);
    change.run(
      random.below(8) === 0 ? data.slice(0, random.below(data.length)) : mutated(data, random),
      id,
    );
  }
  database.close();
}

function mutated(data: string, random: SeededRandom): string {
  const places: { holder: Record<string, unknown>; key: string }[] = [];
  const collect = (value: unknown): void => {
    if (typeof value !== "object" || value === null) return;
    for (const key of Object.keys(value)) {
      places.push({ holder: value as Record<string, unknown>, key });
      collect((value as Record<string, unknown>)[key]);
    }
  };
  const root: unknown = parsed(data);
  collect(root);
  if (places.length === 0) return data;
  const { holder, key } = random.pick(places);
  const marker = crypto.randomUUID();
  const wanted = random.pick(values);
  if (wanted === "") Reflect.deleteProperty(holder, key);
  else holder[key] = marker;
  return JSON.stringify(root).replace(`"${marker}"`, () => wanted);
}

function parsed(data: string): unknown {
  try {
    return JSON.parse(data);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** As JSON; nothing removes the key. */
const values = [
  "",
  "null",
  "5",
  "-1",
  "1e308",
  '"x"',
  '""',
  "[]",
  "{}",
  "[null]",
  '[{"type":"text"}]',
  "true",
  '{"__proto__":{"state":"running"}}',
  '"\\ud800\\u0000"',
  `"${"long ".repeat(20_000)}"`,
  `${"[".repeat(20_000)}${"]".repeat(20_000)}`,
];
