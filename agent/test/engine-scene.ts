/**
 * The loop of engines in this process, with an engine in memory that does what its script says: no server and no program.
 *
 *     const scene = engineScene(async (turn) => {
 *       turn.say("Hello");
 *       await turn.interrupted;
 *       return { outcome: "interrupted" };
 *     });
 *     const run = scene.run("Hi");
 *     await run.until((event) => event.type === "part-delta");
 *     run.stop();
 *     await run.ended;
 */
import { tmpdir } from "node:os";
import { apply } from "../shared/apply";
import {
  type EngineGives,
  type EventBody,
  type Message,
  type QueuedMessage,
  noUsage,
  type Session,
  type StopBy,
  type ToolCallPart,
} from "../shared/protocol";
import { toolCallsOf } from "../shared/message-parts";
import { neverAborts, Scopes } from "../server/abort";
import { Approvals } from "../server/agent/approvals";
import { engineLoop } from "../server/agent/engine-loop";
import type { EngineLoopRequest, TurnGate, TurnReport } from "../server/agent/engine-turn-types";
import { ModelWaits } from "../server/agent/model-waits";
import { PauseGate } from "../server/agent/pause-gate";
import type { EndedJob } from "../server/agent/tool-runner";
import type { LoopEnd } from "../server/agent/turn-types";
import type {
  Engine,
  EngineAnswer,
  EngineConversation,
  EngineEnd,
  EngineEvent,
  EngineQuestion,
  EngineRequest,
} from "../server/engines/engine";
import { OpenConversations } from "../server/engines/open-conversations";
import type { Job, JobEnd, Jobs } from "../server/processes/jobs";
import { stopped, userMessage } from "./provider-wires";

/** A turn as its script sees it. */
export interface ScriptedTurn {
  /** As the engine was told it. */
  text: string;
  event(event: EngineEvent): void;
  say(text: string, key?: string): void;
  ask(question: EngineQuestion, signal: AbortSignal): Promise<EngineAnswer>;
  /** Resolves at the interrupt. */
  interrupted: Promise<void>;
  /** Resolves when the process was killed. */
  killed: Promise<unknown>;
  /** The process ends by itself. */
  die(): void;
}

export type Script = (turn: ScriptedTurn) => Promise<EngineEnd>;

export interface EngineSceneOptions {
  gives?: Partial<EngineGives>;
  /** What the conversations have besides. */
  conversation?: Partial<EngineConversation>;
  /** Called by each opening; throws where it fails. */
  onOpen?: (request: EngineRequest, signal: AbortSignal) => Promise<void> | void;
  gate?: TurnGate;
  /** Called when the job is stopped: resolves when it has ended. */
  onKill?: () => Promise<void>;
  request?: Partial<EngineLoopRequest>;
  /** What the engine's job has. */
  job?: Partial<Job>;
  idleMs?: number;
  isWatched?: () => boolean;
}

export interface EngineRun {
  ended: Promise<LoopEnd>;
  /** Resolves once such an event was applied. */
  until(isIt: (event: EventBody) => boolean): Promise<void>;
  stop(by?: StopBy): void;
  stopHard(): void;
}

export type EngineScene = ReturnType<typeof engineScene>;

