/** `bun start` on a fresh machine: installs what is missing, builds what has changed, and serves. */
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { findLaunchers, isRunning, watchLaunchers } from "./launchers";
import { informationAsked } from "./server/config/command-line-help";

const information = informationAsked(process.argv.slice(2));
if (information !== undefined) {
  console.log(information);
  process.exit(0);
}
const root = join(import.meta.dir, "..");
const launchers = findLaunchers(join(root, "package.json"));
const built = join(import.meta.dir, "dist/index.html");
const installed = join(root, "node_modules/.rein-installed");
const buildInputs = ["agent/client", "agent/shared", "package.json"];

if (isOlder(installed, ["bun.lock"])) {
  console.log("Installing packages…");
  const development = existsSync(join(root, "node_modules/typescript"));
  // Without the packages of the terminal face, which `rein` installs when it is first opened.
  run([
    "install",
    "--frozen-lockfile",
    ...(development ? [] : ["--production", "--filter", "rein"]),
  ]);
  await Bun.write(installed, "");
  // A Bun that began without packages takes them from its cache in the home directory, which a sandbox may hide.
  process.execve?.(process.execPath, process.argv.with(0, process.execPath), process.env);
}
const isDev = process.argv.includes("--dev");
if (!isDev && isOlder(built, buildInputs)) {
  console.log("Building the page…");
  run(["run", "build", "--logLevel", "warn"]);
}
watchLaunchers(launchers, () => process.kill(process.pid, "SIGTERM"));
const { warmUp } = await import("./server/index");
await warmUp();

/** Whether any file of the inputs (files or folders) is newer than the output, or the output is missing. */
function isOlder(output: string, inputs: string[]): boolean {
  if (!existsSync(output)) return true;
  const { mtimeMs } = statSync(output);
  return inputs.flatMap(filesOf).some((path) => statSync(path).mtimeMs > mtimeMs);
}

function filesOf(input: string): string[] {
  const path = join(root, input);
  if (!statSync(path).isDirectory()) return [path];
  return [...new Bun.Glob("**/*").scanSync({ cwd: path, absolute: true })];
}

/** Runs this very Bun, quietly unless it fails; packages and the build do not get the token. */
function run(args: string[]): void {
  const { REIN_TOKEN: _, ...env } = process.env;
  const result = Bun.spawnSync([process.execPath, ...args], {
    cwd: root,
    env,
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  if (!launchers.every(isRunning)) process.exit(0);
  if (result.success) return;
  process.stderr.write(result.stdout);
  process.stderr.write(result.stderr);
  console.error(`Rein did not start: “bun ${args.join(" ")}” failed (see above).`);
  process.exit(1);
}
