/** Instructions are told from the farthest file to the nearest, with what they import, and within bounds. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { symlinkSync } from "node:fs";
import { DefinitionScene } from "./definition-scene";

let scene: DefinitionScene;
beforeEach(() => {
  scene = new DefinitionScene();
});
afterEach(() => scene[Symbol.dispose]());

test("instructions are told from the person's to the nearest, one file once, with what they import", async () => {
  scene.write("~/.codex/AGENTS.md", "Be brief. @style.md and @~/notes/a.md");
  scene.write("~/.codex/style.md", "No jokes.");
  scene.write("~/notes/a.md", "Use tabs.");
  scene.write(
    "AGENTS.md",
    "See @docs/a.md, someone@example.com, @nobody and `@docs/b.md`.\n\n```\n@docs/b.md\n```\n",
  );
  scene.write("docs/a.md", "From a, with @../docs/c.md.");
  scene.write("docs/b.md", "From b.");
  scene.write("docs/c.md", "From c, with @a.md.");
  symlinkSync("AGENTS.md", scene.path("CLAUDE.md"));
  scene.write("packages/CLAUDE.local.md", "Nearest.");
  const cwd = scene.path("packages");
  await scene.allowAll(cwd);
  const prompt = await scene.prompt(cwd);
  expect(prompt.match(/Instructions of .*|From .|Nearest|No jokes|Use tabs/g)).toEqual([
    "Instructions of the person, for every project (~/.codex/AGENTS.md):",
    "No jokes",
    "Use tabs",
    "Instructions of this project (AGENTS.md):",
    "From a",
    "From c",
    "Instructions of this project (packages/CLAUDE.local.md):",
    "Nearest",
  ]);
  expect((await scene.look(cwd)).problems).toEqual([]);
  // What it imports is part of what was answered.
  scene.write("docs/c.md", "From d.");
  expect((await scene.named("AGENTS.md", cwd)).standing).toBe("asked");
});

test("instructions are never what a rule denies", async () => {
  scene.write("AGENTS.md", "Speak of otters. @secrets.md");
  scene.write("secrets.md", "The key is 1.");
  scene.write("CLAUDE.md", "The key is 2.");
  await scene.allowAll();
  for (const name of ["secrets.md", "CLAUDE.md"]) scene.denied.add(scene.path(name));
  await scene.allowAll();
  expect(await scene.prompt()).toBe(
    "Instructions of this project (AGENTS.md):\nSpeak of otters. @secrets.md",
  );
  expect((await scene.named("AGENTS.md")).notes).toEqual([
    "“@secrets.md” is not read: a rule of this project denies it.",
  ]);
  expect((await scene.look()).problems).toEqual([
    "CLAUDE.md is not used: a rule of this project denies it.",
  ]);
});

test("instructions that do not fit are left out from the farthest", async () => {
  scene.write("~/.claude/CLAUDE.md", "Farthest.");
  scene.write("AGENTS.md", "a".repeat(40_000));
  scene.write("CLAUDE.md", "b".repeat(40_000));
  await scene.allowAll();
  const prompt = await scene.prompt();
  expect(prompt.length).toBeWithin(64_000, 64_300);
  expect(prompt).toEndWith("b".repeat(40_000));
  expect(prompt).not.toContain("Farthest");
});

test("a file that is told by itself is not told again by one that names it", async () => {
  scene.write("AGENTS.md", "Speak of otters.");
  scene.write("CLAUDE.md", "@AGENTS.md\n\nBe brief.");
  await scene.allowAll();
  expect(await scene.prompt()).toBe(
    "Instructions of this project (AGENTS.md):\nSpeak of otters.\n\nInstructions of this project (CLAUDE.md):\n@AGENTS.md\n\nBe brief.",
  );
});
