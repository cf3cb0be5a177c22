/** A review shows what has changed in a directory, hunk by hunk, and puts back exactly what was shown. */
import { beforeEach, describe, expect, test } from "bun:test";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ReviewAnswer, ReviewOf } from "../shared/protocol";
import { defined } from "../shared/defined";
import { apiScene, settledWithChanges } from "./api-scene";
import { gitIn } from "./git-in";
import { Chat } from "./rein";
import { refusal } from "./refused-call";
import { untilFile } from "./machine-facts";
import { gatedGit } from "./sweep/gated-git";
import { text, toolCall } from "./upstream/upstream";

const scene = apiScene();
const { upstream, send } = scene;
const { signal } = new AbortController();
let cwd: string;
let git: (...args: string[]) => string;

beforeEach(() => {
  cwd = scene.rein.cwd;
  git = gitIn(cwd);
});

const write = (name: string, content: string | Uint8Array) =>
  writeFileSync(join(cwd, name), content);
const read = (name: string) => readFileSync(join(cwd, name), "utf8");
const numbered = (count: number) =>
  Array.from({ length: count }, (_, index) => `line ${index + 1}\n`).join("");

/** A repository with a commit of some files. */
function repository(files: Record<string, string>): void {
  git("init", "-q", "-b", "main");
  for (const [name, content] of Object.entries(files)) write(name, content);
  git("add", "-A");
  git("commit", "-q", "-m", "First");
}

async function session(): Promise<string> {
  upstream.script([text("Yes.")]);
  const chat = send("Hello");
  await chat.ended;
  return chat.sessionId;
}

const review = (sessionId: string, of: ReviewOf = "tree"): Promise<ReviewAnswer> =>
  scene.rein.sdk.review({ sessionId, of }, signal);
const fileOf = async (sessionId: string, path: string, of: ReviewOf = "tree") =>
  (await review(sessionId, of)).files.find((one) => one.path === path)!;

describe("files", () => {
  test("are listed a level at a time, directories first, without git’s own, links and ignored ones marked", async () => {
    git("init", "-q");
    mkdirSync(join(cwd, "src"));
    mkdirSync(join(cwd, "out"));
    write("b10.txt", "12345");
    write("b9.txt", "");
    write(".gitignore", "out\n*.log\n");
    write("größe\n1.log", "x");
    symlinkSync("/etc", join(cwd, "link"));
    const level = await scene.rein.sdk.tree({ cwd }, signal);
    expect(level).toEqual({
      cwd,
      path: "",
      left: 0,
      entries: [
        { name: "out", kind: "directory", isIgnored: true },
        { name: "src", kind: "directory" },
        { name: ".gitignore", kind: "file", bytes: 10 },
        { name: "b9.txt", kind: "file", bytes: 0 },
        { name: "b10.txt", kind: "file", bytes: 5 },
        { name: "größe\n1.log", kind: "file", bytes: 1, isIgnored: true },
        { name: "link", kind: "link" },
      ],
    });
    expect((await scene.rein.sdk.tree({ cwd, path: "src" }, signal)).entries).toEqual([]);
  });

  test("are read as text, or it is said why not", async () => {
    write("a.txt", "Grüße\r\n");
    write("b.bin", new Uint8Array([1, 0, 2]));
    write("long.txt", "");
    truncateSync(join(cwd, "long.txt"), 1_000_001);
    symlinkSync("a.txt", join(cwd, "link"));
    const ask = (path: string) => scene.rein.sdk.text({ cwd, path }, signal);
    expect(await ask("a.txt")).toEqual({ path: "a.txt", bytes: 9, text: "Grüße\r\n" });
    expect(await ask("b.bin")).toEqual({ path: "b.bin", bytes: 3, unshown: "binary" });
    expect(await ask("long.txt")).toMatchObject({ unshown: "too-long" });
    for (const path of ["link", "none", "../up", "/etc/passwd", ".git/config", "."])
      expect(await refusal(ask(path))).toBe("file");
  });
});

