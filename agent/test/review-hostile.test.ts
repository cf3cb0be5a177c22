/** Looking at a hostile directory runs nothing of it, follows no link out of it, and ends with its signal. */
import { afterAll, beforeEach, describe, expect, test } from "bun:test";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { apiScene, everyWire } from "./api-scene";
import { gitIn } from "./git-in";
import { refusal } from "./refused-call";
import { text } from "./upstream/upstream";
import { untilAsync } from "./within";

/** A PATH with what the server needs, but without a sandbox: that would hide what a look runs. */
const programs = mkdtempSync(join(tmpdir(), "rein-programs-"));
for (const name of ["bash", "sh", "git", "base64", "cat", "touch", "sleep", "cc"])
  symlinkSync(Bun.which(name)!, join(programs, name));
afterAll(() => rmSync(programs, { recursive: true }));

const scene = apiScene({
  environment: (own) => ({ ...everyWire(own), PATH: programs }),
});
const { upstream, send, defer } = scene;
const { signal } = new AbortController();
let cwd: string;
let git: (...args: string[]) => string;

beforeEach(() => {
  cwd = scene.rein.cwd;
  git = gitIn(cwd);
  git("init", "-q", "-b", "main");
});

const write = (name: string, content: string | Uint8Array) =>
  writeFileSync(join(cwd, name), content);

async function session(): Promise<string> {
  upstream.script([text("Yes.")]);
  const chat = send("Hello");
  await chat.ended;
  return chat.sessionId;
}

const review = (sessionId: string) => scene.rein.sdk.review({ sessionId, of: "tree" }, signal);

/** A program that says that it was run, everywhere where a repository can name one. */
function trap(): { ran: () => boolean } {
  const directory = mkdtempSync(join(tmpdir(), "rein-trap-"));
  defer(() => rmSync(directory, { recursive: true, force: true }));
  const program = join(directory, "trap");
  writeFileSync(program, `#!/bin/sh\ntouch ${directory}/ran\ncat\n`);
  chmodSync(program, 0o755);
  const values = {
    "core.fsmonitor": program,
    "core.hooksPath": join(directory, "hooks"),
    "core.pager": program,
    "core.editor": program,
    "core.sshCommand": program,
    "core.alternateRefsCommand": program,
    "core.askPass": program,
    "credential.helper": program,
    "diff.external": program,
    "diff.trap.command": program,
    "diff.trap.textconv": program,
    "filter.trap.clean": program,
    "filter.trap.smudge": program,
    "filter.pro=cess.process": program,
    "filter.trap.required": "true",
    "gpg.program": program,
    "commit.gpgsign": "true",
    "pager.diff": program,
    "uploadpack.packObjectsHook": program,
  };
  for (const [name, value] of Object.entries(values)) git("config", name, value);
  mkdirSync(join(directory, "hooks"));
  for (const name of ["pre-commit", "post-index-change", "reference-transaction", "commit-msg"])
    symlinkSync(program, join(directory, "hooks", name));
  write(".gitattributes", "*.txt filter=trap diff=trap\n*.dat filter=pro=cess\n");
  // Git reads the content of a file whose time is not before that of the index.
  utimesSync(join(cwd, ".git/index"), 1000, 1000);
  return { ran: () => existsSync(join(directory, "ran")) };
}

