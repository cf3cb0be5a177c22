/** One turn of an engine: the user's message, what the engine does about it, and how it ends. */
import { defined } from "../../shared/defined";
import type { FileRef, QueuedMessage, Session } from "../../shared/protocol";
import { settledOrAborted, within } from "../abort";
import {
  type EngineConversation,
  type EngineEnd,
  EngineError,
  type EngineEvent,
  type EngineFile,
} from "../engines/engine";
import type { OpenConversation } from "../engines/open-conversation";
import { log } from "../log";
import { failureOf } from "./engine-failures";
import { gateHooks } from "./engine-gate-hooks";
import { EngineHolds } from "./engine-holds";
import type { MessageCost } from "./engine-message";
import { EngineParts } from "./engine-parts";
import { EngineQuestions } from "./engine-questions";
import { EngineReading } from "./engine-reading";
import { EngineProcess } from "./engine-process";
import { stopEngine, turnOver } from "./engine-stop";
import { reportTurn } from "./engine-turn-report";
import type { ClosedCall, EngineLoopRequest, Said, TurnGate } from "./engine-turn-types";
import type { LoopEnd, Send } from "./turn-types";

/**
 * Sends the text and resolves when the turn is over and all of it is shown. A failure or a stop is in the end; then nothing
 * of the engine runs any more, but for a failure in its own words. Rejects only on an error of Rein's own.
 */
export async function driveTurn(
  request: EngineLoopRequest,
  said: Said,
  send: Send,
  signal: AbortSignal,
  hardSignal: AbortSignal,
): Promise<LoopEnd> {
  const turn = new EngineTurn(request, send, signal);
  await turn.parts.begin();
  const end = await turn.run(said, hardSignal);
  await turn.steered(signal);
  await turn.parts.close(end.outcome, end.error, turn.cost());
  return end;
}

/** After a turn an engine has so long to say whether it has taken a message. */
const steerMs = 2_000;

class EngineTurn {
  readonly parts: EngineParts;
  readonly #request: EngineLoopRequest;
  readonly #signal: AbortSignal;
  readonly #holds: EngineHolds;
  readonly #reading: EngineReading;
  readonly #questions: EngineQuestions;
  readonly #process: EngineProcess;
  /** By the requests of the gate. */
  #context: Session["context"];
  /** Messages that were given to the turn, until the engine says whether it takes them. */
  readonly #given = new Map<string, Promise<void>>();
  #isSent = false;
  /** It was sent to a conversation that had been in use before. */
  #isResumed = false;
  /** Of the first request to its model; empty where that did not fail. */
  #firstCode: string | undefined;

