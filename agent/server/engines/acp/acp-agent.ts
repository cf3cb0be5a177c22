/** What Rein has to know of one ACP agent: the rest is the protocol's. */
import type { EngineGives } from "../../../shared/protocol";
import type { GateAddress } from "../engine";

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
  environment(given: AcpGiven): Record<string, string>;
  /** The log-in of the protocol that takes the key of the environment; absent: none is needed. */
  keyLogin?: string;
  /** Its mode that asks before whatever changes something. */
  askingMode?: string;
  /** The name of a tool by the id of its call, where the agent says it nowhere else. */
  toolName?: (callId: string) => string | undefined;
  /** What a person does about a missing log-in, as a sentence. */
  loginHelp: string;
  /** Makes a conversation ready to be loaded again, where that needs more than its id. */
  beforeLoad?(conversationId: string, home: string | undefined): Promise<void>;
}

export interface AcpGiven {
  gate: GateAddress | undefined;
  home: string | undefined;
  /** "": its own default. */
  model: string;
}
