/** What a snapshot reads of a hostile directory is bounded: entries, rules, indexes, and what the kernel shows as files. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Directory } from "../../server/files/directory";
import { FileMoves } from "../../server/undo/file-moves";
import { findFiles } from "../../server/undo/git/find-files";
import { IgnoreRules, StepBudget } from "../../server/undo/git/ignore-rules";
import { readTrackedNames } from "../../server/undo/git/tracked-names";
import { shell } from "../undo-scene";

const never = new AbortController().signal;

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "rein-bounds-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function search(at = directory, signal = never) {
  return findFiles(
    { directory: at, excludes: "", isOurs: () => false },
    { names: new Set() },
    signal,
  );
}

function failure(action: Promise<unknown>): Promise<string> {
  return action.then(() => "no failure", String);
}

function limits(signal = never) {
  return { budget: new StepBudget(), signal };
}

test.each([`${"*a".repeat(40)}b`, `${"**/a*".repeat(20)}/b`, `${"?*".repeat(40)}[!a]`])(
  "a pattern that takes a backtracking matcher for ever is decided at once: %s",
  async (pattern) => {
    const rules = await IgnoreRules.read(`${pattern}\n`, "", limits());
    const begun = performance.now();
    expect(await rules.ignores("a".repeat(200), false, limits())).toBe(false);
    expect(performance.now() - begun).toBeLessThan(1000);
  },
);

test.each([
  ["for all files together", `${"*a".repeat(9)}b\n`.repeat(150)],
  ["though each is short", "?q\n".repeat(43_000)],
])("rules that take too long %s leave the directory unrecorded", async (_, rules) => {
  writeFileSync(join(directory, ".gitignore"), rules);
  for (let at = 0; at < 600; at++) writeFileSync(join(directory, `${at}${"a".repeat(200)}`), "");
  const { result, longestMs, cpuMs } = await watched(() => failure(search()));
  expect(result).toContain("its ignore rules and indexes are too large");
  expect(longestMs).toBeLessThan(100);
  expect(cpuMs).toBeLessThan(10_000);
});

test("a single path under many slow rules does not hold the server", async () => {
  const rules = await IgnoreRules.read(`${"*a".repeat(9)}b\n`.repeat(6500), "", limits());
  const decide = () => rules.ignores("a".repeat(1000), false, limits());
  const { result, longestMs } = await watched(() => failure(decide()));
  expect(result).toContain("its ignore rules and indexes are too large");
  expect(longestMs).toBeLessThan(100);
});

test("a set of many classes takes no longer than any other", async () => {
  writeFileSync(join(directory, ".gitignore"), `*[${"[:xdigit:]".repeat(390)}]z\n`.repeat(32));
  for (let at = 0; at < 300; at++) writeFileSync(join(directory, `${"z".repeat(200)}${at}`), "");
  const { result, longestMs } = await watched(() => search());
  expect(result.others).toHaveLength(301);
  expect(longestMs).toBeLessThan(100);
});

test("a pattern that takes too long for a single file leaves the directory unrecorded", async () => {
  const path = "a/".repeat(350);
  mkdirSync(join(directory, path), { recursive: true });
  writeFileSync(join(directory, path, "file"), "");
  writeFileSync(join(directory, ".gitignore"), `${"**/a/".repeat(800)}b\n`);
  const { result, longestMs } = await watched(() => failure(search()));
  expect(result).toContain("its ignore rules are too large");
  expect(longestMs).toBeLessThan(100);
});

test("rules of 128 kilobytes are read without holding the server, and a stop ends that", async () => {
  for (const rules of [
    "\n",
    "?q\n",
    "[a-z]\n",
    "\\ ",
    `[${"!-~".repeat(1300)}]\n`,
    "[[:a",
    "a/**",
  ]) {
    const text = rules.repeat((128 * 1024) / rules.length);
    const { longestMs } = await watched(() => IgnoreRules.read(text, "", limits()));
    expect(longestMs).toBeLessThan(100);
  }
  const controller = new AbortController();
  const reading = IgnoreRules.read("[a-z]\n".repeat(20_000), "", limits(controller.signal));
  controller.abort(new Error("stopped"));
  expect(await failure(reading)).toContain("stopped");
});

test("a stop ends the search at once while rules are applied", async () => {
  writeFileSync(join(directory, ".gitignore"), "?q\n".repeat(43_000));
  for (let at = 0; at < 600; at++) writeFileSync(join(directory, `xx${at}`), "");
  const controller = new AbortController();
  const searching = search(directory, controller.signal);
  const { promise: stopped, resolve } = Promise.withResolvers<number>();
  setTimeout(() => {
    controller.abort(new Error("stopped"));
    resolve(process.cpuUsage().user);
  }, 100);
  expect(await failure(searching)).toContain("stopped");
  expect((process.cpuUsage().user - (await stopped)) / 1000).toBeLessThan(100);
});

