/** What read, write and edit do with the text of a file, and what they refuse. */
import { mkdirSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "bun:test";
import { ToolError } from "../server/tools/tool";
import type { Jobs } from "../server/processes/jobs";
import { testJobs } from "./processes-bench";
import { Caller, ToolBench } from "./tools-bench";

const confined = testJobs({ sandbox: { network: true } });

test("read numbers the lines, from an offset and up to a limit", async () => {
  using bench = new ToolBench();
  await bench.write("file.txt", "one\ntwo\r\nthree\nfour\n");
  expect((await bench.call("read", { path: "file.txt" })).text).toBe(
    "1\tone\n2\ttwo\n3\tthree\n4\tfour",
  );
  expect((await bench.call("read", { path: "file.txt", offset: 2, limit: 2 })).text).toBe(
    "2\ttwo\n3\tthree\n[lines 2 to 3 of 4; continue with offset 4]",
  );
  expect(String(await bench.failure("read", { path: "file.txt", offset: 5 }))).toContain(
    "only 4 lines",
  );
});

test("a long file is read in parts, and every part can be reached", async () => {
  using bench = new ToolBench();
  const lines = Array.from({ length: 3000 }, (_, index) => `${index} ${"x".repeat(60)}`);
  await bench.write("file.txt", lines.join("\n"));
  const read: string[] = [];
  for (let offset: number | undefined = 1; offset !== undefined;) {
    const { text } = await bench.call("read", { path: "file.txt", offset });
    read.push(...text.split("\n").filter((line) => /^\d+\t/.test(line)));
    const next = /continue with offset (\d+)/.exec(text)?.[1];
    offset = next === undefined ? undefined : Number(next);
  }
  expect(read.map((line) => line.replace(/^\d+\t/, ""))).toEqual(lines);
});

test("a file that is not text is refused with its kind", async () => {
  using bench = new ToolBench();
  await bench.write("picture", new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0]));
  await bench.write("binary", new Uint8Array([1, 2, 0, 3]));
  await bench.write("latin", new Uint8Array([0x63, 0x61, 0x66, 0xe9]));
  await bench.write("large", "x".repeat(14 * 1024 * 1024));
  await bench.write("directory/file", "");
  const refusal = async (path: string) => String(await bench.failure("read", { path }));
  expect(await refusal("picture")).toContain("an image (PNG)");
  expect(await refusal("binary")).toContain("a binary file");
  expect(await refusal("latin")).toContain("not UTF-8");
  expect(await refusal("large")).toContain("too large");
  expect(await refusal("directory")).toContain("is a directory");
  expect(await refusal("/dev/zero")).toContain("not a regular file");
  expect(await refusal("missing")).toContain("File “missing” not found.");
});

test("a new file comes with a diff of all its lines", async () => {
  using bench = new ToolBench();
  const { text, diff } = await bench.call("write", { path: "a/new.txt", content: "one\ntwo\n" });
  expect(text).toBe("Created a/new.txt.");
  expect(diff).toBe("--- /dev/null\n+++ b/a/new.txt\n@@ -0,0 +1,2 @@\n+one\n+two\n");
});

test("a replaced file comes with a diff of what changed", async () => {
  using bench = new ToolBench();
  await bench.write("file.txt", "one\ntwo\nthree\n");
  const { text, diff } = await bench.call("write", {
    path: "file.txt",
    content: "one\n2\nthree\n",
  });
  expect(text).toBe("Replaced file.txt.");
  expect(diff).toContain(" one\n-two\n+2\n three\n");
});

test("edit replaces the passage exactly as it is written", async () => {
  using bench = new ToolBench();
  await bench.write("file.txt", "price: 5\nname: x\n");
  const { diff } = await bench.call("edit", {
    path: "file.txt",
    oldText: "5",
    newText: "$& $1 $$",
  });
  expect(await bench.read("file.txt")).toBe("price: $& $1 $$\nname: x\n");
  expect(diff).toContain("-price: 5\n+price: $& $1 $$\n");
});