export function engineScene(script: Script, options: EngineSceneOptions = {}) {
  /** What happens, in its order. */
  const log: string[] = [];
  const session = emptySession();
  const events: EventBody[] = [];
  const approvals = new Approvals();
  const jobEnds: EndedJob[] = [];
  const reports: TurnReport[] = [];
  const scopes = new Scopes(neverAborts);
  const queued: QueuedMessage[] = [];
  const queueListeners = new Set<() => void>();
  const waiters = new Set<() => void>();
  const pauseGate = new PauseGate(() => log.push("halted"));
  let opened = 0;
  let seq = 0;

  function emit(event: EventBody): void {
    events.push(event);
    apply(session, { ...structuredClone(event), seq: ++seq });
    for (const wake of waiters) wake();
  }

  const engine: Engine = {
    id: "scripted",
    name: "Scripted",
    gives: {
      toolOutput: "live",
      stopsSubagents: true,
      steers: false,
      keeps: { message: true, text: true, output: true },
      ...options.gives,
    },
    providers: ["anthropic"],
    ownLogin: true,
    look: async () => ({ state: "ready" }),
    async open(request, signal) {
      opened++;
      log.push(`open ${request.conversationId ?? "new"}`);
      await options.onOpen?.(request, signal);
      const id = request.conversationId ?? `conversation-${opened}`;
      return scriptedConversation(id, request);
    },
  };

  function scriptedConversation(id: string, request: EngineRequest): EngineConversation {
    const { promise: ended, resolve: end } = Promise.withResolvers<JobEnd>();
    let interrupt = () => {};
    return {
      id,
      child: {
        pid: 1000 + opened,
        lines: (async function* () {})(),
        write() {},
        closeInput() {},
        errorOutput: () => "",
        isDead: false,
        ended,
        async stop(how) {
          log.push(`kill ${how}`);
          await options.onKill?.();
          log.push("dead");
          end(jobEnd({ stopped: true }));
          return ended;
        },
      },
      turn(text) {
        log.push(`turn ${text}`);
        const { promise: interrupted, resolve } = Promise.withResolvers<void>();
        interrupt = resolve;
        return play(script, {
          text,
          interrupted,
          killed: ended,
          ask: async (question, signal) => {
            const answer = await request.ask(question, signal);
            log.push(
              `answer ${answer.allow ? "allow" : "cancelled" in answer ? "cancelled" : "deny"}`,
            );
            return answer;
          },
          die: () => end(jobEnd({ stopped: false })),
        });
      },
      interrupt() {
        log.push("interrupt");
        interrupt();
      },
      ...options.conversation,
    };
  }

  const conversations = new OpenConversations<TurnGate>({
    jobs: {
      list: () => (options.job ? [{ shownPid: 1000 + opened, ...options.job }] : []),
    } as unknown as Jobs,
    openGate: () => options.gate!,
    homes: tmpdir(),
    isWatched: options.isWatched ?? (() => false),
    ...(options.idleMs !== undefined && { idleMs: options.idleMs }),
  });

  function run(text: string): EngineRun {
    const controller = new AbortController();
    const hard = new AbortController();
    const runId = `run-${session.runs.length + 1}`;
    session.runs.push({ id: runId, state: "running", startedAt: 0, usage: { ...noUsage } });
    emit({ type: "message-start", message: { ...userMessage(text), runId } });
    const request: EngineLoopRequest = {
      runId,
      engine,
      provider: "anthropic",
      model: "model",
      conversations,
      readServers: async () => {},
      setting: () => ({
        key: session.id,
        sessionId: session.id,
        engine,
        cwd: session.cwd,
        model: session.model,
        ...(options.gate && { provider: "anthropic" }),
        ...(session.engine?.conversationId && {
          conversationId: session.engine.conversationId,
        }),
      }),
      said: { text, files: [] },
      readFiles: async () => [],
      anew: (text) => text,
      instructions: { toTell: async () => "", keep() {}, forget() {} },
      keep: ({ id }) => {
        log.push(`keep ${id}`);
        session.engine = { id: engine.id, conversationId: id };
      },
      drop: () => {
        log.push("drop");
        session.engine = { id: engine.id };
      },
      amend: async (conversation) =>
        void (await conversation.amend?.({ message: text, text: "", calls: [] })),
      queued: () => queued,
      takeQueued: (given) => {
        const taken = given ? queued.splice(queued.indexOf(given), 1) : queued.splice(0);
        return taken.map(({ text: said }) => {
          const message = { ...userMessage(said), runId };
          emit({ type: "message-start", message });
          return message;
        });
      },
      onQueued: (listener) => {
        queueListeners.add(listener);
        return { [Symbol.dispose]: () => void queueListeners.delete(listener) };
      },
      beginRequest: () => true,
      beforeTurn: async () => {},
      recordCost: () => {},
      windowTokens: () => undefined,
      allowing: {
        session,
        pauseGate,
        approvals,
        rules: { of: () => [], add: () => undefined } as never,
        own: [],
        granted: [],
        unattended: false,
        remember: () => true,
        permit() {},
      },
      session,
      scopes,
      pauseGate,
      waits: new ModelWaits({ stallMs: () => undefined, onStall() {}, onConnecting() {} }),
      readyToWrite: async () => {},
      write: () => new DisposableStack(),
      jobEnds,
      report: (report) => reports.push(report),
      leave: () => {},
      ...options.request,
    };
    const ended = (async () => {
      const loop = engineLoop(request, controller.signal, hard.signal);
      for (;;) {
        const step = await loop.next();
        if (step.done) {
          log.push("end");
          return step.value;
        }
        emit(step.value);
      }
    })();
    return {
      ended,
      until: (isIt) =>
        new Promise((resolve) => {
          const look = () => {
            if (!events.some(isIt)) return;
            waiters.delete(look);
            resolve();
          };
          waiters.add(look);
          look();
        }),
      stop: (by = "user") => {
        log.push("stop");
        controller.abort({ ...stopped, by, askedAt: Date.now() });
      },
      stopHard: () => hard.abort(),
    };
  }

  return {
    session,
    events,
    log,
    approvals,
    jobEnds,
    reports,
    scopes,
    pauseGate,
    conversations,
    engine,
    queued,
    run,
    /** Queues a message for the running model. */
    queue(text: string): void {
      queued.push({ id: crypto.randomUUID(), text, createdAt: 0, waitsFor: "turn" });
      for (const listener of queueListeners) listener();
    },
    /** The assistant's messages. */
    answers: (): Message[] => session.messages.filter(({ role }) => role === "assistant"),
    calls: (): ToolCallPart[] => session.messages.flatMap(toolCallsOf),
  };
}

async function* play(
  script: Script,
  given: Omit<ScriptedTurn, "event" | "say">,
): AsyncGenerator<EngineEvent, EngineEnd> {
  const events: EngineEvent[] = [];
  let wake = Promise.withResolvers<void>();
  let end: EngineEnd | undefined;
  const event = (one: EngineEvent) => {
    events.push(one);
    wake.resolve();
  };
  const say = (delta: string, key = "text") => event({ type: "text", key, delta });
  void script({ ...given, event, say }).then((one) => {
    end = one;
    wake.resolve();
  });
  for (;;) {
    wake = Promise.withResolvers<void>();
    for (const one of events.splice(0)) yield one;
    if (events.length > 0) continue;
    if (end) return end;
    await wake.promise;
  }
}

export function jobEnd(end: Pick<JobEnd, "stopped">): JobEnd {
  return {
    exitCode: null,
    signalName: "SIGKILL",
    timedOut: false,
    ended: [],
    leftBehind: [],
    survivors: [],
    proof: "proven",
    outputHeld: false,
    ...end,
  };
}

function emptySession(): Session {
  return {
    id: "session",
    title: "A session",
    cwd: "/",
    engine: { id: "scripted" },
    provider: "anthropic",
    model: "model",
    permissions: "all",
    allowed: [],
    createdAt: 0,
    updatedAt: 0,
    messages: [],
    runs: [],
    usage: { ...noUsage },
    queue: [],
    seq: 0,
  };
}
