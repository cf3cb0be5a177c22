/** What a snapshot reads of a hostile directory is bounded: entries, rules, indexes, and what the kernel shows as files. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
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
  return findFiles({ directory: at, excludes: "", isOurs: () => false }, new Set(), signal);
}

function failure(action: Promise<unknown>): Promise<string> {
  return action.then(() => "no failure", String);
}

test("a pattern that takes a backtracking matcher for ever is decided at once", () => {
  const rules = new IgnoreRules(`${"*a".repeat(40)}b\n`, "", new StepBudget());
  const begun = performance.now();
  expect(rules.ignores("a".repeat(200), false, new StepBudget())).toBe(false);
  expect(performance.now() - begun).toBeLessThan(1000);
});

test.each([
  ["for all files together", `${"*a".repeat(9)}b\n`.repeat(150), 4000],
  ["for a single file", `${"*a".repeat(1000)}b\n`.repeat(60), 1],
])("rules that take too long %s leave the directory unrecorded", async (_, rules, files) => {
  writeFileSync(join(directory, ".gitignore"), rules);
  for (let at = 0; at < files; at++) writeFileSync(join(directory, `${at}${"a".repeat(200)}`), "");
  let turns = 0;
  const timer = setInterval(() => turns++, 1);
  expect(await failure(search())).toContain("its ignore rules and indexes are too large");
  clearInterval(timer);
  // The server answers others meanwhile; of a single file's rules it applies only so many.
  if (files > 1) expect(turns).toBeGreaterThan(50);
});

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
  const known = new Set(["linked/file", "real/file"]);
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
    const names = await readTrackedNames(directory, "", new StepBudget(), never);
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
      for (const name of await readTrackedNames(directory, "", new StepBudget(), never))
        expect(name.split("/").some((part) => /^(|\.|\.\.|\.git)$/i.test(part))).toBe(false);
    }
});
