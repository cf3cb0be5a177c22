/** A commit from the page has the named files alone, as they were shown; a stop, a reload or a crash leaves the repository as it was. */
import { beforeEach, describe, expect, test } from "bun:test";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import type { CommitView } from "../shared/protocol";
import { apiScene } from "./api-scene";
import { gitIn } from "./git-in";
import { refusal } from "./refused-call";
import { isAlive, untilFile } from "./machine-facts";
import { tryReview } from "./sweep/sweep-review";
import { failure, hang, text, usage } from "./upstream/upstream";
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
  await untilAsync(async () => (await state(sessionId)).endedAt !== undefined, "its end");
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
    expect(await refusal(begin(sessionId, ["b.txt"], { message: "\u001b[31mred" }))).toBe("input");
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
    const sub = join(cwd, "sub ü\nx");
    mkdirSync(sub);
    write("sub ü\nx/a.txt", "a\n");
    write("top.txt", "top\n");
    await scene.rein.sdk.patchSession(sessionId, { cwd: sub }, signal);
    await begin(sessionId, ["a.txt"]);
    expect(await ended(sessionId)).toMatchObject({ state: "done" });
    expect(git("ls-files", "-z")).toBe("sub ü\nx/a.txt\0");
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
    expect(await refusal(commit())).toBe("changed-since");
    write("a.txt", "A\n");
    writeFileSync(join(cwd, ".git/MERGE_HEAD"), git("rev-parse", "HEAD"));
    expect(await refusal(commit())).toBe("repository");
    expect(git("log", "--format=%s")).toBe("First\n");
  });

  test("of another session in the same repository, or while git holds its index, does not begin", async () => {
    committed({ "a.txt": "a\n", "b.txt": "b\n" });
    hook("pre-commit", "touch .git/in-hook; while ! [ -e .git/go ]; do sleep 0.02; done");
    write("a.txt", "A\n");
    write("b.txt", "B\n");
    const [one, other] = [await session(), await session()];
    await begin(one, ["a.txt"], { runHooks: true });
    await untilFile(join(cwd, ".git/in-hook"));
    expect(await refusal(begin(other, ["b.txt"]))).toBe("commit-active");
    write(".git/go", "");
    expect(await ended(one)).toMatchObject({ state: "done" });
    write(".git/index.lock", "");
    expect(await refusal(begin(other, ["b.txt"]))).toBe("repository");
    rmSync(join(cwd, ".git/index.lock"));
    await begin(other, ["b.txt"]);
    expect(await ended(other)).toMatchObject({ state: "done" });
    expect(git("status", "--porcelain")).toBe("");
  });

  test("beside which someone else commits tells that one’s commit as none of its own", async () => {
    committed({ "a.txt": "a\n", "b.txt": "b\n" });
    hook("pre-commit", "unset GIT_INDEX_FILE; git commit --no-verify -qm Other -- b.txt; exit 1");
    write("a.txt", "A\n");
    write("b.txt", "B\n");
    const sessionId = await session();
    await begin(sessionId, ["a.txt"], { runHooks: true });
    const view = await ended(sessionId);
    expect([view.state, view.commit]).toEqual(["failed", undefined]);
    expect(git("log", "--format=%s")).toBe("Other\nFirst\n");
    expect(git("status", "--porcelain")).toBe(" M a.txt\n");
  });

  test("waits for another git process that holds the index when it has happened", async () => {
    committed({ "a.txt": "a\n" });
    hook("post-commit", "touch .git/index.lock");
    write("a.txt", "A\n");
    const sessionId = await session();
    await begin(sessionId, ["a.txt"], { runHooks: true });
    await untilFile(join(cwd, ".git/index.lock"));
    await untilAsync(async () => (await state(sessionId)).commit !== undefined, "the commit");
    expect((await state(sessionId)).state).toBe("running");
    rmSync(join(cwd, ".git/index.lock"));
    expect(await ended(sessionId)).toMatchObject({ state: "done" });
    expect(git("status", "--porcelain")).toBe("");
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

  const hooks = ["pre-commit", "prepare-commit-msg", "commit-msg", "post-commit"];
  for (const [at, name] of hooks.entries())
    test(`that is stopped in its ${name} hook ends with it, and the index is that of what happened`, async () => {
      committed({ "a.txt": "a\n" });
      hook(name, "echo $$ > .git/hook.pid; sleep 1000");
      write("a.txt", "A\n");
      const sessionId = await session();
      await begin(sessionId, ["a.txt"], { runHooks: true });
      await untilFile(join(cwd, ".git/hook.pid"));
      // Once it has happened there is nothing more to commit.
      if (at < 3) expect(await refusal(begin(sessionId, ["a.txt"]))).toBe("commit-active");
      if (at % 2 === 0) await scene.post(`/api/sessions/${sessionId}/stop`, {});
      else await scene.rein.sdk.stopCommit(sessionId, signal);
      const has = at === 3;
      expect(await state(sessionId)).toMatchObject({ state: has ? "done" : "stopped" });
      expect(git("log", "--format=%s")).toBe(has ? "Second\nFirst\n" : "First\n");
      expect(git("status", "--porcelain")).toBe(has ? "" : " M a.txt\n");
      const left = readdirSync(join(cwd, ".git"));
      expect(left.filter((one) => one.endsWith(".lock"))).toEqual([]);
      expect(readdirSync(join(scene.dataDir(), "review"))).toEqual([]);
    });

  for (const name of ["pre-commit", "post-commit"])
    test(`whose server is killed in its ${name} hook is told by the next one, with the index of what happened`, async () => {
      committed({ "a.txt": "a\n", "gone.txt": "bye\n" });
      // Its name comes once it is whole.
      hook(name, "echo $$ > .git/hook.new; mv .git/hook.new .git/hook.pid; sleep 1000");
      write("a.txt", "A\n");
      write("new.txt", "new\n");
      rmSync(join(cwd, "gone.txt"));
      const sessionId = await session();
      const paths = ["a.txt", "gone.txt", "new.txt"];
      await begin(sessionId, paths, { runHooks: true });
      await untilFile(join(cwd, ".git/hook.pid"));
      const pid = Number(readFileSync(join(cwd, ".git/hook.pid"), "utf8"));
      scene.rein.signal("SIGKILL");
      await scene.restart();
      await untilAsync(async () => (await state(sessionId)) !== undefined, "what is told");
      expect(isAlive(pid)).toBe(false);
      const view = await state(sessionId);
      const has = name === "post-commit";
      expect(view).toMatchObject({ state: has ? "done" : "stopped", paths });
      expect(view.error ?? "").toMatch(has ? /^$/ : /^The server ended in the middle of it/);
      expect(git("status", "--porcelain")).toBe(has ? "" : " M a.txt\n D gone.txt\n?? new.txt\n");
      // What is told is told before its folder goes.
      const left = () => readdirSync(join(scene.dataDir(), "review"));
      await untilAsync(async () => left().length === 0, "the folder is removed");
      if (has) return expect(view.commit).toBe(git("rev-parse", "HEAD").trim());
      await begin(sessionId, paths);
      expect(await ended(sessionId)).toMatchObject({ state: "done" });
      expect(git("status", "--porcelain")).toBe("");
    });
});

