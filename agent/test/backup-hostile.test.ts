/** A damaged or hostile backup is refused with a reason, and what a data directory holds is as it was, whatever happens meanwhile. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { Database } from "bun:sqlite";
import {
  createReadStream,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { basename, join } from "node:path";
import { Readable } from "node:stream";
import { gunzipSync, gzipSync } from "node:zlib";
import { packTar, type TarHeader } from "modern-tar";
import { neverAborts } from "../server/abort";
import { BackupRefused } from "../server/backup/backup-head";
import { finishRestore } from "../server/backup/finish-restore";
import { removeLeft } from "../server/backup/left-backups";
import { makeBackup } from "../server/backup/make-backup";
import { restoreBackup } from "../server/backup/restore-backup";
import { newestVersion } from "../server/store/migrations";
import { Store } from "../server/store/store";
import { filesUnder, leftovers, reinOn, writeSessions } from "./backup-scene";
import { commandProgram, spawnCommand } from "./command-line";
import { limited, smallDisk } from "./disk-limit";
import { rejectionOf } from "./provider-wires";
import { SeededRandom } from "./seeded-random";
import { temporaryDirectory } from "./temporary-directory";
import { until } from "./within";

const { small, lack } = smallDisk(8);
const strace = Bun.which("strace");

let place: ReturnType<typeof temporaryDirectory>;
/** What was backed up, the backup, and a directory with other data. */
let source: string;
let file: string;
let target: string;
beforeEach(async () => {
  place = temporaryDirectory();
  source = writeData("source", "of the backup");
  target = writeData("target", "of before");
  file = join(place.path, "rein.tgz");
  await makeBackup({ dataDir: source, path: file, force: false }, neverAborts);
});
afterEach(() => place[Symbol.dispose]());

function writeData(name: string, words: string): string {
  const path = join(place.path, name);
  mkdirSync(join(path, "memory"), { recursive: true, mode: 0o700 });
  new Store(join(path, "rein.db")).close();
  writeSessions(path, 5);
  for (const one of ["settings.json", "rules.json", "memory/notes.json", "token"])
    writeFileSync(join(path, one), `${one} ${words}`);
  return path;
}

/** By path: the hash of each file that is data; not what SQLite's own locks leave. */
function contentOf(path: string): Record<string, string> {
  const names = filesUnder(path).filter(
    (name) => !/^(lock|before-restore-)|-(wal|shm)$/.test(name),
  );
  return Object.fromEntries(names.map((name) => [name, hashOf(readFileSync(join(path, name)))]));
}

function hashOf(content: Uint8Array | string): string {
  return createHash("sha256").update(content).digest("hex");
}

async function restoreOf(bytes: Uint8Array): Promise<unknown> {
  const choices = { dataDir: target, replace: true };
  return await rejectionOf(restoreBackup(Readable.from([bytes]), choices, neverAborts));
}

describe("damage", () => {
  test("a backup that is cut anywhere is refused, and nothing changes", async () => {
    const before = contentOf(target);
    const whole = readFileSync(file);
    for (let at = 0; at < whole.length; at += Math.ceil(whole.length / 60)) {
      const error = await restoreOf(whole.subarray(0, at));
      expect(error).toBeInstanceOf(BackupRefused);
    }
    expect(contentOf(target)).toEqual(before);
    expect(leftovers(target)).toEqual([]);
  });

  test("a bit that is flipped in it is found, or is of no file", async () => {
    const random = new SeededRandom(19);
    const whole = readFileSync(file);
    // The first bytes of gzip say when and where it was made.
    for (let count = 0; count < 100; count++)
      await expectFound(flipped(whole, 10 + random.below(whole.length - 10)));
  });

  test("a bit that is flipped in what is compressed is found, or is of no file", async () => {
    const random = new SeededRandom(20);
    const plain = gunzipSync(readFileSync(file));
    for (let count = 0; count < 60; count++)
      await expectFound(gzipSync(flipped(plain, random.below(plain.length)), { level: 1 }));
  });

  test("an archive that is damaged is refused by what is wrong, also while more of it could come", async () => {
    const plain = gunzipSync(readFileSync(file));
    const headers = [...plain.keys()].filter(
      (at) => at % 512 === 0 && plain.toString("latin1", at + 257, at + 262) === "ustar",
    );
    // Each header has a sum of its own.
    for (const at of headers) {
      const packed = gzipSync(flipped(plain, at));
      const source = new Readable({ read: () => {} });
      source.push(packed.subarray(0, packed.length - 20));
      const choices = { dataDir: target, replace: true };
      const error = await rejectionOf(restoreBackup(source, choices, neverAborts));
      expect(String(error)).toContain("It is damaged, cut, or no backup");
      expect(error).toBeInstanceOf(BackupRefused);
    }
  });

  async function expectFound(bytes: Uint8Array): Promise<void> {
    const dataDir = join(place.path, `new-${crypto.randomUUID()}`);
    mkdirSync(dataDir, { mode: 0o700 });
    const choices = { dataDir, replace: false };
    const end = await restoreBackup(Readable.from([bytes]), choices, neverAborts).catch(
      (error: unknown) => error,
    );
    if (end instanceof Error) {
      expect(end).toBeInstanceOf(BackupRefused);
      expect(contentOf(dataDir)).toEqual({});
    } else {
      const { token: _token, "rein.db": _database, ...wanted } = contentOf(source);
      expect(contentOf(dataDir)).toMatchObject(wanted);
    }
  }
});

