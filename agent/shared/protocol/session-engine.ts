/** Engines: other agents, each a program that drives a session in the place of Rein’s own loop. */
import type { Effort, ModelInfo } from "./models";

/** What drives a session. Chosen with its first message, then fixed: an engine keeps the conversation for itself. */
export interface SessionEngine {
  /** As `GET /api/engines` lists it. */
  id: string;
  /** For people, as it was last: an agent that was entered in the settings may be removed there. */
  name?: string;
  /** Of the process that answered last. */
  version?: string;
  /** The engine's own name of the conversation, by which a new process resumes it. Absent until there is one. */
  conversationId?: string;
  /** The last stopped run whose cut text and output the engine's own history has been given, so that no note repeats them. */
  toldRunId?: string;
  /** The digest of the person's instructions as its conversation has them. Absent: it has none. */
  toldInstructions?: string;
  /** Of files besides text, as the process that answered last has said it. Absent: it says nothing of that. */
  takes?: ModelInfo["takes"];
}

/** The model of a session whose engine uses its own log-in, where none was chosen: the engine's own. */
export const ownLoginModel = "default";

/** What an engine can do: the page offers nothing else. */
export interface EngineGives {
  /** When the output of its commands arrives. */
  toolOutput: "live" | "end" | "none";
  /** One of its subagents can be stopped alone. */
  stopsSubagents: boolean;
  /** A message can reach it within a turn. */
  steers: boolean;
  /** It can sum up its own history. */
  sumsUp?: true;
  /** The efforts that can be chosen for its model. Absent: none. */
  efforts?: readonly Effort[];
  /** It can be given MCP servers, and asks before it uses anything of theirs. */
  takesMcpServers?: true;
  /** What it is given of files besides text. Absent: it says so itself when it starts, see `SessionEngine.takes`. */
  takes?: ModelInfo["takes"];
  /** What its own history still has of a turn that was interrupted: the user's message, the text, the output of cut calls. */
  keeps: { message: boolean; text: boolean; output: boolean };
}

/** What an engine's tool does, in the words of ACP: the page's icon, and whether it changes anything. */
export const toolKinds = [
  "read",
  "edit",
  "delete",
  "move",
  "search",
  "execute",
  "think",
  "fetch",
  "switch_mode",
  "other",
] as const;

export type ToolKind = (typeof toolKinds)[number];

/** One row of `GET /api/engines`. */
export interface EngineInfo {
  id: string;
  name: string;
  /** missing: not found on this machine. unusable: found, and `reason` says why it cannot work here. */
  state: "ready" | "missing" | "unusable";
  version?: string;
  /** Where it was found. */
  path?: string;
  /** A sentence: why it is not ready, or what to expect of a version that was not tried. */
  reason?: string;
  /** The command that installs it. */
  install?: string;
  /** Rein's providers by which it can reach a model; Rein then holds the key and counts. */
  providers: string[];
  /** It can also use the log-in that a person has given it; Rein then does not see its requests. */
  ownLogin: boolean;
  gives: EngineGives;
  /** The path of its program, as it was entered in the settings. */
  enteredPath?: string;
  /** Entered in the settings itself. The values of its variables never leave the server. */
  own?: { command: string[]; variables: string[]; writable: readonly string[] };
}

/** An agent that speaks ACP, as it was entered in the settings. */
export interface OwnAgent {
  name: string;
  /** The program and its arguments. */
  command: string[];
  /** Variables that it gets besides those of every job. */
  environment: Record<string, string>;
  /**
   * Directories and files that it can write in a sandbox, besides the session's directory; "~" is the user's home. Absent:
   * those of the engine with the same program.
   */
  writable?: string[];
}

/** What was entered in the settings about engines. */
export interface EngineSettings {
  /** Of programs, by the engine's id. */
  paths: Record<string, string>;
  /** By id, which begins with `own-`. */
  own: Record<string, OwnAgent>;
}

/** What a receipt says of the engine that the run, or a subagent of it, had. */
export interface ReceiptEngine {
  id: string;
  name: string;
  /** The engine's own processes: they are not among the receipt's `processes`. */
  processes: { pid: number; command: string; endedMs?: number }[];
  /** From the stop until it said that it was idle, in milliseconds; absent when it did not say so. */
  idleMs?: number;
  /** What the stop has waited for before it ended the process: the engine's word, the time it gives, or nothing. */
  waited?: "idle" | "time" | "nothing";
  /** Whose word it is that the connection to the model is closed: Rein's own, or only the engine's (its own log-in). */
  connection: "rein" | "engine";
}
