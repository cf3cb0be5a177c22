/** A directory that `rein` is called in runs no code of its own and sets nothing, in the command and the server that it starts. */
import { expect, test } from "bun:test";
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
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
  const rein = (...args: string[]) => {
    const env = { PATH: process.env.PATH, HOME: directory.path, REIN_DATA_DIR: dataDir };
    const more = { PORT: "0", REIN_SANDBOX: "off", REIN_TITLES: "off" };
    const run = Bun.spawnSync([launcher, ...args], { cwd, env: { ...env, ...more } });
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