describe("the draft of a message", () => {
  const draft = async (sessionId: string, own = signal) => {
    const { files } = await scene.rein.sdk.review({ sessionId, of: "tree" }, signal);
    const named = files.map(({ path, id }) => ({ path, id }));
    return scene.rein.sdk.draftMessage({ sessionId, files: named }, own);
  };

  test("is asked from the changes alone, is plain text, and its cost is counted", async () => {
    write("a.txt", "one line\n");
    const sessionId = await session();
    const before = (await scene.rein.session(sessionId)).usage;
    upstream.script([text("```\nAdd a\u202E line\n\nBecause.\n```"), usage(500, 9)]);
    expect(await draft(sessionId)).toEqual({ message: "Add a line\n\nBecause." });
    const asked = JSON.stringify(upstream.requests.at(-1)!.body);
    expect(asked).toContain("+one line");
    expect(asked).not.toContain("Hello");
    const after = (await scene.rein.session(sessionId)).usage;
    expect(after.inputTokens - before.inputTokens).toBe(500);
    upstream.script([failure("overloaded")]);
    expect(await draft(sessionId)).toMatchObject({ problem: expect.any(String) });
  });

  for (const by of ["the page", "a stop of the session", "Stop everything"])
    test(`is ended by ${by}: its socket is closed, and nothing of it stays`, async () => {
      write("a.txt", "one line\n");
      const sessionId = await session();
      upstream.script([hang]);
      const own = new AbortController();
      const answer = draft(sessionId, own.signal).catch((error: unknown) => error);
      const request = await upstream.request(upstream.requests.length);
      if (by === "the page") own.abort(new Error("gone"));
      else
        await scene.post(
          by === "Stop everything" ? "/api/stop" : `/api/sessions/${sessionId}/stop`,
          {},
        );
      expect(await request.ended).toBe("client");
      if (by === "the page") expect(await answer).toBe(own.signal.reason);
      else expect(await answer).toEqual({ problem: "It was stopped." });
      expect(git("status", "--porcelain")).toBe("?? a.txt\n");
    });
});

test("a share of the sweep: cut at any moment, the repository is as it was or has the commit, and it is told", async () => {
  expect((await tryReview("7/120")).faults).toEqual([]);
}, 300_000);