function flipped(bytes: Uint8Array, at: number): Uint8Array {
  const copy = new Uint8Array(bytes);
  copy[at]! ^= 1 << (at % 8);
  return copy;
}

describe("an archive that Rein did not make", () => {
  const head = {
    format: 1,
    rein: "0.1.0",
    schema: newestVersion,
    at: "2026-11-28T00:00:00.000Z",
    host: "elsewhere",
    sessions: 1,
    runs: 0,
    messages: 5,
    missing: 0,
    bytes: 1_000_000_000,
  };
  type One = { header: Partial<TarHeader> & { name: string }; data?: Uint8Array | string };

  async function archive(
    entries: One[],
    { of = head, sums, after = [] }: { of?: object; sums?: string; after?: One[] } = {},
  ): Promise<Uint8Array> {
    const first = { header: { name: "rein-backup.json" }, data: JSON.stringify(of) };
    const all = [first, ...entries];
    const lines = all.map(({ header, data = "" }) => `${hashOf(data)}  ${header.name}\n`);
    const last = { header: { name: "SHA256SUMS" }, data: sums ?? lines.join("") };
    const packed = [...all, last, ...after].map(({ header, data = "" }) => ({
      header: { size: Buffer.byteLength(data), ...header },
      data,
    }));
    return gzipSync(await packTar(packed), { level: 1 });
  }

  const named = (name: string, more: Partial<TarHeader> = {}): One => ({
    header: { name, ...more },
    data: more.type === undefined ? "x" : "",
  });

  test.each([
    ["a path upwards", [named("memory/../../escaped")], "has no file"],
    ["an absolute path", [named("/tmp/escaped")], "has no file"],
    ["an empty step in a path", [named("memory//x")], "has no file"],
    ["a name of its own", [named("evil.json")], "has no file"],
    ["the token of a server", [named("token")], "has no file"],
    ["a program", [named("supervisor/abc-x64")], "has no file"],
    ["a work folder of restores", [named("restore.json")], "has no file"],
    ["a symbolic link", [named("memory/x", { type: "symlink", linkname: "/etc" })], "is a symlink"],
    ["a hard link", [named("memory/x", { type: "link", linkname: "rein.db" })], "is a link"],
    ["a device", [named("memory/x", { type: "character-device" })], "is a character-device"],
    ["a pipe", [named("memory/x", { type: "fifo" })], "is a fifo"],
    ["a directory", [named("memory", { type: "directory" })], "is a directory"],
    ["a name twice", [named("memory/x"), named("memory/x")], "comes twice"],
    ["names that differ in their case", [named("memory/x"), named("memory/X")], "comes twice"],
    ["a file that is a directory, too", [named("memory/x"), named("memory/x/y")], ""],
    ["no database", [named("memory/x")], "It has no rein.db"],
    ["a database that is none", [named("rein.db")], "rein.db cannot be used"],
    ["a long path", [named(`memory/${"x".repeat(199)}/${"x".repeat(199)}`)], "has no file"],
    [
      "a header of 9 MB",
      [named("memory/x", { pax: { comment: "x".repeat(9_000_000) } })],
      "maximum size",
    ],
  ])("with %s is refused", async (_what, entries, words) => {
    const before = contentOf(target);
    const error = await restoreOf(await archive(entries));
    expect(error).toBeInstanceOf(Error);
    expect(String(error)).toContain(words);
    expect(contentOf(target)).toEqual(before);
    expect(leftovers(target)).toEqual([]);
    expect(filesUnder(place.path).filter((name) => name.includes("escaped"))).toEqual([]);
  });

  test.each([
    ["wrong hashes", { sums: `${"0".repeat(64)}  rein.db\n` }, "hashes differ"],
    ["something after its hashes", { after: [named("memory/y")] }, "it goes on with"],
    [
      "a newer format",
      { of: { ...head, format: 2 } },
      "made by a newer Rein (0.1.0): its format is 2",
    ],
    [
      "a newer database",
      { of: { ...head, rein: "9.9.9", schema: newestVersion + 1 } },
      `made by a newer Rein (9.9.9): the version of its database is ${newestVersion + 1}`,
    ],
    ["a head that is none", { of: { name: "x" } }, "is not what Rein writes"],
    ["more than it says", { of: { ...head, bytes: 0 } }, "more than the 0 bytes"],
    ["more than the disk has", { of: { ...head, bytes: 9e15 } }, "the disk of"],
  ])("with %s is refused", async (_what, more, words) => {
    const before = contentOf(target);
    expect(String(await restoreOf(await archive([named("memory/x")], more)))).toContain(words);
    expect(contentOf(target)).toEqual(before);
    expect(leftovers(target)).toEqual([]);
  });

  test("that unpacks to more than it says is left at once", async () => {
    const bomb = await archive([{ header: { name: "memory/x" }, data: new Uint8Array(64e6) }], {
      of: { ...head, bytes: 1000 },
    });
    expect(bomb.length).toBeLessThan(1_000_000);
    expect(String(await restoreOf(bomb))).toContain("more than the 1000 bytes");
  });

  test.each([
    ["nothing", new Uint8Array()],
    ["text", Buffer.from("no archive")],
    ["gzip of nothing", gzipSync("")],
    ["gzip of zeros", gzipSync(new Uint8Array(100_000))],
    ["gzip of noise", gzipSync(crypto.getRandomValues(new Uint8Array(10_000)))],
  ])("that is %s is refused", async (_what, bytes) => {
    expect(await restoreOf(bytes)).toBeInstanceOf(BackupRefused);
  });
});

