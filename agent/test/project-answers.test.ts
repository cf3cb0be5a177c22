/** Answers about what projects bring: kept by project and by digest, all of a request or none, durably. */
import { afterAll, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { digestOf } from "../server/trust/digest";
import { type KeptAnswer, ProjectAnswers } from "../server/trust/project-answers";
import { projectRoot } from "../server/trust/project-root";

const directory = realpathSync(mkdtempSync(join(tmpdir(), "rein-answers-")));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
const { signal } = new AbortController();

const answer = z.strictObject({ digest: z.string(), answer: z.enum(["allow", "refuse"]) });
const open = (path: string) =>
  new ProjectAnswers<KeptAnswer>({ path, name: "answers", without: "without any", answer });
const isNot = (names: string[]) => (name: string) => !names.includes(name);
const allow = (digest: string): KeptAnswer => ({ digest, answer: "allow" });

test("answers of one request are kept together, and are there after a restart", () => {
  const path = join(directory, "kept.json");
  const both = new Map([
    ["a", allow("1")],
    ["b", { digest: "2", answer: "refuse" } as const],
  ]);
  open(path).keep("/p", both, isNot(["a", "b"]));
  const again = open(path);
  expect(["a", "b", "c", "toString"].map((name) => again.of("/p", name))).toEqual([
    allow("1"),
    { digest: "2", answer: "refuse" },
    undefined,
    undefined,
  ]);
  expect(again.of("/other", "a")).toBeUndefined();
});

test("when the file cannot be written, none of the answers is kept", () => {
  const gone = join(directory, "gone");
  mkdirSync(gone);
  const answers = open(join(gone, "answers.json"));
  answers.keep("/p", new Map([["a", allow("1")]]), isNot(["a"]));
  rmSync(gone, { recursive: true });
  const both = new Map([
    ["a", allow("2")],
    ["b", allow("3")],
  ]);
  expect(() => answers.keep("/p", both, isNot(["a", "b"]))).toThrow();
  expect(["a", "b"].map((name) => answers.of("/p", name))).toEqual([allow("1"), undefined]);
});

test("what a project no longer has is forgotten with the next answer", () => {
  const answers = open(join(directory, "forgotten.json"));
  answers.keep("/p", new Map([["a", allow("1")]]), isNot(["a"]));
  answers.keep("/p", new Map([["b", allow("2")]]), isNot(["b"]));
  expect(["a", "b"].map((name) => answers.of("/p", name))).toEqual([undefined, allow("2")]);
});

test("of more than a thousand projects the one that was answered longest ago is forgotten", () => {
  const path = join(directory, "many.json");
  const projects = Array.from({ length: 1000 }, (_, n) => [`/p${n}`, { a: allow("1") }]);
  writeFileSync(path, JSON.stringify({ projects: Object.fromEntries(projects) }));
  const answers = open(path);
  answers.keep("/p0", new Map([["a", allow("2")]]), isNot(["a"]));
  answers.keep("/new", new Map([["a", allow("3")]]), isNot(["a"]));
  expect(["/p0", "/p1", "/p2", "/new"].map((one) => open(path).of(one, "a")?.digest)).toEqual([
    "2",
    undefined,
    "1",
    "3",
  ]);
});

test("a digest is the same for the same value, however its fields are ordered", () => {
  const one = digestOf({ name: "a", args: ["x", "y"], env: { A: "1", B: "2" } });
  expect(digestOf({ env: { B: "2", A: "1" }, args: ["x", "y"], name: "a" })).toBe(one);
  expect(digestOf({ name: "a", args: ["y", "x"], env: { A: "1", B: "2" } })).not.toBe(one);
});

test("the root of a project is the nearest directory with .git, and without one the directory itself", async () => {
  const outer = join(directory, "outer");
  const worktree = join(outer, "src", "worktree");
  mkdirSync(join(outer, ".git"), { recursive: true });
  mkdirSync(join(worktree, "deep"), { recursive: true });
  writeFileSync(join(worktree, ".git"), "gitdir: elsewhere\n");
  const behindLink = join(directory, "outer", "tool", "deep");
  mkdirSync(behindLink, { recursive: true });
  symlinkSync("../nowhere", join(outer, "tool", ".git"));
  const lone = join(directory, "lone", "deep");
  mkdirSync(lone, { recursive: true });
  const linked = join(lone, "linked");
  symlinkSync(worktree, linked);
  const roots = [outer, join(outer, "src"), join(worktree, "deep"), behindLink, lone, linked];
  expect(await Promise.all(roots.map((one) => projectRoot(one, signal)))).toEqual([
    outer,
    outer,
    worktree,
    join(outer, "tool"),
    lone,
    worktree,
  ]);
});
