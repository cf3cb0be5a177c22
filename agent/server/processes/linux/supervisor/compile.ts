/**
 * The supervisor in C: the single binary brings it ready-made; from a checkout it is compiled once for each version of its
 * source, where the machine has a C compiler.
 */
import { existsSync, mkdirSync, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { isBinary, programFile } from "../../../program-files";
import { exitWithin, noteSpawned } from "../../spawn";

/** A compiler that has not finished by then (a network disk, a wrapper that asks something) is killed. */
const compileMs = 10_000;

/** Beside its source, in the single binary. */
export const readyMade = "agent/server/processes/linux/supervisor/supervise";

/** The path of the program, in `dataDir` unless it is ready-made; undefined where it cannot be compiled. */
export async function compileSupervisor(dataDir: string): Promise<string | undefined> {
  if (isBinary) return programFile(readyMade);
  const source = programFile(`${readyMade}.c`);
  const version = Bun.hash(readFileSync(source)).toString(36);
  const folder = join(dataDir, "supervisor");
  const program = join(folder, `${version}-${process.arch}`);
  if (existsSync(program)) return program;
  const compiler = Bun.which("cc");
  if (compiler === null) return undefined;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  // A unique name: other servers may be compiling into the same directory.
  const unfinished = `${program}.${crypto.randomUUID()}`;
  if (!(await compiles([compiler, "-O2", "-o", unfinished, source], compileMs))) return undefined;
  renameSync(unfinished, program); // atomic: a program that exists is complete
  return program;
}

/** Whether it has succeeded within `timeoutMs`. A compiler is several processes: all in its group are killed then. */
export async function compiles(command: string[], timeoutMs: number): Promise<boolean> {
  const stdio = ["ignore", "ignore", "ignore"] as const;
  const child = noteSpawned(Bun.spawn(command, { stdio: [...stdio], detached: true }));
  return (await exitWithin(child, timeoutMs)) === 0;
}
