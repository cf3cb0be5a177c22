/** A device, a pipe or a file of the kernel in the place of a file is never opened, fails no turn, and holds no stop. */
import { mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { RegularFile } from "../../server/files/regular-file";
import { Directory } from "../../server/files/directory";
import { ToolError } from "../../server/tools/tool";
import { until } from "../within";
import { findOrdinaryUser } from "../ordinary-user";
import { DefinitionScene } from "../definition-scene";
import { ToolBench } from "../tools-bench";

const never = new AbortController().signal;
let bench: ToolBench;
let scene: DefinitionScene;
beforeEach(() => {
  bench = new ToolBench();
  scene = new DefinitionScene();
});
afterEach(() => {
  bench[Symbol.dispose]();
  scene[Symbol.dispose]();
});

const made: Record<string, (path: string) => void> = {
  "a pipe": (path) => void Bun.spawnSync(["mkfifo", path]),
  "a link to a device": (path) => symlinkSync("/dev/zero", path),
  "a link to the kernel's files": (path) => symlinkSync("/proc/self/environ", path),
  "a link that leads out": (path) => symlinkSync("/etc/hostname", path),
  "a link in a circle": (path) => symlinkSync("CLAUDE.md", path),
  "a directory": (path) => mkdirSync(path),
};

describe.each(Object.keys(made))("%s", (kind) => {
  test("in the place of CLAUDE.md is left out of the instructions, and AGENTS.md is not", async () => {
    made[kind]!(scene.path("CLAUDE.md"));
    scene.write("AGENTS.md", "Speak of otters.");
    await scene.allowAll();
    expect(await scene.prompt()).toBe(
      "Instructions of this project (AGENTS.md):\nSpeak of otters.",
    );
    expect((await scene.look()).problems).toEqual([
      expect.stringMatching(/^CLAUDE.md is not used: it /),
    ]);
  });

  test("is refused by read, write and edit with its reason", async () => {
    made[kind]!(join(bench.cwd, "CLAUDE.md"));
    if (kind === "a link that leads out") return; // the tools ask before they follow it
    for (const [name, input] of [
      ["read", { path: "CLAUDE.md" }],
      ["write", { path: "CLAUDE.md", content: "text" }],
      ["edit", { path: "CLAUDE.md", oldText: "a", newText: "b" }],
    ] as const)
      expect(String(await bench.failure(name, input))).toMatch(
        /is not a regular file|is a directory|file system of the kernel|too many symbolic links/,
      );
  });

  test("in the tree does not hold a search", async () => {
    made[kind]!(join(bench.cwd, "CLAUDE.md"));
    await bench.write("notes.txt", "a needle");
    expect((await bench.call("grep", { pattern: "needle" })).text).toBe("notes.txt:1:a needle\n");
  });
});

test("AGENTS.md as a link to CLAUDE.md is read", async () => {
  scene.write("CLAUDE.md", "Speak of otters.");
  symlinkSync("CLAUDE.md", scene.path("AGENTS.md"));
  await scene.allowAll();
  expect(await scene.prompt()).toBe("Instructions of this project (AGENTS.md):\nSpeak of otters.");
});

test("of a huge AGENTS.md no more than the limit is read", async () => {
  scene.write("AGENTS.md", "");
  expect(Bun.spawnSync(["truncate", "-s", "20G", scene.path("AGENTS.md")]).success).toBe(true);
  await scene.allowAll();
  expect((await scene.prompt()).length).toBeWithin(60_000, 100_000);
});

test("a file that grows while it is read is cut at the limit", async () => {
  await bench.write("log.txt", "a");
  using directory = await Directory.open(bench.cwd, never);
  using file = await RegularFile.open(directory, "log.txt", never);
  writeFileSync(join(bench.cwd, "log.txt"), "b".repeat(100_000));
  expect((await file.bytes(0, 1000, never)).length).toBe(1000);
});

test("the files of the kernel and its directories are refused, also by a path of their own", async () => {
  for (const path of ["/proc/self/environ", "/proc/version", "/sys/kernel/uevent_seqnum"])
    expect(String(await bench.failure("read", { path }))).toContain("file system of the kernel");
  const search = await bench.failure("grep", { pattern: "x", path: "/proc/self" });
  expect(search).toBeInstanceOf(ToolError);
});

test("a search that is refused or stopped leaves no descriptor open", async () => {
  made["a pipe"]!(join(bench.cwd, "pipe"));
  await bench.write("d/notes.txt", "a needle\n");
  const open = () => readdirSync("/proc/self/fd").length;
  await bench.call("grep", { pattern: "needle" });
  const before = open();
  for (let at = 0; at < 60; at++) {
    const paths = [
      "pipe",
      "d/notes.txt/none",
      "/proc/self",
      "/proc/self/status",
      "d/notes.txt",
      "d",
    ];
    const caller = bench.beside();
    const path = paths[at % paths.length]!;
    const failure = caller.call("grep", { pattern: "needle", path }).catch(() => undefined);
    for (let turn = 0; turn < at % 17; turn++) await new Promise(setImmediate);
    if (at >= 12) caller.controller.abort("the reason");
    await failure;
  }
  await until(() => open() <= before + 3);
});

test("a stop ends a search that a pipe holds", async () => {
  made["a pipe"]!(join(bench.cwd, ".gitignore"));
  await bench.write("notes.txt", "a needle");
  const failure = bench.failure("grep", { pattern: "needle" });
  await until(() => bench.context.jobs.list().length === 1);
  bench.controller.abort("the reason");
  expect(await failure).toBe("the reason");
  rmSync(join(bench.cwd, ".gitignore"));
});

test("an operation that the system never ends leaves its descriptor open, and its call ends with the signal", async () => {
  using directory = await Directory.open(bench.cwd, never);
  const controller = new AbortController();
  const { promise: hung, resolve } = Promise.withResolvers<void>();
  const waiting = directory.use(() => hung, controller.signal);
  controller.abort("the reason");
  expect(await waiting.catch((error: unknown) => error)).toBe("the reason");
  directory[Symbol.dispose]();
  const { fd } = directory;
  const isOpen = () => Bun.spawnSync(["test", "-e", `/proc/${process.pid}/fd/${fd}`]).success;
  expect(isOpen()).toBe(true);
  resolve();
  await until(() => !isOpen());
});

const user = findOrdinaryUser();
test.skipIf(user === undefined)("an AGENTS.md that cannot be read fails no turn", async () => {
  await using owner = user!;
  writeFileSync(join(owner.home, "AGENTS.md"), "secret", { mode: 0o000 });
  const module = join(import.meta.dir, "../../server/definitions/definitions.ts");
  const program = `
    const { Definitions } = await import("${module}");
    const { signal } = new AbortController();
    const cwd = ${JSON.stringify(owner.home)};
    const none = () => [];
    const home = { home: cwd + "/none", configHome: cwd + "/none" };
    const answers = { of: () => undefined };
    const { problems } = await new Definitions({ home, answers, off: none, whyDenied: () => undefined, languageServers: none, toldIn: () => undefined }).of(cwd, signal);
    console.log(problems.join());`;
  const run = Bun.spawnSync(owner.command(process.execPath, "-e", program));
  expect(run.stdout.toString()).toBe("AGENTS.md is not used: it cannot be read (EACCES).\n");
});
