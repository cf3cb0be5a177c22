/** What the loop of an engine is given: its conversation, and what Rein asks of every loop. */
import type {
  FileRef,
  Message,
  ModelInfo,
  QueuedMessage,
  ReceiptEngine,
  Session,
  Usage,
} from "../../shared/protocol";
import type { Scopes } from "../abort";
import type { Engine, EngineConversation, EngineFile } from "../engines/engine";
import type { ConversationSetting, OpenedGate } from "../engines/open-conversation";
import type { OpenConversations } from "../engines/open-conversations";
import type { Allowing } from "./call-permission";
import type { ModelWaits, RequestWait } from "./model-waits";
import type { PauseGate } from "./pause-gate";
import type { EndedJob } from "./tool-runner";

/** Rein's way to the model, as far as a turn uses it: see the gate. */
export interface TurnGate extends OpenedGate {
  readonly usage: Usage;
  readonly counts: { requests: number; open: number; closedAt?: number };
  setTurn(turn: GateHooks | undefined): void;
  /** Closes every open request in this tick, and refuses others. */
  cut(): void;
}

/** What the gate asks of a turn. */
export interface GateHooks {
  beforeRequest(signal: AbortSignal): Promise<void>;
  onUsage(usage: Usage): void;
  openRequest(again: () => void): RequestWait;
  onClosed(request: ClosedCall): void;
}

/** A request of an engine to a model that is over. `code`: why it failed, as ProviderError has it. */
export interface ClosedCall {
  model: string;
  usage: Usage;
  code?: string;
}

/** What the user says to an engine. */
export interface Said {
  text: string;
  files: readonly FileRef[];
}

export interface EngineLoopRequest {
  runId: string;
  /** Of a subagent: the id of the tool call that it runs under. */
  agentId?: string;
  engine: Engine;
  /** As messages name them. */
  provider: string;
  model: string;
  conversations: OpenConversations<TurnGate>;
  /** Reads what `setting` has of MCP servers, before the conversation is taken. Rejects only with the signal's reason. */
  readServers: (signal: AbortSignal) => Promise<void>;
  /** How its conversation is opened, as it is now. */
  setting: () => ConversationSetting;
  /** The first that is said to the engine, with the note of its message. */
  said: Said;
  /** As this engine is given them; what it does not take is named. Throws the signal's reason. */
  readFiles: (
    files: readonly FileRef[],
    takes: ModelInfo["takes"],
    signal: AbortSignal,
  ) => Promise<EngineFile[]>;
  /** It only sums up the conversation. */
  sumsUp?: true;
  /** The text for an engine that has nothing of what was said before: with all of that, as text. */
  anew: (text: string) => string;
  /** What the person tells models. Told with a message where the conversation does not have it as it is now. */
  instructions: EngineInstructions;
  /** Keeps the name of the conversation, and what its engine says of itself: on disk when this returns. */
  keep: (conversation: Pick<EngineConversation, "id" | "version" | "takes">) => void;
  /** Forgets it, once its process has ended: the next turn begins another. */
  drop: () => void;
  /** Puts what a stop has cut into the engine's own history, where it takes that. */
  amend: (conversation: EngineConversation) => Promise<void>;
  /** What the user has queued for the running model. */
  queued: () => QueuedMessage[];
  /** Takes it out of the queue, or only the message that the engine has been given, as messages of the conversation. */
  takeQueued: (given?: QueuedMessage) => Message[];
  /** Calls back when something is queued for the running model, until it is disposed of. */
  onQueued: (listener: () => void) => Disposable;
  /** Before a turn, or with a gate before each request to the model. Waits for the limits; false: the run has halted. */
  beginRequest: () => boolean;
  /** Before the first one: what people are to be told of its cost. */
  beforeTurn: (signal: AbortSignal) => Promise<void>;
  recordCost: (messageId: string, cost: () => Usage) => void;
  /** The size of the model's context, where it is known. */
  windowTokens: () => number | undefined;
  allowing: Allowing;
  session: Session;
  scopes: Scopes;
  pauseGate: PauseGate;
  waits: ModelWaits;
  /** Resolves when changes of files from now on are recorded as this run's. */
  readyToWrite: (signal: AbortSignal) => Promise<void>;
  write: () => Disposable | undefined;
  jobEnds: EndedJob[];
  report: (turn: TurnReport) => void;
  /** Takes what ends the engine's job for a stop that comes after the turn's own end: its commands may live on until then. */
  leave: (end: () => Promise<void>) => void;
}

export interface EngineInstructions {
  /** What is to be said before the next message; "" for nothing. `isFresh`: as of the conversation. Throws the signal's reason. */
  toTell: (isFresh: boolean, signal: AbortSignal) => Promise<string>;
  /** The turn that was told them has ended by itself: the conversation has them. */
  keep: () => void;
  /** The conversation was summed up: what it has of them is not known. */
  forget: () => void;
}

/** What a receipt says of a turn of the session's engine. */
export interface TurnReport extends Omit<ReceiptEngine, "processes"> {
  /** Its requests to the model; absent when it uses its own log-in. `closed`: those that the stop found open. */
  modelCalls?: { made: number; closed: number; closedAt?: number };
}
