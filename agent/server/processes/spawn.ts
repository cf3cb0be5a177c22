/** Starts a program for a job, on pipes or on a terminal. */
import type { ProcessGroup } from "./process-group";
import { jobEnvironment } from "./job-environment";
import type { JobExit, JobRequest, TerminalSize } from "./jobs";
import { readOutput, TerminalOutput } from "./job-output";

export interface Spawned extends Pick<ProcessGroup, "output" | "write" | "resize"> {
  child: Bun.Subprocess;
}

const terminalName = "xterm-256color";

/** How a program is started, beside what its request says. */
interface Start {
  command: string[];
  /** Where the program starts; the request's own directory unless it is said. */
  cwd?: string;
  /** What the program gets as descriptor 3. */
  lifeline?: "pipe";
}

type SpawnRequest = Pick<JobRequest, "cwd" | "env" | "stdin" | "terminal" | "onOutput">;

/** A session of its own, the cleaned environment, and all that it writes. Throws when there is no such program. */
export function spawnFor(request: SpawnRequest, start: Start): Spawned {
  const common = {
    cwd: start.cwd ?? request.cwd,
    env: jobEnvironment(process.env, {
      ...(request.terminal && { TERM: terminalName }),
      ...request.env,
    }),
    detached: true, // setsid
  };
  const rest = start.lifeline ? ([start.lifeline] as const) : [];
  const spawned = request.terminal
    ? onTerminal(request, request.terminal, start.command, common, rest)
    : onPipes(request, start.command, common, rest);
  const { pid, exited } = spawned.child;
  ownChildren.add(pid);
  void exited.then(() => ownChildren.delete(pid));
  return spawned;
}

/** Whether we have started it ourselves: all other children of ours are orphans that we have been given. */
export function isOurOwn(pid: number): boolean {
  return ownChildren.has(pid);
}

const ownChildren = new Set<number>();

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

/** The terminal is the program's controlling one, which only the inline form of it gives. */
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

/** After a death by signal Bun gives an exit code too (128 + n): it is not one that the program chose. */
export async function exitOf(child: Bun.Subprocess): Promise<JobExit> {
  await child.exited;
  const { signalCode, exitCode } = child;
  return signalCode === null
    ? { exitCode, signalName: null }
    : { exitCode: null, signalName: String(signalCode) };
}