test("a passage that is missing, or occurs more than once, changes nothing", async () => {
  using bench = new ToolBench();
  await bench.write("file.txt", "aaa\nb\nb\n");
  const refusal = async (oldText: string) => {
    const failure = await bench.failure("edit", { path: "file.txt", oldText, newText: "new" });
    expect(failure).toBeInstanceOf(ToolError);
    return String(failure);
  };
  expect(await refusal("c")).toContain("does not occur");
  expect(await refusal("b")).toContain("lines 2, 3");
  expect(await refusal("aa")).toContain("more than once");
  expect(await bench.read("file.txt")).toBe("aaa\nb\nb\n");
});

test("replaceAll replaces every occurrence, and says how many", async () => {
  using bench = new ToolBench();
  await bench.write("file.txt", "b a b\n");
  const change = { path: "file.txt", oldText: "b", newText: "bb", replaceAll: true };
  expect((await bench.call("edit", change)).text).toBe("Edited file.txt: 2 places.");
  expect(await bench.read("file.txt")).toBe("bb a bb\n");
});

const edits = (...all: [path: string, oldText: string, newText: string][]) => ({
  edits: all.map(([path, oldText, newText]) => ({ path, oldText, newText })),
});

test("several edits in one call change each file once, each on what the one before has left", async () => {
  using bench = new ToolBench();
  await bench.write("a", "one\ntwo\n");
  await bench.write("b", "one\n");
  const { text, diff } = await bench.call(
    "edit",
    edits(["a", "one", "two"], ["b", "one", "1"], ["a", "two\ntwo", "both"]),
  );
  expect([await bench.read("a"), await bench.read("b")]).toEqual(["both\n", "1\n"]);
  expect(text).toBe("Edited a: 2 places.\nEdited b: 1 place.");
  expect(diff).toContain("--- a/a\n+++ b/a\n@@ -1,2 +1,1 @@\n-one\n-two\n+both\n");
  expect(diff).toContain("--- a/b\n+++ b/b\n");
});

test("of several edits one that does not fit changes nothing, and is named", async () => {
  using bench = new ToolBench();
  await bench.write("a", "one\n");
  await bench.write("b", "b b\n");
  const failure = async (...all: Parameters<typeof edits>) =>
    String(await bench.failure("edit", edits(...all)));
  expect(await failure(["a", "one", "1"], ["b", "b", "c"])).toContain(
    "Edit 2: oldText occurs more",
  );
  expect(await failure(["a", "one", "1"], ["missing", "b", "c"])).toContain("“missing” not found");
  expect(await failure(["a", "one", "1"], ["a", "one", "1"])).toContain("Edit 2: oldText does not");
  expect([await bench.read("a"), await bench.read("b")]).toEqual(["one\n", "b b\n"]);
});

test("an edit is one, or a list of them", async () => {
  using bench = new ToolBench();
  const { edits: list } = edits(["a", "one", "1"]);
  const one = list[0]!;
  for (const input of [
    {},
    { path: "a", oldText: "b" },
    { ...one, edits: list },
    { edits: [{ oldText: "a", newText: "b" }] },
    { replaceAll: true, edits: list },
    { edits: [] },
  ])
    expect(() => bench.prepare("edit", input)).toThrow();
});

test.each([
  ["another line", "t(a\nc\nd", ": at line 2 the file has “b” instead of “c”."],
  ["other white space", "start(a\n\tb\nd", ": at line 2 the file has “b” instead of “\tb”."],
  ["more lines than there are", "b\nd end\ne", ": at line 4 the file ends instead of “e”."],
  ["nothing that is there", "x\ny", "in f. Read"],
])(
  "a passage that does not occur is told with what the file has: %s",
  async (_name, oldText, words) => {
    using bench = new ToolBench();
    await bench.write("f", "start(a\nb\nd end");
    const failure = await bench.failure("edit", { path: "f", oldText, newText: "new" });
    expect(String(failure)).toContain(words);
  },
);

test("fifty edits of one large file have room", async () => {
  using bench = new ToolBench();
  const names = Array.from({ length: 50 }, (_, n) => `<${n}>`);
  await bench.write("a", `${names.join("")}${"x".repeat(3_000_000)}`);
  await bench.call(
    "edit",
    edits(...names.map((name) => ["a", name, ""] as [string, string, string])),
  );
  expect((await bench.read("a")).length).toBe(3_000_000);
});

