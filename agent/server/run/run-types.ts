/** What runs are made of: the parts of the server they use, the message that starts one, and how one ended. */
import type {
  Changes,
  FileRef,
  Limits,
  LimitValues,
  Receipt,
  ReceiptEngine,
  Run,
  Session,
  TitleChoice,
} from "../../shared/protocol";
import type { Scopes } from "../abort";
import type { Approvals } from "../agent/approvals";
import type { ModelWaits } from "../agent/model-waits";
import type { PauseGate } from "../agent/pause-gate";
import type { EndedJob } from "../agent/tool-runner";
import type { LoopEnd } from "../agent/turn-types";
import type { Attachments } from "../attachments/attachments";
import type { BackgroundJobs } from "../background/background-jobs";
import type { Catalog } from "../catalog/catalog";
import type { Jobs } from "../processes/jobs";
import type { RulesFile } from "../rules/rules-file";
import type { OwnPath } from "../rules/self-executing";
import type { SessionRegistry } from "../session/session-registry";
import type { Tool } from "../tools/tool";
import type { RunWatch, Undo } from "../undo/undo";
import type { LimitWatch } from "./limit-watch";

/** What the loops of all runs use. */
export interface LoopParts {
  limits: () => Limits;
  catalog: Catalog;
  approvals: Approvals;
  jobs: Jobs;
  tools: Tool[];
  /** The rules of projects, and Rein's own directories. */
  rules: RulesFile;
  own: readonly OwnPath[];
  attachments: Attachments;
}

/** What the loops of one run share. */
export interface LoopRun {
  id: string;
  scopes: Scopes;
  pauseGate: PauseGate;
  limits: LimitWatch;
  waits: ModelWaits;
  jobEnds: EndedJob[];
  watch: RunWatch | undefined;
  /** Set by an engine's loop, and kept as it is at the end. */
  engineReport?: EngineReport;
}

/** What the loop of an engine knows for the receipt. */
export interface EngineReport extends Omit<ReceiptEngine, "processes"> {
  /** Its requests to the model, by the gate; absent when it uses its own log-in. */
  modelCalls?: {
    made: number;
    /** Those that were open when the stop came, and are closed, and when the last of them was (milliseconds since the epoch). */
    closed: number;
    closedAt?: number;
  };
}

/** What runs use. */
export interface RunParts extends LoopParts {
  titles: () => TitleChoice;
  sessions: SessionRegistry;
  background: BackgroundJobs;
  undo: Pick<Undo, "begin">;
  logEnd: (session: Session, run: Run) => void;
}

/** A message for which a run is to be started. */
export interface Sending {
  message: string;
  files?: FileRef[] | undefined;
  runId: string;
  /** The run that it tries again. */
  retryOf?: string | undefined;
  /** In the place of the server's own. */
  limits?: LimitValues | undefined;
}

/** How a run ended, once nothing of it lives any more. */
export interface RunEnd extends LoopEnd {
  receipt?: Receipt;
  changes?: Changes;
}
