/** One turn of an engine: the user's message, what the engine does about it, and how it ends. */
import { defined } from "../../shared/defined";
import type { QueuedMessage, Session } from "../../shared/protocol";
import { abortable, settledOrAborted, stopReason, within } from "../abort";
import { EngineError, type EngineEnd, type EngineEvent } from "../engines/engine";
import type { OpenConversation } from "../engines/open-conversation";
import { log } from "../log";
import { failureOf } from "./engine-failures";
import { gateHooks } from "./engine-gate-hooks";
import { EngineHolds } from "./engine-holds";
import type { MessageCost } from "./engine-message";
import { EngineParts } from "./engine-parts";
import { EngineQuestions } from "./engine-questions";
import { EngineReading } from "./engine-reading";
import { afterDeath, stopEngine } from "./engine-stop";
import { reportEnd, reportTurn } from "./engine-turn-report";
import type { EngineLoopRequest, TurnGate } from "./engine-turn-types";
import type { LoopEnd, Send } from "./turn-types";

/**
 * Sends the text and resolves when the turn is over and all of it is shown. A failure or a stop is in the end; then nothing
 * of the engine runs any more, but for a failure in its own words. Rejects only on an error of Rein's own.
 */
export async function driveTurn(
  request: EngineLoopRequest,
  text: string,
  send: Send,
  signal: AbortSignal,
  hardSignal: AbortSignal,
): Promise<LoopEnd> {
  const turn = new EngineTurn(request, send, signal);
  await turn.parts.begin();
  const end = await turn.run(text, hardSignal);
  await turn.steered(signal);
  await turn.parts.close(end.outcome, end.error, turn.cost());
  return end;
}

/** A start that is over sooner is not worth a word. */
const shownStartMs = 100;
/** After a turn an engine has so long to say whether it has taken a message. */
const steerMs = 2_000;

class EngineTurn {
  readonly parts: EngineParts;
  readonly #request: EngineLoopRequest;
  readonly #send: Send;
  readonly #signal: AbortSignal;
  readonly #holds: EngineHolds;
  readonly #reading: EngineReading;
  readonly #questions: EngineQuestions;
  #open: OpenConversation<TurnGate> | undefined;
  /** By the requests of the gate. */
  #context: Session["context"];
  /** Messages that were given to the turn, until the engine says whether it takes them. */
  readonly #given = new Map<string, Promise<void>>();
  #isSent = false;
  #isEnded = false;