test("what would grow beyond what can be read again is refused", async () => {
  using bench = new ToolBench();
  await bench.write("a", "x".repeat(10_000));
  const grow = { path: "a", oldText: "x", newText: "y".repeat(10_000), replaceAll: true };
  expect(String(await bench.failure("edit", grow))).toContain("would become so");
});

/** One call of edit, of a, then of b; `between` is called as soon as a is written. */
async function editBoth(bench: ToolBench, between: () => void): Promise<unknown> {
  await bench.write("a", "one\n");
  await bench.write("b", "one\n");
  const tool = bench.tools.find(({ name }) => name === "edit")!;
  const output = (text: string) => {
    bench.context.output(text);
    between();
  };
  const input = tool.input.parse(edits(["a", "one", "1"], ["b", "one", "1"]));
  const context = { ...bench.context, output };
  const prepared = await tool.prepare(input, context, bench.controller.signal);
  const end = await prepared.run().catch((error: unknown) => error);
  expect([await bench.read("a"), bench.shown]).toEqual(["1\n", "Edited a: 1 place."]);
  expect(bench.diff).toBe("--- a/a\n+++ b/a\n@@ -1,1 +1,1 @@\n-one\n+1\n");
  return end;
}

test("a stop between two files leaves the first changed, said and shown, and the second as it was", async () => {
  using bench = new ToolBench();
  expect(await editBoth(bench, () => bench.controller.abort("the reason"))).toBe("the reason");
  expect(await bench.read("b")).toBe("one\n");
});

test("when the second of two files cannot be written, both are named", async () => {
  using bench = new ToolBench();
  const failure = await editBoth(bench, () => {
    unlinkSync(join(bench.cwd, "b"));
    mkdirSync(join(bench.cwd, "b"));
  });
  expect(String(failure)).toContain("b is a directory");
  expect(String(failure)).toEndWith("Changed before that: a. Not changed: b.");
});

test("a file that another process changes between two of a call is not overwritten", async () => {
  using bench = new ToolBench();
  const failure = await editBoth(bench, () => writeFileSync(join(bench.cwd, "b"), "other"));
  expect(String(failure)).toContain("b was changed by another process meanwhile.");
  expect(await bench.read("b")).toBe("other");
});

test("a file with CRLF line ends keeps them, in write and in edit", async () => {
  using bench = new ToolBench();
  await bench.write("file.txt", "one\r\ntwo\r\nthree\r\n");
  await bench.call("edit", { path: "file.txt", oldText: "one\ntwo", newText: "1\n2" });
  expect(await bench.read("file.txt")).toBe("1\r\n2\r\nthree\r\n");
  await bench.call("write", { path: "file.txt", content: "all\nnew\n" });
  expect(await bench.read("file.txt")).toBe("all\r\nnew\r\n");
});

test("a byte order mark is neither shown nor lost", async () => {
  using bench = new ToolBench();
  await bench.write("file.txt", "\uFEFFone\n");
  expect((await bench.call("read", { path: "file.txt" })).text).toBe("1\tone");
  await bench.call("edit", { path: "file.txt", oldText: "one", newText: "two" });
  const bytes = await Bun.file(join(bench.cwd, "file.txt")).bytes();
  expect(bytes.subarray(0, 3)).toEqual(new Uint8Array([0xef, 0xbb, 0xbf]));
});

test("a file that is not UTF-8 is never rewritten by an edit", async () => {
  using bench = new ToolBench();
  const bytes = new Uint8Array([0x63, 0x61, 0x66, 0xe9, 0x0a]);
  await bench.write("latin", bytes);
  await bench.failure("edit", { path: "latin", oldText: "caf", newText: "tea" });
  expect(await Bun.file(join(bench.cwd, "latin")).bytes()).toEqual(bytes);
});

test.skipIf(!(await confined.capabilities()).sandboxWorks)(
  "a missing file in /tmp is told with the /tmp that commands in the sandbox have",
  async () => {
    using bench = new ToolBench();
    const path = `/tmp/rein-${crypto.randomUUID()}`;
    const failure = async (jobs: Jobs) =>
      String(await new Caller(bench.tools, { ...bench.context, jobs }).failure("read", { path }));
    expect(await failure(confined)).toContain("have a /tmp of their own");
    expect(await failure(testJobs())).toEndWith(`File “${path}” not found.`);
  },
);
