/** Starts a program for a job, on pipes or on a terminal. */
import { closeSync, openSync } from "node:fs";
import { direct } from "../../shared/direct-addresses";
import { neverAborts, within } from "../abort";
import { log } from "../log";
import { JobInput } from "./job-input";
import type { ProcessGroup } from "./process-group";
import { isKeyOfProvider, jobEnvironment } from "./job-environment";
import { openWaysOut, waysOut } from "./network/job-network";
import type { JobExit, TerminalSize } from "./jobs";
import type { ConfinedRequest } from "./sandbox";
import { readOutput, readReport, TerminalOutput } from "./job-output";

export interface Spawned extends Pick<ProcessGroup, "output" | "write" | "closeInput" | "resize"> {
  child: Bun.Subprocess;
  /** Cuts the connections of a job with a network of its own. */
  cutNetwork: () => void;
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

type SpawnRequest = Pick<
  ConfinedRequest,
  | "filter"
  | "isEngine"
  | "loopbackPort"
  | "cwd"
  | "env"
  | "environment"
  | "sandbox"
  | "stdin"
  | "stdinOpen"
  | "terminal"
  | "onOutput"
  | "onReport"
>;

/**
 * Starts it in a session of its own, with the environment of jobs, with descriptor 4 where the request reads reports, and 5
 * where it has a filter. Throws when there is no such program.
 */
export function spawnFor(request: SpawnRequest, options: SpawnOptions): Spawned {
  const common = {
    cwd: options.cwd ?? request.cwd,
    env: jobEnvironment(process.env, namesFor(request), {
      ...(request.terminal && { TERM: terminalName }),
      ...(request.isEngine && direct(process.env)),
      ...request.env,
    }),
    detached: true, // setsid
  };
  const ways = waysOut(request);
  const filter = request.filter === undefined ? [] : [openSync(request.filter, "r")];
  const rest: Rest = [
    options.controlPipe ? "pipe" : "ignore",
    request.onReport ? "pipe" : "ignore",
    ...filter,
    ...(ways ? (["pipe", "pipe"] as const) : []),
  ];
  let spawned: OnlySpawned;
  try {
    spawned = request.terminal
      ? onTerminal(request, request.terminal, options.command, common, rest)
      : onPipes(request, options.command, common, rest);
  } finally {
    filter.forEach(closeSync);
  }
  const { exited, stdio } = noteSpawned(spawned.child);
  const cutNetwork = ways ? openWaysOut(request, ways, stdio) : () => {};
  exited.then(cutNetwork, cutNetwork);
  const reports = request.onReport ? [readReport(stdio[4] as number, request.onReport)] : [];
  return { ...spawned, output: [...spawned.output, ...reports], cutNetwork };
}

function namesFor({ environment = [], isEngine }: SpawnRequest): readonly string[] {
  return isEngine ? environment.filter((name) => !isKeyOfProvider(name)) : environment;
}

/**
 * To be called in the tick in which it was started: a child in another session than this server's that is not noted is
 * taken for an orphan of a job.
 */
export function noteSpawned<Child extends Bun.Subprocess>(child: Child): Child {
  const onExited = (): void => void spawnedChildren.delete(child.pid);
  spawnedChildren.add(child.pid);
  child.exited.then(onExited, onExited);
  return child;
}

/**
 * Its exit code; undefined when it has not exited after `ms`: then all of its group are killed. It must have been started
 * `detached`, and be noted.
 */
export async function exitWithin(child: Bun.Subprocess, ms: number): Promise<number | undefined> {
  await within(ms, child.exited, neverAborts);
  if (child.exitCode !== null || child.signalCode !== null) return child.exited;
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch (err) {
    // It is not waited for yet, so its group exists: all of it have become another user's.
    log.warn({ err, pid: child.pid }, "A program that does not answer could not be killed");
  }
  return undefined;
}

/** Whether this server has started it: its other children are orphans that were reparented to it. */
export function isSpawnedChild(pid: number): boolean {
  return spawnedChildren.has(pid);
}

const spawnedChildren = new Set<number>();

type OnlySpawned = Omit<Spawned, "cutNetwork">;

interface Common {
  cwd: string;
  env: Record<string, string>;
  detached: boolean;
}

type Rest = readonly ("pipe" | "ignore" | number)[];

function onPipes(
  request: SpawnRequest,
  command: string[],
  common: Common,
  rest: Rest,
): OnlySpawned {
  const child = Bun.spawn(command, {
    ...common,
    stdio: [inputOf(request), "pipe", "pipe", ...rest],
  });
  return {
    child,
    output: [
      readOutput(child.stdout, (text) => request.onOutput(text, "stdout")),
      readOutput(child.stderr, (text) => request.onOutput(text, "stderr")),
    ],
    ...(request.stdinOpen ? openInput(child) : noInput),
    resize: () => {},
  };
}

function inputOf({ stdin, stdinOpen }: SpawnRequest): "pipe" | "ignore" | Uint8Array {
  if (stdinOpen) return "pipe";
  return stdin === undefined ? "ignore" : new TextEncoder().encode(stdin);
}

type Input = Pick<Spawned, "write" | "closeInput">;

const noInput: Input = { write: () => true, closeInput: () => {} };

function openInput(child: Bun.Subprocess): Input {
  const input = new JobInput(child.stdin as Bun.FileSink);
  const discard = (): void => input.discard();
  child.exited.then(discard, discard);
  return { write: (text) => input.write(text), closeInput: () => input.close() };
}

/** Only the inline `terminal` option makes the terminal the program's controlling one. */
function onTerminal(
  request: SpawnRequest,
  { columns, rows }: TerminalSize,
  command: string[],
  common: Common,
  rest: Rest,
): OnlySpawned {
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
    ...noInput,
    write(text) {
      if (!terminal.closed) terminal.write(text);
      return true;
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
