/** What apply_patch does with files, what it refuses, and that a refusal changes nothing. */
import { existsSync, readdirSync, realpathSync, symlinkSync } from "node:fs";
import { chmod, stat } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "bun:test";
import { ToolError } from "../server/tools/tool";
import { ToolBench } from "./tools-bench";

const patch = (...lines: string[]) => ["*** Begin Patch", ...lines, "*** End Patch"].join("\n");

async function apply(bench: ToolBench, ...lines: string[]) {
  return bench.call("apply_patch", { input: patch(...lines) });
}

async function refusal(bench: ToolBench, ...lines: string[]): Promise<string> {
  const failure = await bench.failure("apply_patch", { input: patch(...lines) });
  expect(failure).toBeInstanceOf(ToolError);
  return String(failure);
}

test("one patch adds, changes, moves and removes files, and says and shows each", async () => {
  using bench = new ToolBench();
  await bench.write("changed.txt", "one\ntwo\nthree\n");
  await bench.write("old/moved.sh", "#!/bin/sh\necho old\n");
  await chmod(join(bench.cwd, "old/moved.sh"), 0o755);
  await bench.write("gone.txt", "bye\n");
  const { text, diff } = await apply(
    bench,
    "*** Add File: new/made.txt",
    "+first",
    "",
    "+last",
    "*** Update File: changed.txt",
    "@@",
    " one",
    "-two",
    "+2",
    "*** Update File: old/moved.sh",
    "*** Move to: bin/moved.sh",
    "@@",
    "-echo old",
    "+echo new",
    "*** Delete File: gone.txt",
  );
  expect(await bench.read("new/made.txt")).toBe("first\n\nlast\n");
  expect(await bench.read("changed.txt")).toBe("one\n2\nthree\n");
  expect(await bench.read("bin/moved.sh")).toBe("#!/bin/sh\necho new\n");
  expect((await stat(join(bench.cwd, "bin/moved.sh"))).mode & 0o777).toBe(0o755);
  expect([
    existsSync(join(bench.cwd, "old/moved.sh")),
    existsSync(join(bench.cwd, "gone.txt")),
  ]).toEqual([false, false]);
  expect(text.split("\n")).toEqual([
    "Created new/made.txt.",
    "Edited changed.txt.",
    "Moved old/moved.sh to bin/moved.sh.",
    "Removed old/moved.sh, which was moved.",
    "Removed gone.txt.",
  ]);
  expect(diff).toContain("--- a/changed.txt\n+++ b/changed.txt\n@@ -1,3 +1,3 @@\n one\n-two\n+2\n");
  expect(diff).toContain("--- a/gone.txt\n+++ /dev/null\n");
});

