/** The interface to engines: other agents, each a program that runs as a job, behind one set of events. */
import type {
  EngineGives,
  ErrorInfo,
  MediaType,
  ModelInfo,
  ModelOptions,
  ToolKind,
  Usage,
} from "../../shared/protocol";
import type { McpServer } from "../../shared/requests";
import type { JobEnd } from "../processes/jobs";

/** One agent that Rein can drive. */
export interface Engine {
  readonly id: string;
  /** For people. */
  readonly name: string;
  readonly gives: EngineGives;
  /** Ids of Rein's providers whose wire it speaks, in the order in which one is chosen. */
  readonly providers: readonly string[];
  /** Whether it can go out by a log-in of its own. */
  readonly ownLogin: boolean;
  /** The file name of its program. Absent for one that was entered in the settings. */
  readonly program?: string;
  /**
   * Files and directories where it keeps its log-in and its conversations when it has no `home`: with it they can be
   * written in a sandbox too. "~" is the user's home.
   */
  readonly userFiles?: readonly string[];
  /** The command that installs it, for people. Absent for one that was entered in the settings. */
  readonly install?: string;
  /**
   * Found or not, which version, and what to do about it. May run the program once, as a job, for its version; starts
   * nothing that lasts. Rejects only with the signal's reason.
   */
  look(signal: AbortSignal): Promise<EngineLook>;
  /**
   * Starts the program and opens its conversation, resumed where the request names one. Rejects with EngineError when that
   * fails; then nothing of it runs. When `signal` aborts, the job is stopped and the reason is thrown.
   */
  open(request: EngineRequest, signal: AbortSignal): Promise<EngineConversation>;
}

/** Whether its program can be started. */
export interface EngineLook {
  state: "ready" | "missing" | "unusable";
  version?: string;
  path?: string;
  /** A sentence for people. */
  reason?: string;
}

/** One conversation as it is to be opened, and what Rein does for the engine meanwhile and afterwards. */
export interface EngineRequest {
  /** The session's directory, without links. */
  cwd: string;
  /** As the model's service names it; "": the engine's own default. */
  model: string;
  /** Of these an engine takes what it has. */
  options?: ModelOptions;
  /** For an engine that takes them. They have secrets: they are in no argument, variable or file of the engine, and in no message. */
  mcpServers?: readonly GivenServer[];
  /** The conversation to resume, as an earlier `EngineConversation.id`. */
  conversationId?: string;
  /** Where its requests to the model go. Absent: by its own log-in. */
  gate?: GateAddress;
  /**
   * A directory for its own files (conversations, settings) that lasts as long as the session, of which it is. Given with a
   * gate; absent: the user's own, where the log-in is.
   */
  home?: string;
  /** Starts a program as a job of the session: the only way in which an engine starts anything. `env` is added. */
  start(command: string[], env: Record<string, string>, signal: AbortSignal): Promise<EngineChild>;
  /**
   * Asks whether something may be done. Resolves with a person's answer, or by Rein's rules without one; with
   * `cancelled` when a stop ends the turn. Refused: a second one about a call while the first is open, and one about a call
   * that has ended, or ends first. Never rejects. `signal`: the engine no longer wants to know.
   */
  ask(question: EngineQuestion, signal: AbortSignal): Promise<EngineAnswer>;
}

/** An MCP server that an engine is given. It asks before it uses anything of it, and names its tools `mcp__server__tool`. */
export interface GivenServer {
  server: McpServer;
  /** The server's own names of tools that are switched off: the model has none of them. */
  offTools: readonly string[];
}

/** Rein's loopback address in front of one provider. The token is worth nothing elsewhere, and dies with the conversation. */
export interface GateAddress {
  /** The provider's wire: one of `Engine.providers`. */
  provider: string;
  /** In the place of the provider's base URL, as Rein's settings have it (with /v1 where that has it). */
  url: string;
  /** In the place of the provider's key. */
  token: string;
}

/**
 * What goes in front of the words of a message, in its order: words about a file, with those of a text; or a picture or PDF,
 * `data` in base64.
 */
export type EngineFile =
  | { text: string }
  | { name: string; mediaType: Exclude<MediaType, "text/plain">; data: string };

/** One open conversation: its own process, until it is closed or its job is stopped. */
export interface EngineConversation {
  /** By which it is resumed. */
  readonly id: string;
  readonly version?: string;
  readonly child: EngineChild;
  /** What it takes besides text, where it says so itself. */
  readonly takes?: ModelInfo["takes"];
  /**
   * Sends the user's message and yields what happens until the engine is idle, then returns how it ended. It does not
   * throw for what the engine does, says or fails at: that is in the end. One turn at a time. What the engine says outside
   * a turn is dropped, and a turn that Rein did not ask for is interrupted.
   */
  turn(text: string, files?: readonly EngineFile[]): AsyncGenerator<EngineEvent, EngineEnd>;
  /** The engine's own way to stop the turn; the turn's generator then ends. Resolves at once; idempotent; never rejects. */
  interrupt(): void;
  /** Stops one subagent by the key of its tool call. False: it cannot, or nothing of that key runs. */
  stopSubagent?(key: string): Promise<boolean>;
  /** Gives a message to the turn under way. False: it was too late, and the message is to be sent as the next. */
  steer?(text: string, files?: readonly EngineFile[]): Promise<boolean>;
  /** Puts what a stop has cut into the engine's own history. False: it has to be told in a note. */
  amend?(cut: CutTurn): Promise<boolean>;
  /** From the next turn on. */
  setModel?(model: string, options?: ModelOptions): Promise<void>;
  /** Sums up its history, as a turn. */
  compact?(): AsyncGenerator<EngineEvent, EngineEnd>;
}

