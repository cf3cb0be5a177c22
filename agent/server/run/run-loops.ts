/** Builds the loops of a run: its own, and those of its subagents. */
import { noUsage } from "../../shared/protocol";
import type { Message, Rule } from "../../shared/protocol";
import { findRun, findToolCall } from "../../shared/session-lookup";
import { abortable } from "../abort";
import { agentLoop, compact, type LoopRequest } from "../agent/agent-loop";
import { createSubagentTool, maxTurnsOf, type Spawn, toolsOf } from "../agent/subagent-tool";
import { subagentPrompt, systemPrompt } from "../agent/system-prompt";
import { runTool, type ToolRun } from "../agent/tool-runner";
import { userMessage } from "../agent/user-message";
import { newId } from "../id";
import { maxRules } from "../rules/rules-file";
import type { LiveSession } from "../session/live-session";
import { takeForTurn } from "../session/message-queue";
import { toolSpecs } from "../tools/specs";
import { unrecorded } from "../undo/undo";
import { sessionModel, subagentEngine, subagentModel } from "./chosen-model";
import { createEngineLoop, createSubagentLoop } from "./engine-run";
import { closeMessage } from "./recovery";
import { modelParts, type OfModel } from "./model-parts";
import type { LoopParts, LoopRun } from "./run-types";

const maxTurns = 200;

/** The loop of the run: its engine's, else the agent's, or, of a run that only sums up, just that. */
export function createLoop(
  parts: LoopParts,
  live: LiveSession,
  run: LoopRun,
  signal: AbortSignal,
): ReturnType<typeof agentLoop> {
  const { session } = live;
  const { tools } = parts;
  const { id: runId } = run;
  const { ofModel, keeper } = modelParts(parts, live, run, sessionModel(parts.catalog, session));
  const toolRun = toolRunOf(parts, live, run, keeper);
  if (session.engine) return createEngineLoop(parts, live, toolRun, run, signal);

  const withSubagents = [...tools, createSubagentTool(spawner(parts, live, toolRun, run))];
  const request: LoopRequest = {
    ...ofModel,
    runId,
    system: (ownSignal) => sessionPrompt(parts, live, ownSignal),
    tools: toolSpecs(withSubagents),
    cacheKey: session.id,
    maxTurns,
    messages: () => session.messages,
    hasQueuedMessage: () => session.queue.some(({ waitsFor }) => waitsFor === "turn"),
    runTool: (call, at, send, ownSignal) =>
      runTool(toolRun, withSubagents, call, at, send, ownSignal),
  };
  // Messages queued while a run only sums up are for the run after it.
  if (findRun(session, runId)?.sumsUp) return compact(request, signal);
  return agentLoop({ ...request, beforeTurn: takingQueued(live, runId, ofModel) }, signal);
}

function toolRunOf(
  { approvals, jobs, rules, own }: LoopParts,
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
    remember: (rule) => remember(live, rule),
    jobs,
    jobEnds,
    files,
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
    for (const { text, files } of takeForTurn(live))
      live.emit({ type: "message-start", message: userMessage(runId, text, files) });
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
  { jobs }: LoopParts,
  { session }: LiveSession,
  signal: AbortSignal,
): Promise<string> {
  return systemPrompt(session, await abortable(jobs.confinement(), signal), signal);
}

/** Starts the loop of a subagent, or continues one that was paused when its server ended. */
function spawner(parts: LoopParts, live: LiveSession, toolRun: ToolRun, run: LoopRun): Spawn {
  const { session } = live;
  return (input, { toolCallId, runId }, signal) => {
    const subagent = () => findToolCall(session, toolCallId)?.subagent;
    const messages = () => subagent()?.messages ?? [];
    const chosen = subagentModel(parts.catalog, session, input, subagent());
    const { provider, model } = chosen;
    const { role, title } = input;
    const engine = subagentEngine(parts.catalog, input, subagent());
    const tools = toolsOf(role, parts.tools);
    const { ofModel, keeper } = modelParts(parts, live, run, chosen);
    const ownRun = { ...toolRun, files: keeper };
    const request: LoopRequest = {
      ...ofModel,
      runId,
      agentId: toolCallId,
      system: async (own) => subagentPrompt(await sessionPrompt(parts, live, own), role),
      tools: toolSpecs(tools),
      cacheKey: toolCallId,
      maxTurns: input.maxTurns ?? maxTurnsOf[role],
      messages,
      hasQueuedMessage: () => false,
      runTool: (call, at, send, own) => runTool(ownRun, tools, call, at, send, own),
    };
    const start = async function* () {
      const message = findMessageOf(live, toolCallId)!;
      const at = { messageId: message.id, partId: toolCallId };
      if (subagent() === undefined) {
        const name = engine && parts.engines.find(engine)?.name;
        const driver =
          engine === undefined ? {} : { engine: { id: engine, ...(name && { name }) } };
        const asked = { role, title, provider, model, ...driver };
        const fresh = { ...asked, messages: [], usage: noUsage };
        yield { type: "subagent-start" as const, ...at, subagent: fresh };
        const task = userMessage(runId, input.task);
        yield { type: "message-start" as const, agentId: toolCallId, message: task };
      } else if (engine !== undefined) {
        // It ended with its server; another one is told what it had done.
        const stop = { by: "shutdown" as const, from: "server" as const, askedAt: Date.now() };
        for (const message of messages()) closeMessage(live, message, stop, toolCallId);
      }
      const driven = {
        engine: engine ?? "",
        provider,
        model,
        toolCallId,
        task: input.task,
        messages,
      };
      const end = yield* engine
        ? createSubagentLoop(parts, live, toolRun, run, driven, signal)
        : agentLoop(request, signal);
      yield { type: "subagent-end" as const, ...at, outcome: end.outcome };
      return end;
    };
    return { loop: start(), messages };
  };
}

function findMessageOf(live: LiveSession, partId: string): Message | undefined {
  return live.session.messages.findLast((message) => message.parts.some(({ id }) => id === partId));
}
