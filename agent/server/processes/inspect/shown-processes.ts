/** What people and models are shown of a job's processes: the command's own, without those of the sandbox around it. */
import type { JobRequest, ProcessView } from "../jobs";
import { viewOf } from "./process-info";
import { readProc } from "./procfs";
import { commandOf, type ProcessRow } from "./process-table";

/** What is run in the sandbox to see that its directory is the right one, before the command. */
export const identityCommand = "stat -c %d:%i .";

export class ShownProcesses {
  readonly #command: string;
  readonly #isConfined: boolean;

  constructor({ command, sandbox }: Pick<JobRequest, "command" | "sandbox">) {
    this.#command = command.join(" ");
    this.#isConfined = sandbox !== undefined;
  }

  /** False for bwrap's own, one outside of the sandbox and the first process within, and for the look at its directory. */
  includes(pid: number): boolean {
    if (!this.#isConfined) return true;
    const status = readProc(`${pid}/status`);
    if (status === "" || commandOf(pid) === identityCommand) return false; // gone, or soon
    // Its ids in the namespaces from the server's to its own (proc_pid_status(5)).
    const ids = status
      .match(/^NSpid:\s*(.+)$/m)?.[1]
      ?.trim()
      .split(/\s+/);
    return ids === undefined || (ids.length > 1 && ids.at(-1) !== "1");
  }

  /** Without ports where it is still about to become the command: then it opens the one of the job's proxy. */
  viewOf(row: ProcessRow): ProcessView {
    // Read before the ports, so that these are never taken for the command's.
    const line = commandOf(row.pid);
    const view = viewOf(row, this.commandOf(row.pid));
    return this.#isConfined && this.#endsWithCommand(line) ? { ...view, ports: [] } : view;
  }

  /** Its command line. Where it is still about to become the command, or is bwrap, not with the words of the sandbox. */
  commandOf(pid: number): string {
    // One that has just died has no command line, only the name of what may have been about to become the command.
    if (this.#isConfined && readProc(`${pid}/cmdline`) === "") return this.#command;
    const line = commandOf(pid);
    if (!this.#isConfined || !this.#endsWithCommand(line)) return line;
    return this.includes(pid) ? this.#command : "bwrap";
  }

  #endsWithCommand(line: string): boolean {
    return line.endsWith(` ${this.#command.trim()}`);
  }
}