/** What a person had seen of a turn that a stop has cut, and no note tells the model. */
export interface CutTurn {
  message: string;
  text: string;
  /** Its cut calls, with the output that had come. */
  calls: { name: string; subject: string; output: string }[];
}

/** A program of an engine, as a job. */
export interface EngineChild {
  readonly pid: number;
  /**
   * What it writes to standard output, line by line (LF), read once. Ends with the output; throws EngineError when a line is
   * longer than the bound.
   */
  readonly lines: AsyncIterable<string>;
  /** Writes the line and LF. Without effect after the end. */
  write(line: string): void;
  closeInput(): void;
  /** The end of what it wrote to standard error, for error messages. */
  errorOutput(): string;
  /** The program itself is dead, though what it has left may live: `ended` comes later. */
  readonly isDead: boolean;
  /** Never rejects. */
  readonly ended: Promise<JobEnd>;
  stop(how: "polite" | "hard"): Promise<JobEnd>;
}

/**
 * What happens in a turn. `key`: the engine's own name of a part or call, unique in the turn; the loop makes Rein's parts
 * and ids of them. `agent`: the key of the tool call that is the subagent in which it happens; absent: the engine's own.
 */
export type EngineEvent =
  | { type: "text" | "reasoning"; key: string; delta: string; agent?: string }
  /** Of a text or reasoning. Without it, it ends with the next part. */
  | { type: "part-end"; key: string }
  /** A call, with what is known of it; sent again when more is known. `name`: the engine's own tool name, for people. */
  | {
      type: "tool";
      key: string;
      name: string;
      kind: ToolKind;
      /** What it is about in one line, where the input does not say so: a title. */
      title?: string;
      input?: unknown;
      agent?: string;
    }
  | { type: "tool-start"; key: string }
  /** `delta` is added to the output; `whole` takes its place. */
  | { type: "tool-output"; key: string; delta: string }
  | { type: "tool-output"; key: string; whole: string }
  | {
      type: "tool-end";
      key: string;
      outcome: "done" | "failed";
      /** Takes the place of what came before. */
      output?: string;
      error?: string;
      /** Unified. */
      diff?: string;
    }
  /** The call `key` is a subagent; `stop` false: it cannot be stopped alone. */
  | { type: "subagent"; key: string; title: string; kind?: string; model?: string; stop?: false }
  | { type: "subagent-end"; key: string; outcome: "done" | "failed" | "stopped" }
  /** What the turn has used so far; it replaces what came before. Not needed with a gate, which counts itself. */
  | { type: "usage"; usage: Usage }
  /** Of the last request: for the context meter. */
  | { type: "context"; usedTokens: number; windowTokens?: number }
  | { type: "plan"; entries: { text: string; state: "pending" | "in_progress" | "completed" }[] }
  /** Something that a person should see once: a warning of the engine, a model that was changed. */
  | { type: "notice"; text: string };

/** How a turn ended by the engine's own word. Whether it was stopped is decided by Rein's own signal. */
export type EngineEnd =
  | { outcome: "done" }
  | { outcome: "interrupted" }
  | { outcome: "failed"; error: ErrorInfo };

/** What an engine wants to do. */
export interface EngineQuestion {
  /** The key of the tool call that it belongs to; a new one where the engine names none. */
  key: string;
  /** The engine's own tool name. */
  name: string;
  kind: ToolKind;
  input?: unknown;
  agent?: string;
  access: EngineAccess;
}

/** What it would do, as far as rules are concerned. Paths and directories as the engine names them, absolute. */
export type EngineAccess =
  /** Without `directory` it is not known where the engine's shell is: allowances of other commands do not cover it. */
  | { kind: "command"; command: string; directory?: string }
  /** `also`: the other paths of one change. `isSearch`: it reads everything inside. */
  | { kind: "read" | "edit"; path: string; also?: readonly string[]; isSearch?: boolean }
  /** Anything else. `subject`: what it is about, whole. `once`: what it does is not understood, so no rule allows it. */
  | { kind: "tool"; tool: string; subject: string; once?: true };

export type EngineAnswer =
  | { allow: true }
  /** `hasWords`: a person has said what to do instead. */
  | { allow: false; message: string; hasWords?: true }
  | { allow: false; cancelled: true };

/** A failure of an engine, in words that a person can act on. */
export class EngineError extends Error {
  override readonly name = "EngineError";
  readonly code: string;

  /**
   * `code`: stable, such as `engine-missing`, `engine-ended`, `engine-login`, `engine-wire`. `engine-conversation`: the
   * conversation that was to be resumed is not there; a fresh one is opened in its place.
   */
  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** It has no log-in, or no longer. `help`: what a person does about that, as the beginning of a sentence. */
export function loggedOut({ name, providers }: Pick<Engine, "name" | "providers">, help: string) {
  const other = providers.length > 0 ? ", or use one of Rein’s providers" : "";
  return new EngineError("engine-login", `${name} is not logged in. ${help}${other}.`);
}
