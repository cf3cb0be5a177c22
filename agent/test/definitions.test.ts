/** Instructions, commands, skills and roles are read as the files that others write for them, and of one name the first wins. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { callableDefinitions } from "../client/state/callable-definitions";
import { commandLines } from "../server/definitions/command-lines";
import { readFrontMatter } from "../server/definitions/front-matter";
import { readSet } from "../server/definitions/read-set";
import { ContentCache } from "../server/definitions/reading";
import { granted } from "../server/definitions/tool-aliases";
import { builtInCommands } from "../shared/built-in-commands";
import { DefinitionScene } from "./definition-scene";

const never = new AbortController().signal;
let scene: DefinitionScene;
beforeEach(() => {
  scene = new DefinitionScene();
});
afterEach(() => scene[Symbol.dispose]());

const commands = () => scene.definitions.commands(scene.project, never);
const skills = () => scene.definitions.skills(scene.project, never);
const roles = async () => {
  const all = await scene.definitions.roles(scene.project, never);
  return all.filter(({ origin }) => origin !== "built-in");
};
const problems = async () => (await scene.look()).problems;

describe("a command", () => {
  test("of the person acts, and one of a project once it is allowed", async () => {
    scene.write("~/.claude/commands/mine.md", "Look at $ARGUMENTS.");
    scene.write(
      ".claude/commands/team/review.md",
      "---\r\ndescription: Reviews: all of it\r\nargument-hint: [file] [depth]\r\nallowed-tools: Bash(git diff:*), Bash, Edit\r\nmodel: m\r\n---\r\nReview $1.\r\n\r\nDiff: !`git diff HEAD`\r\n",
    );
    expect(await commands()).toMatchObject([
      {
        name: "mine",
        origin: "person",
        text: "Look at $ARGUMENTS.",
        path: "~/.claude/commands/mine.md",
      },
    ]);
    expect(await scene.named("team/review")).toMatchObject({
      standing: "asked",
      path: ".claude/commands/team/review.md",
      description: "Reviews: all of it",
      argumentHint: "[file] [depth]",
      runs: ["git diff HEAD"],
    });
    await scene.allowAll();
    const [, command] = await commands();
    expect(command).toMatchObject({
      name: "team/review",
      model: "m",
      text: "Review $1.\n\nDiff: !`git diff HEAD`",
      grants: [
        { kind: "command", match: "prefix", command: "git diff" },
        { kind: "edit", match: "directory", path: "." },
      ],
      notes: [
        "Its front matter is no YAML, so it is read line by line.",
        "Its allowed tool “Bash” allows nothing here.",
      ],
    });
  });

  test("of opencode says which role is to do it, and changes no permission", async () => {
    scene.write("~/.config/opencode/command/a.md", "---\nagent: reviewer\n---\nLook.");
    scene.write("~/.config/opencode/commands/b.md", "---\nagent: plan\n---\nLook.");
    scene.write("~/.config/opencode/command/c.md", "---\nsubtask: true\n---\nLook.");
    const found = await commands();
    expect(Object.fromEntries(found.map(({ name, text }) => [name, text]))).toEqual({
      a: "Look.\n\nUse a subagent of the role “reviewer” for this.",
      b: "Look.",
      c: "Look.\n\nUse a subagent for this.",
    });
    expect(found.find(({ name }) => name === "b")?.notes).toEqual([
      "Its agent “plan” is not used: the permission of the session stays as it is.",
    ]);
  });

  test("runs the lines that are no example", () => {
    const text = [
      "!`one`",
      "- now: !`two`",
      "no!`three` and `!four` and ``!`five` ``",
      "```\n!`six`\n```",
      "```!\nseven\neight\n```",
      "!`` `` !` `",
    ].join("\n\n");
    const found = commandLines(text);
    expect(found.map(({ command }) => command)).toEqual(["one", "two", "seven\neight"]);
    expect(found.map(({ start, end }) => text.slice(start, end))).toEqual([
      "!`one`",
      "!`two`",
      "```!\nseven\neight\n```\n",
    ]);
  });

  test.each([
    ["Bash(git diff:*)", { kind: "command", match: "prefix", command: "git diff" }],
    ["Bash(git diff *)", { kind: "command", match: "prefix", command: "git diff" }],
    ["Bash(bun test)", { kind: "command", match: "exact", command: "bun test" }],
    ["Edit", { kind: "edit", match: "directory", path: "." }],
    ["Write", { kind: "edit", match: "directory", path: "." }],
    ["Edit(src/**)", undefined],
    ["Bash", undefined],
    ["Bash(*)", undefined],
    ["Bash(:*)", undefined],
    ["Bash(bash:*)", undefined],
    ["Bash(env git:*)", undefined],
    ["Bash(git diff && rm:*)", undefined],
    ["*", undefined],
    ["mcp__a__b", undefined],
  ] as const)("that may use %s is given no more than plain commands and edits", (entry, rule) => {
    expect(granted(entry)).toEqual(rule);
  });

  test("never has the name of one that a face has itself", async () => {
    const sources = ["client/state/commands", "terminal/composer/terminal-commands"];
    sources.push("terminal/composer/text-commands", "terminal/composer/attach-commands");
    const own = sources.flatMap((source) => {
      const text = readFileSync(join(import.meta.dir, `../${source}.ts`), "utf8");
      return [...text.matchAll(/name: "([a-z]+)",\s+(?:get )?words|panel\("([a-z]+)"/g)].map(
        ([, name, panel]) => name ?? panel!,
      );
    });
    expect(own.length).toBeGreaterThan(25);
    expect(own.filter((name) => !builtInCommands.has(name))).toEqual([]);
    scene.write("~/.claude/commands/undo.md", "Undo all.");
    expect(await problems()).toEqual([
      "~/.claude/commands/undo.md is not used: /undo is a command of Rein itself.",
    ]);
  });
});

describe("of one name", () => {
  test("the person's wins, then the directory's, then the root's", async () => {
    const cwd = scene.path("packages/one");
    for (const path of [
      "~/.claude/commands/a",
      "packages/one/.claude/commands/a",
      ".rein/commands/a",
    ])
      scene.write(`${path}.md`, `As ${path} says.`);
    for (const path of ["packages/one/.claude/commands/b", ".rein/commands/b"])
      scene.write(`${path}.md`, `As ${path} says.`);
    await scene.allowAll(cwd);
    const found = await scene.definitions.commands(cwd, never);
    expect(found.map(({ path }) => path)).toEqual([
      "~/.claude/commands/a.md",
      "packages/one/.claude/commands/b.md",
    ]);
    expect((await scene.look(cwd)).problems).toEqual([
      "packages/one/.claude/commands/a.md is not used: ~/.claude/commands/a.md has the same name.",
      ".rein/commands/a.md is not used: ~/.claude/commands/a.md has the same name.",
      ".rein/commands/b.md is not used: packages/one/.claude/commands/b.md has the same name.",
    ]);
  });

  test("one that is switched off takes none, and a copy costs no sentence", async () => {
    scene.write("~/.claude/commands/a.md", "Mine.");
    scene.write(".claude/commands/a.md", "Theirs.");
    scene.write(".opencode/commands/a.md", "Theirs.");
    scene.off.push({ kind: "command", name: "a" });
    await scene.allowAll();
    expect(await commands()).toMatchObject([{ name: "a", origin: "project", text: "Theirs." }]);
    expect(await problems()).toEqual([]);
  });

  test("a role of the person wins over Rein's own, and that over a project's", async () => {
    scene.write("~/.claude/agents/simple.md", "---\nname: simple\n---\nDo it.");
    scene.write(".claude/agents/complex.md", "---\nname: complex\n---\nDo it.");
    const all = await scene.definitions.roles(scene.project, never);
    expect(all.map(({ name, origin }) => `${name} ${origin}`).toSorted()).toEqual([
      "complex built-in",
      "researcher built-in",
      "simple person",
    ]);
    expect(await problems()).toEqual([
      ".claude/agents/complex.md is not used: Rein’s own “complex” has the same name.",
    ]);
  });
});

describe("a role", () => {
  test("has what its file says, in the words of other programs", async () => {
    scene.write(
      "~/.claude/agents/reviewer.md",
      "---\nname: code-reviewer\ndescription: Looks for faults\ntools: Read, Grep, Bash, WebFetch, mcp__tickets__find\nmodel: sonnet\nmaxTurns: 7\n---\nYou look for faults.",
    );
    scene.write(
      "~/.config/opencode/agents/docs.md",
      "---\nmode: subagent\nmodel: anthropic/claude-x\neffort: low\nsteps: 900\ntools:\n  write: false\n  bash: false\n---\nYou write.",
    );
    expect(await roles()).toMatchObject([
      {
        name: "code-reviewer",
        description: "Looks for faults",
        text: "You look for faults.",
        facts: {
          tools: ["read", "grep", "bash", "fetch", "mcp__tickets__find"],
          model: "sonnet",
          turns: 7,
        },
      },
      {
        name: "docs",
        facts: {
          withoutTools: ["write", "bash"],
          provider: "anthropic",
          model: "claude-x",
          effort: "low",
          turns: 200,
        },
      },
    ]);
  });

  test.each(["tools: Nothing, Task", "tools: []", "tools:", "tools: '*'", "allowed-tools: ''"])(
    "that lists only unknown tools (%s) has none, never all",
    async (line) => {
      scene.write("~/.claude/agents/a.md", `---\n${line}\n---\nDo it.`);
      expect((await roles())[0]!.facts.tools).toEqual([]);
    },
  );

  test.each([
    [
      "tools:\n  '*': false\n  read: true\n  mcp__a__look: true",
      { tools: ["read", "mcp__a__look"] },
    ],
    ["tools:\n  bash: {a: b}", { tools: [] }],
    ["tools: [[Read]]", { tools: [] }],
    ["tools:\n  bash: false", { withoutTools: ["bash"] }],
    ["permission: deny", { tools: [] }],
    ["permission:\n  '*': deny\n  read: allow", { tools: ["read"] }],
    [
      "permission:\n  edit: deny\n  bash:\n    '*': deny\n    git log: allow\n  webfetch: ask",
      { withoutTools: ["edit", "bash", "write"] },
    ],
    ["permission:\n  bash:\n    rm *: deny", {}],
    [
      "tools: Read, Bash\npermission:\n  bash: deny",
      { tools: ["read", "bash"], withoutTools: ["bash"] },
    ],
    ["description: Use it: so\npermission:\n  edit: deny", { withoutTools: ["edit", "write"] }],
    ["disallowedTools: mcp__a, mcp__b__*", { withoutTools: ["mcp__a__*", "mcp__b__*"] }],
  ])("has no tool that its file takes away (%j)", async (lines, facts) => {
    scene.write("~/.claude/agents/a.md", `---\n${lines}\n---\nDo it.`);
    expect((await roles())[0]!.facts).toEqual(facts);
  });

  test("says what it cannot take away", async () => {
    scene.write("~/.claude/agents/a.md", "---\ndisallowedTools: Bash(rm:*), Task\n---\nDo it.");
    expect((await roles())[0]!.notes).toEqual([
      expect.stringContaining("“Bash(rm:*)” takes nothing"),
    ]);
  });

  test("that is the person's own agent, or switched off, is none", async () => {
    scene.write("~/.config/opencode/agent/main.md", "---\nmode: primary\n---\nDo it.");
    scene.write("~/.config/opencode/agent/off.md", "---\ndisable: true\n---\nDo it.");
    expect(await problems()).toEqual([
      expect.stringContaining("no role"),
      expect.stringContaining("switched off"),
    ]);
  });
});

test("a skill has its description for the model, its text when it is read, and its files", async () => {
  scene.write(
    "~/.agents/skills/pdf-forms/SKILL.md",
    "---\nname: pdf-forms\ndescription: Fills forms\nlicense: MIT\nallowed-tools: Bash(python:*)\nuser-invocable: false\n---\nRun scripts/fill.py.",
  );
  scene.write("~/.agents/skills/pdf-forms/scripts/fill.py", "print(1)");
  scene.write(
    "~/.claude/skills/by-hand/SKILL.md",
    "---\ndisable-model-invocation: true\n---\n# By hand\n\nDo it.",
  );
  const callable = callableDefinitions((await scene.look()).definitions);
  expect(callable.map(({ name }) => name)).toEqual(["by-hand"]);
  expect(await skills()).toMatchObject([
    { name: "by-hand", description: "By hand", isForModel: false, isForPerson: true, files: [] },
    {
      name: "pdf-forms",
      description: "Fills forms",
      text: "Run scripts/fill.py.",
      folder: scene.path("~/.agents/skills/pdf-forms"),
      files: [{ path: "scripts/fill.py", bytes: 8 }],
      isForModel: true,
      isForPerson: false,
      notes: [expect.stringContaining("allows nothing")],
    },
  ]);
});

test("links of the person are followed, those of a project are not", async () => {
  scene.write("~/dotfiles/commands/a.md", "Mine.");
  scene.write("~/dotfiles/skill/SKILL.md", "Mine.");
  scene.write("~/.claude/x", "");
  symlinkSync(scene.path("~/dotfiles/commands"), scene.path("~/.claude/commands"));
  mkdirSync(scene.path("~/.claude/skills"));
  symlinkSync(scene.path("~/dotfiles/skill"), scene.path("~/.claude/skills/linked"));
  scene.write(".claude/commands/b.md", "Theirs.");
  symlinkSync("b.md", scene.path(".claude/commands/c.md"));
  expect((await commands()).map(({ name }) => name)).toEqual(["a"]);
  expect((await skills()).map(({ name }) => name)).toEqual(["linked"]);
  expect(await problems()).toEqual([".claude/commands/c.md is not used: it is a link."]);
});

test("a project that has too much of one kind takes nothing from the person, and nothing of another kind", async () => {
  for (let at = 0; at < 2001; at++) scene.write(`.claude/commands/${at}.txt`, "");
  scene.write(".claude/agents/theirs.md", "Look.");
  scene.write("~/.claude/skills/mine/SKILL.md", "Look.");
  const { definitions } = await scene.look();
  expect(definitions.map(({ name }) => name)).toEqual([
    "mine",
    "simple",
    "complex",
    "researcher",
    "theirs",
  ]);
});

test("what nobody has allowed takes no name from what acts, and of a skill no folder is read for a turn", async () => {
  scene.write(".claude/skills/a/SKILL.md", "Look.");
  scene.write(".claude/commands/b.md", "Look.");
  await scene.allowAll();
  scene.write(".rein/skills/a/SKILL.md", "Look elsewhere.");
  scene.write(".rein/commands/b.md", "Look elsewhere.");
  const standings = async () =>
    (await scene.look()).definitions.map((one) => [one.path, one.standing]);
  expect(await standings()).toEqual(
    expect.arrayContaining([
      [".rein/skills/a/SKILL.md", "asked"],
      [".claude/skills/a/SKILL.md", "on"],
    ]),
  );
  expect((await skills()).map(({ text }) => text)).toEqual(["Look."]);
  expect((await commands()).map(({ text }) => text)).toEqual(["Look."]);
  await scene.allowAll();
  expect((await skills()).map(({ text }) => text)).toEqual(["Look elsewhere."]);
  expect((await commands()).map(({ text }) => text)).toEqual(["Look elsewhere."]);
  const wish = { kinds: ["skills" as const], isShown: false };
  const answers = { of: () => undefined };
  const parts = {
    home: { home: "/none", configHome: "/none" },
    off: () => [],
    whyDenied: () => undefined,
  };
  const read = await readSet(
    { ...parts, answers, cache: new ContentCache() },
    scene.project,
    wish,
    never,
  );
  expect(read.skills.map(({ definition }) => definition.digest)).toEqual([""]);
});

test("front matter that is no YAML is read line by line", () => {
  const { fields, body, notes } = readFrontMatter(
    "---\ndescription: Use when: x\nargument-hint: [a] [b]\ntools:\n  - Read\n  - 'Bash'\nname: \"q\"\n---\n\nBody\n---\nmore",
  );
  expect(Object.fromEntries(fields)).toEqual({
    description: "Use when: x",
    "argument-hint": "[a] [b]",
    tools: "Read, Bash",
    name: "q",
  });
  expect([body, notes.length]).toEqual(["Body\n---\nmore", 1]);
});

test("a look ends with its signal", async () => {
  const controller = new AbortController();
  scene.write(".claude/commands/a.md", "Look.");
  const look = scene.definitions.of(scene.project, controller.signal);
  controller.abort("the reason");
  expect(await look.catch((reason: unknown) => reason)).toBe("the reason");
});
