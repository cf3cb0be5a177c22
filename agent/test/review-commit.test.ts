/** A commit from the page has the named files alone, as they were shown; a stop, a reload or a crash leaves the repository as it was. */
import { beforeEach, describe, expect, test } from "bun:test";
import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { CommitView } from "../shared/protocol";
import { apiScene } from "./api-scene";
import { gitIn } from "./git-in";
import { untilFile } from "./machine-facts";
import { text } from "./upstream/upstream";
import { untilAsync } from "./within";

const scene = apiScene();
const { upstream, send } = scene;
const { signal } = new AbortController();
let cwd: string;
let git: (...args: string[]) => string;

beforeEach(() => {
  cwd = scene.rein.cwd;
  git = gitIn(cwd);
  git("init", "-q", "-b", "main");
  git("config", "user.name", "Ada");
  git("config", "user.email", "ada@example.org");
});

const write = (name: string, content: string) => writeFileSync(join(cwd, name), content);

function committed(files: Record<string, string>): void {
  for (const [name, content] of Object.entries(files)) write(name, content);
  git("add", "-A");
  git("commit", "-q", "-m", "First");
}

function hook(name: string, lines: string): void {
  const path = join(cwd, ".git/hooks", name);
  mkdirSync(join(cwd, ".git/hooks"), { recursive: true });
  writeFileSync(path, `#!/bin/sh\n${lines}\n`);
  chmodSync(path, 0o755);
}

async function session(): Promise<string> {
  upstream.script([text("Yes.")]);
  const chat = send("Hello");
  await chat.ended;
  return chat.sessionId;
}

async function begin(
  sessionId: string,
  paths: string[],
  { message = "Second", runHooks = false } = {},
): Promise<CommitView> {
  const { files } = await scene.rein.sdk.review({ sessionId, of: "tree" }, signal);
  const named = files
    .filter(({ path }) => paths.includes(path))
    .map(({ path, id }) => ({ path, id }));
  return scene.rein.sdk.commit({ sessionId, message, files: named, runHooks }, signal);
}

const state = async (sessionId: string) =>
  (await scene.rein.sdk.commitState(sessionId, signal)).commit!;

async function ended(sessionId: string): Promise<CommitView> {
  await untilAsync(async () => (await state(sessionId)).endedAt !== undefined);
  return state(sessionId);
}

describe("a commit", () => {
  test("has the named files alone: new, changed, deleted; what else was staged stays staged", async () => {
    committed({ "a.txt": "a\n", "b.txt": "b\n", "gone.txt": "bye\n" });
    write("a.txt", "A\n");
    write("b.txt", "B\n");
    write("new ü\n.txt", "new\n");
    write("staged.txt", "staged\n");
    rmSync(join(cwd, "gone.txt"));
    git("add", "staged.txt");
    const sessionId = await session();
    const message = "-m Title\n\n# not a comment\n\nBody “quoted” $(touch pwned) `x`";
    await begin(sessionId, ["a.txt", "gone.txt", "new ü\n.txt"], { message });
    const view = await ended(sessionId);
    expect(view).toMatchObject({ state: "done", commit: git("rev-parse", "HEAD").trim() });
    expect(git("log", "-1", "--format=%B").trim()).toBe(message);
    expect(git("show", "--name-status", "--format=", "-z", "HEAD").split("\0")).toEqual([
      "M",
      "a.txt",
      "D",
      "gone.txt",
      "A",
      "new ü\n.txt",
      "",
    ]);
    expect(git("status", "--porcelain", "-z").split("\0")).toEqual([
      " M b.txt",
      "A  staged.txt",
      "",
    ]);
    expect(existsSync(join(cwd, "pwned"))).toBe(false);
  });

  test("can be the first, and be made below the top of the working tree", async () => {
    const sessionId = await session();
    mkdirSync(join(cwd, "sub"));
    write("sub/a.txt", "a\n");
    write("top.txt", "top\n");
    await scene.rein.sdk.patchSession(sessionId, { cwd: join(cwd, "sub") }, signal);
    await begin(sessionId, ["a.txt"]);
    expect(await ended(sessionId)).toMatchObject({ state: "done" });
    expect(git("ls-files", "-s").split("\t").at(-1)).toBe("sub/a.txt\n");
    expect(git("status", "--porcelain")).toBe("?? top.txt\n");
  });

  test("of a file that has changed since it was shown does not begin, nor one in a merge", async () => {
    committed({ "a.txt": "a\n" });
    write("a.txt", "A\n");
    const sessionId = await session();
    const { files } = await scene.rein.sdk.review({ sessionId, of: "tree" }, signal);
    const { path, id } = files[0]!;
    const commit = () =>
      scene.rein.sdk.commit(
        { sessionId, message: "M", files: [{ path, id }], runHooks: false },
        signal,
      );
    write("a.txt", "AA\n");
    await expect(commit()).rejects.toMatchObject({ code: "changed-since" });
    write("a.txt", "A\n");
    writeFileSync(join(cwd, ".git/MERGE_HEAD"), git("rev-parse", "HEAD"));
    await expect(commit()).rejects.toMatchObject({ code: "repository" });
    expect(git("log", "--format=%s")).toBe("First\n");
  });

  test("runs hooks only where they are allowed, shows what they write, and fails when one refuses", async () => {
    committed({ "a.txt": "a\n" });
    hook("pre-commit", "echo checked by the hook; touch ran; exit 1");
    hook("post-commit", "touch ran-after");
    write("a.txt", "A\n");
    const sessionId = await session();
    const { repository } = await scene.rein.sdk.review({ sessionId, of: "tree" }, signal);
    expect(repository!.runs).toEqual(
      ["pre-commit", "post-commit"].map((name) => join(cwd, ".git/hooks", name)),
    );
    await begin(sessionId, ["a.txt"], { runHooks: true });
    const failed = await ended(sessionId);
    expect(failed).toMatchObject({ state: "failed", output: "checked by the hook\n" });
    expect(git("log", "--format=%s")).toBe("First\n");
    expect(git("diff", "--cached", "--name-only")).toBe("");
    rmSync(join(cwd, "ran"));
    await begin(sessionId, ["a.txt"]);
    expect(await ended(sessionId)).toMatchObject({ state: "done", output: "" });
    expect(["ran", "ran-after"].map((name) => existsSync(join(cwd, name)))).toEqual([false, false]);
  });

  test("that is stopped in a hook ends with it and leaves the repository as it was", async () => {
    committed({ "a.txt": "a\n" });
    hook("pre-commit", "echo $$ > hook.pid; sleep 1000");
    write("a.txt", "A\n");
    const sessionId = await session();
    await begin(sessionId, ["a.txt"], { runHooks: true });
    await untilFile(join(cwd, "hook.pid"));
    await expect(begin(sessionId, ["a.txt"])).rejects.toMatchObject({ code: "commit-active" });
    await scene.post(`/api/sessions/${sessionId}/stop`, {});
    expect(await state(sessionId)).toMatchObject({ state: "stopped", runHooks: true });
    expect(git("log", "--format=%s")).toBe("First\n");
    expect(git("status", "--porcelain")).toBe(" M a.txt\n?? hook.pid\n");
    expect(readdirSync(join(cwd, ".git")).filter((name) => name.endsWith(".lock"))).toEqual([]);
    expect(readdirSync(join(scene.dataDir(), "review"))).toEqual([]);
  });
});
