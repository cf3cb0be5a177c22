/** What people and models are shown of a job's processes: the command's own, without those of the sandbox around it. */
import type { JobRequest, ProcessView } from "../jobs";
import { viewOf } from "./process-info";
import { readProc } from "./procfs";
import { commandLineOf, commandOf, type ProcessRow } from "./process-table";

/** What is run in the sandbox to see that its directory is the right one, before the command. */
export const identityCommand = "stat -c %d:%i .";

export class ShownProcesses {
  readonly #command: string;
  readonly #isConfined: boolean;

  constructor({ command, sandbox }: Pick<JobRequest, "command" | "sandbox">) {
    this.#command = command.join(" ");
    this.#isConfined = sandbox !== undefined;
  }

  /** What is shown of it, if anything; its command line is read once, as it may become another program meanwhile. */
  look(pid: number): Look {
    if (!this.#isConfined) return { command: commandOf(pid), isShown: true, isBecoming: false };
    const line = commandLineOf(pid);
    const isWithin = isWithinSandbox(pid);
    // One that has just died has no command line, only the name of what may have been about to become the command.
    if (line === "") return { command: this.#command, isShown: isWithin, isBecoming: false };
    const isBecoming = line.endsWith(` ${this.#command.trim()}`);
    const own = isWithin ? this.#command : "bwrap";
    const isShown = isWithin && line !== identityCommand;
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

/** Not bwrap's, nor gone. */
function isWithinSandbox(pid: number): boolean {
  const status = readProc(`${pid}/status`);
  if (status === "") return false;
  // Its ids in the namespaces from the server's to its own (proc_pid_status(5)).
  const ids = status
    .match(/^NSpid:\s*(.+)$/m)?.[1]
    ?.trim()
    .split(/\s+/);
  return ids === undefined || (ids.length > 1 && ids.at(-1) !== "1");
}
