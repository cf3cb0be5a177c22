/** One owner per session of what runs in it: start, stop, settle. */
import { activeRun, findRun, findToolCall } from "../shared/apply";
import { isOutcome, noUsage } from "../shared/protocol";
import type { Message, Run, Stop, StopAnswer, ToolCallPart } from "../shared/protocol";
import { agentLoop, type LoopEnd, type LoopRequest } from "./agent";
import { type Approvals } from "./approvals";
import type { Catalog } from "./catalog";
import { newId } from "./id";
import type { LiveSession, Sessions } from "./live";
import type { JobEnd, Jobs } from "./processes/jobs";
import { subagentPrompt, systemPrompt } from "./prompt";
import { makeReceipt, momentOf, type StopMoment, toolCalls } from "./receipt";
import { settleCut } from "./recovery";
import { Scopes } from "./signal";
import { createSubagentTool, maxTurnsOf, type Spawn, toolsOf } from "./subagent";
import { runTool, type ToolRun } from "./tool-runner";
import type { Tool } from "./tools/tool";
import { toolSpecs } from "./tools/specs";

/*
   start ──► running ⇄ waiting ──────────────► settled     Stopping is absorbing. The first reason stays: it is the
                 └──► stopping ──► settled                 reason of the run's one AbortSignal.
*/

const maxTurns = 200;
/** Stops that came before their run; more than this many at once is somebody's mistake. */
const maxRefused = 1000;

interface ActiveRun {
  id: string;
  controller: AbortController;
  scopes: Scopes;
  moment: StopMoment | undefined;
  jobEnds: JobEnd[];
  /** Resolves when it has settled; never rejects. */
  settled: Promise<StopAnswer>;
}

export interface RunParts {
  sessions: Sessions;
  catalog: Catalog;
  approvals: Approvals;
  jobs: Jobs;
  tools: Tool[];
}

export class Runs {
  readonly #parts: RunParts;
  readonly #active = new Map<string, ActiveRun>();
  readonly #refused = new Map<string, Stop>();
  #closed: Stop | undefined;

  constructor(parts: RunParts) {
    this.#parts = parts;
  }

  isActive(sessionId: string): boolean {
    return this.#active.has(sessionId);
  }

