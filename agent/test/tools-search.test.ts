/** Searches find the files of the project, show a bounded list, and end with a stop. */
import { expect, test } from "bun:test";
import { join } from "node:path";
import { ToolError } from "../server/tools/tool";
import { ToolBench } from "./tools-bench";
import { until } from "./within";

async function project(): Promise<ToolBench> {
  const bench = new ToolBench();
  await bench.write(".gitignore", "ignored\n*.log\n");
  await bench.write("src/deep/one.ts", "first\nneedle one\nlast\n");
  await bench.write("src/two.ts", "NEEDLE two\n");
  await bench.write("notes.md", "needle in notes\n");
  await bench.write("ignored/three.ts", "needle three\n");
  await bench.write("debug.log", "needle in a log\n");
  await bench.write(".github/ci.ts", "hidden needle\n");
  await bench.write(".git/config.ts", "needle in the store\n");
  return bench;
}

test("glob finds by name in any directory, and leaves out ignored files", async () => {
  using bench = await project();
  expect((await bench.call("glob", { pattern: "*.ts" })).text).toBe(
    ".github/ci.ts\nsrc/deep/one.ts\nsrc/two.ts\n",
  );
  expect((await bench.call("glob", { pattern: "*.log" })).text).toBe("[no matching files]");
});

test("an ignore file applies without a repository too", async () => {
  using bench = new ToolBench();
  await bench.write(".gitignore", "ignored.ts\n");
  await bench.write("ignored.ts", "");
  await bench.write("seen.ts", "");
  expect((await bench.call("glob", { pattern: "*.ts" })).text).toBe("seen.ts\n");
});

test("glob finds by path, relative to the searched directory", async () => {
  using bench = await project();
  expect((await bench.call("glob", { pattern: "src/*.ts" })).text).toBe("src/two.ts\n");
  expect((await bench.call("glob", { pattern: "deep/*", path: "src" })).text).toBe(
    "src/deep/one.ts\n",
  );
});

test("grep shows file, line number and line, and leaves out ignored files", async () => {
  using bench = await project();
  expect((await bench.call("grep", { pattern: "needle" })).text).toBe(
    ".github/ci.ts:1:hidden needle\nnotes.md:1:needle in notes\nsrc/deep/one.ts:2:needle one\n",
  );
});

test("grep can ignore case, search only some files, list files, and show context lines", async () => {
  using bench = await project();
  const grep = async (input: object) =>
    (await bench.call("grep", { pattern: "needle", ...input })).text;
  expect(await grep({ ignoreCase: true, glob: "src/**" })).toBe(
    "src/deep/one.ts:2:needle one\nsrc/two.ts:1:NEEDLE two\n",
  );
  expect(await grep({ glob: "*.log" })).toBe("[no matches]");
  expect(await grep({ filesOnly: true, glob: "*.md" })).toBe("notes.md\n");
  expect(await grep({ path: "src/deep/one.ts", context: 1 })).toBe(
    "src/deep/one.ts:1-first\nsrc/deep/one.ts:2:needle one\nsrc/deep/one.ts:3-last\n",
  );
});

test("a pattern that begins with a dash and a name with colons are taken literally", async () => {
  using bench = new ToolBench();
  await bench.write("a:1:b.txt", "--files here\n");
  expect((await bench.call("grep", { pattern: "--files" })).text).toBe(
    "a:1:b.txt:1:--files here\n",
  );
});

test("a long list is cut, says so, and ends the search", async () => {
  using bench = new ToolBench();
  await bench.write("many.txt", "line\n".repeat(1200));
  const { text } = await bench.call("grep", { pattern: "line" });
  expect(text.split("\n").filter((line) => line.startsWith("many.txt:"))).toHaveLength(500);
  expect(text).toContain("[only the first 500 lines are shown");
});

test("a wrong pattern or path is an error for the model", async () => {
  using bench = new ToolBench();
  const wrong = await bench.failure("grep", { pattern: "(" });
  expect(wrong).toBeInstanceOf(ToolError);
  expect(String(wrong)).toContain("unclosed group");
  const nowhere = await bench.failure("glob", { pattern: "*", path: "nowhere" });
  expect(String(nowhere)).toContain("no directory or file nowhere");
});

test("a stop ends the search's process, and keeps what was found", async () => {
  using bench = new ToolBench();
  await bench.write("a.txt", `needle ${"x".repeat(60)}\n`.repeat(400));
  // It waits for this pipe, after more lines than it keeps back.
  await bench.write("b/c.txt", "needle");
  Bun.spawnSync(["mkfifo", join(bench.cwd, "b/.gitignore")]);
  const failure = bench.failure("grep", { pattern: "needle" });
  await until(() => bench.shown !== "" && bench.context.jobs.list().length === 1);
  bench.controller.abort("the reason");
  expect(await failure).toBe("the reason");
  expect(bench.context.jobs.list()).toEqual([]);
  expect(bench.shown).not.toBe("");
});
