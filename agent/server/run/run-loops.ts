/** Builds the loops of a run: its own, and those of its subagents. */
import { unpricedUsdPerMillion } from "../../shared/cost";
import { noUsage } from "../../shared/protocol";
import type { Limits, Message, Rule } from "../../shared/protocol";
import { findRun, findToolCall } from "../../shared/session-lookup";
import { agentLoop, compact, type LoopRequest } from "../agent/agent-loop";
import type { Approvals } from "../agent/approvals";
import type { ModelWaits } from "../agent/model-waits";
import type { PauseGate } from "../agent/pause-gate";
import { Retries } from "../agent/retry";
import type { Catalog } from "../catalog/catalog";
import { userMessage } from "../agent/user-message";
import { type ChosenModel, sessionModel, subagentModel } from "./chosen-model";
import type { LimitWatch } from "./limit-watch";
import type { LiveSession } from "../session/live-session";
import type { Jobs } from "../processes/jobs";
import { logUnpriced } from "./run-log";
import { takeForTurn } from "../session/message-queue";
import { subagentPrompt, systemPrompt } from "../agent/system-prompt";
import type { EndedJob } from "../agent/tool-runner";
import { abortable, type Scopes } from "../abort";
import { createSubagentTool, maxTurnsOf, type Spawn, toolsOf } from "../agent/subagent-tool";
import { runTool, type ToolRun } from "../agent/tool-runner";
import { readRequestFiles } from "../attachments/request-files";
import type { Attachments } from "../attachments/attachments";
import { type ReadingModel, whyNotTaken } from "../../shared/taken-files";
import { toolSpecs } from "../tools/specs";
import type { FileKeeper, Tool } from "../tools/tool";
import { maxRules, type RulesFile } from "../rules/rules-file";
import type { OwnPath } from "../rules/self-executing";
import { newId } from "../id";
import type { RunWatch } from "../undo/undo";

const maxTurns = 200;

export interface LoopParts {
  limits: () => Limits;
  catalog: Catalog;
  approvals: Approvals;
  jobs: Jobs;
  tools: Tool[];
  /** The rules of projects, and Rein's own directories. */
  rules: RulesFile;
  own: readonly OwnPath[];
  attachments: Attachments;
}

/** What the loops of one run share. */
export interface LoopRun {
  id: string;
  scopes: Scopes;
  pauseGate: PauseGate;
  limits: LimitWatch;
  waits: ModelWaits;
  jobEnds: EndedJob[];
  watch: RunWatch | undefined;
}

/** The loop of the run: the agent's, or, of a run that only sums up, just that. */
export function createLoop(
  parts: LoopParts,
  live: LiveSession,
  run: LoopRun,
  signal: AbortSignal,
): ReturnType<typeof agentLoop> {
  const { session } = live;
  const { approvals, jobs, tools, rules, own } = parts;
  const { id: runId, scopes, pauseGate, jobEnds, watch } = run;
  const { ofModel, keeper } = modelParts(parts, live, run, sessionModel(parts.catalog, session));
  const toolRun: ToolRun = {
    session,
    runId,
    scopes,
    pauseGate,
    approvals,
    rules,
    own,
    remember: (rule) => remember(live, rule),
    jobs,
    jobEnds,
    files: keeper,
    readyToWrite: async (ownSignal) => watch?.ready(ownSignal),
    write: () => (watch ? watch.write() : new DisposableStack()),
  };
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

type OfModel = Pick<
  LoopRequest,
  | "provider"
  | "model"
  | "options"
  | "info"
  | "readFiles"
  | "pauseGate"
  | "waits"
  | "retries"
  | "recordCost"
  | "beforeTurn"
>;

/** What every loop that asks this model has, the agent's, a summary's or a subagent's; `keeper` is for its tools. */
function modelParts(
  parts: LoopParts,
  live: LiveSession,
  run: LoopRun,
  { provider, model, options }: ChosenModel,
): { ofModel: OfModel; keeper: FileKeeper } {
  const { catalog } = parts;
  const { readFiles, keeper } = filesOfModel(parts, provider, model);
  const ofModel: OfModel = {
    provider: catalog.provider(provider),
    model,
    options,
    info: () => catalog.info(provider, model),
    readFiles,
    pauseGate: run.pauseGate,
    waits: run.waits,
    retries: new Retries(() => parts.limits().retry),
    recordCost: (messageId, cost) => run.limits.recordCost(messageId, cost),
    async beforeTurn(signal) {
      await catalog.settledWindow(provider, model, signal);
      await sayUnpriced(parts, live, run, { provider, model }, signal);
      await passLimits(run, signal);
    },
  };
  return { ofModel, keeper };
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

/** What this model reads of files and keeps. What is known of it may change: the list of models comes late. */
function filesOfModel(
  { catalog, attachments }: LoopParts,
  provider: string,
  model: string,
): Pick<LoopRequest, "readFiles"> & { keeper: FileKeeper } {
  const reader = (): ReadingModel => {
    const takes = catalog.info(provider, model)?.takes;
    return { provider, model, takes };
  };
  return {
    readFiles: (messages, signal) => readRequestFiles(attachments, messages, reader(), signal),
    keeper: {
      // Of a kind: what is too large is said where it is sent.
      whyNotTaken: (mediaType) => whyNotTaken({ mediaType, bytes: 0 }, reader()),
      keep: (content, signal) => attachments.add([content], signal),
    },
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

/**
 * Before a model is asked whose price is not known: that the run's limit in dollars counts its tokens at a flat price, and
 * whether only until its service states the cost.
 * It is said once a run and model. Without such a limit nothing is waited for; a stop ends the wait.
 */
async function sayUnpriced(
  { catalog }: LoopParts,
  live: LiveSession,
  run: LoopRun,
  { provider, model }: { provider: string; model: string },
  signal: AbortSignal,
): Promise<void> {
  if (!run.limits.isInDollars) return;
  const info = await catalog.settledInfo(provider, model, signal);
  const said = findRun(live.session, run.id)?.unpriced ?? [];
  const isSaid = said.some((one) => one.provider === provider && one.model === model);
  if (signal.aborted || info?.price !== undefined || isSaid) return;
  const statesCost = catalog.provider(provider).statesCost && { statesCost: true as const };
  const unpriced = { provider, model, usdPerMillion: unpricedUsdPerMillion, ...statesCost };
  live.emit({ type: "run-unpriced", runId: run.id, ...unpriced });
  logUnpriced(live.session, run.id, unpriced);
}

/** Waits until the run is not paused and no limit is reached; then a turn begins. */
async function passLimits({ pauseGate, limits }: LoopRun, signal: AbortSignal): Promise<void> {
  do await pauseGate.pass(signal);
  while (!signal.aborted && !limits.beginTurn());
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
        const fresh = { role, title, provider, model, messages: [], usage: noUsage };
        yield { type: "subagent-start" as const, ...at, subagent: fresh };
        const task = userMessage(runId, input.task);
        yield { type: "message-start" as const, agentId: toolCallId, message: task };
      }
      const end = yield* agentLoop(request, signal);
      yield { type: "subagent-end" as const, ...at, outcome: end.outcome };
      return end;
    };
    return { loop: start(), messages };
  };
}

function findMessageOf(live: LiveSession, partId: string): Message | undefined {
  return live.session.messages.findLast((message) => message.parts.some(({ id }) => id === partId));
}
