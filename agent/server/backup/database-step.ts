/**
 * The work on databases, a step in a process of its own: SQLite blocks its caller, and what takes minutes has to end at
 * once when it is stopped.
 */
import { bunScript, isBinary, runningProgram } from "../program-files";
import { checkUndo, copyDatabases, countsOf, namedIn } from "./copy-databases";

const steps = { copyDatabases, countsOf, namedIn, checkUndo };
type Steps = typeof steps;

/** By this first word the single binary does a step. */
export const stepWord = "database-step";
const program = "agent/server/backup/database-step-program.ts";

/** Resolves with what the function returns. Throws an Error with its message; the signal's reason, once the process is gone. */
export async function databaseStep<Name extends keyof Steps>(
  name: Name,
  args: Parameters<Steps[Name]>,
  signal: AbortSignal,
): Promise<ReturnType<Steps[Name]>> {
  signal.throwIfAborted();
  const own = isBinary ? [runningProgram, stepWord] : bunScript(program);
  const child = Bun.spawn([...own, name, ...args], {
    cwd: "/",
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const kill = () => child.kill("SIGKILL");
  signal.addEventListener("abort", kill);
  try {
    const [said, failed] = await Promise.all([
      new Response(child.stdout).text(),
      new Response(child.stderr).text(),
      child.exited,
    ]);
    if (child.exitCode === 0) return JSON.parse(said) as ReturnType<Steps[Name]>;
    // Ctrl+C of a terminal reaches it too, and can end it before this process is told.
    if (child.signalCode === "SIGINT") await aborted(signal);
    signal.throwIfAborted();
    throw new Error(failed.trim() || `it was killed by ${child.signalCode}`);
  } finally {
    signal.removeEventListener("abort", kill);
  }
}

const toldWithinMs = 1000;

async function aborted(signal: AbortSignal): Promise<void> {
  for (const until = performance.now() + toldWithinMs; performance.now() < until;)
    if (signal.aborted) return;
    else await Bun.sleep(1);
}

/** In the process of the step: resolves with its exit code, once its output is taken. */
export async function runStep([name, ...args]: string[]): Promise<number> {
  try {
    const step: (...all: string[]) => unknown = steps[name as keyof Steps];
    await Bun.write(Bun.stdout, JSON.stringify(step(...args) ?? null));
    return 0;
  } catch (error) {
    process.stderr.write((error as Error).message);
    return 1;
  }
}
