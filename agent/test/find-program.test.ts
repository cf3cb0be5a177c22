/** The program of an engine is found where the settings or PATH say, with its version, and what it lacks is said. */
import { expect, test } from "bun:test";
import { chmodSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join, relative } from "node:path";
import { neverAborts } from "../server/abort";
import { createPrograms, which } from "../server/engines/find-program";
import { testJobs } from "./processes-bench";
import { lastingDirectory } from "./temporary-directory";

const directory = lastingDirectory("rein-programs-");
const paths: Record<string, string> = {};
const options = {
  jobs: testJobs(),
  settings: () => ({ paths, own: {} }),
  searchPath: process.env["PATH"]!,
};
const programs = createPrograms(options);

function look(file: string, tried?: string, from = programs) {
  paths["x"] = file;
  const named = { id: "x", program: "x", ...(tried !== undefined && { tried }) };
  return from.look(named, neverAborts);
}

function write(name: string, text: string): string {
  const file = join(directory, name);
  mkdirSync(join(file, ".."), { recursive: true });
  writeFileSync(file, text);
  chmodSync(file, 0o755);
  return file;
}

test("a program of an npm package says its version without being run", async () => {
  write("p/package.json", '{"name":"p","version":"1.4.0","bin":{"p":"./dist/p.js"}}');
  write("p/dist/package.json", '{"type":"module"}');
  const real = write("p/dist/p.js", `#!/bin/sh\ntouch ${directory}/was-run\necho 9.9.9\n`);
  symlinkSync(real, join(directory, "p-link"));
  const found = await look(join(directory, "p-link"), "1.4.0");
  expect(found).toEqual({ state: "ready", path: join(directory, "p-link"), version: "1.4.0" });
  expect(await look(real, "1.10.0")).toMatchObject({
    state: "ready",
    reason: expect.stringContaining("1.10.0"),
  });
  for (const newer of ["1.3.9", "0.9.0"])
    expect(await look(real, newer)).toMatchObject({
      reason: `Rein was tried with version ${newer}; this newer one may behave differently.`,
    });
  expect(existsSync(join(directory, "was-run"))).toBe(false);
  const other = write("p/dist/other.js", "#!/bin/sh\necho other 2.0.1-beta.3 of today\n");
  expect(await look(other)).toMatchObject({ state: "ready", version: "2.0.1-beta.3" });
});

test("a program that leaves a process is ready", async () => {
  const leaving = write("leaving", "#!/bin/sh\nsleep 300 &\necho 1.2.3\n");
  expect(await look(leaving)).toEqual({ state: "ready", path: leaving, version: "1.2.3" });
});

test.each([
  ["echo usage: x >&2; exit 2", "With --version it failed (exit code 2). It wrote: usage: x"],
  ["exit 3", "With --version it failed (exit code 3)."],
  ["kill -9 $$", "With --version it failed (SIGKILL)."],
  ["exit 0", "With --version it names none."],
  ["echo 9.1", "With --version it names none. It wrote: 9.1"],
  ["echo codex-cli 0.171.0", "This is the program codex, not x."],
  ["echo '2.1.332 (Claude Code)'", "This is the program claude, not x."],
])("a program that does `%s` cannot be used: %s", async (script, reason) => {
  const path = write("another", `#!/bin/sh\n${script}\n`);
  expect(await look(path)).toEqual({ state: "unusable", path, reason });
});

test("a program of another engine's package cannot be used, by whatever name", async () => {
  write("o/package.json", '{"name":"@a/codex","version":"1.4.0","bin":"codex.js"}');
  const real = write("o/codex.js", "#!/bin/sh\n");
  expect(await look(real)).toMatchObject({ reason: "This is the program codex, not x." });
  paths["codex"] = real;
  const codex = await programs.look({ id: "codex", program: "codex" }, neverAborts);
  expect(codex).toEqual({ state: "ready", path: real, version: "1.4.0" });
});

test("what is missing, or lacks its interpreter, is said", async () => {
  for (const file of ["relative", join(directory, "none")])
    expect(await look(file)).toMatchObject({ state: "missing", path: file });
  expect(await look(directory)).toEqual({
    state: "unusable",
    path: directory,
    reason: `${directory} is a directory. Enter the path of the program in it.`,
  });
  const plain = write("plain", "");
  chmodSync(plain, 0o644);
  for (const path of [plain, "/dev/null"])
    expect(await look(path)).toEqual({
      state: "unusable",
      path,
      reason: `${path} is not an executable file. Enter the path of the program.`,
    });
  expect(await look("~/rein-no-such")).toMatchObject({
    reason: `There is no program at ${homedir()}/rein-no-such.`,
  });
  delete paths["x"];
  const missing = await programs.look({ id: "x", program: "rein-no-such" }, neverAborts);
  expect(missing).toEqual({
    state: "missing",
    reason: "No program “rein-no-such” is on the PATH of Rein, or where installers put it.",
  });
  const command = join(directory, "none");
  expect(await programs.look({ id: "x", program: command }, neverAborts)).toEqual({
    state: "missing",
    reason: `There is no program at ${command}.`,
  });
  const script = write("script", "#!/usr/bin/env -S node --flag\n");
  const elsewhere = createPrograms({ ...options, searchPath: directory });
  expect(await look(script, undefined, elsewhere)).toMatchObject({
    state: "unusable",
    reason: "It needs Node.js (node), which is not on the PATH of Rein.",
  });
});

test("a program is found where installers put it, too, but PATH comes first", async () => {
  delete paths["x"];
  const usual = join(directory, "usual");
  const installed = write("usual/rein-installed", "#!/bin/sh\necho 1.0.0\n");
  const onPath = write("first/rein-installed", "#!/bin/sh\necho 1.0.0\n");
  const found = (from: string) =>
    createPrograms({
      ...options,
      searchPath: from,
      usualPlaces: [join(usual, "none"), usual],
    }).look({ id: "x", program: "rein-installed" }, neverAborts);
  expect(await found("/usr/bin:/bin")).toMatchObject({ state: "ready", path: installed });
  expect(await found(`/usr/bin:/bin:${directory}/first`)).toMatchObject({ path: onPath });
});

test("PATH is searched, but no directory of it that is relative", () => {
  write("on-path", "#!/bin/sh\n");
  expect(which("on-path", directory)).toBe(join(directory, "on-path"));
  const toIt = relative(process.cwd(), directory);
  expect(which("on-path", `.::${toIt}:${directory}/none`)).toBeUndefined();
});
