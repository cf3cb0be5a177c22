/** What people and models are shown of a job's processes: the command's own, without those of the sandbox around it, and none of a helper. */
import type { JobRequest, ProcessView } from "../jobs";
import { viewOf } from "./process-info";
import { readProc } from "./procfs";
import { commandLineOf, commandOf, type ProcessRow } from "./process-table";

export class ShownProcesses {
  readonly #command: string;
  readonly #isConfined: boolean;
  readonly #isHelper: boolean;

  constructor({
    command,
    sandbox,
    isHelper,
  }: Pick<JobRequest, "command" | "sandbox" | "isHelper">) {
    this.#isHelper = isHelper ?? false;
    this.#command = command.join(" ");
    this.#isConfined = sandbox !== undefined;
  }

  /** What is shown of it, if anything; its command line is read once, as it may become another program meanwhile. */
  look(pid: number): Look {
    const isShownAtAll = !this.#isHelper;
    if (!this.#isConfined)
      return { command: commandOf(pid), isShown: isShownAtAll, isBecoming: false };
    const line = commandLineOf(pid);
    const isShown = isShownAtAll && isOfCommand(pid);
    // One that has just died has no command line, only the name of what may have been about to become the command.
    if (line === "") return { command: this.#command, isShown, isBecoming: false };
    const isBecoming = line.endsWith(` ${this.#command.trim()}`);
    const own = isShown || this.#isHelper ? this.#command : "bwrap";
    return { command: isBecoming ? own : line, isShown, isBecoming };
  }

  /** Undefined where it is not shown. Without ports where it is still about to become the command: it opens the proxy's. */
  viewOf(row: ProcessRow): ProcessView | undefined {
    const { command, isShown, isBecoming } = this.look(row.pid);
    if (!isShown) return undefined;
    const view = viewOf(row, command);
    return isBecoming ? { ...view, ports: [] } : view;
  }
}

export interface Look {
  /** Its command line; not with the words of the sandbox where it is still about to become the command, or is bwrap. */
  command: string;
  /** False for bwrap's own, one outside of the sandbox and the first process within, and for the look at its directory. */
  isShown: boolean;
  /** It has still to become the command. */
  isBecoming: boolean;
}

/**
 * Not bwrap's, nor the look at its directory, nor gone. The command chooses its name, but not its id in the sandbox: 1 is
 * bwrap's, 2 becomes the command, and 3 is the look that it forks first (each one more for a set-user-id bwrap, which
 * forks a helper before). None of them is given again: after the last id the kernel goes on at 300.
 */
function isOfCommand(pid: number): boolean {
  const status = readProc(`${pid}/status`);
  if (status === "") return false;
  const id = idInSandbox(status);
  if (id === undefined) return true;
  const parent = status.match(/^PPid:\s*(\d+)/m)?.[1];
  const isLook = (id === 3 || id === 4) && idInSandbox(readProc(`${parent}/status`)) === id - 1;
  return id > 1 && !isLook;
}

/** 0 outside of it; undefined where the kernel does not say. The ids go from the server's namespace inwards (proc_pid_status(5)). */
function idInSandbox(status: string): number | undefined {
  const ids = status.match(/^NSpid:\s*(.+)$/m)?.[1];
  return ids === undefined ? undefined : Number(ids.split(/\s+/)[1] ?? 0);
}
