/** A database that has become older than what was saved in it is noticed at the start, told, and its files are kept. */
import { afterAll, afterEach, beforeAll, expect, test } from "bun:test";
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { log } from "../server/log";
import { describeMissing } from "../server/store/missing-words";
import { SessionRegistry } from "../server/session/session-registry";
import { Store } from "../server/store/store";
import type { Session } from "../shared/protocol";
import { limited } from "./disk-limit";
import { findOrdinaryUser, isRoot } from "./ordinary-user";
import { SeededRandom } from "./seeded-random";
import { contentOf, conversation, copyFiles, cut, garble, sealed } from "./database-scene";

/** What a killed server left: two conversations in the database file, three in the WAL alone. */
let killed: string;
let content: (Session | undefined)[];
const root = mkdtempSync(join(tmpdir(), "rein-seal-"));
const { level } = log;
beforeAll(async () => {
  const path = join(root, "rein.db");
  const first = new Store(path);
  for (const id of ["one", "two"]) converse(id, first);
  first.close();
  const store = new Store(path);
  for (const id of ["three", "four", "five"]) converse(id, store);
  await sealed(path);
  killed = copyFiles(path, join(root, "killed"));
  store.close();
  content = contentOf(copyFiles(killed, join(root, "intact")));
  log.level = "silent";
});
afterEach(() => rmSync(join(root, "start"), { recursive: true, force: true }));
afterAll(() => {
  log.level = level;
  rmSync(root, { recursive: true, force: true });
});

test("nothing is said of a database that was left by a killed server", () => {
  expect(content.length).toBe(5);
  expect(told(copyFiles(killed, join(root, "start")))).toBeUndefined();
  expect(found()).toEqual([]);
});

test("a WAL that is not there is told, with the conversations that it held, and the files are kept", () => {
  const path = copyFiles(killed, join(root, "start"));
  rmSync(`${path}-wal`);
  const before = readFileSync(path);
  const words = told(path)!;
  expect(words).toContain("its -wal file was not there");
  expect(words).toContain("3 conversations (“Title five”, “Title four”, “Title three”)");
  expect(words).toContain("about 6 messages");
  expect(contentOf(path).map((session) => session!.id)).toEqual(["one", "two"]);
  const [copy] = found();
  expect(words).toContain(copy!);
  expect(statSync(copy!).mode & 0o777).toBe(0o700);
  expect(readFileSync(join(copy!, "rein.db")).equals(before)).toBe(true);
});

test.each([
  ["cut", cut],
  ["garbled", garble],
] as const)(
  "a WAL that is %s anywhere is told exactly when something of it is missing, and kept",
  (_name, damage) => {
    const wal = readFileSync(`${killed}-wal`);
    const random = new SeededRandom(7);
    for (let round = 0; round < 25; round++) {
      const path = copyFiles(killed, join(root, "start"));
      damage(`${path}-wal`, random.below(wal.length));
      const damaged = readFileSync(`${path}-wal`);
      const words = told(path);
      expect([words === undefined, found().length]).toEqual(
        Bun.deepEquals(contentOf(path), content) ? [true, 0] : [false, 1],
      );
      for (const copy of found())
        expect(readFileSync(join(copy, "rein.db-wal")).equals(damaged)).toBe(true);
      rmSync(join(root, "start"), { recursive: true });
    }
  },
);

test("a database file that is not there is told", () => {
  const path = copyFiles(killed, join(root, "start"));
  rmSync(path);
  const words = told(path)!;
  expect(words).toContain("its file was not there");
  expect(words).toContain("5 conversations");
  expect(found().map((copy) => existsSync(join(copy, "rein.db-wal")))).toEqual([true]);
});

test("what is missing is told at each start until it is confirmed, and copied once", () => {
  const path = copyFiles(killed, join(root, "start"));
  rmSync(`${path}-wal`);
  const words = told(path);
  const store = new Store(path);
  expect(store.missing).toBe(words);
  converse("six", store);
  store.confirmMissing();
  expect(store.missing).toBeUndefined();
  store.close();
  expect(told(path)).toBeUndefined();
  expect(found().length).toBe(1);
});

