/** Builds the loop of a run. */
import type { Message, Rule } from "../../shared/protocol";
import { branchOf } from "../../shared/branches";
import { findRun } from "../../shared/session-lookup";
import { agentLoop, compact, type LoopRequest } from "../agent/agent-loop";
import { runAskedCalls } from "../agent/asked-calls";
import { createMemoryTool } from "../agent/memory-tool";
import { createPlanTool } from "../agent/plan-tool";
import { createSubagentTool } from "../agent/subagent-tool";
import { todoTool } from "../agent/todo-tool";
import { runTool, type ToolRun } from "../agent/tool-runner";
import { userMessage } from "../agent/user-message";
import { newId } from "../id";
import { maxRules } from "../rules/rules-file";
import type { LiveSession } from "../session/live-session";
import { takeForTurn } from "../session/message-queue";
import { unrecorded } from "../undo/undo";
import { sessionModel } from "./chosen-model";
import { grantsOf } from "./command-grants";
import { createEngineLoop } from "./engine-run";
import { knownModelOf } from "./known-model";
import { editFormOf, modelParts, type OfModel } from "./model-parts";
import type { LoopParts, LoopRun } from "./run-types";
import { sessionPrompt } from "./session-prompt";
import { spawner } from "./subagent-loops";
import { TurnDefinitions } from "./turn-definitions";
import { asking, TurnTools } from "./turn-tools";

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
  const grants = new RunGrants(parts, live, signal);
  const first = session.messages.find((one) => one.runId === runId && one.command !== undefined);
  const named = first && (await grants.take(first));
  const chosen = sessionModel(parts.catalog, session, named);
  const { ofModel, keeper } = modelParts(parts, live, run, chosen);
  const defined = new TurnDefinitions(parts.definitions, () => session.cwd);
  const own = { files: keeper, granted: grants.rules, readable: () => defined.folders };
  const toolRun = toolRunOf(parts, live, run, own);
  const runLine: LoopRequest["runTool"] = (...call) =>
    runTool(toolRun, [parts.commandLine], ...call);
  if (session.engine) {
    yield* runLinesBefore(live, run, defined, runLine, signal);
    return yield* createEngineLoop(parts, live, toolRun, run, signal);
  }

  parts.mcp.beginRun(session.id);
  const spawn = spawner(parts, live, toolRun, run, defined);
  const plan = createPlanTool(session, toolRun.unattended);
  const memory = createMemoryTool(parts.memory);
  const tools = new TurnTools(
    parts,
    live,
    defined,
    () => editFormOf(ofModel),
    (all) => [...all, todoTool, plan, memory, createSubagentTool(defined.roles, spawn)],
  );
  const request: LoopRequest = {
    ...ofModel,
    runId,
    system: (ownSignal) => sessionPrompt(parts, live, false, ownSignal),
    todo: () => session.todo?.entries ?? [],
    tools: () => tools.specs(),
    cacheKey: session.id,
    maxTurns,
    messages: () => branchOf(session),
    hasQueuedMessage: () => session.queue.some(({ waitsFor }) => waitsFor === "turn"),
    runTool: (call, ...at) => (call.asked ? runLine(call, ...at) : tools.run(toolRun, call, ...at)),
  };
  // Messages queued while a run only sums up are for the run after it.
  if (findRun(session, runId)?.sumsUp) return yield* compact(request, signal);
  const beforeTurn = asking(tools, takingQueued(live, runId, ofModel, grants));
  return yield* agentLoop({ ...request, beforeTurn }, signal);
}

/** What the commands of a run allow in it. */
class RunGrants {
  readonly rules: Rule[] = [];
  readonly #parts: LoopParts;
  readonly #live: LiveSession;
  readonly #signal: AbortSignal;

  constructor(parts: LoopParts, live: LiveSession, signal: AbortSignal) {
    this.#parts = parts;
    this.#live = live;
    this.#signal = signal;
  }

  /** Adds what the message's command allows. Resolves with the model that it names, where that is known here. */
  async take(message: Message): Promise<ReturnType<typeof knownModelOf>> {
    const { session } = this.#live;
    const { rules, model } = await grantsOf(this.#parts, session, message, this.#signal);
    this.rules.push(...rules);
    return knownModelOf(this.#parts.catalog, session, session.engine ? undefined : model);
  }
}

/** An engine is told the output of lines that have run before. */
async function* runLinesBefore(
  { session }: LiveSession,
  { id: runId, pauseGate }: LoopRun,
  defined: TurnDefinitions,
  runTool: LoopRequest["runTool"],
  signal: AbortSignal,
): ReturnType<typeof runAskedCalls> {
  const beforeTurn: LoopRequest["beforeTurn"] = async (ownSignal) => {
    await pauseGate.pass(ownSignal);
    if (!ownSignal.aborted) await defined.read(ownSignal);
  };
  await beforeTurn(signal);
  const messages = () => branchOf(session);
  yield* runAskedCalls({ runId, messages, pauseGate, runTool, beforeTurn }, signal);
}

function toolRunOf(
  { approvals, jobs, rules, own: ownPaths, outputs, hooks, diagnose }: LoopParts,
  live: LiveSession,
  { id: runId, scopes, pauseGate, jobEnds, watch = unrecorded }: LoopRun,
  own: Pick<ToolRun, "files" | "granted" | "readable">,
): ToolRun {
  return {
    session: live.session,
    runId,
    scopes,
    pauseGate,
    approvals,
    rules,
    own: ownPaths,
    unattended: findRun(live.session, runId)?.unattended === true,
    remember: (rule) => remember(live, rule),
    permit: (permissions) =>
      live.emit({ type: "session-update", at: Date.now(), patch: { permissions } }),
    jobs,
    jobEnds,
    ...own,
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
  grants: RunGrants,
): OfModel["beforeTurn"] {
  return async (signal) => {
    await beforeTurn(signal);
    if (signal.aborted) return;
    const taken = takeForTurn(live).map(({ text, files, ...asked }) =>
      userMessage(runId, text, files, asked),
    );
    for (const message of taken) live.emit({ type: "message-start", message });
    for (const message of taken) await grants.take(message);
  };
}

function remember(live: LiveSession, rule: Rule): boolean {
  const { session } = live;
  if (session.allowed.length >= maxRules) return false;
  const allowed = [...session.allowed, { id: newId(), rule, createdAt: Date.now() }];
  live.emit({ type: "session-update", at: Date.now(), patch: { allowed } });
  return true;
}
