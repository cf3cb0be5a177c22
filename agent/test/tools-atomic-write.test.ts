/** A file is replaced as a whole or not at all. */
import { readdirSync } from "node:fs";
import { chmod, open, readlink, stat, symlink } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "bun:test";
import { ToolError } from "../server/tools/tool";
import { ToolBench } from "./tools-bench";

test("an abort before the rename leaves the old file and no temporary file", async () => {
  using bench = new ToolBench();
  await bench.write("file.txt", "old");
  abortBeside(bench, "*.tmp");
  expect(await bench.failure("write", { path: "file.txt", content: "new" })).toBe("the reason");
  expect(readdirSync(bench.cwd)).toEqual(["file.txt"]);
  expect(await bench.read("file.txt")).toBe("old");
});

test("an abort removes the directories that were created for a new file", async () => {
  using bench = new ToolBench();
  abortBeside(bench, "a/b/c/*.tmp");
  const failure = await bench.failure("write", { path: "a/b/c/file.txt", content: "new" });
  expect(failure).toBe("the reason");
  expect(readdirSync(bench.cwd)).toEqual([]);
});

test("a call has succeeded even if an abort comes right after the rename", async () => {
  using bench = new ToolBench();
  await bench.write("file.txt", "old");
  abortBeside(bench, "*.tmp", queueMicrotask);
  const { text } = await bench.call("write", { path: "file.txt", content: "new" });
  expect(bench.controller.signal.aborted).toBe(true);
  expect(text).toBe("Replaced file.txt.");
  expect(await bench.read("file.txt")).toBe("new");
});

test("a reader that has the old file open reads its old content to the end", async () => {
  using bench = new ToolBench();
  const path = join(bench.cwd, "file.txt");
  await bench.write("file.txt", "old content");
  const reader = await open(path);
  try {
    expect((await reader.read(Buffer.alloc(4), 0, 4)).bytesRead).toBe(4);
    const before = await reader.stat();
    await bench.call("write", { path: "file.txt", content: "new" });
    expect(await reader.readFile("utf8")).toBe("content");
    expect((await stat(path)).ino).not.toBe(before.ino);
  } finally {
    await reader.close();
  }
  expect(await bench.read("file.txt")).toBe("new");
});

test("a disk that is full in the middle of a write leaves the old file complete", async () => {
  using bench = new ToolBench();
  await bench.write("file.txt", "old content");
  const module = join(import.meta.dir, "../server/tools/files");
  const program = `
    const { replaceFile } = await import("${module}/atomic-write.ts");
    const { resolvePath } = await import("${module}/resolved-path.ts");
    const { signal } = new AbortController();
    const target = await resolvePath("file.txt", ${JSON.stringify(bench.cwd)}, signal);
    const failure = await replaceFile({ target, text: "x".repeat(1_000_000) }, signal).catch(String);
    console.log(failure);`;
  // In kB: Bun ignores SIGXFSZ, so that the write itself fails at the limit.
  const writer = ["bash", "-c", 'ulimit -f 100; exec "$0" -e "$1"', process.execPath, program];
  expect(Bun.spawnSync(writer).stdout.toString()).toStartWith("ToolError: file.txt cannot be");
  expect(await bench.read("file.txt")).toBe("old content");
  expect(readdirSync(bench.cwd)).toEqual(["file.txt"]);
});

test("a replaced file keeps its mode", async () => {
  using bench = new ToolBench();
  await bench.write("run.sh", "old");
  await chmod(join(bench.cwd, "run.sh"), 0o751);
  await bench.call("write", { path: "run.sh", content: "new" });
  expect((await stat(join(bench.cwd, "run.sh"))).mode & 0o7777).toBe(0o751);
});

test("a link stays a link, and its target is replaced", async () => {
  using bench = new ToolBench();
  await bench.write("target.txt", "old");
  await symlink("target.txt", join(bench.cwd, "link.txt"));
  await bench.call("edit", { path: "link.txt", oldText: "old", newText: "new" });
  expect(await readlink(join(bench.cwd, "link.txt"))).toBe("target.txt");
  expect(await bench.read("target.txt")).toBe("new");
});

test("edits of the same file at the same time all take effect", async () => {
  using bench = new ToolBench();
  const names = ["one", "two", "three", "four"];
  await bench.write("file.txt", names.join("\n"));
  await Promise.all(
    names.map((name) =>
      bench.call("edit", { path: "file.txt", oldText: name, newText: `${name} edited` }),
    ),
  );
  expect(await bench.read("file.txt")).toBe(names.map((name) => `${name} edited`).join("\n"));
  expect(readdirSync(bench.cwd)).toEqual(["file.txt"]);
});

test("a directory at the file's path is an error for the model, and leaves no temporary file", async () => {
  using bench = new ToolBench();
  await bench.write("directory/inner.txt", "inner");
  const failure = await bench.failure("write", { path: "directory", content: "new" });
  expect(failure).toBeInstanceOf(ToolError);
  expect(String(failure)).toContain("is a directory");
  expect(readdirSync(bench.cwd)).toEqual(["directory"]);
});

test("a path through a file is an error for the model", async () => {
  using bench = new ToolBench();
  await bench.write("file.txt", "old");
  const failure = await bench.failure("write", { path: "file.txt/inner.txt", content: "new" });
  expect(failure).toBeInstanceOf(ToolError);
});

/** A signal that aborts as late as possible: when it is read while such a file exists, which only the rename removes. */
function abortBeside(
  { controller, cwd }: ToolBench,
  pattern: string,
  run: (abort: () => void) => void = (abort) => abort(),
): void {
  const { signal } = controller;
  const glob = new Bun.Glob(pattern);
  const ask = signal.throwIfAborted.bind(signal);
  signal.throwIfAborted = () => {
    const isWritten = [...glob.scanSync({ cwd, dot: true })].length > 0;
    if (isWritten) run(() => controller.abort("the reason"));
    ask();
  };
}