describe("a repository that names programs everywhere", () => {
  test("is listed, read, reviewed and reverted without one of them being run", async () => {
    for (const name of ["a.txt", "b.txt", "same.txt", "same.dat", "z"]) write(name, "a\n");
    git("add", "-A");
    git("commit", "-q", "-m", "First");
    const { ran } = trap();
    write("a.txt", "A\n");
    write("b.txt", "a\n");
    write("c.txt", "c\n");
    write("z", "Z\n");
    const sessionId = await session();
    const found = await review(sessionId);
    expect(found.files.map(({ path }) => path)).toEqual([".gitattributes", "a.txt", "c.txt", "z"]);
    expect(found.repository!.runs).toHaveLength(7);
    await scene.rein.sdk.tree({ cwd }, signal);
    await scene.rein.sdk.text({ cwd, path: "a.txt" }, signal);
    const { path, id } = found.files[3]!;
    await scene.rein.sdk.revert({ sessionId, of: "tree", path, id }, signal);
    expect(readFileSync(join(cwd, "z"), "utf8")).toBe("a\n");
    expect(ran()).toBe(false);
  });

  test("is committed without them, but for files that need a filter: those are refused", async () => {
    write("a.txt", "a\n");
    git("add", "-A");
    git("commit", "-q", "-m", "First");
    git("config", "user.name", "Ada");
    git("config", "user.email", "ada@example.org");
    const { ran } = trap();
    write("a.txt", "A\n");
    write("plain", "plain\n");
    const sessionId = await session();
    const { files } = await review(sessionId);
    const commit = (name: string) =>
      scene.rein.sdk.commit(
        {
          sessionId,
          message: "M",
          files: files.filter(({ path }) => path === name).map(({ path, id }) => ({ path, id })),
          runHooks: false,
        },
        signal,
      );
    expect(await refusal(commit("a.txt"))).toBe("programs");
    await commit("plain");
    const state = async () => (await scene.rein.sdk.commitState(sessionId, signal)).commit!;
    await untilAsync(async () => (await state()).endedAt !== undefined, "its end");
    expect(await state()).toMatchObject({ state: "done", output: "" });
    expect(ran()).toBe(false);
  });

  test("tells of a tracked file that it is stored through a filter, and does not put it back", async () => {
    write("big.bin", "version https://git-lfs.github.com/spec/v1\noid sha256:aa\nsize 3\n");
    write("plain.txt", "a\n");
    git("add", "-A");
    git("commit", "-q", "-m", "First");
    git("config", "filter.lfs.clean", "git-lfs clean -- %f");
    write(".git/info/attributes", "*.bin filter=lfs\n");
    write("big.bin", "abc\n");
    write("plain.txt", "b\n");
    const sessionId = await session();
    const { files } = await review(sessionId);
    expect(files.map(({ path, unshown, canRevert }) => [path, unshown, canRevert])).toEqual([
      ["big.bin", "filter", false],
      ["plain.txt", undefined, true],
    ]);
    const { path, id } = files[0]!;
    expect(await refusal(scene.rein.sdk.revert({ sessionId, of: "tree", path, id }, signal))).toBe(
      "failed",
    );
  });

  test("lacks objects of a partial clone: nothing is fetched, neither by a look nor by a commit", async () => {
    write("a.txt", "a\n");
    write("b.txt", "b\n");
    git("add", "-A");
    git("commit", "-q", "-m", "First");
    git("config", "user.name", "Ada");
    git("config", "user.email", "ada@example.org");
    const { ran } = trap();
    const blob = git("rev-parse", "HEAD:b.txt").trim();
    rmSync(join(cwd, ".git/objects", blob.slice(0, 2), blob.slice(2)));
    const values = {
      "core.repositoryformatversion": "1",
      "extensions.partialClone": "origin",
      "remote.origin.url": `ext::${git("config", "core.pager").trim()}`,
      "remote.origin.promisor": "true",
      "protocol.ext.allow": "always",
    };
    for (const [name, value] of Object.entries(values)) git("config", name, value);
    write(".git/info/attributes", "*.txt -filter\n");
    write("a.txt", "A\n");
    write("b.txt", "B\n");
    const sessionId = await session();
    const { files } = await review(sessionId);
    expect(files.find(({ path }) => path === "b.txt")).toMatchObject({ unshown: "too-long" });
    const named = files.filter(({ path }) => path === "a.txt");
    const asShown = named.map(({ path, id }) => ({ path, id }));
    const request = { sessionId, message: "M", files: asShown, runHooks: false };
    await scene.rein.sdk.commit(request, signal);
    const state = async () => (await scene.rein.sdk.commitState(sessionId, signal)).commit!;
    await untilAsync(async () => (await state()).endedAt !== undefined, "its end");
    // Git needs all of them for the tree of the commit.
    expect(await state()).toMatchObject({ state: "failed", error: expect.any(String) });
    expect(ran()).toBe(false);
  });
});