test("what to look for is the file that is missing, or a whole copy of the one that was cut", () => {
  const words = (cause: "wal" | "older") =>
    describeMissing([{ cause, sealedAt: 0, sessions: 1, titles: [], messages: 1, copy: "/found" }]);
  expect(words("wal")).toContain("If you have the missing file, stop Rein");
  expect(words("older")).toContain("If you have an undamaged copy of the -wal file, stop Rein");
});

test("after an older copy was put back and confirmed, a later loss is told anew", async () => {
  const path = copyFiles(killed, join(root, "start"));
  rmSync(`${path}-wal`);
  const store = new Store(path);
  store.confirmMissing();
  converse("six", store);
  await sealed(path);
  const again = copyFiles(path, join(root, "start", "again"));
  store.close();
  rmSync(`${again}-wal`);
  expect(told(again)).toContain("1 conversation (“Title six”)");
});

test("without room for the copy the start is refused, and nothing is changed", () => {
  const path = copyFiles(killed, join(root, "start"));
  cut(`${path}-wal`, 50_000);
  const before = readdirSync(join(root, "start")).filter((name) => !name.endsWith("-shm"));
  const wal = readFileSync(`${path}-wal`);
  const { stderr } = Bun.spawnSync([...limited(32), process.execPath, "-e", opens(path)]);
  expect(stderr.toString()).toContain("Nothing was changed. Make sure that the disk has room");
  const after = readdirSync(join(root, "start")).filter((name) => !name.endsWith("-shm"));
  expect(after).toEqual(before);
  expect(readFileSync(`${path}-wal`).equals(wal)).toBe(true);
});

test("a damaged database file is refused, and its WAL stays as it was", () => {
  const path = copyFiles(killed, join(root, "start"));
  const bytes = readFileSync(path);
  writeFileSync(path, bytes.fill(0xa5, 4096));
  const files = [path, `${path}-wal`];
  const before = files.map((file) => readFileSync(file));
  expect(() => new Store(path)).toThrow("damaged");
  expect(files.map((file, index) => readFileSync(file).equals(before[index]!))).toEqual([
    true,
    true,
  ]);
});

const user = findOrdinaryUser();
afterAll(() => user?.[Symbol.asyncDispose]());
const lack = isRoot && user === undefined ? " (there is no ordinary user to run as)" : "";

test.skipIf(lack !== "")(`a database file that cannot be written is refused${lack}`, () => {
  const path = copyFiles(killed, join(user?.home ?? root, "start"));
  for (const file of [path, `${path}-wal`]) chmodSync(file, 0o444);
  if (user) Bun.spawnSync(["chown", "-R", "nobody", join(user.home, "start")]);
  const opening = [process.execPath, "-e", opens(path)];
  const { stderr, exitCode } = Bun.spawnSync(user?.command(...opening) ?? opening);
  expect(stderr.toString()).toContain("attempt to write a readonly database. Nothing was changed");
  expect(exitCode).toBe(1);
  chmodSync(path, 0o644);
  expect(told(path)).toBeUndefined();
  rmSync(join(path, ".."), { recursive: true });
});

function converse(id: string, store: Store): void {
  for (const step of conversation(id, new SessionRegistry(store))) step();
}

/** A program that opens the database, and nothing else. */
function opens(path: string): string {
  return `new (await import("${join(import.meta.dir, "../server/store/store.ts")}")).Store("${path}")`;
}

/** What a start says, which then ends in order. */
function told(path: string): string | undefined {
  const store = new Store(path);
  const { missing } = store;
  store.close();
  return missing;
}

/** The directories with the files as they were found. */
function found(): string[] {
  const directory = join(root, "start");
  return readdirSync(directory)
    .filter((name) => name.includes(".found-"))
    .map((name) => join(directory, name));
}
