/** The end of `bun run test` names what failed: a machine that keeps only the last lines of the output still has it. */
import { expect, test } from "bun:test";
import { join } from "node:path";
import { temporaryDirectory } from "./temporary-directory";
import { readReport } from "./test-report";
import { runTwice } from "./test-runs";

test("the report of a run gives its totals, and each failed test by file, line, name and error", async () => {
  const report = await reportOf({
    "a.test.ts": `import { describe, expect, test } from "bun:test";
      describe("a <group> & \\"more\\"", () => {
        test("one is two", () => expect(1).toBe(2));
        test("passes", () => {});
        test.skip("is skipped", () => {});
      });
      test("a name\\u001b[31m of\\ntwo lines", () => { throw new Error("first\\u001b[31m\\nsecond" + "x".repeat(900)); });
      test("waits for ever", () => new Promise(() => {}), 20);`,
    "b.test.ts": `import { test } from "bun:test";
      test("ends its process", () => process.kill(process.pid, "SIGKILL"));`,
  });
  const { failures, ...totals } = report;
  expect(totals).toEqual({ passed: 1, failed: 4, passedIn: { "a.test.ts": 1 } });
  expect(failures).toHaveLength(4);
  expect(failures.map(({ file }) => file)).toEqual([
    "a.test.ts",
    "a.test.ts",
    "a.test.ts",
    "b.test.ts",
  ]);
  const [group, long, waits, crash] = failures.map(({ words }) => words);
  expect(group).toStartWith(`a.test.ts:3: a <group> & "more" > one is two: "expect(received).toBe`);
  expect(long).toMatch(/^a\.test\.ts:7: a name.* of two lines: "first.*second.*x{200}/);
  expect(waits).toBe('a.test.ts:8: waits for ever: "test timed out"');
  expect(crash).toStartWith('b.test.ts: (worker crashed): "worker process crashed');
  expect(failures.map(({ words }) => words).join("")).not.toMatch(/\p{Cc}/u);
});

test("a test that fails beside others and passes alone is told apart from one that fails", async () => {
  const files = {
    "crowded.test.ts": `import { existsSync, writeFileSync } from "node:fs";
      import { expect, test } from "bun:test";
      test("the first time is hard", () => {
        const wasHere = existsSync("was-here");
        writeFileSync("was-here", "");
        expect(wasHere).toBe(true);
      });`,
    "broken.test.ts": `import { expect, test } from "bun:test";
      test("never", () => expect(1).toBe(2));
      test("always", () => {});`,
    "sound.test.ts": `import { test } from "bun:test"; test("sound", () => {});`,
  };
  const { passedAlone, failures, ...rest } = await runFiles(files);
  expect(rest).toMatchObject({ passed: 3, errors: [], code: 1 });
  expect(passedAlone.map(({ file, name }) => [file, name])).toEqual([
    ["crowded.test.ts", "the first time is hard"],
  ]);
  expect(failures.map(({ file, name }) => [file, name])).toEqual([["broken.test.ts", "never"]]);
});

const never = `import { expect, test } from "bun:test"; test("never", () => expect(1).toBe(2));`;

test.each([
  ["is killed", 'process.kill(process.pid, "SIGKILL")'],
  ["ends with success", "process.exit(0)"],
])(
  "where a test process %s also alone, neither it nor any other file passes by that",
  async (_, end) => {
    const run = await runFiles({
      "a.test.ts": `import { test } from "bun:test"; test("a", () => {}); test("b", () => ${end});`,
      "b.test.ts": never,
      "c.test.ts": `import { test } from "bun:test"; test("sound", () => {});`,
    });
    expect(run).toMatchObject({ passed: 2, passedAlone: [] });
    expect(run.failures.map(({ file }) => file)).toEqual(["a.test.ts", "b.test.ts"]);
    expect(run.code).not.toBe(0);
  },
);

test("a run that ends before it reports is no success, and a crash that does not come again counts all of its file", async () => {
  const ended = {
    "a.test.ts": `import { test } from "bun:test"; test("a", () => process.exit(0));`,
  };
  expect((await runFiles(ended)).code).not.toBe(0);
  const once = `import { existsSync, writeFileSync } from "node:fs";
    import { test } from "bun:test";
    for (const name of ["a", "b"]) test(name, () => {});
    test("crashes once", () => {
      const wasHere = existsSync("was-here");
      writeFileSync("was-here", "");
      if (!wasHere) process.kill(process.pid, "SIGKILL");
    });`;
  const sound = `import { test } from "bun:test"; test("sound", () => {});`;
  const run = await runFiles({ "a.test.ts": once, "b.test.ts": sound });
  expect(run).toMatchObject({ passed: 4, failures: [], code: 0 });
  expect(run.passedAlone.map(({ name }) => name)).toEqual(["(worker crashed)"]);
});

test("what is named runs once, and only it", async () => {
  const both = `${never} test("other", () => expect(1).toBe(2));`;
  for (const words of [
    ["-t", "never"],
    ["--test-name-pattern", "never"],
  ]) {
    const run = await runFiles({ "a.test.ts": both }, words);
    expect(run).toMatchObject({ passed: 0, passedAlone: [] });
    expect(run.failures.map(({ name }) => name)).toEqual(["never"]);
  }
});

async function runFiles(files: Record<string, string>, words: string[] = []) {
  using directory = temporaryDirectory();
  for (const [name, code] of Object.entries(files))
    await Bun.write(join(directory.path, name), code);
  const where = { directory: directory.path, environment: process.env, print: () => {} };
  return await runTwice(words, where);
}

/** Of Bun's own run of these files, in processes as `bun run test` has them. */
async function reportOf(files: Record<string, string>) {
  using directory = temporaryDirectory();
  for (const [name, code] of Object.entries(files))
    await Bun.write(join(directory.path, name), code);
  const file = join(directory.path, "report.xml");
  const words = ["test", "--parallel=2", "--reporter=junit", `--reporter-outfile=${file}`];
  const run = Bun.spawnSync([process.execPath, ...words], { cwd: directory.path });
  expect(run.exitCode).not.toBe(0);
  return readReport(await Bun.file(file).text());
}
