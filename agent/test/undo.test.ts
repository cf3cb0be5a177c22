/** Undoing a run restores the working directory to its state before the run, whatever changed it and however. */
import { beforeEach, describe, expect, test } from "bun:test";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { untilFile } from "./machine-facts";
import { startRein } from "./rein";
import { filesIn, sharedUndoScene } from "./undo-scene";
import { text, toolCall } from "./upstream/upstream";

const scene = sharedUndoScene();
let cwd: string;
beforeEach(() => {
  cwd = scene.rein.cwd;
});

const write = (name: string, content: string | Uint8Array) =>
  writeFileSync(join(cwd, name), content);
const read = (name: string) => readFileSync(join(cwd, name), "utf8");

describe("changes by shell commands are recorded, undone and redone", () => {
  const commands: [name: string, command: string, paths: string[]][] = [
    ["sed -i", "sed -i s/one/ONE/ a.txt", ["a.txt"]],
    ["mv", "mv a.txt sub/moved.txt", ["sub/moved.txt"]],
    ["rm -rf", "rm -rf sub", ["sub/b.txt", "sub/deep/c.txt"]],
    ["npm init", "npm init -y --silent --no-update-notifier > said", ["package.json", "said"]],
    [
      "chmod",
      "chmod 755 a.txt && chmod 600 b.bin && chmod 644 secret",
      ["a.txt", "b.bin", "secret"],
    ],
    ["ln -sf", "ln -sfn elsewhere out && ln -s a.txt new-link", ["new-link", "out"]],
    [
      "a file that replaces a directory",
      "rm -rf sub && echo now a file > sub",
      ["sub", "sub/b.txt", "sub/deep/c.txt"],
    ],
    [
      "a directory that replaces a file",
      "rm a.txt && mkdir a.txt && echo x > a.txt/x",
      ["a.txt", "a.txt/x"],
    ],
    [
      "a link that replaces a directory",
      "rm -rf sub && ln -s /etc sub",
      ["sub", "sub/b.txt", "sub/deep/c.txt"],
    ],
    ["a link that is replaced by a file", "rm out && echo mine > out", ["out"]],
    ["a binary file", "head -c 70000 /dev/urandom > b.bin", ["b.bin"]],
    ["a deleted file with its own mode", "rm secret", ["secret"]],
    ["an empty file", ": > a.txt && : > empty", ["a.txt", "empty"]],
  ];
  for (const [name, command, paths] of commands)
    test(`for ${name}`, async () => {
      mkdirSync(join(cwd, "sub/deep"), { recursive: true });
      write("a.txt", "one\ntwo\nthree\n");
      write("sub/b.txt", "b");
      write("sub/deep/c.txt", "c");
      write(
        "b.bin",
        Uint8Array.from({ length: 4096 }, (_, index) => index % 256),
      );
      write("secret", "hidden");
      chmodSync(join(cwd, "secret"), 0o600);
      symlinkSync("/etc/hostname", join(cwd, "out"));
      const before = filesIn(cwd);
      const chat = await scene.run(command);
      const after = filesIn(cwd);
      expect(after).not.toEqual(before);
      const { changes } = chat.session.runs[0]!;
      expect(changes?.files.map((file) => file.path)).toEqual(paths);
      await scene.undo(chat);
      expect(filesIn(cwd)).toEqual(before);
      await scene.redo(chat);
      expect(filesIn(cwd)).toEqual(after);
    });

  test("for files with unusual names", async () => {
    const names = [
      "a b",
      "ü é.txt",
      "new\nline",
      'quo"te',
      "back\\slash",
      "-rf",
      "*?[x]",
      "#c",
      ":m",
      " lead",
    ];
    for (const name of names) write(name, `before ${name}`);
    writeFileSync(Buffer.from(`${cwd}/bad-\xff\xfe`, "latin1"), "not UTF-8");
    const before = filesIn(cwd);
    await scene.undo(
      await scene.run(
        `for f in *; do echo changed > "./$f"; done; rm -- -rf; echo n > $'bad-\\xfd'`,
      ),
    );
    expect(filesIn(cwd)).toEqual(before);
  });

  test("for a renamed and changed file, which is shown as one file and undone as two", async () => {
    write("old.txt", "line\n".repeat(50));
    const before = filesIn(cwd);
    const chat = await scene.run("mv old.txt new.txt && echo more >> new.txt");
    expect(chat.session.runs[0]!.changes?.files).toEqual([
      { path: "new.txt", kind: "renamed", from: "old.txt" },
    ]);
    const { files } = await scene.changes(chat);
    expect(files[0]!.diff).toContain("+more");
    await scene.undo(chat);
    expect(filesIn(cwd)).toEqual(before);
  });
});