test("moves that take long, and their taking back, let other work run between them", async () => {
  using root = Directory.openSync(directory);
  const slow = (name: string) => ({
    do: "make" as const,
    get name() {
      for (const end = performance.now() + 10; performance.now() < end;);
      return name;
    },
  });
  const moves = [slow("a"), slow("b")];
  const restore = new FileMoves(root, root);
  for (const act of [() => restore.run(moves, () => {}), () => restore.revert(moves)]) {
    let turns = 0;
    setImmediate(() => turns++);
    await act();
    expect(turns).toBe(1);
  }
});

/** What an action results in, the longest stretch in which nothing else could run, and its time of the processor. */
async function watched<Result>(action: () => Promise<Result>) {
  let [isOver, longestMs] = [false, 0];
  const begun = process.cpuUsage();
  let last = { wall: performance.now(), cpu: cpuMsSince(begun) };
  // Time that the machine gave to other processes is not ours.
  const look = (): void => {
    const now = { wall: performance.now(), cpu: cpuMsSince(begun) };
    longestMs = Math.max(longestMs, Math.min(now.wall - last.wall, now.cpu - last.cpu));
    last = now;
    if (!isOver) setImmediate(look);
  };
  setImmediate(look);
  const result = await action();
  look();
  isOver = true;
  return { result, longestMs, cpuMs: cpuMsSince(begun) };
}

function cpuMsSince(begun: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(begun);
  return (user + system) / 1000;
}

test("a search ends when its signal aborts", async () => {
  for (let at = 0; at < 100; at++) mkdirSync(join(directory, String(at)));
  const controller = new AbortController();
  const searching = search(directory, controller.signal);
  controller.abort(new Error("stopped"));
  expect(await failure(searching)).toContain("stopped");
});

test("rules beyond 128 kilobytes are not read", async () => {
  writeFileSync(join(directory, ".gitignore"), "a\n".repeat(70_000));
  writeFileSync(join(directory, "a"), "");
  expect((await search()).others.toSorted()).toEqual([".gitignore", "a"]);
});

test("what the kernel shows as files is not recorded", async () => {
  expect(await failure(search("/proc/self"))).toContain("not on a disk");
  expect(await failure(search("/sys/kernel"))).toContain("not on a disk");
});

test("a known file whose directory has become a link is lost, and what the link leads to is not seen", async () => {
  mkdirSync(join(directory, "real"));
  writeFileSync(join(directory, "real/file"), "");
  symlinkSync("real", join(directory, "linked"));
  const scope = { directory, excludes: "", isOurs: () => false };
  const tracked = ["linked/file"];
  const as = { root: directory, rules: new Map(), tracked };
  const known = { names: new Set(["linked/file", "real/file"]), as };
  const { others, lost } = await findFiles(scope, known, never);
  expect({ others, lost }).toEqual({ others: ["linked"], lost: ["linked/file"] });
});

test.each([2, 3, 4])(
  "the names in an index of version %d are those that git lists",
  async (version) => {
    shell(
      directory,
      "git init -q . && mkdir -p a/b && touch a/b/c a/b/cd a/x 'é ü' z && git add .",
    );
    shell(directory, "git add --intent-to-add . ; touch later; git add -N later");
    shell(directory, `git update-index --index-version ${version} --force-write-index`);
    const listed = shell(directory, "git ls-files -z")
      .split("\0")
      .filter((name) => name !== "");
    const names = await readTrackedNames(directory, "", limits());
    const shown = names.map((name) => Buffer.from(name, "latin1").toString());
    expect(shown.toSorted()).toEqual(listed.toSorted());
  },
);

test("a damaged index, byte by byte, is read to an end and never leads out", async () => {
  shell(directory, "git init -q . && mkdir -p a/b && touch a/b/c a/b/cd a/x z && git add .");
  shell(directory, "git update-index --index-version 4 --force-write-index");
  const path = join(directory, ".git/index");
  const index = readFileSync(path);
  const step = process.env.REIN_TRIES === "full" ? 1 : 7;
  for (let at = 0; at < index.length; at += step)
    for (const byte of [0, 0x2e, 0x2f, 0x7f, 0xff]) {
      writeFileSync(path, Buffer.from(index).fill(byte, at, at + 1));
      for (const name of await readTrackedNames(directory, "", limits()))
        expect(name.split("/").some((part) => /^(|\.|\.\.|\.git)$/i.test(part))).toBe(false);
    }
});
