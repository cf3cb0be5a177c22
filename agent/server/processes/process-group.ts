/** The processes of one job as one thing: to be looked at, and to be ended. */
import type { JobExit, TerminalSize } from "./jobs";
import type { Output } from "./job-output";
import type { ProcessRow } from "./inspect/process-table";

export interface ProcessGroup {
  /** The command's main process. */
  readonly pid: number;
  /** How the main process ended; never rejects. */
  readonly exited: Promise<JobExit>;
  /** Resolves when nobody of it is left; never rejects. */
  readonly gone: Promise<void>;
  /** Whether `gone` is the kernel's word, and not just that nobody was found. */
  readonly provesEmpty: boolean;
  /** What else it is known by, should it be left behind. */
  readonly supervisor?: number;
  readonly cgroup?: string;
  readonly output: Output[];
  /** Its living processes, parents first. */
  members(): ProcessRow[];
  /** Sees to it that everybody dies, whoever is born meanwhile too, until `gone`. Again: whoever still lives is tried again. */
  end(): void;
  write(text: string): void;
  resize(size: TerminalSize): void;
}
