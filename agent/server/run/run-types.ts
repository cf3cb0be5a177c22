/** What runs are made of: the parts of the server they use, the message that starts one, and how one ended. */
import type {
  Changes,
  FileRef,
  Limits,
  LimitValues,
  QueuedMessage,
  Receipt,
  Run,
  Session,
  TitleChoice,
} from "../../shared/protocol";
import type { Scopes } from "../abort";
import type { Approvals } from "../agent/approvals";
import type { ModelWaits } from "../agent/model-waits";
import type { PauseGate } from "../agent/pause-gate";
import type { TurnGate, TurnReport } from "../agent/engine-turn-types";
import type { EndedJob } from "../agent/tool-runner";
import type { LoopEnd } from "../agent/turn-types";
import type { Attachments } from "../attachments/attachments";
import type { BackgroundJobs } from "../background/background-jobs";
import type { Catalog } from "../catalog/catalog";
import type { Definitions } from "../definitions/definitions";
import type { Engine } from "../engines/engine";
import type { OpenConversations } from "../engines/open-conversations";
import type { RunHooks } from "../hooks/run-hooks";
import type { ToolHooks } from "../hooks/tool-hooks";
import type { Diagnose } from "../lsp/diagnose";
import type { ProjectMemory } from "../memory/project-memory";
import type { Jobs } from "../processes/jobs";
import type { McpServers } from "../mcp/mcp-servers";
import type { RulesFile } from "../rules/rules-file";
import type { OwnPath } from "../rules/self-executing";
import type { SessionRegistry } from "../session/session-registry";
import type { OutputStore } from "../tools/outputs/output-store";
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
  /** Runs the lines of commands. */
  commandLine: Tool;
  mcp: Pick<McpServers, "tools" | "beginRun" | "given">;
  /** The rules of projects, and Rein's own directories. */
  rules: RulesFile;
  own: readonly OwnPath[];
  attachments: Attachments;
  definitions: Pick<
    Definitions,
    "of" | "promptOf" | "personalPromptOf" | "commands" | "skills" | "roles" | "skillFile"
  >;
  memory: Pick<ProjectMemory, "of" | "propose" | "promptOf">;
  hooks: ToolHooks;
  outputs: OutputStore;
  diagnose: Diagnose;
  engines: { find(id: string): Engine | undefined };
  /** Of all sessions. */
  conversations: OpenConversations<TurnGate>;
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
  /** Aborts when a second stop wants no time to be given to anything. */
  hardSignal: AbortSignal;
  /** Set by the loop of an engine: what the receipt says of it. */
  engineReport?: TurnReport;
  /** Of the engines of its subagents, by the ids of their calls. */
  readonly subagentReports: Map<string, TurnReport>;
  /** Set by it: ends what its last turn has left running, where nothing has; resolves when that is proven, and never rejects. */
  endEngine: (() => Promise<void>) | undefined;
  /** Calls back when a message is queued for the running model, until it is disposed of. */
  onQueued(listener: () => void): Disposable;
}

/** What runs use. */
export interface RunParts extends LoopParts {
  titles: () => TitleChoice;
  sessions: SessionRegistry;
  background: BackgroundJobs;
  undo: Pick<Undo, "begin">;
  runHooks: RunHooks;
  logEnd: (session: Session, run: Run) => void;
}

/** A message for which a run is to be started. */
export interface Sending extends Pick<QueuedMessage, "command" | "asks"> {
  message: string;
  files?: FileRef[] | undefined;
  runId: string;
  /** The run that it tries again. */
  retryOf?: string | undefined;
  /** In the place of the server's own. */
  limits?: LimitValues | undefined;
  /** Who sends it, where people have names. */
  user?: string | undefined;
  /** Nobody is asked in the run. */
  unattended?: true | undefined;
}

/** How a run ended, once nothing of it lives any more. */
export interface RunEnd extends LoopEnd {
  receipt?: Receipt;
  changes?: Changes;
}