describe("names and contents", () => {
  test("of any kind are shown as they are, and none of them is an option or another path", async () => {
    const names = ["-rf", "--exec=sh", "a\nb", ':(top)"q"', "\u001b[31mred", "\u202Eevil.txt", "*"];
    for (const name of names) write(name, "x\n");
    writeFileSync(Buffer.from(`${cwd}/bytes-\xff`, "latin1"), "x\n");
    const sessionId = await session();
    const { files } = await review(sessionId);
    expect(files.map(({ path }) => path).toSorted()).toEqual([...names, "bytes-\uFFFD"].toSorted());
    const shown = files.find(({ path }) => path.startsWith("bytes-"))!;
    expect(
      await refusal(
        scene.rein.sdk.revert({ sessionId, of: "tree", path: shown.path, id: shown.id }, signal),
      ),
    ).toBe("failed");
    const star = files.find(({ path }) => path === "*")!;
    await scene.rein.sdk.revert({ sessionId, of: "tree", path: "*", id: star.id }, signal);
    expect((await review(sessionId)).files).toHaveLength(names.length);
  });

  test("behind links, in devices and pipes are not read, and nothing is written through a link", async () => {
    const outside = mkdtempSync(join(tmpdir(), "rein-outside-"));
    defer(() => rmSync(outside, { recursive: true, force: true }));
    writeFileSync(join(outside, "a.txt"), "secret\n");
    mkdirSync(join(cwd, "d"));
    write("d/a.txt", "a\n");
    git("add", "-A");
    git("commit", "-q", "-m", "First");
    write("d/a.txt", "A\n");
    symlinkSync(join(outside, "a.txt"), join(cwd, "link.txt"));
    Bun.spawnSync(["mkfifo", "pipe"], { cwd });
    const sessionId = await session();
    const found = await review(sessionId);
    const { id } = found.files.find(({ path }) => path === "d/a.txt")!;
    const link = found.files.find(({ path }) => path === "link.txt")!;
    expect(link).toMatchObject({ unshown: "link", canRevert: false, hunks: [] });
    expect(JSON.stringify(found)).not.toContain("secret");
    renameSync(join(cwd, "d"), join(cwd, "was"));
    symlinkSync(outside, join(cwd, "d"));
    expect(
      await refusal(scene.rein.sdk.revert({ sessionId, of: "tree", path: "d/a.txt", id }, signal)),
    ).toBe("changed-since");
    expect(readFileSync(join(outside, "a.txt"), "utf8")).toBe("secret\n");
    for (const path of ["d/a.txt", "pipe", "link.txt"])
      expect(await refusal(scene.rein.sdk.text({ cwd, path }, signal))).toBe("file");
    expect(await refusal(scene.rein.sdk.tree({ cwd, path: "d" }, signal))).toBe("directory");
  });

  test("that belong to Rein itself, or that a rule denies, are refused", async () => {
    const own = scene.dataDir();
    expect(await refusal(scene.rein.sdk.tree({ cwd: own }, signal))).toBe("file");
    expect(
      await refusal(
        scene.rein.sdk.text(
          { cwd: join(own, ".."), path: `${own.split("/").at(-1)}/settings.json` },
          signal,
        ),
      ),
    ).toBe("file");
  });

  test("in great numbers and sizes are cut, and it is said how many are left", async () => {
    for (let at = 0; at < 320; at++) write(`f${String(at).padStart(3, "0")}`, `${at}\n`);
    write("a-long", "x".repeat(150_000));
    const { files, left } = await review(await session());
    expect(files[0]).toMatchObject({ path: "a-long", unshown: "too-long" });
    expect([files.length, left]).toEqual([300, 21]);
  });
});

test("a look whose page goes away ends with its processes", async () => {
  const sessionId = await session();
  const own = new AbortController();
  const asked = scene.rein.sdk.review({ sessionId, of: "tree" }, own.signal);
  const answer = asked.catch((error: unknown) => error);
  own.abort(new Error("gone"));
  expect(await answer).toBe(own.signal.reason);
  expect((await review(sessionId)).files).toEqual([]);
});