  constructor(request: EngineLoopRequest, send: Send, signal: AbortSignal) {
    const { session, runId, agentId, provider, model, scopes } = request;
    this.#request = request;
    this.#send = send;
    this.#signal = signal;
    this.#holds = new EngineHolds(request.pauseGate);
    const stopSubagent = async (key: string) =>
      (await this.#open?.conversation.stopSubagent?.(key)) ?? false;
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
  async run(text: string, hardSignal: AbortSignal): Promise<LoopEnd> {
    try {
      await this.#request.beforeTurn(this.#signal);
      this.#signal.throwIfAborted();
      const open = await this.#openConversation();
      this.#open = open;
      using _writing = await this.#writing();
      return await this.#runIn(open, text, hardSignal);
    } catch (error) {
      // What was sent and could not be followed does not go on unseen.
      if (this.#isSent) await this.#endProcess();
      return this.#signal.aborted ? { outcome: "stopped" } : failureOf(error);
    } finally {
      // It stays open for the next message, also when a stop came before this one was sent.
      const { agentId, conversations, setting } = this.#request;
      if (agentId === undefined) conversations.release(setting().key);
      else await this.#endProcess();
    }
  }

  /** What it has cost, and the size of the context, as far as they are known. */
  cost(): MessageCost {
    const ofGate = this.#isSent ? this.#open?.gate?.usage : undefined;
    const usage = ofGate ?? this.parts.usage;
    const isKnown = usage.inputTokens + usage.outputTokens > 0;
    const windowTokens = this.#request.windowTokens();
    const context = this.parts.context ?? this.#context;
    return defined({
      usage: isKnown ? usage : undefined,
      context: context && { ...defined({ windowTokens }), ...context },
    });
  }

  /** A stop meanwhile ends what was being opened: it may be what does not go on. */
  async #openConversation(): Promise<OpenConversation<TurnGate>> {
    const { conversations, setting } = this.#request;
    const taking = conversations.take(setting(), this.#signal);
    try {
      return await abortable(this.#shownStarting(taking), this.#signal);
    } catch (error) {
      if (!this.#signal.aborted) throw error;
      const end = await conversations.end(setting().key);
      if (end)
        reportEnd(
          this.#request,
          end,
          end.ended.map(({ pid }) => pid),
        );
      reportTurn(this.#request, undefined, { waited: "nothing" });
      this.#reopen();
      throw error;
    }
  }

  /** People see that it is being started, once that takes a while. */
  async #shownStarting<T>(starting: Promise<T>): Promise<T> {
    const { runId, agentId } = this.#request;
    const since = Date.now();
    let shown: Promise<void> | undefined;
    const show = (starting?: { since: number }) =>
      this.#send({ type: "run-starting", runId, ...defined({ starting }) });
    const soon = setTimeout(() => {
      if (agentId === undefined && !this.#signal.aborted) shown = show({ since });
    }, shownStartMs);
    try {
      return await starting;
    } finally {
      clearTimeout(soon);
      if (shown && !this.#signal.aborted) await shown.then(() => show());
    }
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
    text: string,
    hardSignal: AbortSignal,
  ): Promise<LoopEnd> {
    const { conversation, gate } = open;
    this.#request.keep({ id: conversation.id, ...defined({ version: conversation.version }) });
    try {
      const events = await this.#begin(open, text);
      const reading = this.#reading.read(events, open, () => this.#questions.open.length > 0);
      using _frozen = this.#freezable(open);
      using _nudges = this.#request.onQueued(() => this.#steer());
      const over = Promise.race([reading, afterDeath(conversation, reading)]);
      await settledOrAborted(over, this.#signal);
      if (this.#signal.aborted && !this.#reading.hasEndedFirst)
        return await this.#stop(open, reading, hardSignal);
      reportTurn(this.#request, gate);
      if (this.#reading.isBroken) await this.#endProcess();
      return this.#reading.result();
    } finally {
      this.#reading.finish();
      open.onAsk = undefined;
      gate?.setTurn(undefined);
    }
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
          return this.#endProcess();
        },
      },
      hardSignal,
    );
    reportTurn(this.#request, open.gate, stop, openCalls);
    this.#reopen();
    return { outcome: "stopped" };
  }

  /** With a gate a pause holds its next request. */
  #freezable({ gate, freezable }: OpenConversation<TurnGate>): Disposable | undefined {
    if (gate !== undefined || freezable === undefined) return undefined;
    return this.#holds.freezable(freezable, (isFrozen) => this.#reading.setFrozen(isFrozen));
  }

  /** For the next message, which is then answered as fast as the first. */
  #reopen(): void {
    const { conversations, setting, agentId, amend } = this.#request;
    if (agentId === undefined && stopReason(this.#signal)?.by !== "shutdown")
      conversations.reopen(setting(), amend);
  }

  /** Sends the text. */
  async #begin(
    open: OpenConversation<TurnGate>,
    text: string,
  ): Promise<AsyncGenerator<EngineEvent, EngineEnd>> {
    const { engine, sumsUp, anew } = this.#request;
    const { conversation, gate, isFresh, lost } = open;
    if (sumsUp && conversation.compact === undefined)
      throw new EngineError("engine-summary", `${engine.name} cannot sum up a conversation.`);
    const told = isFresh ? anew(text) : text;
    if (lost !== undefined)
      await this.parts.notice(
        `${engine.name} no longer has this conversation. It begins anew, with what was said so far as text.`,
      );
    open.lost = undefined;
    if (gate === undefined) await this.#holds.pass(this.#signal);
    this.#signal.throwIfAborted();
    open.onAsk = (question, signal) => {
      open.hasCalled = true;
      return this.#questions.ask(question, signal);
    };
    const onContext = (context: Session["context"]) => (this.#context = context);
    gate?.setTurn(gateHooks(this.#request, this.parts, this.#holds, onContext, this.#signal));
    // The engine acts before it says so: once the text is sent, its own processes cannot be told from a command's.
    if (!open.hasCalled) open.noteOwn();
    open.isFresh = false;
    this.#isSent = true;
    this.#request.leave(() => this.#endLeft());
    return sumsUp ? conversation.compact!() : conversation.turn(told);
  }

  /** Its end is in the receipt once. */
  async #endProcess(): Promise<void> {
    const open = this.#open;
    const end = await open?.end();
    if (open === undefined || end === undefined || this.#isEnded) return;
    this.#isEnded = true;
    reportEnd(this.#request, end, [...open.own]);
  }

  /** For a stop after the turn's own end. Never rejects. */
  async #endLeft(): Promise<void> {
    if (this.#isEnded) return;
    await this.#endProcess();
    this.#reopen();
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
    const conversation = this.#open?.conversation;
    if (conversation?.steer === undefined || this.#reading.hasEnded) return;
    if (this.#reading.isOver || this.#signal.aborted) return;
    try {
      if (await conversation.steer(message.text))
        await this.parts.split(() => void this.#request.takeQueued(message));
    } catch (err) {
      log.error({ err }, "A queued message could not be given to an engine");
    }
  }
}