test.each<[string, string, string[], string]>([
  ["several hunks in order", "a\nb\nc\nd\n", ["@@", "-b", "+B", "@@", "-d", "+D"], "a\nB\nc\nD\n"],
  ["a hunk without @@", "a\nb\n", [" a", "+x"], "a\nx\nb\n"],
  ["only removals", "a\nb\nc\n", ["@@", " a", "-b", " c"], "a\nc\n"],
  ["lines added at the end", "a\n", ["@@", "+b", "+c"], "a\nb\nc\n"],
  [
    "lines added below an anchor",
    "f:\n  x\ng:\n  x\n",
    ["@@ g:", "+  y"],
    "f:\n  x\ng:\n  y\n  x\n",
  ],
  [
    "an anchor tells two places apart",
    "f:\n  x\ng:\n  x\n",
    ["@@ g:", "-  x", "+  y"],
    "f:\n  x\ng:\n  y\n",
  ],
  [
    "an anchor that is repeated as a line",
    "f:\n  x\ng:\n  x\n",
    ["@@ g:", " g:", "-  x", "+  y"],
    "f:\n  x\ng:\n  y\n",
  ],
  [
    "anchors inside each other",
    "A\n f\n  x\nB\n f\n  x\n",
    ["@@ B", "@@  f", "-  x", "+  y"],
    "A\n f\n  x\nB\n f\n  y\n",
  ],
  ["the end of the file", "x\na\nx\n", ["@@", "-x", "+y", "*** End of File"], "x\na\ny\n"],
  ["a last line without an end", "a\nb", ["@@", "-b", "+c"], "a\nc\n"],
  ["a last line without an end that stays", "a\nb", ["@@", "-a", "+c"], "c\nb"],
  ["lines after a last line without an end", "a", ["@@", " a", "+b"], "a\nb\n"],
  [
    "an empty line of context that is not marked",
    "a\n\nb\n",
    ["@@", " a", "", "-b", "+c"],
    "a\n\nc\n",
  ],
  ["CRLF", "a\r\nb\r\n", ["@@", " a", "-b", "+c", "+d"], "a\r\nc\r\nd\r\n"],
  ["a byte order mark", "\uFEFFa\nb\n", ["@@", " a", "-b", "+c"], "\uFEFFa\nc\n"],
  [
    "context of other white space keeps the file's",
    "\ta  \nb\n",
    ["@@", " a", "-b", "+c"],
    "\ta  \nc\n",
  ],
  [
    "context of plain signs keeps the file's",
    "“a”\u00a0–\nb\n",
    ["@@", ' "a" -', "-b", "+c"],
    "“a”\u00a0–\nc\n",
  ],
  [
    "a head that stands twice above lines that stand once",
    "A\n def f():\n  x\nB\n def f():\n  y\n",
    ["@@ def f():", "-  y", "+  z"],
    "A\n def f():\n  x\nB\n def f():\n  z\n",
  ],
  [
    "the beginning of a head",
    "class AB:\n  x\nclass A(B):\n  x\n",
    ["@@ class A", "-  x", "+  y"],
    "class AB:\n  x\nclass A(B):\n  y\n",
  ],
  [
    "words of a head inside a head",
    "export class A {\n  async f(a) {\n    x\n  }\n}\n",
    ["@@ class A", "@@ f(a)", "-    x", "+    y"],
    "export class A {\n  async f(a) {\n    y\n  }\n}\n",
  ],
  ["line numbers of a usual diff", "a\nb\n", ["@@ -1,2 +1,2 @@", " a", "-b", "+c"], "a\nc\n"],
  [
    "line numbers with a head",
    "f:\n  x\ng:\n  x\n",
    ["@@ -3,2 +3,2 @@ g:", "-  x", "+  y"],
    "f:\n  x\ng:\n  y\n",
  ],
  [
    "a head between two @@",
    "f:\n  x\ng:\n  x\n",
    ["@@ g: @@", "-  x", "+  y"],
    "f:\n  x\ng:\n  y\n",
  ],
  [
    "a hunk that begins with lines of the one before",
    "a\nb\nc\nd\ne\n",
    ["@@", "-a", "+A", " b", " c", "@@", " b", " c", "-d", "+D"],
    "A\nb\nc\nD\ne\n",
  ],
  [
    "lines below the hunk before it rather than among its own",
    "a\nc\nc\nd\n",
    ["@@", "-a", "+A", " c", "@@", "-c", "+C"],
    "A\nc\nC\nd\n",
  ],
  ["an empty line for the end of the file", "a\nb\n", ["@@", " a", "-b", "+c", " "], "a\nc\n"],
  ["an exact place before one that is similar", " a\na\n", ["@@", "-a", "+b"], " a\nb\n"],
])("the lines of a file are found: %s", async (_name, before, lines, after) => {
  using bench = new ToolBench();
  await bench.write("f", before);
  await apply(bench, "*** Update File: f", ...lines);
  expect(await bench.read("f")).toBe(after);
});

test.each<[string, string[], string]>([
  ["lines that are not there", ["@@", " nowhere", "-d"], "its lines do not stand in the file"],
  [
    "one line that is another",
    ["@@", " a", " b", "-d", "+D", " b"],
    "stand at line 1, but at line 3 the file has “c” instead of “d”",
  ],
  [
    "more lines than the file has",
    ["@@", " b", " e", "-f"],
    "at line 6 the file ends instead of “f”",
  ],
  ["a head that is not there", ["@@ nowhere", "-c", "+C"], "no line of the file has “nowhere”"],
  ["lines that stand above their head", ["@@ c", "-a", "+A"], "its lines stand at line 1, above"],
  ["two places that fit", ["@@", "-b", "+c"], "fits several places (lines 2, 4)"],
  ["an anchor with two places", ["@@ b", "+c"], "fits several places (lines 3, 5)"],
  ["hunks in another order", ["@@", "-e", "+E", "@@", "-a", "+A"], "Hunk 2 of f was not found"],
  [
    "lines not at the end",
    ["@@", "-a", "+c", "*** End of File"],
    "line 1, not at the end of the file",
  ],
  ["nothing that changes", ["@@", " a", " b"], "changes nothing"],
  ["a line without a sign", ["@@", "b"], "Line 6 of the patch (“b”) must begin with"],
  ["no hunk", [], "says nothing about f"],
  ["a hunk of nothing", ["@@"], "is no line of a change"],
  ["another header", ["*** Frobnicate File: f"], "says nothing about f"],
])("a patch that does not fit changes nothing: %s", async (_name, lines, words) => {
  using bench = new ToolBench();
  await bench.write("f", "a\nb\nc\nb\ne\n");
  const before = "*** Add File: first";
  expect(await refusal(bench, before, "+made", "*** Update File: f", ...lines)).toContain(words);
  expect(readdirSync(bench.cwd)).toEqual(["f"]);
  expect(await bench.read("f")).toBe("a\nb\nc\nb\ne\n");
});