  /**
   * Accepts a message: the run and its controller exist when this returns. The session must have no active run.
   * A run that was stopped before it came starts stopped, and keeps its message.
   */
  start(live: LiveSession, message: string, runId: string): void {
    const { session } = live;
    if (this.#active.has(session.id)) throw new Error(`Session ${session.id} has an active run`);
    const { promise: settled, resolve: settle } = Promise.withResolvers<StopAnswer>();
    const active: ActiveRun = {
      id: runId,
      controller: new AbortController(),
      scopes: new Scopes(),
      moment: undefined,
      jobEnds: [],
      settled,
    };
    this.#active.set(session.id, active);
    const run: Run = { id: runId, state: "running", startedAt: Date.now(), usage: noUsage };
    live.emit({ type: "run-start", sessionId: session.id, run });
    live.emit({ type: "message-start", message: userMessage(runId, message) });
    const refusal = this.#refused.get(runId) ?? this.#closed;
    this.#refused.delete(runId);
    if (refusal) this.#abort(live, active, refusal);
    void this.#drive(live, active).then(settle);
  }

  /**
   * Stops the session's run, or one tool call or subagent of it. Resolves when that has settled.
   * Any number of stops are one; what is not running is left alone, and so is any other run than the one named.
   */
  async stop(
    sessionId: string,
    named: { runId?: string; subagentId?: string; toolCallId?: string },
    stop: Stop,
  ): Promise<StopAnswer> {
    const active = this.#active.get(sessionId);
    const live = this.#parts.sessions.get(sessionId);
    if (active === undefined || live === undefined)
      return { stopped: false, message: "Nothing is running in this session." };
    if (named.runId !== undefined && named.runId !== active.id)
      return { stopped: false, message: `Run ${named.runId} is not running (any more).` };
    const scopeId = named.toolCallId ?? named.subagentId;
    if (scopeId === undefined) {
      this.#abort(live, active, stop);
      return active.settled;
    }
    const settled = active.scopes.stop(scopeId, stop);
    if (settled === undefined)
      return { stopped: false, message: `${scopeId} is not running (any more).` };
    await settled;
    const state = findCall(live, scopeId)?.state ?? "stopped";
    const outcome = isOutcome(state) ? state : "stopped";
    return { stopped: true, runId: active.id, outcome, receipt: null };
  }

  /** Stops a run by its name alone: wherever it is, or as soon as it comes. */
  async stopRun(runId: string, stop: Stop): Promise<StopAnswer> {
    for (const [sessionId, active] of this.#active)
      if (active.id === runId) return this.stop(sessionId, {}, stop);
    if (this.#refused.size >= maxRefused) this.#refused.clear();
    this.#refused.set(runId, stop);
    return { stopped: false, message: `Run ${runId} is not running; if it comes, it is refused.` };
  }

  /** Stops everything on this server. */
  async stopAll(stop: Stop): Promise<StopAnswer[]> {
    return Promise.all([...this.#active.keys()].map((id) => this.stop(id, {}, stop)));
  }

  /** Stops everything, and whatever still comes. */
  async close(stop: Stop): Promise<void> {
    this.#closed = stop;
    await this.stopAll(stop);
  }

  /** Settles what a crash of the server has cut: nothing of it runs any more. */
  recover(): void {
    for (const live of this.#parts.sessions.unsettled()) {
      const run = activeRun(live.session);
      if (run) settleCut(live, run);
    }
  }

  #abort(live: LiveSession, active: ActiveRun, stop: Stop): void {
    const { controller } = active;
    const run = findRun(live.session, active.id);
    if (controller.signal.aborted || run === undefined) return;
    active.moment = momentOf(live.session, run);
    const { point } = active.moment;
    live.emit({ type: "run-stopping", runId: active.id, stop: { ...stop, point } });
    controller.abort(stop);
  }

  async #drive(live: LiveSession, active: ActiveRun): Promise<StopAnswer> {
    const end = await this.#read(live, active);
    const run = findRun(live.session, active.id)!;
    const receipt =
      run.stop && active.moment
        ? makeReceipt(live.session, run, run.stop, active.moment, active.jobEnds)
        : undefined;
    this.#active.delete(live.session.id);
    live.emit({
      type: "run-end",
      runId: active.id,
      at: Date.now(),
      usage: run.usage,
      ...end,
      ...(receipt && { receipt }),
    });
    return { stopped: true, runId: active.id, outcome: end.outcome, receipt: receipt ?? null };
  }

  /** Reads the loop to its end; every event is applied before the next is asked for. */
  async #read(live: LiveSession, active: ActiveRun): Promise<LoopEnd> {
    const { signal } = active.controller;
    try {
      const loop = agentLoop(this.#loopRequest(live, active), signal);
      let step = await loop.next();
      while (!step.done) {
        live.emit(step.value);
        step = await loop.next();
      }
      return step.value;
    } catch (error) {
      console.error("A bug in Rein ended a run:", error);
      return { outcome: "failed", error: { code: "internal", message: String(error) } };
    }
  }

  #loopRequest(live: LiveSession, active: ActiveRun): LoopRequest {
    const { session } = live;
    const { catalog, approvals, jobs, tools } = this.#parts;
    const toolRun: ToolRun = {
      session,
      runId: active.id,
      scopes: active.scopes,
      approvals,
      jobs,
      jobEnds: active.jobEnds,
      waiting: new Set(),
    };
    const withSubagents = [...tools, createSubagentTool(this.#spawner(live, toolRun))];
    return {
      runId: active.id,
      provider: catalog.provider(session.provider),
      model: session.model,
      info: catalog.info(session.provider, session.model),
      system: (signal) => systemPrompt(session, signal),
      tools: toolSpecs(withSubagents),
      maxTurns,
      messages: () => session.messages,
      runTool: (call, at, send, signal) => runTool(toolRun, withSubagents, call, at, send, signal),
    };
  }

  /** What the subagent tool is handed to start a loop with. */
  #spawner(live: LiveSession, toolRun: ToolRun): Spawn {
    const { session } = live;
    const { catalog } = this.#parts;
    return (input, { toolCallId, runId }, signal) => {
      const messages = () => findToolCall(session, toolCallId)?.subagent?.messages ?? [];
      const providerId = input.provider ?? session.provider;
      const model =
        input.model ?? (input.provider ? catalog.defaultModel(input.provider) : session.model);
      const { role, title } = input;
      const tools = toolsOf(role, this.#parts.tools);
      const request: LoopRequest = {
        runId,
        agentId: toolCallId,
        provider: catalog.provider(providerId),
        model,
        info: catalog.info(providerId, model),
        system: async (own) => subagentPrompt(await systemPrompt(session, own), role),
        tools: toolSpecs(tools),
        maxTurns: input.maxTurns ?? maxTurnsOf[role],
        messages,
        runTool: (call, at, send, own) => runTool(toolRun, tools, call, at, send, own),
      };
      const start = async function* () {
        const message = findMessageOf(live, toolCallId)!;
        const at = { messageId: message.id, partId: toolCallId };
        const subagent = { role, title, provider: providerId, model, messages: [], usage: noUsage };
        yield { type: "subagent-start" as const, ...at, subagent };
        const task = userMessage(runId, input.task);
        yield { type: "message-start" as const, agentId: toolCallId, message: task };
        const end = yield* agentLoop(request, signal);
        yield { type: "subagent-end" as const, ...at, outcome: end.outcome };
        return end;
      };
      return { loop: start(), messages };
    };
  }
}

function userMessage(runId: string, text: string): Message {
  const part = { type: "text" as const, id: newId(), text };
  return { id: newId(), runId, role: "user", parts: [part], createdAt: Date.now() };
}

/** A call of the session's own messages or of a subagent's. */
function findCall(live: LiveSession, id: string): ToolCallPart | undefined {
  const own = findToolCall(live.session, id);
  if (own) return own;
  for (const call of live.session.messages.slice(-1).flatMap(toolCalls))
    for (const message of call.subagent?.messages ?? []) {
      const found = toolCalls(message).find((one) => one.id === id);
      if (found) return found;
    }
  return undefined;
}

function findMessageOf(live: LiveSession, partId: string): Message | undefined {
  return live.session.messages.findLast((message) => message.parts.some(({ id }) => id === partId));
}
