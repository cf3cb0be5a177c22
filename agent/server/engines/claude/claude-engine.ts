/**
 * Claude Code as an engine, by its stream-json over standard input and output.
 *
 * The other way is the Agent SDK (`@anthropic-ai/claude-agent-sdk`), which writes the same lines. Here the lines were tried,
 * with 2.1.332. Of the SDK is known, from its package, its source and measurements of its stops with 2.1.330: it is bound to
 * the Claude Code of its own version, and brings 6 MB of minified code, peers of 60 MB, a process abstraction of its own
 * that is synchronous (a job is not) and a grace of its own of two seconds. The lines work with any `claude` on the machine,
 * have the types of the SDK as their description, announce what they can (`capabilities`), and what is unknown in them is
 * left out. They are not documented as an interface, so `bun run test:engines` tries them with the real program.
 */
import type { EngineGives } from "../../../shared/protocol";
import {
  type Engine,
  type EngineConversation,
  EngineError,
  type EngineRequest,
  loggedOut,
} from "../engine";
import { openOrStop } from "../engine-child";
import { clearHome } from "../engine-home";
import { foundProgram, type Programs } from "../find-program";
import { ClaudeConversation } from "./claude-conversation";
import {
  claude,
  claudeCommand,
  claudeEnvironment,
  claudeLoginHelp,
  claudeSetUps,
} from "./claude-launch";

const gives: EngineGives = {
  toolOutput: "end",
  stopsSubagents: true,
  steers: true,
  sumsUp: true,
  takesMcpServers: true,
  takes: { images: true, pdfs: true },
  efforts: ["off", "low", "medium", "high"],
  keeps: { message: true, text: true, output: false },
};

const anyUuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** The native installer and the npm package both install `claude`. */
const program = { id: "claude", program: "claude", tried: "2.1.332" };

export function createClaude(programs: Programs): Engine {
  return {
    id: program.id,
    program: program.program,
    ...claude,
    gives,
    ownLogin: true,
    userFiles: ["~/.claude", "~/.claude.json"],
    install: "npm install -g @anthropic-ai/claude-code",
    look: (signal) => programs.look(program, signal),
    async open(request, signal) {
      const { path } = foundProgram(claude.name, await programs.look(program, signal));
      return openConversation(path, request, signal);
    },
  };
}

async function openConversation(
  path: string,
  request: EngineRequest,
  signal: AbortSignal,
): Promise<EngineConversation> {
  const known = request.conversationId;
  const named = { id: known ?? crypto.randomUUID(), isNew: known === undefined };
  if (!anyUuid.test(named.id)) throw lost;
  if (request.home !== undefined) await clearHome(request.home, claudeSetUps, signal);
  const command = await claudeCommand(path, request, named);
  const child = await request.start(command, claudeEnvironment(request), signal);
  const conversation = new ClaudeConversation(child, {
    id: named.id,
    cwd: request.cwd,
    isFresh: named.isNew,
    isGated: request.gate !== undefined,
    ask: (question, withdrawn) => request.ask(question, withdrawn),
  });
  const begin = async () => {
    const { account } = await conversation.initialize(signal);
    if (request.gate === undefined && isLoggedOut(account))
      throw loggedOut(claude, claudeLoginHelp);
    if (request.mcpServers) await conversation.setMcpServers(request.mcpServers);
    await conversation.setEffort(request.options?.effort);
    return conversation;
  };
  try {
    return await openOrStop(child, begin, signal);
  } catch (error) {
    signal.throwIfAborted();
    // It writes a conversation down with its first message: one that was stopped before is not there either.
    throw /no conversation found/i.test(child.errorOutput()) ? lost : error;
  }
}

const lost = new EngineError(
  "engine-conversation",
  `${claude.name} has kept nothing of this conversation.`,
);

type Account = Awaited<ReturnType<ClaudeConversation["initialize"]>>["account"];

/** Not so with the credentials of a cloud, which it does not list. */
function isLoggedOut(account: Account): boolean {
  return (
    account?.tokenSource === "none" &&
    account.apiKeySource === undefined &&
    account.apiProvider === "firstParty"
  );
}
