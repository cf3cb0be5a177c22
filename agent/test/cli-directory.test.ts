/** A directory that `rein` is called in runs no code of its own and sets nothing, in the command and the server that it starts. */
import { expect, test } from "bun:test";
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { givenCluster } from "./given-cluster";
import { giveSupervisor } from "./given-supervisor";
import { temporaryDirectory } from "./temporary-directory";

const launcher = join(import.meta.dir, "../cli/rein");

/** A directory whose files make Bun, Node and npx run a program that leaves a mark, and send commands and their token elsewhere. */
function hostileDirectory(path: string): { cwd: string; mark: string } {
  const [cwd, mark] = [join(path, "hostile"), join(path, "mark")];
  mkdirSync(join(cwd, "node_modules/.bin"), { recursive: true });
  const program = join(cwd, "evil.cjs");
  const files = {
    "evil.cjs": `require("node:fs").appendFileSync(${JSON.stringify(mark)}, process.argv.join(" ") + "\\n");\n`,
    "bunfig.toml": `preload = ["./evil.cjs"]\n`,
    ".env": `REIN_SERVER=http://127.0.0.1:9\nBUN_OPTIONS=--preload=${program}\nNODE_OPTIONS=--require=${program}\n`,
    "tsconfig.json": `{ "compilerOptions": { "baseUrl": ".", "paths": { "*": ["./evil.cjs"] } } }\n`,
    "package.json": `{ "scripts": { "${join(import.meta.dir, "../cli/cli.ts")}": "./evil.cjs" } }\n`,
    ".npmrc": `node-options=--require=${program}\n`,
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(cwd, name), text);
  const local = `#!/bin/sh\necho "its own bun" >> '${mark}'\n`;
  writeFileSync(join(cwd, "node_modules/.bin/bun"), local, { mode: 0o755 });
  return { cwd, mark };
}

test("a hostile directory runs nothing and sets nothing in rein and its server, whose sessions work there", async () => {
  using directory = temporaryDirectory();
  const { cwd, mark } = hostileDirectory(directory.path);
  const marked = () => (existsSync(mark) ? readFileSync(mark, "utf8") : "");
  const dataDir = join(directory.path, "data");
  mkdirSync(dataDir, { mode: 0o700 });
  await giveSupervisor(dataDir);
  const cluster = await givenCluster({}, dataDir);
  const rein = (...args: string[]) => {
    const env = { PATH: process.env.PATH, HOME: directory.path, REIN_DATA_DIR: dataDir };
    const more = { PORT: "0", REIN_SANDBOX: "off", REIN_TITLES: "off" };
    const run = Bun.spawnSync([launcher, ...args], { cwd, env: { ...env, ...more, ...cluster } });
    return { code: run.exitCode, stdout: run.stdout.toString(), stderr: run.stderr.toString() };
  };
  try {
    const answer = rein("-p", "Hello");
    expect(marked()).toBe("");
    expect(answer).toMatchObject({ code: 0 });
    expect(answer.stdout).toContain("I am a script");
    const { sessions } = JSON.parse(rein("sessions", "--json").stdout);
    expect(sessions).toMatchObject([{ cwd }]);
  } finally {
    rein("shutdown");
  }
  expect(marked()).toBe("");
});

test("in a directory that is gone, what needs none works, and the rest says so", async () => {
  using directory = temporaryDirectory();
  const [cwd, dataDir] = [join(directory.path, "gone"), join(directory.path, "data")];
  mkdirSync(cwd);
  mkdirSync(dataDir, { mode: 0o700 });
  await giveSupervisor(dataDir);
  const cluster = await givenCluster({}, dataDir);
  const more = { PORT: "0", REIN_SANDBOX: "off", REIN_TITLES: "off", ...cluster };
  const env = { PATH: process.env.PATH, HOME: directory.path, REIN_DATA_DIR: dataDir, ...more };
  const rein = (...args: string[]) => {
    const script = 'cd "$0" && rmdir "$0" && exec "$@"';
    const run = Bun.spawnSync(["sh", "-c", script, cwd, launcher, ...args], { env });
    mkdirSync(cwd, { recursive: true });
    return { code: run.exitCode, stdout: run.stdout.toString(), stderr: run.stderr.toString() };
  };
  const early = rein("web");
  expect(early).toMatchObject({ code: 1, stdout: "" });
  expect(early.stderr).toContain("The directory you are in is gone");
  const started = Bun.spawnSync([launcher, "web"], { cwd, env });
  expect(started.exitCode).toBe(0);
  try {
    expect(rein("stop")).toMatchObject({ code: 0, stdout: "Nothing is running.\n" });
    expect(rein("sessions")).toMatchObject({ code: 0 });
    expect(rein("stops", "--data-dir", "data").stderr).toContain("is gone");
    expect(rein("-p", "Hello")).toMatchObject({ code: 1, stdout: "" });
  } finally {
    expect(rein("shutdown")).toMatchObject({ code: 0 });
  }
});

test("npx brings Bun without the programs of the directory that rein is called in", () => {
  using directory = temporaryDirectory();
  const { cwd, mark } = hostileDirectory(directory.path);
  const programs = join(directory.path, "bin");
  mkdirSync(programs);
  for (const name of ["sh", "readlink", "dirname"])
    symlinkSync(Bun.which(name)!, join(programs, name));
  // Says where it is called, of which npx would take .npmrc and node_modules, and runs Bun.
  const npx = `#!/bin/sh\necho "npx in $(pwd -P)" >&2\nshift 2\nexec '${process.execPath}' "$@"\n`;
  writeFileSync(join(programs, "npx"), npx, { mode: 0o755 });
  const env = { PATH: programs, HOME: directory.path };
  const { stdout, stderr } = Bun.spawnSync([launcher, "--version"], { cwd, env });
  expect(stdout.toString()).toMatch(/^\d+\.\d+\.\d+\n$/);
  expect(stderr.toString()).toBe(`npx in ${join(import.meta.dir, "../..")}\n`);
  expect(existsSync(mark)).toBe(false);
});

test.skipIf(process.platform !== "linux")(
  "a user without a home directory is told to set HOME",
  () => {
    using directory = temporaryDirectory();
    const someone = "unshare --user --map-user=4321".split(" ");
    const rein = (...args: string[]) => {
      const command = [
        ...someone,
        process.execPath,
        join(import.meta.dir, "../cli/cli.ts"),
        ...args,
      ];
      const run = Bun.spawnSync(command, { cwd: "/", env: { PATH: process.env.PATH ?? "" } });
      return { code: run.exitCode, stderr: run.stderr.toString() };
    };
    for (const args of [["doctor"], ["serve"], ["serve", "--data-dir", directory.path]]) {
      const { code, stderr } = rein(...args);
      expect([args, code, stderr]).toEqual([
        args,
        1,
        expect.stringMatching(/Set HOME to a directory/),
      ]);
      expect(stderr.trim().split("\n")).toHaveLength(1);
    }
  },
);
