/** The processes of one job, to be listed and killed together. */
import type { JobLimitHit, Proof } from "../../shared/protocol";
import type { JobExit, TerminalSize } from "./jobs";
import type { Output } from "./job-output";
import type { ProcessIdentity } from "./inspect/process-identity";
import type { ProcessRow } from "./inspect/process-table";

export interface ProcessGroup {
  /** The command's main process. */
  readonly pid: number;
  /** How the main process ended; never rejects. */
  readonly exited: Promise<JobExit>;
  /**
   * Resolves when no process of it is left, with how sure that is. Never rejects, and never comes before `exited`. It may
   * never come: one that cannot be killed keeps it open.
   */
  readonly gone: Promise<Proof>;
  /** By these the next server finds the group if this one is killed. */
  readonly supervisor?: number;
  readonly cgroup?: string;
  readonly output: Output[];
  /**
   * Its living processes, parents first, each read from the system when it is asked for: there may be thousands. Undefined
   * stands for one that died meanwhile. Processes that fork and exit can go on without end: the reader sets a bound.
   */
  members(): Iterable<ProcessRow | undefined>;
  /** Without a supervisor: its members at the last look, without a look of its own. */
  readonly known?: () => ProcessIdentity[];
  /**
   * Kills every process of it, including those started meanwhile, until `gone` or for a few seconds in vain. Called again,
   * it retries the survivors.
   */
  kill(): void;
  /** Only with a cgroup: see `JobCgroup`. */
  readonly freeze?: (isFrozen: boolean) => boolean;
  /** Only with a cgroup: how many processes live in it. Undefined when the system lets nothing be read. */
  readonly count?: () => number | undefined;
  /** Only with a cgroup: see `Job`. */
  readonly limitHit?: () => JobLimitHit | undefined;
  /** See `Job`. */
  write(text: string): boolean;
  closeInput(): void;
  resize(size: TerminalSize): void;
}
