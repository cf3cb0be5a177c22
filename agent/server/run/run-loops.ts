/** Builds the loops of a run: its own, and those of its subagents. */
import { defined } from "../../shared/defined";
import { noUsage } from "../../shared/protocol";
import type { EventBody, Message, Rule, Stop, Subagent } from "../../shared/protocol";
import { findRun, findToolCall } from "../../shared/session-lookup";
import { abortable } from "../abort";
import { agentLoop, compact, type LoopRequest } from "../agent/agent-loop";
import { runAskedCalls } from "../agent/asked-calls";
import { createMemoryTool } from "../agent/memory-tool";
import { createPlanTool, planNote } from "../agent/plan-tool";
import {
  createSubagentTool,
  maxTurnsOf,
  type Spawn,
  type SubagentInput,
  toolsOf,
} from "../agent/subagent-tool";
import { subagentPrompt, systemPrompt } from "../agent/system-prompt";
import { todoTool } from "../agent/todo-tool";
import { runTool, type ToolRun } from "../agent/tool-runner";
import type { LoopEnd } from "../agent/turn-types";
import { userMessage } from "../agent/user-message";
import { newId } from "../id";
import { maxRules } from "../rules/rules-file";
import type { LiveSession } from "../session/live-session";
import { takeForTurn } from "../session/message-queue";
import { unrecorded } from "../undo/undo";
import { sessionModel, subagentEngine, subagentModel } from "./chosen-model";
import { createEngineLoop, createSubagentLoop } from "./engine-run";
import { closeMessage } from "./recovery";
import { editFormOf, modelParts, type OfModel } from "./model-parts";
import type { LoopParts, LoopRun } from "./run-types";
import { TurnTools } from "./turn-tools";

const maxTurns = 200;

/** The loop of the run: its engine's, else the agent's, or, of a run that only sums up, just that. */
export async function* createLoop(
  parts: LoopParts,
  live: LiveSession,
  run: LoopRun,
  signal: AbortSignal,
): ReturnType<typeof agentLoop> {
  const { session } = live;
  const { id: runId } = run;
  const { ofModel, keeper } = modelParts(parts, live, run, sessionModel(parts.catalog, session));
  const toolRun = toolRunOf(parts, live, run, keeper);
  const runLine: LoopRequest["runTool"] = (...call) =>
    runTool(toolRun, [parts.commandLine], ...call);
  if (session.engine) {
    const beforeTurn: LoopRequest["beforeTurn"] = (ownSignal) => run.pauseGate.pass(ownSignal);
    const messages = () => session.messages;
    const { pauseGate } = run;
    await beforeTurn(signal);
    yield* runAskedCalls({ runId, messages, pauseGate, runTool: runLine, beforeTurn }, signal);
    return yield* createEngineLoop(parts, live, toolRun, run, signal);
  }

  parts.mcp.beginRun(session.id);
  const builtIn = [
    ...parts.tools,
    todoTool,
    createPlanTool(session, toolRun.unattended),
    createMemoryTool(parts.memory),
    createSubagentTool(spawner(parts, live, toolRun, run)),
  ];
  const tools = new TurnTools(builtIn, parts.mcp, live, () => editFormOf(ofModel));
  const request: LoopRequest = {
    ...ofModel,
    runId,
    system: (ownSignal) => sessionPrompt(parts, live, false, ownSignal),
    todo: () => session.todo?.entries ?? [],
    tools: () => tools.specs(),
    cacheKey: session.id,
    maxTurns,
    messages: () => session.messages,
    hasQueuedMessage: () => session.queue.some(({ waitsFor }) => waitsFor === "turn"),
    runTool: (call, ...at) => (call.asked ? runLine(call, ...at) : tools.run(toolRun, call, ...at)),
  };
  // Messages queued while a run only sums up are for the run after it.
  if (findRun(session, runId)?.sumsUp) return yield* compact(request, signal);
  const beforeTurn = asking(tools, takingQueued(live, runId, ofModel));
  return yield* agentLoop({ ...request, beforeTurn }, signal);
}

function toolRunOf(
  { approvals, jobs, rules, own, outputs, hooks, diagnose }: LoopParts,
  live: LiveSession,
  { id: runId, scopes, pauseGate, jobEnds, watch = unrecorded }: LoopRun,
  files: ToolRun["files"],
): ToolRun {
  return {
    session: live.session,
    runId,
    scopes,
    pauseGate,
    approvals,
    rules,
    own,
    granted: [],
    unattended: findRun(live.session, runId)?.unattended === true,
    remember: (rule) => remember(live, rule),
    permit: (permissions) =>
      live.emit({ type: "session-update", at: Date.now(), patch: { permissions } }),
    jobs,
    jobEnds,
    files,
    outputs,
    hooks,
    diagnose,
    readyToWrite: (ownSignal) => watch.ready(ownSignal),
    write: () => watch.write(),
  };
}

