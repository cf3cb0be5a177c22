/** What the scripted ACP agent can be told to do, and how it is started: see scripted-acp-agent.ts. */
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { OwnAgent } from "../../shared/protocol";

/** One thing that it does in a turn, in the order of the script. */
export type AgentStep =
  | { text: string; messageId?: string; parent?: string }
  | { thought: string; parent?: string }
  | { tool: ScriptedTool }
  | { plan: { content: string; status: string }[] }
  | { usage: { used: number; size: number } }
  | { notice: string }
  /** Any other update, as it is. */
  | { update: Record<string, unknown> }
  /** Any line, as it is. */
  | { raw: string }
  /** A text update of so many characters, in one line. */
  | { big: number }
  /** So many characters and no line end; then nothing more. */
  | { endless: number }
  /** So many text updates in a row. */
  | { flood: number }
  /** Waits until there is such a file: a test makes it. Ends with a cancel. */
  | { wait: string }
  /** Waits for an answer of the client: what was said before has been read then. */
  | { heard: true }
  /** Makes the file: so a test knows that it has come this far. */
  | { touch: string }
  /** Asks the model by the base URL and the key of its environment, and says what it answers as text. */
  | { model: string }
  /** Says all that users have said in this conversation, as a JSON list. */
  | { recall: true }
  /** Sends a request to the client, and says its answer as text. */
  | { request: { method: string; params: unknown } }
  /** Exits at once. */
  | { exit: number }
  /** From now on. */
  | { onCancel: CancelWay }
  /** The answer of the turn, when it is not "end_turn"; twice, or with another id, where that is said. */
  | { end: string; twice?: true; wrongIdFirst?: true }
  | { fail: { code: number; message: string; data?: unknown } }
  /** Never answers. A cancel ends it. */
  | { hang: true }
  /** After the turn's end, once there is such a file: a turn that nobody asked for. */
  | { later: { file: string; steps: AgentStep[] } };

/**
 * obey: kills what it runs, says the last words, answers. ignore: nothing. hang: says no more, and does not answer. idle-first: answers at once, what it runs lives
 * on. late: answers, and says more after that. done: answers that the turn has ended by itself. error: answers an error.
 */
export type CancelWay = "obey" | "ignore" | "hang" | "idle-first" | "late" | "done" | "error";

export interface ScriptedTool {
  id: string;
  title?: string;
  name?: string;
  kind?: string;
  input?: unknown;
  /** Asked for first. "always": only options that are remembered. A denial fails the call. */
  ask?: true | "always";
  /** A real command of a shell; its output is the call's, in pieces with `live`. */
  command?: string;
  live?: true;
  output?: string;
  content?: unknown[];
  locations?: { path: string }[];
  /** The tool call that is the subagent which makes it. */
  parent?: string;
  /** When a cancel has killed its command, it says that it has ended; "with words" for its model in the place of output, as a piece of it where that is `live`. */
  endsAfterCancel?: true | "with words";
  /** "open": it never ends. */
  status?: "completed" | "failed" | "open";
}

/** How it behaves outside turns: JSON in the variable SCRIPTED_AGENT. */
export interface AgentBehaviour {
  /** Of the protocol. */
  version?: number;
  /** Written in the place of the answer to initialize. */
  garbage?: string;
  /** Does not answer initialize. */
  mute?: true;
  /** Waits for this file before it answers initialize. */
  startAfter?: string;
  exitAtStart?: number;
  /** A conversation needs a log-in. */
  needsLogin?: true;
  /** How a conversation is taken up again: "resume" is the default. "load" replays it, partly after its answer. */
  resume?: "resume" | "load" | "fail" | "none";
  ignoresTerm?: true;
  /** What it says that prompts may have. */
  promptCapabilities?: { image?: boolean; embeddedContext?: boolean };
  /** Where conversations are kept: a directory. Absent: only in memory. A relative path is in the home that Rein gives. */
  home?: string;
  onCancel?: CancelWay;
  models?: string[];
  /** Of every turn whose prompt has no script. */
  script?: AgentStep[];
  /** A JSON file: the steps of each prompt that has these words. The last of the words in it count. */
  scripts?: string;
  /** A file to which it adds each message that it gets, a line each. A relative path is in the home that Rein gives. */
  log?: string;
}

/** The text of a prompt that plays these steps. */
export function play(...steps: AgentStep[]): string {
  return `play ${JSON.stringify(steps)}`;
}

const program = join(import.meta.dir, "scripted-acp-agent.ts");

/** As it is entered in the settings. */
export function scriptedAgent(behaviour: AgentBehaviour = {}): OwnAgent {
  return {
    name: "Scripted",
    command: [process.execPath, program],
    environment: { SCRIPTED_AGENT: JSON.stringify(behaviour) },
  };
}

/** As a program of its own, in the place of a real engine's: returns its path. */
export function scriptedProgram(directory: string, behaviour: AgentBehaviour = {}): string {
  const path = join(directory, "scripted-agent");
  const json = JSON.stringify(behaviour).replaceAll("'", `'\\''`);
  writeFileSync(
    path,
    `#!/bin/sh\n[ "$1" = --version ] && echo 0.101.0 && exit\nSCRIPTED_AGENT='${json}' exec '${process.execPath}' '${program}'\n`,
  );
  chmodSync(path, 0o755);
  return path;
}
