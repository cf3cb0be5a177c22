/** Background processes: they outlive the call that started them. */
import type { JobLimitHit } from "./job-limits";
import type { Proof } from "./proof";
import type { Survivor } from "./receipt";
import type { Outcome, Stop } from "./stop";

/** A process that outlives the call that started it: a server, a watcher, whatever a command left running. */
export interface BackgroundProcess {
  /** Unique in its session, and short: the model writes it. */
  id: string;
  /** As the model wrote it. */
  command: string;
  /** Of the command's main process. */
  pid: number;
  runId: string;
  toolCallId: string;
  /** The subagent that started it. */
  subagentId?: string;
  startedAt: number;
  /** A stop of its run leaves it running. */
  pinned: boolean;
  /** "unknown": its machine died or was not reached, and others have written that down; it says itself what became of it once it is back. */
  state: "running" | "stopping" | "unknown" | Outcome;
  endedAt?: number;
  /** Of a process that ended by itself: one of the two. */
  exitCode?: number;
  signalName?: string;
  /** A limit of the machine that it has reached. */
  limitHit?: JobLimitHit;
  /** The stop that ended it; absent when the agent ended it. */
  stop?: Stop;
  /** Processes that the stop could not kill. */
  survivors?: Survivor[];
  /** Of one that has ended: that none of its processes but the survivors is left. */
  proof?: Proof;
}

/** A running job as the system reports it now: `GET /api/sessions/:id/processes`. */
export interface ProcessLook {
  /** Of a background process, or else of the job. */
  id: string;
  /** The running tool call that it belongs to, and is stopped with. */
  toolCallId?: string;
  /**
   * "itself": the session's engine, without the commands of its model. "command": one of those, which lives in the engine's
   * job and ends with it, or alone.
   */
  engine?: "itself" | "command";
  /** An MCP server of the session: it outlives runs, and is stopped alone. */
  mcpServer?: true;
  /** A hook; one that runs after the end of its run has no `toolCallId`, and is stopped alone. */
  hook?: true;
  /** A language server of the session: it outlives runs, and is stopped alone. */
  languageServer?: true;
  /** Of an engine itself, and of an MCP server: its name. */
  command: string;
  pid: number;
  startedAt: number;
  /** Of all its processes: how many, their processor time since their start, their memory, the TCP ports they listen on. */
  processes: number;
  cpuMs: number;
  memoryBytes: number;
  ports: number[];
  /** Of a background process: the last line of its output. */
  lastLine?: string;
}

/** The output of a background process from `from` on: `GET /api/sessions/:id/processes/:processId/output?after=`. */
export interface ProcessOutput {
  text: string;
  /** In characters since its start. Greater than `after` when the text between is no longer kept. */
  from: number;
  /** To be given as `after` next time. */
  next: number;
}
