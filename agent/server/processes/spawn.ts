/** Starts a program for a job, on pipes or on a terminal. */
import type { ProcessGroup } from "./process-group";
import { jobEnvironment } from "./job-environment";
import type { JobExit, JobRequest, TerminalSize } from "./jobs";
import { readOutput, TerminalOutput } from "./job-output";

export interface Spawned extends Pick<ProcessGroup, "output" | "write" | "resize"> {
  child: Bun.Subprocess;
}

const terminalName = "xterm-256color";

/** How a program is started, besides what its request says. */
interface SpawnOptions {
  command: string[];
  /** Where the program starts; by default the request's directory. */
  cwd?: string;
  /** Gives the program a socket to this server as descriptor 3. */
  controlPipe?: boolean;
}

type SpawnRequest = Pick<JobRequest, "cwd" | "env" | "stdin" | "terminal" | "onOutput">;

/** Starts it in a session of its own, with the environment of jobs. Throws when there is no such program. */
export function spawnFor(request: SpawnRequest, options: SpawnOptions): Spawned {
  const common = {
    cwd: options.cwd ?? request.cwd,
    env: jobEnvironment(process.env, {
      ...(request.terminal && { TERM: terminalName }),
      ...request.env,
    }),
    detached: true, // setsid
  };
  const rest = options.controlPipe ? (["pipe"] as const) : [];
  const spawned = request.terminal
    ? onTerminal(request, request.terminal, options.command, common, rest)
    : onPipes(request, options.command, common, rest);
  const { pid, exited } = spawned.child;
  spawnedChildren.add(pid);
  const forget = () => spawnedChildren.delete(pid);
  exited.then(forget, forget);
  return spawned;
}

/** Whether this server has started it: its other children are orphans that were reparented to it. */
export function isSpawnedChild(pid: number): boolean {
  return spawnedChildren.has(pid);
}

const spawnedChildren = new Set<number>();

interface Common {
  cwd: string;
  env: Record<string, string>;
  detached: boolean;
}

type Rest = readonly "pipe"[];

function onPipes(request: SpawnRequest, command: string[], common: Common, rest: Rest): Spawned {
  const { stdin } = request;
  const input = stdin === undefined ? "ignore" : new TextEncoder().encode(stdin);
  const child = Bun.spawn(command, { ...common, stdio: [input, "pipe", "pipe", ...rest] });
  return {
    child,
    output: [
      readOutput(child.stdout, (text) => request.onOutput(text, "stdout")),
      readOutput(child.stderr, (text) => request.onOutput(text, "stderr")),
    ],
    write: () => {},
    resize: () => {},
  };
}

/** Only the inline `terminal` option makes the terminal the program's controlling one. */
function onTerminal(
  request: SpawnRequest,
  { columns, rows }: TerminalSize,
  command: string[],
  common: Common,
  rest: Rest,
): Spawned {
  const output = new TerminalOutput((text) => request.onOutput(text, "stdout"));
  const child = Bun.spawn(command, {
    ...common,
    stdio: ["ignore", "ignore", "ignore", ...rest],
    terminal: {
      cols: columns,
      rows,
      name: terminalName,
      data: (_, bytes) => output.write(bytes),
      exit: () => output.end(),
    },
  });
  const terminal = child.terminal!;
  output.onCancel = () => terminal.close();
  return {
    child,
    output: [output],
    write(text) {
      if (!terminal.closed) terminal.write(text);
    },
    resize(size) {
      if (!terminal.closed) terminal.resize(size.columns, size.rows);
    },
  };
}

/** After a death by signal Bun reports an exit code too (128 + n), which the program did not choose. */
export async function exitOf(child: Bun.Subprocess): Promise<JobExit> {
  await child.exited;
  const { signalCode, exitCode } = child;
  return signalCode === null
    ? { exitCode, signalName: null }
    : { exitCode: null, signalName: String(signalCode) };
}