describe("the working tree", () => {
  test("is compared with HEAD: changed, new and deleted files with their hunks, line by line", async () => {
    repository({
      "a.txt": numbered(30),
      "gone.txt": "bye\n",
      "run.sh": "echo\n",
      "same.txt": "same\n",
    });
    write("a.txt", numbered(30).replace("line 3\n", "LINE 3\n").replace("line 28\n", ""));
    write("new.txt", "no end");
    write("same.txt", "same\n");
    write("b.bin", new Uint8Array([0, 1]));
    chmodSync(join(cwd, "run.sh"), 0o755);
    rmSync(join(cwd, "gone.txt"));
    git("add", "new.txt");
    const found = await review(await session());
    expect(found).toMatchObject({
      of: "tree",
      cwd,
      left: 0,
      unseen: [],
      repository: { branch: "main", head: git("rev-parse", "HEAD").trim(), runs: [] },
    });
    expect(
      found.files.map(({ path, kind, added, removed, unshown }) => [
        path,
        kind,
        added,
        removed,
        unshown,
      ]),
    ).toEqual([
      ["a.txt", "changed", 1, 2, undefined],
      ["b.bin", "created", 0, 0, "binary"],
      ["gone.txt", "deleted", 0, 1, undefined],
      ["new.txt", "created", 1, 0, undefined],
      ["run.sh", "changed", 0, 0, "mode"],
    ]);
    const [a, , , created, run] = found.files;
    expect(a!.hunks.map(({ header }) => header)).toEqual(["@@ -1,6 +1,6 @@", "@@ -25,6 +25,5 @@"]);
    expect(a!.hunks[0]!.lines.slice(1, 5)).toEqual([
      { kind: "same", old: 2, new: 2, text: "line 2" },
      { kind: "removed", old: 3, text: "line 3" },
      { kind: "added", new: 3, text: "LINE 3" },
      { kind: "same", old: 4, new: 4, text: "line 4" },
    ]);
    expect(created!.hunks[0]!.lines).toEqual([
      { kind: "added", new: 1, text: "no end", isUnended: true },
    ]);
    expect(run!.modes).toEqual({ before: "644", after: "755" });
    expect(read("a.txt")).toContain("LINE 3");
  });

  test("of a copied repository, whose times git does not know, is compared by its contents", async () => {
    const names = Array.from({ length: 1100 }, (_, at) => `f${String(at).padStart(4, "0")}`);
    repository(Object.fromEntries(names.map((name) => [name, `${name}\n`])));
    for (const name of names) utimesSync(join(cwd, name), 1000, 1000);
    write("f1050", "changed\n");
    const { files, left } = await review(await session());
    expect([files.map(({ path }) => path), left]).toEqual([["f1050"], 0]);
  });

  test("without a commit, without a repository and below its top is shown, too", async () => {
    const sessionId = await session();
    expect((await review(sessionId)).unseen).toEqual(["This directory is in no git repository."]);
    git("init", "-q", "-b", "main");
    write("a.txt", "a\n");
    const found = await review(sessionId);
    expect(found.files.map(({ path }) => path)).toEqual(["a.txt"]);
    expect(found.repository).toEqual({ branch: "main", runs: [] });
    mkdirSync(join(cwd, "sub"));
    write("sub/b.txt", "b\n");
    await scene.rein.sdk.patchSession(sessionId, { cwd: join(cwd, "sub") }, signal);
    expect((await review(sessionId)).files.map(({ path }) => path)).toEqual(["b.txt"]);
  });
});

