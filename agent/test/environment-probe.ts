/**
 * A program that tests start with an environment of its own, so that they need not change theirs:
 * `bun environment-probe.ts job <command>` prints what a job of that shell command prints; `bun environment-probe.ts shell
 * <command>` prints what the bash tool keeps of its shell after that command, as JSON: { files, modes, state }.
 */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { startShell } from "./processes-bench";
import { ToolBench } from "./tools-bench";

export interface KeptShell {
  files: string[];
  /** Of the folder, and of the file, in octal. */
  modes: string[];
  state: string;
}

/** What the program prints. */
export async function probe(
  what: "job" | "shell",
  command: string,
  environment: Record<string, string>,
): Promise<string> {
  const child = Bun.spawn([process.execPath, import.meta.path, what, command], {
    env: { ...process.env, ...environment },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "inherit",
  });
  const printed = await new Response(child.stdout).text();
  if ((await child.exited) !== 0) throw new Error(`the probe exited with ${child.exitCode}`);
  return printed;
}

if (import.meta.main) {
  const [what, command = ""] = process.argv.slice(2);
  console.log(what === "job" ? await printedByJob(command) : JSON.stringify(await kept(command)));
  process.exit();
}

async function printedByJob(command: string): Promise<string> {
  const shell = startShell(command);
  await shell.end;
  return shell.text();
}

async function kept(command: string): Promise<KeptShell> {
  using bench = new ToolBench();
  await bench.call("bash", { command });
  const folder = join(bench.dataDir, "shells", "session");
  const file = join(folder, "session.json");
  return {
    files: readdirSync(folder),
    modes: [folder, file].map((path) => (statSync(path).mode & 0o777).toString(8)),
    state: readFileSync(file, "utf8"),
  };
}
