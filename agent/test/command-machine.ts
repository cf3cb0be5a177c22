/** A machine for `rein`: a home directory whose server the commands find, start and end. */
import { expect } from "bun:test";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { spawnCommand } from "./command-line";
import { givenCluster } from "./given-cluster";
import { giveSupervisor } from "./given-supervisor";
import { pidsWith } from "./machine-facts";
import { temporaryDirectory } from "./temporary-directory";

/** The home directory, the data directory in it, and the commands of one test; its server is shut down in the end. */
export async function machine(more: Record<string, string> = {}) {
  const directory = temporaryDirectory();
  const dataDir = join(directory.path, ".rein");
  mkdirSync(dataDir, { mode: 0o700 });
  await giveSupervisor(dataDir);
  const environment = {
    PORT: "0",
    REIN_SANDBOX: "off",
    REIN_TITLES: "off",
    ...(await givenCluster(more, dataDir)),
    ...more,
  };
  const run = async (args: string[], changed: Record<string, string> = {}) => {
    const options = { cwd: directory.path, environment: { ...environment, ...changed } };
    await using command = spawnCommand(args, options);
    const [stdout, stderr, code] = await Promise.all([
      command.stdout,
      command.stderr,
      command.exited,
    ]);
    return { stdout, stderr, code };
  };
  return {
    home: directory.path,
    environment,
    dataDir,
    run,
    async [Symbol.asyncDispose]() {
      await run(["shutdown"], more);
      directory[Symbol.dispose]();
    },
  };
}

/** The processes that serve a data directory. */
export function pidsOf(dataDir: string): number[] {
  return pidsWith("background-server.ts").filter((pid) =>
    fileOf(pid, "environ").includes(`REIN_DATA_DIR=${dataDir}\0`),
  );
}

/** Empty when it has ended since it was listed. */
function fileOf(pid: number, name: "environ" | "stat"): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, "utf8");
  } catch {
    return "";
  }
}

/** The server of a data directory. What it starts has its name too, for a moment, and it may begin a session before it loses that. */
export function serverPid(dataDir: string): number {
  const leaders = pidsOf(dataDir).filter((pid) => sessionOf(pid) === pid);
  const found = leaders.filter((pid) => !leaders.includes(parentOf(pid)));
  expect(found).toHaveLength(1);
  return found[0]!;
}

function sessionOf(pid: number): number {
  return Number(statOf(pid)[3]);
}

function parentOf(pid: number): number {
  return Number(statOf(pid)[1]);
}

/** The fields of its stat from the third on, which is its state. */
function statOf(pid: number): string[] {
  return fileOf(pid, "stat")
    .replace(/^.*\) /s, "")
    .split(" ");
}
