/** Processes that outlive the call that started them. */
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
  state: "running" | "stopping" | Outcome;
  endedAt?: number;
  /** Of a process that ended by itself: one of the two. */
  exitCode?: number;
  signalName?: string;
  /** Who stopped it. */
  stop?: Stop;
  /** What the stop could not end. */
  survivors?: Survivor[];
}

/** What is asked of the system about a living process while somebody looks: `GET /api/sessions/:id/processes`. */
export interface ProcessLook {
  /** Of a background process its own; else the job's. */
  id: string;
  /** Set when it belongs to a tool call that runs now: to be stopped with that. */
  toolCallId?: string;
  command: string;
  pid: number;
  startedAt: number;
  /** Of all its processes: how many, their processor time since their start, their memory, the TCP ports they listen on. */
  processes: number;
  cpuMs: number;
  memoryBytes: number;
  ports: number[];
  /** The last line it has put out, of a background process. */
  lastLine?: string;
}

/** What a background process has put out from `from` on: `GET /api/sessions/:id/processes/:processId/output?after=`. */
export interface ProcessOutput {
  text: string;
  /** In characters since its start. Later than `after` when what is between is no longer held. */
  from: number;
  /** To be given as `after` next time. */
  next: number;
}
