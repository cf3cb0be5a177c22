/** A damaged database row loses only its own message, part or run; a damaged session does not keep the server from starting. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { Database } from "bun:sqlite";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Store } from "../server/store/store";
import type { Session, SessionSummary } from "../shared/protocol";
import { type Rein, startRein } from "./rein";

const fixtures = join(import.meta.dir, "fixtures");
const { sessions } = JSON.parse(readFileSync(join(fixtures, "database-v1.json"), "utf8")) as {
  sessions: Session[];
};
const [healthy, damaged] = sessions as [Session, Session];
const unreadable = '{"id":"a secret, cut sho';

let dataDir: string;
let path: string;
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), "rein-damaged-"));
  path = join(dataDir, "rein.db");
  change(readFileSync(join(fixtures, "database-v1.sql"), "utf8"));
  new Store(path).close();
});
afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

describe("a damaged row", () => {
  test("of a message is left out, logged by its id only, and the session continues after it", async () => {
    const [first, lost, other] = damaged.messages.map(({ id }) => id);
    damage("messages", lost!);
    damage("messages", other!);
    await using rein = await start();
    const expected = damaged.messages.filter(({ id }) => id !== lost && id !== other);
    const found = await rein.session(damaged.id);
    expect(found.messages).toEqual(expected);
    expect(found.unreadable).toBe(2);
    expect(rein.output()).toContain(lost!);
    expect(rein.output()).not.toContain("a secret");
    const next = rein.chat({ ...demo, sessionId: damaged.id });
    await next.ended;
    const ids = [first, ...expected.slice(1).map(({ id }) => id)];
    await rein[Symbol.asyncDispose]();
    await using again = await start();
    const { messages } = await again.session(damaged.id);
    expect(messages.slice(0, ids.length).map(({ id }) => id)).toEqual(ids as string[]);
    expect(messages.slice(ids.length).map(({ role }) => role)).toEqual(["user", "assistant"]);
  });

  test("of a part loses only that part", async () => {
    const message = damaged.messages[1]!;
    damage("parts", message.parts[0]!.id);
    await using rein = await start();
    const expected = damaged.messages.map((one) =>
      one === message ? { ...one, parts: one.parts.slice(1) } : one,
    );
    expect((await rein.session(damaged.id)).messages).toEqual(expected);
  });

  test("of a run loses only that run, in the session list, the stops and the day's usage too", async () => {
    damage("runs", damaged.runs.at(-1)!.id);
    await using rein = await start();
    expect((await rein.session(damaged.id)).runs).toEqual(damaged.runs.slice(0, -1));
    const { stops } = await rein.json<{ stops: unknown[] }>("/api/stops");
    expect(stops).toEqual([]);
    expect(await listed(rein)).toEqual([healthy.id, damaged.id]);
    await rein.fetch(`/api/sessions/${damaged.id}`, { method: "DELETE" });
    expect(await listed(rein)).toEqual([healthy.id]);
  });
});

describe("a session that cannot be read", () => {
  // As if the server had been killed during the session's run, before its changes were known, with a background process.
  const unfinished = `UPDATE runs SET settled = 0, data = json_set(data, '$.changes.state', 'pending')`;

  test("is listed, answered with an error, logged, and can be deleted; the other sessions work", async () => {
    change(unfinished);
    damage("sessions", damaged.id);
    await using rein = await start();
    const response = await rein.fetch(`/api/sessions/${damaged.id}`);
    expect(response.status).toBe(422);
    expect(await response.text()).toContain("is damaged in the database and cannot be read");
    expect(await listed(rein)).toEqual([healthy.id, damaged.id]);
    expect((await rein.session(healthy.id)).messages).toEqual(healthy.messages);
    const deleted = await rein.fetch(`/api/sessions/${damaged.id}`, { method: "DELETE" });
    expect(deleted.status).toBe(200);
    expect(await listed(rein)).toEqual([healthy.id]);
    expect(rein.output()).toContain(damaged.id);
    expect(rein.output()).not.toContain("a secret");
  });
});

const demo = { message: "Say hello", provider: "demo", onDisconnect: "continue" as const };

function start(): Promise<Rein> {
  return startRein({ dataDir });
}

async function listed(rein: Rein): Promise<string[]> {
  const list = await rein.json<{ sessions: SessionSummary[] }>("/api/sessions");
  return list.sessions.map(({ id }) => id);
}

function damage(table: string, id: string): void {
  change(`UPDATE ${table} SET data = '${unreadable}' WHERE id = '${id}'`);
}

function change(sql: string): void {
  const database = new Database(path, { create: true });
  database.run(sql);
  database.close();
}
