/** The loops of subagents: each under a tool call, with the tools, the model and the words of its role. */
import { defined } from "../../shared/defined";
import { noUsage } from "../../shared/protocol";
import type { EventBody, Message, RoleFacts, Stop, Subagent } from "../../shared/protocol";
import { findToolCall } from "../../shared/session-lookup";
import { agentLoop, type LoopRequest } from "../agent/agent-loop";
import { toolsOf } from "../agent/role-tools";
import type { Spawn, SubagentInput } from "../agent/subagent-tool";
import { subagentPrompt } from "../agent/system-prompt";
import type { ToolRun } from "../agent/tool-runner";
import type { LoopEnd } from "../agent/turn-types";
import { userMessage } from "../agent/user-message";
import type { ActingRole } from "../definitions/definition-types";
import type { LiveSession } from "../session/live-session";
import { ToolError } from "../tools/tool";
import { subagentEngine, subagentModel } from "./chosen-model";
import { createSubagentLoop } from "./engine-run";
import { editFormOf, modelParts } from "./model-parts";
import { closeMessage } from "./recovery";
import type { LoopParts, LoopRun } from "./run-types";
import { sessionPrompt } from "./session-prompt";
import { TurnDefinitions } from "./turn-definitions";
import { asking, TurnTools } from "./turn-tools";

/** Of a role that says none. */
const defaultTurns = 60;

/** What a subagent's loop is made of, and the call that it belongs to. */
interface SubagentParts {
  parts: LoopParts;
  live: LiveSession;
  toolRun: ToolRun;
  run: LoopRun;
  toolCallId: string;
  /** Undefined of one that has begun and whose role does not act any more: then it has no tools. */
  role: ActingRole | undefined;
}

/** `defined`: of the loop that sends them out, as it is in its turn. */
export function spawner(
  parts: LoopParts,
  live: LiveSession,
  toolRun: ToolRun,
  run: LoopRun,
  defined: Pick<TurnDefinitions, "roles">,
): Spawn {
  return (input, { toolCallId }, signal) => {
    const role = defined.roles.find(({ name }) => name === input.role);
    const own = { parts, live, toolRun, run, toolCallId, role };
    return { loop: subagentLoop(own, input, signal), messages: () => messagesOf(own) };
  };
}

/** The loop of a subagent: it begins, or continues one that was paused when its server ended. */
async function* subagentLoop(
  own: SubagentParts,
  input: SubagentInput,
  signal: AbortSignal,
): AsyncGenerator<EventBody, LoopEnd> {
  const { parts, live, toolRun, run, toolCallId, role } = own;
  const known = findSubagent(own);
  if (known === undefined && role === undefined)
    throw new ToolError(`There is no role ${input.role} any more. Use another one.`);
  const chosen = subagentModel(parts.catalog, live.session, input, factsOf(own), known);
  const { provider, model } = chosen;
  const engine = subagentEngine(parts.catalog, input, known);
  if (engine !== undefined && live.session.permissions === "plan")
    return { outcome: "failed", error: { code: "plan", message: noEngine } };
  const messages = () => messagesOf(own);
  const at = { messageId: findMessageOf(live, toolCallId)!.id, partId: toolCallId };
  if (known === undefined) {
    const { title } = input;
    const driven = { role: input.role, title, provider, model, ...driverOf(parts, engine) };
    const subagent = { ...driven, messages: [], usage: noUsage };
    yield { type: "subagent-start", ...at, subagent };
    yield { type: "message-start", agentId: toolCallId, message: userMessage(run.id, input.task) };
  } else if (engine !== undefined) {
    // It ended with its server; another one is told what it had done.
    const stop: Stop = { by: "shutdown", from: "server", askedAt: Date.now() };
    for (const message of messages()) closeMessage(live, message, stop, toolCallId);
  }
  const text = [role?.text ?? "", input.task].filter(Boolean).join("\n\n");
  const task = { provider, model, toolCallId, task: text, messages };
  const end = yield* engine === undefined
    ? agentLoop(subagentRequest(own, input, chosen), signal)
    : createSubagentLoop(parts, live, toolRun, run, { engine, ...task }, signal);
  yield { type: "subagent-end", ...at, outcome: end.outcome };
  return end;
}

const noEngine =
  "The session is in plan mode, to which Rein cannot hold an engine, so this subagent was not sent out. Choose another role, or read yourself.";

/** What Rein's own loop of a subagent is asked with. */
function subagentRequest(
  own: SubagentParts,
  { role: name, maxTurns = factsOf(own).turns ?? defaultTurns }: SubagentInput,
  chosen: ReturnType<typeof subagentModel>,
): LoopRequest {
  const { parts, live, toolRun, run, toolCallId, role } = own;
  const defined = new TurnDefinitions(parts.definitions, () => live.session.cwd);
  const { ofModel, keeper } = modelParts(parts, live, run, chosen);
  const editForm = () => editFormOf(ofModel);
  const tools = new TurnTools(parts, live, defined, editForm, (all) => toolsOf(factsOf(own), all));
  const ownRun = { ...toolRun, files: keeper, readable: () => defined.folders };
  return {
    ...ofModel,
    runId: run.id,
    agentId: toolCallId,
    system: async (signal) => {
      const prompt = subagentPrompt(await sessionPrompt(parts, live, true, signal), name);
      return role?.text ? `${prompt}\n\n${role.text}` : prompt;
    },
    tools: () => tools.specs(),
    beforeTurn: asking(tools, ofModel.beforeTurn),
    cacheKey: toolCallId,
    maxTurns,
    messages: () => messagesOf(own),
    hasQueuedMessage: () => false,
    runTool: (...call) => tools.run(ownRun, ...call),
  };
}

function factsOf({ role }: SubagentParts): RoleFacts {
  return role?.facts ?? { tools: [] };
}

/** How people see what drives it: nothing for Rein's own loop. */
function driverOf({ engines }: LoopParts, id: string | undefined): Pick<Subagent, "engine"> {
  return id === undefined ? {} : { engine: { id, ...defined({ name: engines.find(id)?.name }) } };
}

function findSubagent({ live, toolCallId }: SubagentParts): Subagent | undefined {
  return findToolCall(live.session, toolCallId)?.subagent;
}

function messagesOf(own: SubagentParts): Message[] {
  return findSubagent(own)?.messages ?? [];
}

function findMessageOf(live: LiveSession, partId: string): Message | undefined {
  return live.session.messages.findLast((message) => message.parts.some(({ id }) => id === partId));
}