describe("an interruption", () => {
  test("Ctrl+C while a backup is written leaves no file", async () => {
    // Holes in a file: much to compress, and no disk.
    const large = join(source, "memory/large.json");
    writeFileSync(large, "");
    truncateSync(large, 4e9);
    const path = join(place.path, "stopped.tgz");
    await using command = spawnCommand(["backup", path], {
      cwd: place.path,
      environment: { REIN_DATA_DIR: source },
    });
    await until(() => writtenOf(path) > 100_000, "some of the backup");
    command.signal("SIGINT");
    expect(await command.exited).toBe(130);
    expect(filesUnder(place.path).filter((name) => name.includes("stopped"))).toEqual([]);
    expect(leftovers(source)).toEqual([]);
  });

  /** So many bytes of the backup to this path. */
  function writtenOf(path: string): number {
    const unfinished = readdirSync(place.path).filter(
      (name) => name.startsWith(`${basename(path)}.`) && name.endsWith(".unfinished"),
    );
    return unfinished.reduce((sum, name) => sum + statSync(join(place.path, name)).size, 0);
  }

  test("a backup that was killed leaves nothing once another is made, or the server starts", async () => {
    const large = join(source, "memory/large.json");
    writeFileSync(large, "");
    truncateSync(large, 4e9);
    const path = join(place.path, "killed.tgz");
    for (const clear of [async () => removeLeft(source), async () => await backUpTo("next.tgz")]) {
      await using command = spawnCommand(["backup", path], {
        cwd: place.path,
        environment: { REIN_DATA_DIR: source },
      });
      await until(() => writtenOf(path) > 100_000, "some of the backup");
      command.signal("SIGKILL");
      await command.exited;
      expect(leftovers(source)).not.toEqual([]);
      truncateSync(large, 1000);
      await clear();
      truncateSync(large, 4e9);
      expect(filesUnder(place.path).filter((name) => name.includes("killed"))).toEqual([]);
      expect(leftovers(source)).toEqual([]);
    }
  });

  async function backUpTo(name: string): Promise<void> {
    const choices = { dataDir: source, path: join(place.path, name), force: true };
    await makeBackup(choices, neverAborts);
  }

  test("backups to one path at the same time are each whole, and the last one stays", async () => {
    const results = await Promise.all(
      Array.from({ length: 6 }, () =>
        reinOn(source, ["backup", join(place.path, "one.tgz"), "--force"]),
      ),
    );
    for (const { code, stderr } of results)
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const said = await reinOn(source, ["backup", "--check", join(place.path, "one.tgz")]);
    expect(said.stdout).toContain("is whole");
    expect(leftovers(source)).toEqual([]);
    expect(filesUnder(place.path).filter((name) => name.includes("unfinished"))).toEqual([]);
  });

  test("Ctrl+C while the database is copied ends it at once", async () => {
    writeLarge(source, 600);
    await using command = spawnCommand(["backup", join(place.path, "stopped.tgz")], {
      cwd: place.path,
      environment: { REIN_DATA_DIR: source },
    });
    await until(() => copiedOf(source) > 1_000_000, "some of the copy");
    command.signal("SIGINT");
    const isOver = command.exited.then(() => true);
    let copied = 0;
    while (!(await Promise.race([isOver, Bun.sleep(1).then(() => false)])))
      copied = Math.max(copied, copiedOf(source));
    expect(await command.exited).toBe(130);
    expect(copied).toBeLessThan(600e6);
    expect(await command.stderr).toContain("Stopped; nothing was changed.");
    expect(leftovers(source)).toEqual([]);
  });

  /** A message of a megabyte, so often. */
  function writeLarge(path: string, count: number): void {
    using database = new Database(join(path, "rein.db"));
    database.run(
      `WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ${count})
       INSERT INTO messages (id, session_id, position, data)
       SELECT 'large' || n, 'many', n, json_object('text', hex(zeroblob(500000))) FROM numbers`,
    );
  }

  /** So many bytes of the database's copy. */
  function copiedOf(path: string): number {
    const copies = filesUnder(path).filter((name) => /^backup-.*\/rein\.db(-journal)?$/.test(name));
    const sizes = copies.map(
      (name) => statSync(join(path, name), { throwIfNoEntry: false })?.size ?? 0,
    );
    return Math.max(0, ...sizes);
  }

  test("a restore that was cut has to be finished before a backup is made", async () => {
    writeFileSync(
      join(source, "restore.json"),
      JSON.stringify({ kept: "before-restore-x", out: ["rein.db"], step: "in" }),
    );
    const said = await reinOn(source, ["backup", join(place.path, "mixed.tgz")]);
    expect(said.code).toBe(1);
    expect(said.stderr).toContain("A restore into");
    expect(leftovers(source)).toEqual(["restore.json"]);
  });

  test("data that is restored while its backup is made is not mixed into it", async () => {
    const large = join(source, "memory/large.json");
    writeFileSync(large, "");
    truncateSync(large, 1e9);
    const path = join(place.path, "mixed.tgz");
    const making = rejectionOf(makeBackup({ dataDir: source, path, force: false }, neverAborts));
    await until(() => writtenOf(path) > 100_000, "some of the backup");
    await restoreBackup(createReadStream(file), { dataDir: source, replace: true }, neverAborts);
    expect(String(await making)).toContain("Other data was restored meanwhile");
    expect(existsSync(path)).toBe(false);
  });

  test.skipIf(strace === null)(
    `a restore that is killed at any of its steps leaves the old data whole, or the new${strace === null ? " (strace is missing here)" : ""}`,
    async () => {
      const fresh = contentOf(source);
      const old = contentOf(target);
      const ends = new Set<string>();
      for (const call of ["rename", "fsync"])
        for (let when = 1, killed = true; killed; when++) {
          killed = await killedRestore(call, when);
          finishRestore(target);
          const now = contentOf(target);
          const isOld = Bun.deepEquals(now, old);
          if (!isOld)
            expect(now).toEqual({ ...fresh, token: old["token"]!, "rein.db": now["rein.db"]! });
          ends.add(isOld ? "old" : "new");
          expect(leftovers(target)).toEqual([]);
          await Bun.$`rm -rf ${target}`.quiet();
          writeData("target", "of before");
          old["rein.db"] = contentOf(target)["rein.db"]!;
        }
      expect([...ends].toSorted()).toEqual(["new", "old"]);
    },
  );

  /** By the system, as it calls this function so often. False when the restore was over before. */
  async function killedRestore(call: string, when: number): Promise<boolean> {
    const rein = [process.execPath, commandProgram];
    const inject = `inject=/^${call}:signal=SIGKILL:when=${when}`;
    const child = Bun.spawn(
      [
        strace!,
        "-f",
        "-qqq",
        "-o",
        "/dev/null",
        "-e",
        inject,
        ...rein,
        "restore",
        file,
        "--replace",
      ],
      {
        cwd: place.path,
        env: { PATH: process.env.PATH ?? "", HOME: place.path, REIN_DATA_DIR: target },
        stdin: "ignore",
        stdout: "ignore",
        stderr: "pipe",
      },
    );
    const words = await new Response(child.stderr).text();
    await child.exited;
    expect(words).toBe("");
    return child.exitCode !== 0;
  }
});

