/** Opens a conversation with an ACP agent: which version it speaks, its log-in by the gate's key, a new session or an earlier one. */
import { wait } from "../../abort";
import { EngineError, type EngineRequest } from "../engine";
import { type JsonRpc, RpcError } from "../json-rpc";
import type { AcpAgent } from "./acp-agent";
import { loginRequired } from "./acp-errors";
import { acpServer } from "./acp-mcp";
import {
  anyAnswer,
  type ConfigOptions,
  initializeAnswer,
  newSessionAnswer,
  sessionAnswer,
} from "./acp-schemas";

export interface OpenedSession {
  id: string;
  version: string | undefined;
  config: ConfigOptions;
  takes: { images: boolean; pdfs: boolean };
  /** What was said before comes again, maybe after this. */
  replays: boolean;
}

/** What was entered in the settings may be any program. One that is known may prepare its files at its first start. */
const ownAnswerMs = 15_000;

/** Rejects with EngineError, RpcError, or the signal's reason. */
export async function openSession(
  rpc: JsonRpc,
  agent: AcpAgent,
  { gate, cwd, mcpServers = [], conversationId }: EngineRequest,
  signal: AbortSignal,
): Promise<OpenedSession> {
  const { name, keyLogin, meta } = agent;
  const { protocolVersion, agentInfo, agentCapabilities } = await initialize(rpc, agent, signal);
  if (protocolVersion !== 1)
    throw new EngineError(
      "engine-wire",
      `${name} speaks version ${protocolVersion} of ACP, and Rein version 1. Install a version of ${name} that speaks it too.`,
    );
  const images = agentCapabilities?.promptCapabilities?.image ?? false;
  // The protocol has no word for it.
  const takes = { images, pdfs: images && agent.gives.takes?.pdfs === true };
  const version = agentInfo?.version ?? undefined;
  if (gate !== undefined && keyLogin !== undefined)
    await rpc.request("authenticate", { methodId: keyLogin }, anyAnswer, signal);
  const place = {
    cwd,
    mcpServers: mcpServers.map(acpServer),
    ...(meta && { _meta: await meta(cwd) }),
  };
  if (conversationId === undefined) {
    const answer = sessionAnswer.and(newSessionAnswer);
    const opened = await rpc.request("session/new", place, answer, signal);
    return { id: opened.sessionId, version, config: opened.configOptions, takes, replays: false };
  }
  const { sessionCapabilities, loadSession } = agentCapabilities ?? {};
  const replays = !sessionCapabilities?.resume;
  if (replays && !loadSession)
    throw new EngineError("engine-conversation", `${name} cannot take up a conversation again.`);
  const method = replays ? "session/load" : "session/resume";
  const params = { ...place, sessionId: conversationId };
  const opened = await resume(rpc, name, method, params, signal);
  return { id: conversationId, version, config: opened?.configOptions, takes, replays };
}

async function initialize(rpc: JsonRpc, { name, command }: AcpAgent, signal: AbortSignal) {
  const params = {
    protocolVersion: 1,
    clientInfo: { name: "rein", title: "Rein", version: "1" },
    clientCapabilities,
  };
  const answer = rpc.request("initialize", params, initializeAnswer, signal);
  if (command === undefined) return answer;
  const over = new AbortController();
  const refuse = (words: string): never => {
    throw new EngineError("engine-wire", `${name} ${words}`);
  };
  const foreign = rpc.foreign.then((line): never => {
    const written = line === "" ? "" : ` It wrote: ${line}`;
    return refuse(
      `does not speak ACP. Some agents do so with an argument only, such as --acp.${written}`,
    );
  });
  const late = wait(ownAnswerMs, over.signal).then(() =>
    refuse(`did not answer within ${ownAnswerMs / 1_000} seconds. Does its command speak ACP?`),
  );
  try {
    return await Promise.race([answer, foreign, late]);
  } finally {
    over.abort();
  }
}

async function resume(
  rpc: JsonRpc,
  name: string,
  method: string,
  params: object,
  signal: AbortSignal,
) {
  try {
    return await rpc.request(method, params, sessionAnswer, signal);
  } catch (error) {
    if (!(error instanceof RpcError) || error.code === loginRequired) throw error;
    throw new EngineError(
      "engine-conversation",
      `${name} could not take up the conversation again: ${error.message}`,
      { cause: error },
    );
  }
}

/** Its processes are all Rein's job: it works on files and commands by itself. */
const clientCapabilities = {
  fs: { readTextFile: false, writeTextFile: false },
  terminal: false,
  // Else its warnings come as text of the model.
  session: { notices: {} },
  _meta: { terminal_output_delta: true, "subagent-transcript": true },
};
