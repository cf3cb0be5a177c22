/** What `rein backup` and `rein restore` say and do where the place is an odd one: devices, links, mounts, another user's directory. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import {
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { Store } from "../server/store/store";
import { doneOn, leftovers, reinOn, writeSessions } from "./backup-scene";
import { commandProgram } from "./command-line";
import { temporaryDirectory } from "./temporary-directory";

let place: ReturnType<typeof temporaryDirectory>;
let data: string;
let file: string;
beforeEach(() => {
  place = temporaryDirectory();
  data = writeData("data");
  file = join(place.path, "rein.tgz");
});
afterEach(() => place[Symbol.dispose]());

function writeData(name: string): string {
  const path = join(place.path, name);
  mkdirSync(path, { mode: 0o700 });
  new Store(join(path, "rein.db")).close();
  writeSessions(path, 5);
  writeFileSync(join(path, "settings.json"), `{"of":"${name}"}`);
  return path;
}

const isRoot = process.getuid?.() === 0;
const asRoot = isRoot ? "" : " (this is not root)";

describe("a backup", () => {
  test("replaces no device and no pipe, not even by --force", async () => {
    const pipe = join(place.path, "pipe");
    await Bun.$`mkfifo ${pipe}`.quiet();
    const said = await reinOn(data, ["backup", pipe, "--force"]);
    expect(said).toMatchObject({ code: 2, stdout: "" });
    expect(said.stderr).toContain(`rein backup - > ${pipe}`);
    expect(lstatSync(pipe).isFIFO()).toBe(true);
  });

  test("follows a link to the file that it replaces", async () => {
    const [link, there] = [join(place.path, "latest.tgz"), join(place.path, "there.tgz")];
    symlinkSync(there, link);
    expect((await reinOn(data, ["backup", link])).stderr).toContain("a link that leads nowhere");
    writeFileSync(there, "of before");
    await doneOn(data, ["backup", link, "--force"]);
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
    expect(await doneOn(data, ["backup", "--check", there])).toContain("is whole");
  });

  test("does not go into the data directory by another name of it", async () => {
    const name = join(place.path, "other-name");
    symlinkSync(data, name);
    for (const [dataDir, path] of [
      [data, join(name, "x.tgz")],
      [name, join(data, "x.tgz")],
    ] as const) {
      const said = await reinOn(dataDir, ["backup", path]);
      expect(said.code).toBe(2);
      expect(said.stderr).toContain("is in the data directory");
    }
  });

  test("into a directory that is not there, and a check of no file, are refused in one line", async () => {
    const no = join(place.path, "no");
    const said = await reinOn(data, ["backup", join(no, "x.tgz")]);
    expect(said.stderr).toBe(`rein: There is no directory ${no}. Make it, or choose another.\n`);
    const checked = await reinOn(data, ["backup", "--check", no]);
    expect(checked.stderr).toMatch(/^rein: \S+ could not be read: ENOENT.*\n$/);
  });

  test("of a damaged database is refused with what to do", async () => {
    const path = join(data, "rein.db");
    writeFileSync(path, readFileSync(path).fill(0xa5, 8192));
    const said = await reinOn(data, ["backup", file]);
    expect(said.stderr).toContain(`${path} is damaged`);
    expect(said.stderr).toContain("Keep your earlier backups");
    expect(existsSync(file)).toBe(false);
  });
});

describe("output that cannot be written", () => {
  test("does not make a backup or a restore undone in words", async () => {
    for (const args of [
      ["backup", file],
      ["restore", file, "--replace"],
    ]) {
      const child = Bun.spawn(
        ["bash", "-c", 'exec "$@" > /dev/full', "full", process.execPath, commandProgram, ...args],
        {
          cwd: place.path,
          env: { PATH: process.env.PATH ?? "", HOME: place.path, REIN_DATA_DIR: data },
          stdin: "ignore",
          stderr: "pipe",
        },
      );
      const words = await new Response(child.stderr).text();
      expect(words).toContain("The output cannot be written");
      expect(words).not.toMatch(/No backup|is as it was/);
      expect(existsSync(file)).toBe(true);
    }
    expect(readdirSync(data).filter((name) => name.startsWith("before-restore-"))).toHaveLength(1);
  });
});

describe("a restore", () => {
  beforeEach(async () => {
    await doneOn(data, ["backup", file]);
  });

  test.skipIf(!isRoot)(`by root is of the user whose directory it is in${asRoot}`, async () => {
    const home = join(place.path, "home");
    mkdirSync(home);
    chownSync(home, 4711, 4711);
    const target = join(home, "rein");
    for (const args of [[], ["--replace"]]) await doneOn(target, ["restore", file, ...args]);
    const names = readdirSync(target);
    expect(names.filter((name) => name.startsWith("before-restore-"))).toHaveLength(1);
    for (const name of ["", ...names]) expect(statSync(join(target, name)).uid).toBe(4711);
  });

  test.skipIf(!isRoot)(
    `over a directory that is mounted is taken back, and says which it is${asRoot}`,
    async () => {
      const target = writeData("target");
      const mounted = join(target, "files");
      mkdirSync(mounted);
      const { success } = Bun.spawnSync(["mount", "-t", "tmpfs", "none", mounted]);
      if (!success) return;
      try {
        const said = await reinOn(target, ["restore", file, "--replace"]);
        expect(said.code).toBe(1);
        expect(said.stderr).toContain(`${mounted} is mounted there from elsewhere`);
        expect(said.stderr).toContain(`${target} is as it was.`);
      } finally {
        Bun.spawnSync(["umount", "-l", mounted]);
      }
      expect(readFileSync(join(target, "settings.json"), "utf8")).toBe('{"of":"target"}');
      expect(leftovers(target)).toEqual([]);
      expect(readdirSync(target).filter((name) => name.startsWith("before-"))).toEqual([]);
      await doneOn(target, ["restore", file, "--replace"]);
    },
  );
});