describe("a full disk", () => {
  test.skipIf(lack !== "")(`while a backup is written leaves no file${lack}`, async () => {
    const noise = crypto.getRandomValues(new Uint8Array(60_000));
    for (let at = 0; at < 200; at++)
      writeFileSync(
        join(source, `memory/${at}.json`),
        noise.map((byte) => byte ^ at),
      );
    const path = join(small, "full.tgz");
    const said = await reinOn(source, ["backup", path]);
    expect(said).toMatchObject({ code: 1, stdout: "" });
    expect(said.stderr).toContain("No backup was written: ");
    expect(said.stderr).toContain("ENOSPC");
    expect(filesUnder(small)).toEqual([]);
    expect(leftovers(source)).toEqual([]);
  });

  test.skipIf(lack !== "")(
    `of a server refuses the copies of a backup before they take the last of it${lack}`,
    async () => {
      const path = join(small, "data");
      await Bun.$`cp -a ${source} ${path}`.quiet();
      const said = await reinOn(path, ["backup", join(place.path, "x.tgz")]);
      expect(said.code).toBe(1);
      expect(said.stderr).toContain("Make room there");
      expect(leftovers(path)).toEqual([]);
      await Bun.$`rm -rf ${path}`.quiet();
    },
  );

  test.skipIf(lack !== "")(`refuses a restore before anything is written${lack}`, async () => {
    const path = join(small, "new");
    const said = await reinOn(path, ["restore", file]);
    expect(said.code).toBe(1);
    expect(said.stderr).toMatch(/needs \d+ MB, and the disk of \S+ has \d+ MB left\./);
    expect(leftovers(path)).toEqual([]);
    await Bun.$`rm -rf ${path}`.quiet();
  });

  test("that comes in the middle of a restore changes nothing", async () => {
    const before = contentOf(target);
    const choices = [
      ...limited(16),
      process.execPath,
      commandProgram,
      "restore",
      file,
      "--replace",
    ];
    const child = Bun.spawn(choices, {
      cwd: place.path,
      env: { PATH: process.env.PATH ?? "", HOME: place.path, REIN_DATA_DIR: target },
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
    });
    expect(await new Response(child.stderr).text()).toContain(`${target} is as it was.`);
    expect(await child.exited).toBe(1);
    expect(contentOf(target)).toEqual(before);
    expect(leftovers(target)).toEqual([]);
  });

  test("a backup can be read while another is made", async () => {
    const [one, two] = ["one.tgz", "two.tgz"].map((name) => join(place.path, name));
    await Promise.all(
      [one!, two!].map((path) => makeBackup({ dataDir: source, path, force: false }, neverAborts)),
    );
    for (const path of [one!, two!])
      await restoreBackup(createReadStream(path), { dataDir: target, replace: true }, neverAborts);
    expect(leftovers(source)).toEqual([]);
  });
});
