/** Codex as an engine, by its app-server: live output of commands, exact counts of tokens, and a history that takes what a stop has cut. */
import { homedir } from "node:os";
import { join } from "node:path";
import type { EngineGives } from "../../../shared/protocol";
import {
  type Engine,
  type EngineChild,
  type EngineConversation,
  EngineError,
  type EngineRequest,
  loggedOut,
} from "../engine";
import { openOrStop } from "../engine-child";
import { clearHome } from "../engine-home";
import { foundProgram, type Programs } from "../find-program";
import { existing } from "../program-paths";
import { JsonRpc, noSuchMethod, RpcError } from "../json-rpc";
import { CodexConversation } from "./codex-conversation";
import { codexCommand, codexEnvironment, setUps, threadSetting } from "./codex-launch";
import { answers, triedVersion } from "./codex-wire";

const name = "Codex";
const codex = { name, providers: ["openai"] };
const loginHelp = "Run `codex login` in a terminal";

/**
 * It is given no MCP servers: its `read_mcp_resource` reads from them without asking, and no setting takes it away (seen with
 * 0.171.0). Their tools alone it would ask about, with `default_tools_approval_mode="prompt"`.
 */
const gives: EngineGives = {
  toolOutput: "live",
  stopsSubagents: true,
  steers: true,
  sumsUp: true,
  takes: { images: true, pdfs: false },
  efforts: ["low", "medium", "high"],
  keeps: { message: true, text: false, output: false },
};

const program = { id: "codex", program: "codex", tried: triedVersion };

/** `userHome`: where the log-in of the user would be. */
export function createCodex(programs: Programs, userHome = join(homedir(), ".codex")): Engine {
  return {
    id: program.id,
    program: program.program,
    ...codex,
    gives,
    ownLogin: true,
    userFiles: ["~/.codex"],
    install: "npm install -g @openai/codex",
    look: (signal) => programs.look(program, signal),
    async open(request, signal) {
      const { path } = foundProgram(name, await programs.look(program, signal));
      // In a sandbox it could not make the directory, and would say that in its own words.
      if (request.gate === undefined && (await existing([userHome])).length === 0)
        throw loggedOut(codex, loginHelp);
      if (request.home !== undefined) await clearHome(request.home, setUps, signal);
      const child = await request.start(
        codexCommand(path, request),
        codexEnvironment(request),
        signal,
      );
      return openConversation(child, request, signal);
    },
  };
}

/** As `Engine.open`, with a program that has been started. */
export function openConversation(
  child: EngineChild,
  request: EngineRequest,
  signal: AbortSignal,
): Promise<EngineConversation> {
  return openOrStop(child, () => begin(child, request, signal), signal);
}

async function begin(
  child: EngineChild,
  request: EngineRequest,
  signal: AbortSignal,
): Promise<EngineConversation> {
  let conversation: CodexConversation | undefined;
  const early: [method: string, params: unknown][] = [];
  const rpc = new JsonRpc(child, {
    name,
    saysVersion: false,
    async onRequest(question, own) {
      if (conversation) return conversation.onRequest(question, own);
      throw new RpcError(noSuchMethod, "There is no turn.");
    },
    onNotice(method, params) {
      if (conversation) conversation.onNotice(method, params);
      else if (early.length < 100) early.push([method, params]);
    },
  });
  try {
    const { userAgent } = await rpc.request("initialize", client, answers.initialize, signal);
    rpc.notify("initialized", {});
    if (request.gate === undefined) await requireLogin(rpc, signal);
    const id = await openThread(rpc, request, signal);
    conversation = new CodexConversation(rpc, child, {
      id,
      version: /\d+\.\d+\.\d+[\w.-]*/.exec(userAgent)?.[0],
      setting: { model: request.model, options: request.options },
      ask: (question, own) => request.ask(question, own),
    });
    for (const [method, params] of early) conversation.onNotice(method, params);
    return conversation;
  } catch (error) {
    throw error instanceof RpcError
      ? new EngineError("engine-wire", `${name} could not begin: ${error.message}`)
      : error;
  }
}

const client = {
  clientInfo: { name: "rein", title: "Rein", version: "1" },
  capabilities: { experimentalApi: true, requestAttestation: false },
};

async function requireLogin(rpc: JsonRpc, signal: AbortSignal): Promise<void> {
  const { account, requiresOpenaiAuth } = await rpc.request(
    "account/read",
    {},
    answers.account,
    signal,
  );
  if (requiresOpenaiAuth && !account) throw loggedOut(codex, loginHelp);
}

async function openThread(
  rpc: JsonRpc,
  request: EngineRequest,
  signal: AbortSignal,
): Promise<string> {
  const setting = threadSetting(request);
  const { conversationId: threadId } = request;
  if (threadId === undefined)
    return (await rpc.request("thread/start", setting, answers.thread, signal)).thread.id;
  try {
    const params = { threadId, ...setting, excludeTurns: true };
    return (await rpc.request("thread/resume", params, answers.thread, signal)).thread.id;
  } catch (error) {
    if (!(error instanceof RpcError) || !isLost.test(error.message)) throw error;
    throw new EngineError("engine-conversation", "Codex has kept nothing of this conversation.");
  }
}

const isLost = /no rollout found|invalid session id|not found/i;
