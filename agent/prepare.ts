/** What must be there before Rein runs from its sources: the packages, and the page. It needs no package itself. */
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { isBinary } from "./server/program-files";
import { isInBinary } from "./server/unpack-program";

const root = join(import.meta.dir, "..");
const built = join(import.meta.dir, "dist/index.html");
const installed = join(root, "node_modules/.rein-installed");
const buildInputs = ["agent/client", "agent/shared", "package.json"];

/** A step that failed; `output` is all that its command printed. */
export class StepFailed extends Error {
  override readonly name = "StepFailed";
  constructor(
    command: string,
    readonly output: string,
  ) {
    super(`“${command}” failed (see above).`);
  }
}

/**
 * Installs the packages where the lock file is newer than they are, after saying so. Returns whether it has: then the process
 * must begin anew. Throws StepFailed.
 */
export async function installPackages(say: (words: string) => void): Promise<boolean> {
  if (!isOlder(installed, ["bun.lock"])) return false;
  say("Installing packages…");
  // Without the packages of the terminal face, which `rein` installs when it is first opened.
  runBun([
    "install",
    "--frozen-lockfile",
    ...(isForDevelopment() ? [] : ["--production", "--filter", "rein"]),
  ]);
  await Bun.write(installed, "");
  return true;
}

/**
 * Installs what the terminal face needs besides, where it is missing, after saying so. Throws StepFailed.
 */
export function installTerminalPackages(say: (words: string) => void): void {
  if (isBinary || hasTerminalPackages()) return;
  say("Installing the packages of the terminal face…");
  runBun(["install", "--frozen-lockfile", ...(isForDevelopment() ? [] : ["--production"])]);
}

/** Whether the terminal face opens without installing anything. */
export function hasTerminalPackages(): boolean {
  if (isBinary) return isInBinary("agent/terminal/dist/terminal-main.js");
  return terminalPackages.every(isInstalled);
}

const terminalPackages = ["@opentui/core", "@opentui/solid"];

function isInstalled(name: string): boolean {
  return existsSync(join(root, "node_modules", name, "package.json"));
}

function isForDevelopment(): boolean {
  return isInstalled("typescript");
}

/**
 * Begins the program anew, in the same process. A Bun that began without packages takes them from its cache in the home
 * directory, which a sandbox may hide. Returns where the system cannot do that.
 */
export function beginAnew(): void {
  process.execve?.(process.execPath, process.argv.with(0, process.execPath), process.env);
}

/** The build of the page in this process. `ended` resolves at once when there is none; `failure` is all that one has printed. */
export const pageBuild: { isRunning: boolean; ended: Promise<void>; failure?: string } = {
  isRunning: false,
  ended: Promise.resolve(),
};

/**
 * Begins to build the page where its sources are newer than it is, after saying so. `fail` is called when that fails. The
 * build ends with this process.
 */
export function buildPage(say: (words: string) => void, fail: (error: StepFailed) => void): void {
  if (!isOlder(built, buildInputs)) return;
  say("Building the page…");
  const args = ["run", "build", "--logLevel", "warn"];
  const build = Bun.spawn([process.execPath, ...args], runOptions());
  const end = () => build.kill();
  process.on("exit", end);
  const output = Promise.all([textOf(build.stdout), textOf(build.stderr)]);
  pageBuild.isRunning = true;
  pageBuild.ended = Promise.all([output, build.exited]).then(([texts, code]) => {
    process.off("exit", end);
    pageBuild.isRunning = false;
    if (code === 0) return;
    const failed = stepFailed(args, texts);
    pageBuild.failure = failed.output;
    fail(failed);
  });
}

function textOf(stream: ReadableStream<Uint8Array>): Promise<string> {
  return new Response(stream).text();
}

/** Whether any file of the inputs (files or folders, but for what is installed or built in them) is newer than the output, or the output is missing. */
export function isOlder(output: string, inputs: string[]): boolean {
  if (!existsSync(output)) return true;
  const { mtimeMs } = statSync(output);
  return inputs.flatMap(filesOf).some((path) => statSync(path).mtimeMs > mtimeMs);
}

function filesOf(input: string): string[] {
  const path = join(root, input);
  if (!statSync(path).isDirectory()) return [path];
  return [...new Bun.Glob("**/*").scanSync({ cwd: path, absolute: true })].filter(
    (file) => !/\/(dist|node_modules)\//.test(file.slice(path.length)),
  );
}

/** Runs this very Bun in Rein's directory, quietly. Throws StepFailed. */
export function runBun(args: string[]): void {
  const { success, stdout, stderr } = Bun.spawnSync([process.execPath, ...args], runOptions());
  if (!success) throw stepFailed(args, [stdout.toString(), stderr.toString()]);
}

/** Packages and the builds do not get the secrets of the server. */
function runOptions() {
  const { REIN_TOKEN: _, REIN_CLUSTER_KEY: __, DATABASE_URL: ___, ...env } = process.env;
  return { cwd: root, env, stdin: "ignore", stdout: "pipe", stderr: "pipe" } as const;
}

function stepFailed(args: string[], [stdout, stderr]: [string, string]): StepFailed {
  return new StepFailed(`bun ${args.join(" ")}`, stdout + stderr);
}