describe("a hunk", () => {
  test("is put back alone, the others stay as they are with their ids, and it can be taken back", async () => {
    const before = `${numbered(30)}no end`;
    repository({ "a.txt": before });
    const changed = before.replace("line 3\n", "LINE 3\nmore\r\n").replace("no end", "an end\n");
    write("a.txt", changed);
    chmodSync(join(cwd, "a.txt"), 0o640);
    const sessionId = await session();
    const [first, last] = (await fileOf(sessionId, "a.txt")).hunks;
    const revert = (id: string) =>
      scene.rein.sdk.revert({ sessionId, of: "tree", path: "a.txt", id }, signal);
    const { undo } = await revert(first!.id);
    expect(read("a.txt")).toBe(before.replace("no end", "an end\n"));
    expect(statSync(join(cwd, "a.txt")).mode & 0o777).toBe(0o640);
    expect((await fileOf(sessionId, "a.txt")).hunks.map(({ id }) => id)).toEqual([last!.id]);
    expect(await refusal(revert(first!.id))).toBe("changed-since");
    expect(await scene.rein.sdk.takeRevertBack({ sessionId, undo }, signal)).toEqual({
      path: "a.txt",
    });
    expect(read("a.txt")).toBe(changed);
    expect(await refusal(scene.rein.sdk.takeRevertBack({ sessionId, undo }, signal))).toBe(
      "no-record",
    );
  });

  test("that two pages put back in the same moment is put back once", async () => {
    repository({ "a.txt": numbered(3) });
    write("a.txt", numbered(4));
    const sessionId = await session();
    const { id } = (await fileOf(sessionId, "a.txt")).hunks[0]!;
    const revert = () =>
      scene.rein.sdk.revert({ sessionId, of: "tree", path: "a.txt", id }, signal);
    const both = await Promise.allSettled([revert(), revert()]);
    expect(both.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
    expect(both.find((one) => one.status === "rejected")!.reason).toMatchObject({
      code: "changed-since",
    });
    expect(read("a.txt")).toBe(numbered(3));
  });

  test("whose file has changed meanwhile is not put back, and neither is a revert taken back then", async () => {
    repository({ "a.txt": numbered(3) });
    write("a.txt", numbered(4));
    const sessionId = await session();
    const { id } = (await fileOf(sessionId, "a.txt")).hunks[0]!;
    const revert = () =>
      scene.rein.sdk.revert({ sessionId, of: "tree", path: "a.txt", id }, signal);
    write("a.txt", numbered(5));
    expect(await refusal(revert())).toBe("changed-since");
    expect(read("a.txt")).toBe(numbered(5));
    write("a.txt", numbered(4));
    const { undo } = await revert();
    write("a.txt", "mine");
    expect(await refusal(scene.rein.sdk.takeRevertBack({ sessionId, undo }, signal))).toBe(
      "changed-since",
    );
    expect(read("a.txt")).toBe("mine");
  });

  test("whose server is killed before it is put back stays as it is, and can be put back by the next one", async () => {
    repository({ "a.txt": numbered(3) });
    write("a.txt", numbered(4));
    const sessionId = await session();
    const { id } = (await fileOf(sessionId, "a.txt")).hunks[0]!;
    const directory = mkdtempSync(join(tmpdir(), "rein-gated-"));
    scene.defer(() => rmSync(directory, { recursive: true }));
    const gated = gatedGit(directory);
    gated.arm(0);
    await scene.restart({ environment: { PATH: gated.path } });
    const revert = () =>
      scene.rein.sdk.revert({ sessionId, of: "tree", path: "a.txt", id }, signal);
    gated.arm(5);
    const cut = revert().catch((error: unknown) => error);
    expect(await gated.held(cut)).toBe(true);
    scene.rein.signal("SIGKILL");
    expect(await cut).toBeInstanceOf(Error);
    await scene.restart();
    expect([read("a.txt"), readdirSync(cwd).toSorted()]).toEqual([numbered(4), [".git", "a.txt"]]);
    await revert();
    expect(read("a.txt")).toBe(numbered(3));
  });

  test("and a file are marked as seen for every page, and after a restart", async () => {
    const sessionId = await session();
    const [a, b] = ["a".repeat(64), "b".repeat(64)];
    const accept = (ids: string[], accepted?: boolean) =>
      scene.rein.sdk.accept({ sessionId, ids, ...defined({ accepted }) }, signal);
    expect(await accept([a, b])).toEqual({ reviewed: [a, b] });
    expect(await accept([a], false)).toEqual({ reviewed: [b] });
    expect((await scene.rein.sdk.session(sessionId, signal)).session.reviewed).toEqual([b]);
  });
});

describe("a whole file", () => {
  test("is put back: changed, new, deleted, binary, made executable", async () => {
    repository({ "a.txt": "a\n", "gone.txt": "bye\n", "run.sh": "echo\n", "b.bin": "\0one" });
    write("a.txt", "A\n");
    write("new.txt", "new\n");
    write("b.bin", "\0two");
    chmodSync(join(cwd, "run.sh"), 0o700);
    rmSync(join(cwd, "gone.txt"));
    const sessionId = await session();
    for (const { path, id, canRevert } of (await review(sessionId)).files) {
      expect([path, canRevert]).toEqual([path, true]);
      await scene.rein.sdk.revert({ sessionId, of: "tree", path, id }, signal);
    }
    expect((await review(sessionId)).files).toEqual([]);
    expect(["a.txt", "gone.txt", "b.bin"].map(read)).toEqual(["a\n", "bye\n", "\0one"]);
    expect(statSync(join(cwd, "run.sh")).mode & 0o777).toBe(0o600);
    expect(existsSync(join(cwd, "new.txt"))).toBe(false);
  });

  test("that is too long to be kept is not put back: that could not be taken back", async () => {
    repository({ "a.txt": "a\n" });
    truncateSync(join(cwd, "a.txt"), 1_000_001);
    const sessionId = await session();
    const { path, id, canRevert, unshown } = await fileOf(sessionId, "a.txt");
    expect({ canRevert, unshown }).toEqual({ canRevert: false, unshown: "too-long" });
    expect(await refusal(scene.rein.sdk.revert({ sessionId, of: "tree", path, id }, signal))).toBe(
      "failed",
    );
    expect(statSync(join(cwd, "a.txt")).size).toBe(1_000_001);
  });
});

describe("what the runs of a session have changed", () => {
  test("is shown from before the first of them to now, and put back without a repository", async () => {
    write("a.txt", "one\n");
    const run = async (command: string, sessionId?: string) => {
      upstream.script([toolCall("bash", { command })], [text("Done.")]);
      const chat = send("Do it", { permissions: "all", ...defined({ sessionId }) });
      await settledWithChanges(scene.rein, chat);
      return chat;
    };
    const first = await run("echo two >> a.txt; echo x > new.txt; mkdir d; echo y > d/y.txt");
    const { sessionId } = first;
    await run("echo three >> a.txt; rm new.txt", sessionId);
    write("other.txt", "A person's own.\n");
    const found = await review(sessionId, "session");
    expect(
      found.files.map(({ path, kind, added, removed }) => [path, kind, added, removed]),
    ).toEqual([
      ["a.txt", "changed", 2, 0],
      ["d/y.txt", "created", 1, 0],
    ]);
    const { id } = found.files[0]!.hunks[0]!;
    await scene.rein.sdk.revert({ sessionId, of: "session", path: "a.txt", id }, signal);
    expect(read("a.txt")).toBe("one\n");
    expect((await review(sessionId, "session")).files.map(({ path }) => path)).toEqual(["d/y.txt"]);
  });

  test("is told to be shown anew by every page once a run is undone", async () => {
    upstream.script([toolCall("write", { path: "new.txt", content: "x" })], [text("Done.")]);
    const chat = send("Do it", { permissions: "all" });
    await settledWithChanges(scene.rein, chat);
    const list = new Chat((own) => scene.rein.fetch("/api/events", { signal: own }));
    scene.defer(() => list.hangUp());
    await list.response;
    await scene.rein.sdk.undo("undo", chat.sessionId, chat.runId, {}, signal);
    await list.until((event) => (event.type as string) === "files-changed");
  });

  test("is not put back while a run writes there", async () => {
    repository({ "a.txt": "a\n" });
    write("a.txt", "A\n");
    upstream.script([toolCall("bash", { command: "echo > begun; sleep 1000" })]);
    const chat = send("Do it", { permissions: "all" });
    await untilFile(join(cwd, "begun"));
    await chat.until(({ type }) => type === "run-start");
    const { sessionId } = chat;
    const { id } = await fileOf(sessionId, "a.txt");
    expect(
      await refusal(scene.rein.sdk.revert({ sessionId, of: "tree", path: "a.txt", id }, signal)),
    ).toBe("run-active");
    expect(read("a.txt")).toBe("A\n");
    await scene.stop(chat);
  });
});
