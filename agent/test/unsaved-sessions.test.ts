/** What could not be saved of a session stays in memory until it is, whatever happens to other sessions. */
import { afterAll, afterEach, beforeEach, expect, test } from "bun:test";
import { Database } from "bun:sqlite";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { log } from "../server/log";
import { SessionRegistry } from "../server/session/session-registry";
import { Store } from "../server/store/store";
import { conversation } from "./database-scene";
import { smallDisk } from "./disk-limit";

let directory: string;
let store: Store;
let sessions: SessionRegistry;
let other: Database;
const { level } = log;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "rein-unsaved-"));
  log.level = "silent";
  store = new Store(join(directory, "rein.db"));
  sessions = new SessionRegistry(store);
  other = new Database(join(directory, "rein.db"));
});
afterEach(() => {
  other.close();
  store.close();
  rmSync(directory, { recursive: true, force: true });
});
afterAll(() => {
  log.level = level;
});

test("a session whose deletion fails keeps what was not saved of it, and is saved later", () => {
  other.run("BEGIN IMMEDIATE");
  converse("new");
  expect(() => sessions.remove("new")).toThrow("locked");
  expect(sessions.get("new")!.session.messages.length).toBe(2);
  expect(sessions.list().map(({ id }) => id)).toEqual(["new"]);
  other.run("COMMIT");
  store.flush();
  expect(store.load("new")!.messages.length).toBe(2);
  sessions.remove("new");
  expect(sessions.list()).toEqual([]);
});

test("of many sessions those that are not saved stay in memory, and those that were only read leave it", () => {
  const ids = Array.from({ length: 80 }, (_, index) => `session ${index}`);
  for (const id of ids) converse(id);
  sessions.get(ids[0]!)!.emit({ type: "session-update", at: 1, patch: { title: "Renamed" } });
  other.run("BEGIN IMMEDIATE");
  store.flush();
  converse("new");
  for (const id of ids.slice(1)) sessions.get(id);
  expect(sessions.counts().sessions).toBeLessThan(40);
  expect(sessions.get(ids[0]!)!.session.title).toBe("Renamed");
  expect(sessions.get("new")!.session.messages.length).toBe(2);
  other.run("COMMIT");
});

const { small, lack } = smallDisk(2);

test.skipIf(lack !== "")(
  `on a disk that is full a long conversation keeps no short one from it${lack}`,
  () => {
    const path = join(small, "rein.db");
    const full = new Store(path);
    const live = new SessionRegistry(full);
    for (const step of conversation("long", live)) step();
    writeFileSync(join(small, "filler"), "x".repeat(1_500_000));
    const patch = { title: "x".repeat(700_000) };
    live.get("long")!.emit({ type: "session-update", at: 1, patch });
    full.flush();
    expect(full.storageError).toContain("The disk is full");
    for (const step of conversation("short", live)) step();
    expect([full.holds("long"), full.holds("short")]).toEqual([true, false]);
    expect(full.load("short")!.messages.length).toBe(2);
    rmSync(join(small, "filler"));
    full.flush();
    expect([full.storageError, full.holds("long")]).toEqual([undefined, false]);
    full.close();
  },
);

function converse(id: string): void {
  for (const step of conversation(id, sessions)) step();
}