/** `beforeTurn` of the run's own loop: there the messages that are queued for the running model enter the conversation. */
function takingQueued(
  live: LiveSession,
  runId: string,
  { beforeTurn }: OfModel,
): OfModel["beforeTurn"] {
  return async (signal) => {
    await beforeTurn(signal);
    if (signal.aborted) return;
    for (const { text, files, ...asked } of takeForTurn(live))
      live.emit({ type: "message-start", message: userMessage(runId, text, files, asked) });
  };
}

/** Tools are asked for last: a pause may have taken long. */
function asking(tools: TurnTools, before: OfModel["beforeTurn"]): OfModel["beforeTurn"] {
  return async (signal) => {
    await before(signal);
    if (!signal.aborted) await tools.ask(signal);
  };
}

function remember(live: LiveSession, rule: Rule): boolean {
  const { session } = live;
  if (session.allowed.length >= maxRules) return false;
  const allowed = [...session.allowed, { id: newId(), rule, createdAt: Date.now() }];
  live.emit({ type: "session-update", at: Date.now(), patch: { allowed } });
  return true;
}

/** What confines commands is not known in the first moments of a server: a stop does not wait for it. */
async function sessionPrompt(
  { jobs, definitions, memory }: LoopParts,
  { session }: LiveSession,
  isSubagent: boolean,
  signal: AbortSignal,
): Promise<string> {
  const sandbox = await abortable(jobs.confinement(), signal);
  const added = await Promise.all([
    definitions.promptOf(session.cwd, signal),
    memory.promptOf(session.cwd, signal),
  ]);
  const all = [systemPrompt(session, sandbox), ...added, planNote(session.permissions, isSubagent)];
  return all.filter((text) => text !== "").join("\n\n");
}

/** What a subagent's loop is made of, and the call that it belongs to. */
interface SubagentParts {
  parts: LoopParts;
  live: LiveSession;
  toolRun: ToolRun;
  run: LoopRun;
  toolCallId: string;
}

function spawner(parts: LoopParts, live: LiveSession, toolRun: ToolRun, run: LoopRun): Spawn {
  return (input, { toolCallId }, signal) => {
    const own = { parts, live, toolRun, run, toolCallId };
    return { loop: subagentLoop(own, input, signal), messages: () => messagesOf(own) };
  };
}

/** The loop of a subagent: it begins, or continues one that was paused when its server ended. */
async function* subagentLoop(
  own: SubagentParts,
  input: SubagentInput,
  signal: AbortSignal,
): AsyncGenerator<EventBody, LoopEnd> {
  const { parts, live, toolRun, run, toolCallId } = own;
  const known = findSubagent(own);
  const chosen = subagentModel(parts.catalog, live.session, input, known);
  const { provider, model } = chosen;
  const engine = subagentEngine(parts.catalog, input, known);
  if (engine !== undefined && live.session.permissions === "plan")
    return { outcome: "failed", error: { code: "plan", message: noEngine } };
  const messages = () => messagesOf(own);
  const at = { messageId: findMessageOf(live, toolCallId)!.id, partId: toolCallId };
  if (known === undefined) {
    const { role, title } = input;
    const driven = { role, title, provider, model, ...driverOf(parts, engine) };
    const subagent = { ...driven, messages: [], usage: noUsage };
    yield { type: "subagent-start", ...at, subagent };
    yield { type: "message-start", agentId: toolCallId, message: userMessage(run.id, input.task) };
  } else if (engine !== undefined) {
    // It ended with its server; another one is told what it had done.
    const stop: Stop = { by: "shutdown", from: "server", askedAt: Date.now() };
    for (const message of messages()) closeMessage(live, message, stop, toolCallId);
  }
  const task = { provider, model, toolCallId, task: input.task, messages };
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
  { role, maxTurns = maxTurnsOf[role] }: SubagentInput,
  chosen: ReturnType<typeof subagentModel>,
): LoopRequest {
  const { parts, live, toolRun, run, toolCallId } = own;
  const { ofModel, keeper } = modelParts(parts, live, run, chosen);
  const editForm = () => editFormOf(ofModel);
  const tools = new TurnTools(parts.tools, parts.mcp, live, editForm, (all) => toolsOf(role, all));
  const ownRun = { ...toolRun, files: keeper };
  return {
    ...ofModel,
    runId: run.id,
    agentId: toolCallId,
    system: async (signal) => subagentPrompt(await sessionPrompt(parts, live, true, signal), role),
    tools: () => tools.specs(),
    beforeTurn: asking(tools, ofModel.beforeTurn),
    cacheKey: toolCallId,
    maxTurns,
    messages: () => messagesOf(own),
    hasQueuedMessage: () => false,
    runTool: (...call) => tools.run(ownRun, ...call),
  };
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
