/** In a cluster the end of a run is sent when it is on this machine's disk and in the shared database, which come at the same time. */
import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Store } from "../server/store/store";
import { SessionRegistry } from "../server/session/session-registry";
import { durableEvents, runStart } from "./durable-events";
import { emptySession } from "./long-session";
import { temporaryDirectory } from "./temporary-directory";

const canTrace = Bun.which("strace") !== null && Bun.spawnSync(["strace", "true"]).success;
const lack = canTrace ? "" : " (strace is missing, or may not trace)";

test.skipIf(!canTrace)(`the WAL is synchronised between the end and its sending${lack}`, () => {
  using directory = temporaryDirectory();
  const trace = join(directory.path, "trace");
  const script = join(import.meta.dir, "shared-end-writes.ts");
  const calls = ["-f", "-y", "-e", "trace=fsync,fdatasync,write", "-o", trace];
  const { success, stderr } = Bun.spawnSync(
    ["strace", ...calls, process.execPath, script, join(directory.path, "rein.db")],
    { env: { PATH: process.env.PATH, HOME: directory.path } },
  );
  expect(stderr.toString()).toBe("");
  expect(success).toBe(true);
  const lines = readFileSync(trace, "utf8").split("\n");
  const at = (words: string) => lines.findIndex((line) => line.includes(`"${words}\\n"`));
  const between = lines.slice(at("ending"), at("sent"));
  expect(at("sent")).toBeGreaterThan(at("ending"));
  expect(between.some((line) => /fdatasync\(\d+<[^>]*rein\.db-wal>/.test(line))).toBe(true);
});

test("the end is in the file in the same tick, and is sent once the shared database has it", async () => {
  using directory = temporaryDirectory();
  const path = join(directory.path, "rein.db");
  const store = new Store(path);
  const { promise, resolve } = Promise.withResolvers<boolean>();
  store.shared.share({ written: () => {}, changedWhole: () => {}, shared: () => promise });
  const live = new SessionRegistry(store).create(emptySession("/"));
  live.emit(runStart());
  live.emit(structuredClone(durableEvents["the end of a run"]!));
  using other = new Database(path, { readonly: true });
  expect(other.query("SELECT settled FROM runs").all()).toEqual([{ settled: 1 }]);
  const sent: boolean[] = [];
  live.onceSent((isShared) => sent.push(isShared));
  await Bun.sleep(50);
  expect(sent).toEqual([]);
  resolve(true);
  await Bun.sleep(0);
  expect(sent).toEqual([true]);
  store.close();
});

test("an end that cannot be written now is sent as one that only this server has", async () => {
  using directory = temporaryDirectory();
  const path = join(directory.path, "rein.db");
  const store = new Store(path);
  const all = { written: () => {}, changedWhole: () => {} };
  store.shared.share({ ...all, shared: () => Promise.resolve(true) });
  const live = new SessionRegistry(store).create(emptySession("/"));
  live.emit(runStart());
  store.flush();
  using other = new Database(path);
  other.run("BEGIN IMMEDIATE");
  live.emit(structuredClone(durableEvents["the end of a run"]!));
  const { promise, resolve } = Promise.withResolvers<boolean>();
  live.onceSent(resolve);
  expect(await promise).toBe(false);
  expect(store.storageError).toContain("locked");
  other.run("ROLLBACK");
  store.close();
});
