/**
 * A program that tests start with a special environment, so that they need not change their own:
 * `bun environment-probe.ts job <command>` prints the output of a job that runs this shell command, `engine` of an engine's
 * job where commands may have OPENAI_API_KEY and CHOSEN; `bun environment-probe.ts shell <command>` prints the shell state that the bash tool stores after this command, as JSON: { files, modes, state }.
 */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { startShell } from "./processes-bench";
import { ToolBench } from "./tools-bench";

export interface KeptShell {
  files: string[];
  /** The modes of the folder and of the file, in octal. */
  modes: string[];
  state: string;
}

/** The output of the program. */
export async function probe(
  what: "job" | "engine" | "shell",
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
  console.log(
    what === "shell" ? JSON.stringify(await kept(command)) : await printedByJob(command, what),
  );
  process.exit();
}

async function printedByJob(command: string, what = "job"): Promise<string> {
  const environment = ["OPENAI_API_KEY", "CHOSEN"];
  const shell = startShell(command, what === "engine" ? { isEngine: true, environment } : {});
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
