/** Receipts, the answer of a stop, and the history of stops. */
import type { ReceiptEngine, ToolKind } from "./session-engine";
import type { HookEvent } from "./hook";
import type { Proof } from "./proof";
import type { Outcome, Stop, StopPoint } from "./stop";
import type { Usage } from "./usage";

/** What a run did; when it was stopped, what the stop ended. Times in milliseconds. */
export interface Receipt {
  /** Absent when the run ended by itself. */
  stop?: Stop & { point: StopPoint };
  /** The command, call or subagents that were running when the stop came, as one line. */
  during?: string;
  /** From the stop until everything was closed and dead; 0 without a stop. */
  settledMs: number;
  /** Requests to the model; 0 with an engine whose `connection` is its own: Rein does not see them. */
  modelCalls: number;
  /** Those that were open when the stop came, and are closed. */
  modelCallsClosed: number;
  /** From the stop until the last of them was closed; absent when none was open. */
  modelClosedMs?: number;
  /** Every call of the run, its subagents' included, in the order in which they were made. */
  toolCalls: ReceiptToolCall[];
  /** The engine that drove the run; absent: Rein's own loop, or the engine had no process yet. */
  engine?: ReceiptEngine;
  /** Processes that were alive when the stop came, without those of engines. */
  processes: EndedProcess[];
  /** Processes that could not be killed, for a person to deal with. */
  survivors: Survivor[];
  /** That none but the survivors is left; absent when it started no process, and in receipts of older versions. */
  proof?: Proof;
  /**
   * The machine of the run, where that was not reached when another one settled the run: what became of its processes was not
   * seen. Absent once that machine has told.
   */
  unreached?: string;
  /** Pinned background processes of the run, which the stop has left running; absent when there was none. */
  kept?: EndedProcess[];
  subagents: ReceiptSubagent[];
  /** Around its tools; absent when there was none. */
  hooks?: ReceiptHook[];
  usage: Usage;
}

export interface ReceiptToolCall {
  id: string;
  name: string;
  /** Of an engine's own tools. */
  kind?: ToolKind;
  /** The command, the path: what the call was about, as one line. */
  subject: string;
  outcome: Outcome | "denied" | "never-started";
  /** The end of its output. */
  output: string;
  /** A service was told of its stop, and does not confirm it. */
  told?: true;
  /** The subagent that made it. */
  subagentId?: string;
  /** That none of its processes but the survivors is left; absent when it started none. */
  proof?: Proof;
}

export interface ReceiptHook {
  /** Of its record. */
  id: string;
  name: string;
  on: HookEvent;
  outcome: Outcome;
  /** That none of its processes but the survivors is left. */
  proof?: Proof;
}

export interface ReceiptSubagent {
  id: string;
  title: string;
  outcome: Outcome;
  /** The engine that drove it, when it was stopped; absent as that of the run. */
  engine?: ReceiptEngine;
  toolCalls: number;
  usage: Usage;
}

export interface EndedProcess {
  pid: number;
  command: string;
  /** From the stop until it was seen dead. */
  endedMs?: number;
}

export interface Survivor {
  pid: number;
  command: string;
  reason: string;
  /** When it started, in the system's own unit: with the pid it names this process and no later one. Absent in older receipts. */
  startedAt?: string;
  /** The id of the machine's boot, without which the two name another process. Absent in older receipts. */
  boot?: string;
}

/**
 * The answer of a stop. `stopped: false` means that nothing named so was running. `uploads`: how many unfinished uploads of
 * the session it cancelled, where there were any. `unshared`: only its machine has the end so far, and the database that all
 * machines share not yet.
 */
export type StopAnswer = { uploads?: number } & (
  | { stopped: true; runId: string; receipt: Receipt | null; outcome: Outcome; unshared?: true }
  | { stopped: false; message: string }
);

/** One row of the history of stops: `GET /api/stops`. */
export interface StopRecord {
  sessionId: string;
  title: string;
  runId: string;
  stop: Stop & { point: StopPoint };
  /** Absent when the server crashed. */
  settledMs?: number;
  during?: string;
  usage: Usage;
  modelCallsClosed: number;
  /** Without those of engines themselves. */
  processesEnded: number;
  /** As in the receipt. */
  engine?: { name: string; processesEnded: number; idleMs?: number };
  subagentsStopped: number;
  filesChanged: number;
  survivors: Survivor[];
  proof?: Proof;
  /** The machine of a cluster that it was on. */
  node?: string;
  /** As in the receipt. */
  unreached?: string;
}
