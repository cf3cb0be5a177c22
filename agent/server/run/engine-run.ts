/** The loop of a session or of a subagent that an engine drives: what it is opened with, what it is told, and what Rein keeps of it. */
import { defined } from "../../shared/defined";
import { filesOf } from "../../shared/message-parts";
import type { Message, ModelInfo, QueuedMessage } from "../../shared/protocol";
import { quoted } from "../../shared/quotation";
import { saidText } from "../../shared/said-text";
import type { ReadingModel } from "../../shared/file-bounds";
import { findRun } from "../../shared/session-lookup";
import { engineLoop } from "../agent/engine-loop";
import type { EngineLoopRequest, TurnReport } from "../agent/engine-turn-types";
import type { ToolRun } from "../agent/tool-runner";
import { transcript } from "../agent/transcript";
import { userMessage } from "../agent/user-message";
import { type Engine, EngineError } from "../engines/engine";
import { readEngineFiles } from "./engine-files";
import { EngineServers } from "./engine-servers";
import type { LiveSession } from "../session/live-session";
import { removeQueued, takeForTurn } from "../session/message-queue";
import { withoutQuotations } from "./context-note";
import {
  amendConversation,
  dropConversation,
  keepConversation,
  keepInstructions,
} from "./engine-conversation";
import { passLimits, sayUnpriced } from "./model-parts";
import { toldInstructions } from "./told-instructions";
import type { LoopParts, LoopRun } from "./run-types";

/** About 25,000 tokens. */
const earlierCharacters = 100_000;

/** The loop of the session's engine, which this is called for only when it has one. */
export function createEngineLoop(
  parts: LoopParts,
  live: LiveSession,
  toolRun: ToolRun,
  run: LoopRun,
  signal: AbortSignal,
): ReturnType<typeof engineLoop> {
  const { session } = live;
  const { id: runId } = run;
  const kept = session.engine!;
  // The settings may change it, or remove it, meanwhile.
  const find = () => parts.engines.find(kept.id) ?? unknownEngine(kept.id, kept.name);
  const engine = find();
  const { provider, model } = session;
  const own = () => session.messages.filter((one) => one.runId === runId);
  const servers = new EngineServers(parts, live, find);
  const request: EngineLoopRequest = {
    ...common(parts, live, toolRun, run, { engine, provider, model, options: session.options }),
    readServers: (ownSignal) => servers.read(ownSignal),
    setting: () => ({
      ...settingOf(live, { engine: find(), provider, model, options: session.options }),
      ...servers.given,
      key: session.id,
      ...defined({ conversationId: session.engine?.conversationId }),
    }),
    said: {
      text: own().map(wordsOf).join("\n\n"),
      files: own().flatMap(filesOf),
    },
    ...(findRun(session, runId)?.sumsUp && { sumsUp: true }),
    anew: (text) => {
      const { note } = session.messages.find((one) => one.runId === runId) ?? {};
      const others = session.messages.filter((one) => one.runId !== runId);
      return [earlierText(others), withoutQuotations(text, note)].filter(Boolean).join("\n\n");
    },
    instructions: toldInstructions({
      ...instructionsIn(parts, session.cwd),
      before: () => session.engine?.toldInstructions,
      keep: (digest) => keepInstructions(live, digest),
    }),
    keep: (conversation) => keepConversation(live, engine.name, conversation),
    drop: () => dropConversation(live),
    amend: (conversation) => amendConversation(live, runId, conversation),
    queued: () => session.queue.filter(({ waitsFor }) => waitsFor === "turn"),
    takeQueued: (given) => takeQueued(live, runId, given),
    onQueued: (listener) => run.onQueued(listener),
    report: (turn) => (run.engineReport = addReport(run.engineReport, turn)),
    leave: (end) => (run.endEngine = end),
  };
  return engineLoop(request, signal, run.hardSignal);
}

/** What a subagent's engine is asked with. */
export interface EngineTask {
  engine: string;
  provider: string;
  model: string;
  toolCallId: string;
  task: string;
  /** Its own, as they are now. */
  messages: () => Message[];
}

/** The loop of an engine that is a subagent of Rein's: it is told its task alone, and ended with it. */
export function createSubagentLoop(
  parts: LoopParts,
  live: LiveSession,
  toolRun: ToolRun,
  run: LoopRun,
  { engine: id, provider, model, toolCallId, task, messages }: EngineTask,
  signal: AbortSignal,
): ReturnType<typeof engineLoop> {
  const engine = parts.engines.find(id) ?? unknownEngine(id);
  const chosen = { engine, provider, model };
  const servers = new EngineServers(parts, live, () => engine);
  let told: string | undefined;
  const request: EngineLoopRequest = {
    ...common(parts, live, toolRun, run, chosen),
    agentId: toolCallId,
    readServers: (ownSignal) => servers.read(ownSignal),
    setting: () => ({ ...settingOf(live, chosen), ...servers.given, key: toolCallId }),
    said: { text: task, files: [] },
    anew: (text) => {
      const isBegun = messages().some(({ outcome }) => outcome !== undefined);
      return isBegun ? `${earlierText(messages())}\n\n${text}` : text;
    },
    instructions: toldInstructions({
      ...instructionsIn(parts, live.session.cwd),
      before: () => told,
      keep: (digest) => (told = digest),
    }),
    keep: () => {},
    drop: () => {},
    amend: async () => {},
    queued: () => [],
    takeQueued: () => [],
    onQueued: () => ({ [Symbol.dispose]: () => {} }),
    report: (turn) => void run.subagentReports.set(toolCallId, turn),
    leave: () => {},
  };
  return engineLoop(request, signal, run.scopes.hardSignal(toolCallId));
}

