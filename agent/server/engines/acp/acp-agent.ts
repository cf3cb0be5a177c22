/** What Rein has to know of one ACP agent: the rest is the protocol's. */
import type { EngineGives } from "../../../shared/protocol";
import type { GateAddress, GivenServer } from "../engine";

export interface AcpAgent {
  id: string;
  /** For people. */
  name: string;
  /** The file name of its program; absent: `command` is the whole of it. */
  program?: string;
  command?: readonly string[];
  /** The arguments with which it speaks ACP. */
  args(given: AcpGiven): string[];
  /** The version that Rein was tried with. */
  tried?: string;
  install?: string;
  gives: EngineGives;
  providers: readonly string[];
  ownLogin: boolean;
  /** As `Engine.userFiles`. */
  userFiles?: readonly string[];
  /** Its environment. With a gate `home` is a directory for its own files. */
  environment(given: AcpGiven): Record<string, string> | Promise<Record<string, string>>;
  /**
   * In the `_meta` of a session that is made or taken up again: what keeps the directory from setting the agent up, where
   * that is not said by its environment.
   */
  meta?: (cwd: string) => Promise<object>;
  /** Names of instructions that it reads along with a file, beside it and above. */
  readsAlong?: readonly string[];
  /** Names in a directory, or above it, by which it would be set up though all of that is turned off: it is not started there. */
  refuses?: readonly string[];
  /** Directories of the machine's own policies, in whose favour it ignores the one that makes it ask. */
  policies?: readonly string[];
  /** What an earlier command can have left in `home`, to be asked less often or to run something: removed at each start. */
  setUps?: readonly string[];
  /** In `home`, what it is given in the place of ~/.config, made anew at each start, and its own name there. */
  config?: { directory: string; own: string };
  /** The log-in of the protocol that takes the key of the environment; absent: none is needed. */
  keyLogin?: string;
  /** Its mode that asks before whatever changes something. */
  askingMode?: string;
  /** The name of a tool by the id of its call, where the agent says it nowhere else. */
  toolName?: (callId: string) => string | undefined;
  /** How it names a tool of an MCP server, which it gives as the title of the call. */
  mcpTool?: (server: string, tool: string) => string;
  /** What a person does about a missing log-in, as the beginning of a sentence. */
  loginHelp: string;
  /** Makes a conversation ready to be loaded again, where that needs more than its id. */
  beforeLoad?(conversationId: string, home: string | undefined): Promise<void>;
}

export interface AcpGiven {
  gate: GateAddress | undefined;
  home: string | undefined;
  cwd: string;
  /** "": its own default. */
  model: string;
  mcpServers?: readonly GivenServer[];
}