test("a link that points outside the directory is undone and redone, and never followed", async () => {
  const outside = mkdtempSync(join(tmpdir(), "rein-outside-"));
  writeFileSync(join(outside, "b.txt"), "outside");
  mkdirSync(join(cwd, "sub"));
  write("sub/b.txt", "mine");
  const before = filesIn(cwd);
  const elsewhere = filesIn(outside);
  const chat = await scene.run(`rm -rf sub && ln -s ${outside} sub`);
  await scene.undo(chat);
  expect(filesIn(cwd)).toEqual(before);
  await scene.redo(chat);
  expect(filesIn(cwd)).toEqual({ sub: `link to ${outside}` });
  expect(filesIn(outside)).toEqual(elsewhere);
  rmSync(outside, { recursive: true });
});

test("changes by subagents and edit tools that write in parallel belong to one run", async () => {
  write("shared.txt", "one\ntwo\n");
  const before = filesIn(cwd);
  const titles = ["north", "south", "west"];
  scene.upstream.script(
    titles.map((title) => toolCall("subagent", { role: "simple", title, task: `Write ${title}.` })),
  );
  scene.upstream.route(({ body }) => {
    const json = JSON.stringify(body);
    if (json.includes("Do it")) return undefined;
    const title = titles.find((one) => json.includes(`Write ${one}.`))!;
    if (json.includes('"role":"tool"')) return [text("Written.")];
    return [
      toolCall("write", { path: `${title}.txt`, content: title }),
      toolCall("bash", { command: `echo ${title} >> shared.txt` }),
    ];
  });
  const chat = scene.send();
  scene.upstream.script([text("All done.")]);
  await scene.settled(chat);
  const run = chat.session.runs[0]!;
  expect(run.changes?.files.map(({ path, kind }) => [path, kind])).toEqual([
    ["north.txt", "created"],
    ["shared.txt", "changed"],
    ["south.txt", "created"],
    ["west.txt", "created"],
  ]);
  expect(run.receipt?.toolCalls.filter((call) => call.subagentId !== undefined).length).toBe(6);
  await scene.undo(chat);
  expect(filesIn(cwd)).toEqual(before);
});

test("a script that keeps writing until it is killed is undone to its last file", async () => {
  const before = filesIn(cwd);
  const command = "i=0; while :; do i=$((i+1)); echo $i > file-$i; echo $i >> log; : > begun; done";
  scene.upstream.script([toolCall("bash", { command })]);
  const chat = scene.send();
  await untilFile(join(cwd, "begun"));
  await scene.rein.stop(chat.sessionId);
  await scene.settled(chat);
  const after = filesIn(cwd);
  // The list in the event may be cut to the first hundred; the count is not.
  expect(chat.session.runs[0]!.changes?.count).toBe(Object.keys(after).length);
  await scene.undo(chat);
  expect(filesIn(cwd)).toEqual(before);
});

test("a run without a writing tool call waits for no snapshot, and has nothing to undo", async () => {
  scene.upstream.script([text("Just words.")]);
  const chat = scene.send();
  await scene.settled(chat);
  expect(chat.session.runs[0]!.changes).toMatchObject({ state: "known", count: 0 });
  expect(await scene.refusal(chat)).toBe("no-record");
});

