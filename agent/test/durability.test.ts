/** A user's input and the end of a run are on disk before they are acknowledged: no crash or power cut loses them. */
import { Database } from "bun:sqlite";
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { SessionRegistry } from "../server/session/session-registry";
import { Store } from "../server/store/store";
import type { EventBody, Session } from "../shared/protocol";
import { durableEvents, ordinaryEvents, runStart } from "./durable-events";
import { emptySession } from "./long-session";
import { temporaryDirectory } from "./temporary-directory";

/** `PRAGMA synchronous` as each transaction began: 1 is NORMAL, 2 is FULL. */
const levels: number[] = [];
type Work = (...given: unknown[]) => unknown;
const descriptor = Object.getOwnPropertyDescriptor(Database.prototype, "transaction")!;
beforeAll(() => {
  type Transaction = (this: Database, work: Work) => Work;
  const transaction = descriptor.value as Transaction;
  Object.defineProperty(Database.prototype, "transaction", {
    ...descriptor,
    value(this: Database, work: Work): Work {
      const note = (...given: unknown[]) => {
        const row = this.query<{ synchronous: number }, []>("PRAGMA synchronous").get();
        levels.push(row!.synchronous);
        return work(...given);
      };
      return transaction.call(this, note);
    },
  });
});
afterAll(() => {
  Object.defineProperty(Database.prototype, "transaction", descriptor);
});

describe("in the same tick as the event,", () => {
  test.each(Object.entries(durableEvents))(
    "%s is in the database file, synchronised",
    (_name, event) => {
      const { saved, live } = emitAll(event);
      expect(saved).toEqual({ ...live, seq: 0 });
      expect(levels.at(-1)).toBe(2);
    },
  );

  test.each(Object.entries(ordinaryEvents))(
    "%s is not yet written: it waits for its batch",
    (_name, event) => {
      const { saved, live } = emitAll(event);
      expect(saved).not.toEqual({ ...live, seq: 0 });
    },
  );
});

test("events that could not be written at first are synchronised once writing works again", () => {
  using directory = temporaryDirectory();
  const path = join(directory.path, "rein.db");
  const store = new Store(path);
  const live = new SessionRegistry(store).create(emptySession("/"));
  const other = new Database(path);
  other.run("BEGIN IMMEDIATE");
  live.emit(runStart());
  live.emit(structuredClone(durableEvents["a user's message"]!));
  other.close();
  expect(store.storageError).toContain("locked");
  store.flush();
  expect(store.storageError).toBeUndefined();
  expect(levels.at(-1)).toBe(2);
  store.flush();
  live.emit(structuredClone(ordinaryEvents["an answer's beginning"]!));
  store.flush();
  expect(levels.at(-1)).toBe(1);
  store.close();
});

const canTrace = Bun.which("strace") !== null && Bun.spawnSync(["strace", "true"]).success;
const lack = canTrace ? "" : " (strace is missing, or may not trace)";

test.skipIf(!canTrace)(`every durable write calls fsync or fdatasync on its file${lack}`, () => {
  using directory = temporaryDirectory();
  const trace = join(directory.path, "trace");
  const script = join(import.meta.dir, "durable-writes.ts");
  const calls = ["-f", "-y", "-e", "trace=fsync,fdatasync,write", "-o", trace];
  const data = join(directory.path, "data");
  Bun.spawnSync(["mkdir", "-m", "700", data]);
  const { success, stdout, stderr } = Bun.spawnSync(
    ["strace", ...calls, process.execPath, script, data],
    { env: { PATH: process.env.PATH, HOME: directory.path } },
  );
  expect(stderr.toString()).toBe("");
  expect(success).toBe(true);
  const synchronised = readTrace(readFileSync(trace, "utf8"), stdout.toString().split("\n"));
  for (const name of Object.keys(ordinaryEvents))
    expect([name, synchronised[name]]).toEqual([name, []]);
  for (const name of [...Object.keys(durableEvents), "a deletion"])
    expect([name, synchronised[name]]).toEqual([name, ["rein.db-wal"]]);
  expect(synchronised["the settings"]).toEqual(["settings.json.new", "data"]);
  expect(synchronised["the token"]).toEqual(["token.new", "data"]);
  expect(synchronised["an undo record"]).toEqual(["undo.db-wal"]);
});

/** The names of the files that were synchronised in each step. */
function readTrace(trace: string, steps: string[]): Record<string, string[]> {
  const synchronised: Record<string, string[]> = {};
  let step = "the start";
  for (const line of trace.split("\n")) {
    const written = /write\(1<[^>]*>, "(.*)\\n", \d+\)/.exec(line)?.[1];
    if (written !== undefined && steps.includes(written)) step = written;
    const path = /(?:fsync|fdatasync)\(\d+<([^>]*)>/.exec(line)?.[1];
    if (path !== undefined) (synchronised[step] ??= []).push(path.replace(/.*\//, ""));
    else synchronised[step] ??= [];
  }
  return synchronised;
}

/** What another connection reads in the same tick, and the session in memory. */
function emitAll(event: EventBody): { saved: Session | undefined; live: Session } {
  using directory = temporaryDirectory();
  const path = join(directory.path, "rein.db");
  const store = new Store(path);
  const live = new SessionRegistry(store).create(emptySession("/"));
  live.emit(runStart());
  store.flush();
  live.emit(structuredClone(event));
  const other = new Store(path);
  const saved = other.load(live.session.id);
  for (const one of [other, store]) one.close();
  return { saved, live: live.session };
}
