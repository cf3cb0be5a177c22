/** Which files are ignored is decided without git, and exactly as git decides it; no rules take for ever. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { array, assert, asyncProperty, constantFrom, oneof } from "fast-check";
import { findFiles } from "../../server/undo/git/find-files";
import { shown } from "../../server/undo/git/git-path";
import { shell } from "../undo-scene";

const tries = process.env.REIN_TRIES === "full" ? 5000 : 120;
const never = new AbortController().signal;

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "rein-ignore-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

async function found(excludes = ""): Promise<string[]> {
  const scope = { directory, excludes, isOurs: () => false };
  const { others } = await findFiles(scope, { names: new Set() }, never);
  return others.map(shown).toSorted();
}

const names = ["a", "b", "ab", ".a", "a b", "é", "A-1", "[a]"];

const literals = ["a", "b", "ab", ".a", " ", "é", "A", "-", "1", "]"];
const sets = [
  "[ab]",
  "[!a]",
  "[^b]",
  "[a-c]",
  "[]a]",
  "[a",
  "[\\]]",
  "[b-a]",
  "[!/]",
  "[a-]",
  "[-a]",
];
sets.push("[[:alpha:]]", "[[:foo:]]", "[[:constructor:]]", "[[a]", "[[:punct:]]");

/** Three levels of directories and files with names that the patterns are about. */
function fill(at: string, depth: number): void {
  for (const [index, name] of names.entries()) {
    const path = join(at, name);
    if (depth > 0 && index % 2 === 0) {
      mkdirSync(path);
      fill(path, depth - 1);
    } else writeFileSync(path, "");
  }
}

const wild = [
  "*",
  "**",
  "?",
  "/",
  "/",
  "**/",
  "/**",
  "/**/",
  "!",
  "#",
  "*a",
  "a*",
  "\\",
  "\\*",
  "\\ ",
];
const piece = constantFrom(...literals, ...wild, ...sets, "\r");
const line = array(piece, { maxLength: 5 }).map((pieces) => pieces.join(""));
const anchored = line.map((text) => `/${text}`);
const forDirectories = line.map((text) => `${text}/`);
const revoked = line.map((text) => `!${text}`);
const rules = array(oneof(line, anchored, forDirectories, revoked), {
  minLength: 1,
  maxLength: 6,
}).map((lines) => lines.join("\n"));

test("random rules at three levels ignore the files that git ignores", async () => {
  shell(directory, "git init -q .");
  fill(directory, 2);
  await assert(
    asyncProperty(rules, rules, rules, async (top, inner, own) => {
      writeFileSync(join(directory, ".gitignore"), top);
      writeFileSync(join(directory, "a/.gitignore"), inner);
      writeFileSync(join(directory, ".git/info/exclude"), own);
      const listed = shell(directory, "git ls-files -z --others --exclude-standard");
      const expected = listed.split("\0").filter((name) => name !== "");
      expect(await found()).toEqual(expected.toSorted());
    }),
    { numRuns: tries },
  );
});