test("files that are not there, directories, binary files and links are refused, and nothing is changed", async () => {
  using bench = new ToolBench();
  await bench.write("directory/file", "x\n");
  await bench.write("binary", new Uint8Array([0, 1]));
  await bench.write("file", "x\n");
  symlinkSync("file", join(bench.cwd, "link"));
  const add = ["*** Add File: first", "+made"];
  const change = ["@@", "-x", "+y"];
  expect(await refusal(bench, ...add, "*** Delete File: missing")).toContain("“missing” not found");
  expect(await refusal(bench, ...add, "*** Update File: missing", ...change)).toContain(
    "not found",
  );
  expect(await refusal(bench, ...add, "*** Update File: binary", ...change)).toContain(
    "no text file",
  );
  expect(await refusal(bench, ...add, "*** Update File: directory", ...change)).toContain(
    "no text file",
  );
  expect(await refusal(bench, ...add, "*** Delete File: link")).toContain(
    "link is a symbolic link to file",
  );
  expect(await refusal(bench, ...add, "*** Update File: link", "*** Move to: moved")).toContain(
    "link",
  );
  expect(readdirSync(bench.cwd).toSorted()).toEqual(["binary", "directory", "file", "link"]);
  await apply(bench, "*** Delete File: binary");
  expect(existsSync(join(bench.cwd, "binary"))).toBe(false);
});

test.each([
  ["an empty text", "", "must begin with"],
  ["another text", "bad", "must begin with"],
  ["no end", "*** Begin Patch\n*** Delete File: a", "must end with"],
  ["only a beginning", "*** Begin Patch", "must end with"],
  ["nothing inside", "*** Begin Patch\n*** End Patch", "names no file"],
  ["no path", "*** Begin Patch\n*** Delete File: \n*** End Patch", "no header of a file"],
])("what is no patch is refused: %s", async (_name, input, words) => {
  using bench = new ToolBench();
  expect(String(await bench.failure("apply_patch", { input }))).toContain(words);
});

test.each([
  ["a here-document", `apply_patch <<'EOF'\n${patch("*** Add File: a", "+b")}\nEOF\n`],
  ["a here-document without its command", `<<EOF\n${patch("*** Add File: a", "+b")}\nEOF`],
  ["empty lines without a sign", patch("*** Add File: a", "", "+b", "")],
  ["CRLF", patch("*** Add File: a", "+b").replaceAll("\n", "\r\n")],
  ["spaces around markers", " *** Begin Patch \n  *** Add File: a \n+b\n *** End Patch  \n\n"],
])("what models write around a patch is taken: %s", async (_name, input) => {
  using bench = new ToolBench();
  await bench.call("apply_patch", { input });
  expect(await bench.read("a")).toBe("b\n");
});

test("sections of the same file follow each other", async () => {
  using bench = new ToolBench();
  await bench.write("f", "a\nb\n");
  await apply(
    bench,
    "*** Update File: f",
    "@@",
    "-a",
    "+A",
    "*** Update File: f",
    "@@",
    " A",
    "-b",
    "+B",
    "*** Add File: g",
    "+x",
    "*** Delete File: g",
  );
  expect(await bench.read("f")).toBe("A\nB\n");
  expect(readdirSync(bench.cwd)).toEqual(["f"]);
});

test("a move replaces what is there, and a file can be moved as it is", async () => {
  using bench = new ToolBench();
  await bench.write("a", "a\n");
  await bench.write("b", "b\n");
  await apply(bench, "*** Update File: a", "*** Move to: b");
  expect(readdirSync(bench.cwd)).toEqual(["b"]);
  expect(await bench.read("b")).toBe("a\n");
});

test("what is asked names every file, by where it really is", async () => {
  using bench = new ToolBench();
  using elsewhere = new ToolBench();
  await bench.write("f", "a\n");
  await elsewhere.write("kept", "x\n");
  symlinkSync(elsewhere.cwd, join(bench.cwd, "out"));
  const input = patch(
    "*** Add File: a",
    "+b",
    "*** Update File: f",
    "*** Move to: out/g",
    "*** Delete File: out/kept",
  );
  expect(await bench.permission("apply_patch", { input })).toMatchObject({
    kind: "edit",
    outside: true,
    subject: "a",
    alsoPaths: [
      "f",
      join(realpathSync(elsewhere.cwd), "g"),
      join(realpathSync(elsewhere.cwd), "kept"),
    ],
  });
});

test("a file of the kernel is neither read nor removed", async () => {
  using bench = new ToolBench();
  expect(await refusal(bench, "*** Update File: /proc/self/environ", "@@", "-x")).toContain(
    "no text file",
  );
  expect(await refusal(bench, "*** Delete File: /proc/self/environ")).toContain(
    "file system of the kernel",
  );
});

test("a patch of more files or comparisons than one call may make is refused in time", async () => {
  using bench = new ToolBench();
  const many = Array.from({ length: 101 }, (_, nth) => [`*** Add File: ${nth}`, "+x"]).flat();
  expect(await refusal(bench, ...many)).toContain("more than 100 files");
  await bench.write("same", "x\n".repeat(100_000));
  const lines = Array.from({ length: 1000 }, () => " x");
  expect(await refusal(bench, "*** Update File: same", "@@", ...lines, "-y")).toContain(
    "too large",
  );
});