describe("files that an undo must protect:", () => {
  test("files changed since the run are spared or overwritten as the request says, and refused without a decision", async () => {
    write("since.txt", "before");
    write("mine.txt", "before");
    const chat = await scene.run("echo run > since.txt; echo run > mine.txt; echo run > new.txt");
    write("since.txt", "by a person");
    const untouched = filesIn(cwd);
    expect(await scene.refusal(chat)).toBe("changed-since");
    expect(filesIn(cwd)).toEqual(untouched);
    const { files } = await scene.changes(chat);
    expect(files.map(({ path, now }) => [path, now])).toEqual([
      ["mine.txt", "as-left"],
      ["new.txt", "as-left"],
      ["since.txt", "changed-since"],
    ]);

    const answer = await scene.undo(chat, { spare: ["since.txt"] });
    expect(answer).toMatchObject({ restored: 2, spared: ["since.txt"] });
    expect([read("since.txt"), read("mine.txt")]).toEqual(["by a person", "before"]);

    await scene.redo(chat);
    expect(filesIn(cwd)).toEqual(untouched);
    await scene.undo(chat);
    expect(read("since.txt")).toBe("by a person");
  });

  test("files that an undo overwrote are restored by the redo", async () => {
    write("since.txt", "before");
    const chat = await scene.run("echo run > since.txt");
    write("since.txt", "by a person");
    await scene.undo(chat, { overwrite: ["since.txt"] });
    expect(read("since.txt")).toBe("before");
    await scene.redo(chat);
    expect(read("since.txt")).toBe("by a person");
  });

  test("a file in the way makes the undo fail in the middle, and then nothing has changed", async () => {
    mkdirSync(join(cwd, "dir"));
    write("a.txt", "before");
    write("dir/x.txt", "before");
    const chat = await scene.run("echo run > a.txt; rm -rf dir; echo run > z.txt");
    write("dir", "a file by a person");
    const untouched = filesIn(cwd);
    expect(await scene.refusal(chat)).toBe("changed-since");
    expect(await scene.refusal(chat, { spare: ["dir/"] })).toBe("failed");
    expect(filesIn(cwd)).toEqual(untouched);
    rmSync(join(cwd, "dir"));
    await scene.undo(chat);
    expect([read("a.txt"), read("dir/x.txt")]).toEqual(["before", "before"]);
  });

  test("ignored files are not undone, even when the run changes the ignore rules", async () => {
    write(".gitignore", "ignored.txt\n");
    write("ignored.txt", "precious");
    const chat = await scene.run("echo changed > ignored.txt; echo nothing > .gitignore");
    const { changes } = chat.session.runs[0]!;
    expect(changes?.files.map((file) => file.path)).toEqual([".gitignore"]);
    expect(changes?.unseen.join(" ")).toContain("ignored.txt");
    await scene.undo(chat);
    expect([read("ignored.txt"), read(".gitignore")]).toEqual(["changed\n", "ignored.txt\n"]);
  });

  test("files that are too large are named and not undone", async () => {
    write("large.bin", new Uint8Array(21 * 1024 * 1024));
    const chat = await scene.run("printf x >> large.bin; echo small > small.txt");
    const { changes } = chat.session.runs[0]!;
    expect(changes?.files.map((file) => file.path)).toEqual(["small.txt"]);
    expect(changes?.unseen.join(" ")).toContain("large.bin");
    await scene.undo(chat);
    expect(filesIn(cwd)).toEqual({ "large.bin": expect.any(String) });
  });
});

