/** The files of a session outside the database go with it, or at the next start; those of other sessions stay. */
import { afterAll, afterEach, beforeEach, expect, spyOn, test } from "bun:test";
import { Database } from "bun:sqlite";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { log } from "../server/log";
import { type Server, startServer, type ServerConfig } from "../server/server";
import { SessionDirectories } from "../server/session/session-directories";
import { SessionRegistry } from "../server/session/session-registry";
import { Store } from "../server/store/store";
import { conversation, sealed } from "./database-scene";
import { giveSupervisor } from "./given-supervisor";
import { findOrdinaryUser, isRoot } from "./ordinary-user";
import { temporaryDirectory } from "./temporary-directory";
import { until } from "./within";

let directory: ReturnType<typeof temporaryDirectory>;
const { level } = log;
beforeEach(() => {
  log.level = "silent";
  directory = temporaryDirectory();
});
afterEach(() => {
  log.level = level;
  directory[Symbol.dispose]();
});

function make(...names: string[]): void {
  for (const name of names) {
    mkdirSync(join(directory.path, name), { recursive: true });
    writeFileSync(join(directory.path, name, "file"), "x");
  }
}

test("those of a deleted session are removed in every root, and nothing else is", async () => {
  make("a/gone/deep/er", "a/other", "b/gone", "outside");
  const outside = join(directory.path, "outside");
  symlinkSync(outside, join(directory.path, "a/gone/link"));
  symlinkSync(outside, join(directory.path, "a/linked"));
  const roots = ["a", "b", "none"].map((name) => join(directory.path, name));
  const directories = new SessionDirectories(roots);
  for (const id of ["gone", "linked", "unknown"]) await directories.remove(id);
  expect(readdirSync(join(directory.path, "a"))).toEqual(["other"]);
  expect(readdirSync(join(directory.path, "b"))).toEqual([]);
  expect(readdirSync(outside)).toEqual(["file"]);
});

test("what cannot be removed is logged, and keeps no session from being deleted", async () => {
  writeFileSync(join(directory.path, "a"), "");
  const logged = spyOn(log, "error");
  await new SessionDirectories([join(directory.path, "a")]).remove("gone");
  expect(logged).toHaveBeenCalled();
  logged.mockRestore();
});

const user = findOrdinaryUser();
afterAll(() => user?.[Symbol.asyncDispose]());
const lack = isRoot && user === undefined ? " (there is no ordinary user to run as)" : "";

test.skipIf(lack !== "")(`directories that cannot be written are removed too${lack}`, () => {
  const path = join(user?.home ?? directory.path, "read-only");
  mkdirSync(join(path, "module/inner/none"), { recursive: true });
  writeFileSync(join(path, "module/inner/file"), "x");
  symlinkSync("/", join(path, "module/root"));
  chmodSync(join(path, "module/inner/none"), 0);
  for (const name of ["module/inner", "module"]) chmodSync(join(path, name), 0o555);
  if (user) Bun.spawnSync(["chown", "-R", "nobody", path]);
  const file = join(import.meta.dir, "../server/files/remove-tree.ts");
  const removal = [process.execPath, "-e", `(await import("${file}")).removeTree("${path}")`];
  const { stderr } = Bun.spawnSync(user?.command(...removal) ?? removal);
  expect(stderr.toString()).toBe("");
  expect(existsSync(path)).toBe(false);
});

/** With the sessions "one" and "two"; "two" cannot be read. */
async function makeDatabase(): Promise<string> {
  const path = join(directory.path, "rein.db");
  const store = new Store(path);
  for (const id of ["one", "two"])
    for (const step of conversation(id, new SessionRegistry(store))) step();
  await sealed(path);
  store.close();
  const database = new Database(path);
  database.run(`UPDATE sessions SET data = '{"id":"cut' WHERE id = 'two'`);
  database.close();
  return path;
}

async function start(): Promise<Server> {
  await giveSupervisor(directory.path);
  const config: ServerConfig = {
    port: 0,
    portGiven: true,
    host: "127.0.0.1",
    hosts: [],
    token: "a-token-of-sixteen-characters",
    dataDir: directory.path,
    cwd: directory.path,
    commands: {},
    titles: "off",
    providers: {},
    dev: false,
    connections: 256,
    searchPath: "",
    userDirectories: { home: directory.path, configHome: directory.path },
  };
  return startServer(config, () => {});
}

test("a start removes those of sessions that are gone, and keeps those of sessions that are there or cannot be read", async () => {
  await makeDatabase();
  // In an earlier version all sessions shared one of the engine's name.
  make("engines/one/codex", "engines/two/codex", "engines/gone/codex", "engines/codex");
  make("processes/gone", "processes/two", "shells/gone", "shells/one");
  const server = await start();
  const left = (root: string) => readdirSync(join(directory.path, root)).toSorted();
  await until(() => !left("shells").includes("gone"));
  expect(left("engines")).toEqual(["one", "two"]);
  expect(left("processes")).toEqual(["two"]);
  expect(left("shells")).toEqual(["one"]);
  expect(existsSync(join(directory.path, "engines/one/codex/file"))).toBe(true);
  await server.close();
});

test("a start with a database that lacks sessions removes none", async () => {
  const path = await makeDatabase();
  rmSync(path);
  const removal = spyOn(SessionDirectories.prototype, "removeOrphans");
  const server = await start();
  expect(server.store.missing).toBeDefined();
  await server.jobs.swept;
  await Bun.sleep(0);
  expect(removal).not.toHaveBeenCalled();
  removal.mockRestore();
  await server.close();
});
