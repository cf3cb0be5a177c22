/** What runs are made of: the parts of the server they use, the message that starts one, and how one ended. */
import type { Changes, FileRef, LimitValues, Receipt, Run, Session } from "../../shared/protocol";
import type { LoopEnd } from "../agent/turn-types";
import type { BackgroundJobs } from "../background/background-jobs";
import type { SessionRegistry } from "../session/session-registry";
import type { Undo } from "../undo/undo";
import type { LoopParts } from "./run-loops";

export interface RunParts extends LoopParts {
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