function instructionsIn({ definitions }: LoopParts, cwd: string) {
  return { read: (signal: AbortSignal) => definitions.personalPromptOf(cwd, signal) };
}

interface Chosen {
  engine: Engine;
  provider: string;
  model: string;
  options?: EngineLoopRequest["session"]["options"];
}

function common(
  parts: LoopParts,
  live: LiveSession,
  toolRun: ToolRun,
  run: LoopRun,
  { engine, provider, model }: Chosen,
) {
  const { catalog, conversations } = parts;
  const { id: runId, limits, pauseGate, waits, scopes, jobEnds } = run;
  const isGated = !usesOwnLogin(engine, provider);
  const windowTokens = () => catalog.info(provider, model)?.contextTokens;
  return {
    runId,
    engine,
    provider,
    model,
    conversations,
    session: live.session,
    allowing: toolRun,
    scopes,
    pauseGate,
    waits,
    jobEnds,
    readyToWrite: (signal: AbortSignal) => toolRun.readyToWrite(signal),
    write: () => toolRun.write(),
    // With a gate each of its requests passes the limits.
    async beforeTurn(signal: AbortSignal) {
      if (!isGated) return passLimits(run, signal);
      await sayUnpriced(parts, live, run, { provider, model }, signal);
      await pauseGate.pass(signal);
    },
    beginRequest: () => limits.beginTurn(),
    recordCost: limits.recordCost.bind(limits),
    windowTokens,
    readFiles: (
      files: EngineLoopRequest["said"]["files"],
      takes: ModelInfo["takes"],
      signal: AbortSignal,
    ) => {
      const reader = { ...readerOf(engine, provider, model, takes), contextTokens: windowTokens() };
      return readEngineFiles(parts.attachments, files, reader, signal);
    },
  };
}

function settingOf({ session }: LiveSession, { engine, provider, model, options }: Chosen) {
  const isOwn = usesOwnLogin(engine, provider);
  return {
    sessionId: session.id,
    engine,
    cwd: session.cwd,
    // Of its own log-in the engine knows the models.
    model: isOwn && model === "default" ? "" : model,
    ...defined({ options, provider: isOwn ? undefined : provider }),
  };
}

/** With its own log-in it asks the service of the first provider whose wire it speaks. */
function readerOf(
  engine: Engine,
  provider: string,
  model: string,
  takes: ModelInfo["takes"],
): ReadingModel {
  const service = usesOwnLogin(engine, provider) ? (engine.providers[0] ?? provider) : provider;
  return { provider: service, model, takes };
}

function usesOwnLogin({ id }: Engine, provider: string): boolean {
  return provider === id;
}

function takeQueued(live: LiveSession, runId: string, given?: QueuedMessage): Message[] {
  const taken = given === undefined ? takeForTurn(live) : [given];
  // It may have been changed since: that is another message.
  if (given && live.session.queue.some(({ id, text }) => id === given.id && text === given.text))
    removeQueued(live, given.id);
  return taken.map(({ text, files, command }) => {
    const message = userMessage(runId, text, files, defined({ command }));
    live.emit({ type: "message-start", message });
    return message;
  });
}

/** What a message says to an engine: with the note about what was stopped before it. */
function wordsOf(message: Message): string {
  return [message.note, saidText(message, "\n")].filter(Boolean).join("\n\n");
}

/** What a new conversation is told of these messages, for it has none of them: quoted, so that none can speak for another. */
export function earlierText(messages: Message[]): string {
  const text = transcript(messages, earlierCharacters);
  const label = "[What was said in this conversation so far, which you do not have]";
  return quoted(label, text, Infinity).join("");
}

/** Of all turns of a run, as the last one ended. */
function addReport(before: TurnReport | undefined, turn: TurnReport): TurnReport {
  const made = (before?.modelCalls?.made ?? 0) + (turn.modelCalls?.made ?? 0);
  return { ...turn, ...(turn.modelCalls && { modelCalls: { ...turn.modelCalls, made } }) };
}

/** In the place of one that is in no list any more: it says so when it is asked. */
function unknownEngine(id: string, name = id): Engine {
  const reason = `The engine “${name}” is no longer known here: enter it in the settings again, or start a new session.`;
  return {
    id,
    name,
    gives: {
      toolOutput: "none",
      stopsSubagents: false,
      steers: false,
      keeps: { message: true, text: true, output: true },
    },
    providers: [],
    ownLogin: false,
    look: async () => ({ state: "missing", reason }),
    open: async () => {
      throw new EngineError("engine-missing", reason);
    },
  };
}