describe("the order of runs", () => {
  test("an older run is refused with a warning, and undone only with confirmation", async () => {
    const first = await scene.run("echo one > a.txt");
    const second = await scene.run("echo two > b.txt", { sessionId: first.sessionId });
    expect(await scene.refusal(first)).toBe("not-newest");
    expect((await scene.changes(first)).newer.map(({ runId }) => runId)).toEqual([second.runId]);
    await scene.undo(first, { evenIfNotNewest: true });
    expect(Object.keys(filesIn(cwd))).toEqual(["b.txt"]);
    expect(await scene.refusal(first)).toBe("already");
  });

  test("runs that are undone newest first need no confirmation", async () => {
    write("a.txt", "zero");
    const before = filesIn(cwd);
    const first = await scene.run("echo one > a.txt; echo one > b.txt");
    const second = await scene.run("echo two > a.txt; rm b.txt", { sessionId: first.sessionId });
    await scene.undo(second);
    await scene.undo(first);
    expect(filesIn(cwd)).toEqual(before);
  });

  test("runs that are redone oldest first need no confirmation, and then the older is no newer one", async () => {
    const first = await scene.run("echo one > a.txt");
    const second = await scene.run("echo two >> a.txt; echo two > b.txt", {
      sessionId: first.sessionId,
    });
    const after = filesIn(cwd);
    await scene.undo(second);
    await scene.undo(first);
    await scene.redo(first);
    expect((await scene.changes(second)).newer).toEqual([]);
    await scene.redo(second);
    expect(filesIn(cwd)).toEqual(after);
    expect(await scene.refusal(first)).toBe("not-newest");
    await scene.undo(second);
    await scene.undo(first);
  });

  test("no run is undone while any session's run is active in the directory, above it or below it", async () => {
    const chat = await scene.run("mkdir inner; echo one > a.txt");
    for (const place of [cwd, join(cwd, "inner")]) {
      scene.upstream.script([toolCall("bash", { command: "touch begun; sleep 1000" })]);
      const other = scene.send({ cwd: place });
      await untilFile(join(place, "begun"));
      expect(await scene.refusal(chat)).toBe("run-active");
      const { sessionId, runId } = other;
      expect(await scene.runInTheWay(chat)).toEqual({ sessionId, runId });
      await scene.rein.stop(other.sessionId);
      await scene.settled(other);
      await scene.undo(other);
    }
    await scene.undo(chat);
    expect(Object.keys(filesIn(cwd))).toEqual([]);
  });
});

test("deleting a session deletes the snapshots of its directory", async () => {
  const kept = () =>
    readdirSync(join(scene.rein.dataDir, "undo")).filter((name) => /^\w{32}$/.test(name));
  const others = kept();
  const chat = await scene.run("echo one > a.txt");
  expect(kept().length).toBe(others.length + 1);
  await scene.rein.json(`/api/sessions/${chat.sessionId}`, { method: "DELETE" });
  expect(kept()).toEqual(others);
  expect(read("a.txt")).toBe("one\n");
});

describe("a run of an earlier server", () => {
  test("can be undone by a later server", async () => {
    write("a.txt", "before");
    const chat = await scene.run("echo run > a.txt");
    scene.rein.signal("SIGTERM");
    await scene.rein.exited;
    await using later = await startRein({ dataDir: scene.rein.dataDir });
    const path = `/api/sessions/${chat.sessionId}/runs/${chat.runId}/undo`;
    await later.json(path, { method: "POST", body: "{}" });
    expect(read("a.txt")).toBe("before");
  });

  test("that was killed has its changes determined by the next server", async () => {
    write("a.txt", "before");
    scene.upstream.script([
      toolCall("bash", { command: "echo run > a.txt; touch begun; sleep 1000" }),
    ]);
    const chat = scene.send();
    await untilFile(join(cwd, "begun"));
    const { sessionId, runId } = chat;
    await scene.rein.json("/api/sessions");
    scene.rein.signal("SIGKILL");
    await scene.rein.exited;
    await using later = await startRein({ dataDir: scene.rein.dataDir });
    const viewer = later.follow(sessionId);
    await viewer.until(() => viewer.session.runs?.[0]?.changes?.state === "known");
    viewer.hangUp();
    expect(viewer.session.runs[0]!.changes?.files.map((file) => file.path)).toEqual([
      "a.txt",
      "begun",
    ]);
    const path = `/api/sessions/${sessionId}/runs/${runId}/undo`;
    await later.json(path, { method: "POST", body: "{}" });
    expect(filesIn(cwd)["a.txt"]).toBeDefined();
    expect(read("a.txt")).toBe("before");
  });
});