  constructor(request: EngineLoopRequest, send: Send, signal: AbortSignal) {
    const { session, runId, agentId, provider, model, scopes } = request;
    this.#request = request;
    this.#signal = signal;
    this.#process = new EngineProcess(request, send, signal);
    this.#holds = new EngineHolds(request.pauseGate);
    const stopSubagent = async (key: string) =>
      (await this.#process.open?.conversation.stopSubagent?.(key)) ?? false;
    const canStop = request.engine.gives.stopsSubagents;
    this.parts = new EngineParts({
      session,
      runId,
      agentId,
      provider,
      model,
      scopes,
      send,
      signal,
      ...(canStop && { stopSubagent }),
    });
    this.#reading = new EngineReading(request, this.parts, signal);
    this.#questions = new EngineQuestions({
      allowing: request.allowing,
      parts: this.parts,
      reading: this.#reading,
      holds: this.#holds,
      send,
      signal,
    });
  }

  /** Never rejects. */
  async run(said: Said, hardSignal: AbortSignal): Promise<LoopEnd> {
    try {
      await this.#request.beforeTurn(this.#signal);
      this.#signal.throwIfAborted();
      const open = await this.#process.take();
      using _writing = await this.#writing();
      return await this.#runIn(open, said, hardSignal);
    } catch (error) {
      // What was sent and could not be followed does not go on unseen.
      if (this.#isSent) await this.#process.end();
      return this.#signal.aborted ? { outcome: "stopped" } : failureOf(error);
    } finally {
      await this.#process.leave();
    }
  }

  /** What it has cost, and the size of the context, as far as they are known. */
  cost(): MessageCost {
    const ofGate = this.#isSent ? this.#process.open?.gate?.usage : undefined;
    const usage = ofGate ?? this.parts.usage;
    const isKnown = usage.inputTokens + usage.outputTokens > 0;
    const windowTokens = this.#request.windowTokens();
    const context = this.parts.context ?? this.#context;
    return defined({
      usage: isKnown ? usage : undefined,
      context: context && { ...defined({ windowTokens }), ...context },
    });
  }

  /** Before this run, to its end. Of turns that were all cut some engines keep nothing, and nothing is missing. */
  #hasAnswered(): boolean {
    const { session, runId } = this.#request;
    return session.messages.some(
      (one) => one.role === "assistant" && one.outcome === "done" && one.runId !== runId,
    );
  }

  /** Until the turn is over nothing is undone in its directory, for an engine may write at any time. */
  async #writing(): Promise<Disposable> {
    for (;;) {
      await this.#request.readyToWrite(this.#signal);
      const writing = this.#request.write();
      if (writing) return writing;
    }
  }

  async #runIn(
    open: OpenConversation<TurnGate>,
    said: Said,
    hardSignal: AbortSignal,
  ): Promise<LoopEnd> {
    const { conversation, gate } = open;
    this.#request.keep(conversation);
    try {
      const events = await this.#begin(open, said);
      const reading = this.#reading.read(events, open, () => this.#questions.open.length > 0);
      using _frozen = this.#freezable(open);
      using _nudges = this.#request.onQueued(() => this.#steer());
      await settledOrAborted(turnOver(reading, open.ended), this.#signal);
      if (this.#signal.aborted && !this.#reading.hasEndedFirst)
        return await this.#stop(open, reading, hardSignal);
      reportTurn(this.#request, gate);
      // A turn without a call has left nothing of a command's: it is not shown as running on.
      if (!open.hasCalled) open.noteOwn();
      if (this.#reading.isBroken) await this.#process.end();
      const end = this.#reading.result();
      if (end.outcome === "failed") await this.#dropRefused();
      if (end.outcome === "done") this.#noteTold();
      return end;
    } finally {
      this.#reading.finish();
      open.onAsk = undefined;
      gate?.setTurn(undefined);
    }
  }

  #noteTold(): void {
    const { sumsUp, instructions } = this.#request;
    if (sumsUp) instructions.forget();
    else instructions.keep();
  }

  async #stop(
    open: OpenConversation<TurnGate>,
    reading: Promise<void>,
    hardSignal: AbortSignal,
  ): Promise<LoopEnd> {
    const openCalls = open.gate?.counts.open ?? 0;
    const stop = await stopEngine(
      open,
      {
        answers: this.#questions.open,
        idle: reading.then(() => this.#reading.hasEnded),
        end: () => {
          this.#reading.finish();
          return this.#process.end();
        },
      },
      hardSignal,
    );
    reportTurn(this.#request, open.gate, stop, openCalls);
    // What has failed by itself is started by the next message alone.
    if (!this.#reading.hasFailed) this.#process.reopen();
    return { outcome: "stopped" };
  }

  /** A history that the service refuses as it is would be refused with each message. */
  async #dropRefused(): Promise<void> {
    if (!this.#isResumed || this.#firstCode !== "invalid-request") return;
    await this.parts.notice(
      `The service has refused this conversation as ${this.#request.engine.name} keeps it. Your next message goes on in a new one, which is told what was said so far.`,
    );
    await this.#process.end();
    this.#request.drop();
  }

  /** With a gate a pause holds its next request. */
  #freezable({ gate, freezable }: OpenConversation<TurnGate>): Disposable | undefined {
    if (gate !== undefined || freezable === undefined) return undefined;
    return this.#holds.freezable(freezable, (isFrozen) => this.#reading.setFrozen(isFrozen));
  }

  /** Sends what is said. */
  async #begin(
    open: OpenConversation<TurnGate>,
    { text, files }: Said,
  ): Promise<AsyncGenerator<EngineEvent, EngineEnd>> {
    const { engine, sumsUp, anew, instructions } = this.#request;
    const { conversation, gate, isFresh, lost } = open;
    if (sumsUp && conversation.compact === undefined)
      throw new EngineError("engine-summary", `${engine.name} cannot sum up a conversation.`);
    const first = sumsUp ? "" : await instructions.toTell(isFresh, this.#signal);
    const told = [first, isFresh ? anew(text) : text].filter(Boolean).join("\n\n");
    const brought = await this.#filesFor(conversation, files);
    if (lost !== undefined && this.#hasAnswered())
      await this.parts.notice(
        `${engine.name} no longer has this conversation. It goes on in a new one, which has been told what was said so far.`,
      );
    open.lost = undefined;
    if (gate === undefined) await this.#holds.pass(this.#signal);
    this.#signal.throwIfAborted();
    open.onAsk = (question, signal) => {
      open.hasCalled = true;
      return this.#questions.ask(question, signal);
    };
    const onContext = (context: Session["context"]) => (this.#context = context);
    const onRequest = ({ model, code = "" }: ClosedCall) => {
      if (model === this.#request.setting().model) this.#firstCode ??= code;
      this.parts.count(gate?.usage);
    };
    const hooks = [this.parts, this.#holds, onRequest, onContext, this.#signal] as const;
    gate?.setTurn(gateHooks(this.#request, ...hooks));
    // The engine acts before it says so: once the text is sent, its own processes cannot be told from a command's.
    if (!open.hasCalled) open.noteOwn();
    open.isFresh = false;
    this.#isResumed = !isFresh;
    this.#isSent = true;
    this.#request.leave(() => this.#process.endLeft());
    return sumsUp ? conversation.compact!() : conversation.turn(told, brought);
  }

  async #filesFor(
    { takes }: EngineConversation,
    files: readonly FileRef[] = [],
  ): Promise<EngineFile[]> {
    if (files.length === 0) return [];
    const { engine, readFiles } = this.#request;
    return readFiles(files, takes ?? engine.gives.takes, this.#signal);
  }

  /** Resolves when the engine has said of each message whether it takes it, or does not say it in time. Never rejects. */
  async steered(signal: AbortSignal): Promise<void> {
    if (this.#given.size > 0) await within(steerMs, Promise.all(this.#given.values()), signal);
  }

  /** Gives what the user has queued for the running model to the turn under way. It is queued until the engine takes it. */
  #steer(): void {
    const { queued } = this.#request;
    for (const message of queued())
      if (!this.#given.has(message.id)) this.#given.set(message.id, this.#give(message));
  }

  async #give(message: QueuedMessage): Promise<void> {
    const before = [...this.#given.values()].at(-1);
    await before;
    const conversation = this.#process.open?.conversation;
    if (conversation?.steer === undefined || this.#reading.hasEnded) return;
    if (this.#reading.isOver || this.#signal.aborted) return;
    try {
      const files = await this.#filesFor(conversation, message.files);
      if (await conversation.steer(message.text, files))
        await this.parts.split(() => void this.#request.takeQueued(message));
    } catch (err) {
      if (this.#signal.aborted) return;
      log.error({ err }, "A queued message could not be given to an engine");
    }
  }
}
