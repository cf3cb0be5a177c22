/** One turn of an engine: the user's message, what the engine does about it, and how it ends. */
import { defined } from "../../shared/defined";
import { textOf } from "../../shared/message-parts";
import type { Message, Session, Usage } from "../../shared/protocol";
import { abortable, link, settledOrAborted, stopReason } from "../abort";
import {
  EngineError,
  type EngineAnswer,
  type EngineEnd,
  type EngineEvent,
  type EngineQuestion,
} from "../engines/engine";
import type { OpenConversation } from "../engines/open-conversations";
import { log } from "../log";
import type { JobEnd } from "../processes/jobs";
import { EngineHolds } from "./engine-holds";
import { EngineParts } from "./engine-parts";
import { askPerson } from "./engine-permission";
import { afterDeath, type EngineStop, stopEngine } from "./engine-stop";
import type { EngineLoopRequest, GateHooks, TurnGate } from "./engine-turn-types";
import type { RequestWait } from "./model-waits";
import type { LoopEnd, Send } from "./turn-types";

export interface TurnResult extends LoopEnd {
  /** Was to reach the turn, and came too late. */
  late: Message[];
}

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
): Promise<TurnResult> {
  const turn = new EngineTurn(request, send, signal);
  await turn.parts.begin();
  const end = await turn.run(text, hardSignal);
  await turn.parts.close(end.outcome, end.error, turn.cost());
  return { ...end, late: turn.late };
}

class EngineTurn {
  readonly parts: EngineParts;
  readonly late: Message[] = [];
  readonly #request: EngineLoopRequest;
  readonly #send: Send;
  readonly #signal: AbortSignal;
  readonly #holds: EngineHolds;
  readonly #answers = new Set<Promise<EngineAnswer>>();
  #open: OpenConversation<TurnGate> | undefined;
  #context: Session["context"];
  /** By the engine's word, and whether it came before the stop. */
  #end: { end: EngineEnd; isFirst: boolean } | undefined;
  /** Why it could not be read on. */
  #failure: unknown;
  #isSent = false;
  #isEnded = false;
  /** All that the engine has said is shown. */
  #isWaiting = false;
  /** Nothing more is applied. */
  #isOver = false;

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
      if (this.#request.agentId !== undefined) await this.#endProcess();
    }
  }

  /** What it has cost, and the size of the context, as far as they are known. */
  cost(): { usage?: Usage; context?: Session["context"] } {
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
    const taking = conversations.take(setting());
    try {
      return await abortable(taking, this.#signal);
    } catch (error) {
      if (!this.#signal.aborted) throw error;
      const end = await conversations.end(setting().key);
      if (end)
        this.#ended(
          end,
          end.ended.map(({ pid }) => pid),
        );
      this.#report(undefined, { waited: "nothing" });
      this.#reopen();
      throw error;
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
    const { conversations, setting, agentId } = this.#request;
    const { key } = setting();
    const { conversation, gate } = open;
    this.#request.keep({ id: conversation.id, ...defined({ version: conversation.version }) });
    try {
      const events = await this.#begin(open, text);
      const reading = this.#read(events);
      using _nudges = this.#request.onQueued(() => void this.#steer());
      const over = Promise.race([reading, afterDeath(conversation, reading)]);
      await settledOrAborted(over, this.#signal);
      if (this.#signal.aborted && !this.#end?.isFirst)
        return await this.#stop(open, reading, hardSignal);
      this.#report(open);
      if (this.#mustEnd) await this.#endProcess();
      return this.#endOf();
    } finally {
      this.#isOver = true;
      open.onAsk = undefined;
      gate?.setTurn(undefined);
      if (agentId === undefined) conversations.release(key);
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
        answers: [...this.#answers],
        idle: reading.then(() => this.#end !== undefined),
        end: () => {
          this.#isOver = true;
          return this.#endProcess();
        },
      },
      hardSignal,
    );
    this.#report(open, stop, openCalls);
    this.#reopen();
    return { outcome: "stopped" };
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
    const { engine, sumsUp, earlier } = this.#request;
    const { conversation, gate, isFresh, lost } = open;
    if (sumsUp && conversation.compact === undefined)
      throw new EngineError("engine-summary", `${engine.name} cannot sum up a conversation.`);
    const before = isFresh ? earlier() : "";
    if (lost !== undefined)
      await this.parts.notice(
        `${engine.name} no longer has this conversation (${lost}) It begins anew, with what was said so far as text.`,
      );
    open.lost = undefined;
    this.#signal.throwIfAborted();
    open.onAsk = (question, signal) => this.#ask(question, signal);
    gate?.setTurn(this.#hooks());
    // It runs ahead of what it says: once it is sent, nobody knows what is its own.
    if (!open.hasCalled) open.noteOwn();
    open.isFresh = false;
    this.#isSent = true;
    if (!sumsUp) return conversation.turn(before === "" ? text : `${before}\n\n${text}`);
    return conversation.compact!();
  }

  /** Until the engine ends the turn, or the turn is over. Never rejects. */
  async #read(events: AsyncGenerator<EngineEvent, EngineEnd>): Promise<void> {
    try {
      await this.#readOn(events);
    } catch (error) {
      this.#failure = error;
    }
  }

  async #readOn(events: AsyncGenerator<EngineEvent, EngineEnd>): Promise<void> {
    const { waits, recordCost } = this.#request;
    const open = this.#open!;
    // With a gate its requests tell how long nothing comes.
    using silence = new Silence(() => waits.request());
    for (;;) {
      silence.update(open.gate === undefined && !this.parts.isCalling && this.#answers.size === 0);
      this.#isWaiting = true;
      const step = await events.next();
      this.#isWaiting = false;
      if (this.#isOver) return;
      if (step.done) {
        this.#end = { end: step.value, isFirst: !this.#signal.aborted };
        return;
      }
      const event = step.value;
      if (event.type === "tool") open.hasCalled = true;
      await this.parts.apply(event);
      if (this.#isOver) return;
      const { messageId, usage } = this.parts;
      if (event.type === "usage" && open.gate === undefined && messageId !== undefined)
        recordCost(messageId, () => usage);
    }
  }

  /** How it ended when no stop came. */
  #endOf(): LoopEnd {
    const { name } = this.#request.engine;
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#end === undefined)
      return failed("engine-ended", `${name} has ended in the middle of its answer.`);
    const { end } = this.#end;
    if (end.outcome === "done") return end;
    if (end.outcome === "failed") return end;
    return failed("engine-interrupted", `${name} has stopped by itself, before it was done.`);
  }

  /** What it runs cannot be trusted to go on. */
  get #mustEnd(): boolean {
    const end = this.#end?.end;
    if (end === undefined) return true;
    return end.outcome === "failed" && broken.has(end.error.code);
  }

  /** Its end is in the receipt once. */
  async #endProcess(): Promise<void> {
    const open = this.#open;
    const end = await open?.end();
    if (open === undefined || end === undefined || this.#isEnded) return;
    this.#isEnded = true;
    this.#ended(end, [...open.own]);
  }

  #ended(end: JobEnd, own: number[]): void {
    const { jobEnds, agentId } = this.#request;
    const names = agentId === undefined ? { engineOwn: own } : { toolCallId: agentId };
    // An engine that has died by itself has left its commands behind.
    const ended = [...end.ended, ...end.leftBehind];
    jobEnds.push({ ...end, ended, at: Date.now(), ...names });
  }

  #report(
    open: OpenConversation<TurnGate> | undefined,
    { waited, idleMs }: Partial<EngineStop> = {},
    closed = 0,
  ): void {
    const { engine, report, agentId, setting } = this.#request;
    if (agentId !== undefined) return;
    const { id, name } = engine;
    const gate = open?.gate;
    const connection = setting().provider === undefined ? "engine" : "rein";
    const { requests: made = 0, closedAt } = gate?.counts ?? {};
    const calls = { made, closed, ...defined({ closedAt: closed > 0 ? closedAt : undefined }) };
    const modelCalls = gate && calls;
    report({ id, name, connection, ...defined({ waited, idleMs, modelCalls }) });
  }

  #ask(question: EngineQuestion, signal: AbortSignal): Promise<EngineAnswer> {
    const answer = this.#answer(question, signal);
    this.#answers.add(answer);
    return answer.finally(() => this.#answers.delete(answer));
  }

  /** Never rejects. */
  async #answer(question: EngineQuestion, signal: AbortSignal): Promise<EngineAnswer> {
    const cancelled = { allow: false, cancelled: true } as const;
    using linked = link(this.#signal);
    using _own = onAbort(signal, () => linked.controller.abort(signal.reason));
    const own = linked.controller.signal;
    try {
      await this.#caughtUp(own);
      const part = await this.parts.asked(question);
      if (part === undefined || own.aborted) return cancelled;
      const by = { ...this.#request.allowing, pauseGate: this.#holds };
      const answer = await askPerson(by, question, part, this.#send, own);
      if (answer.allow) await this.#holds.pass(own);
      if (own.aborted) return cancelled;
      await this.parts.answered(question.key);
      return answer;
    } catch (err) {
      log.error({ err }, "A question of an engine could not be answered");
      return cancelled;
    }
  }

  /** Resolves when what the engine has said before is shown: a question is not read in the turn's order. */
  async #caughtUp(signal: AbortSignal): Promise<void> {
    for (let tick = 0; tick < caughtUpTicks && !signal.aborted && !this.#isOver; tick++) {
      await new Promise(setImmediate);
      if (this.#isWaiting) return;
    }
  }

  #hooks(): GateHooks {
    const { beginRequest, recordCost, waits, setting } = this.#request;
    const signal = this.#signal;
    return {
      beforeRequest: async (own) => {
        do await this.#holds.pass(own);
        while (!own.aborted && !signal.aborted && !beginRequest());
        if (signal.aborted) throw new Error("The run was stopped.");
      },
      onUsage: (usage) => {
        const { messageId } = this.parts;
        if (messageId !== undefined) recordCost(messageId, () => usage);
      },
      openRequest: (again) => {
        const hold = this.#holds.request();
        const wait = waits.request(again);
        return {
          ...wait,
          [Symbol.dispose]: () => {
            wait[Symbol.dispose]();
            hold[Symbol.dispose]();
          },
        };
      },
      onClosed: ({ model, usage: { inputTokens, outputTokens } }) => {
        // Engines ask small models besides, for titles.
        if (model === setting().model && inputTokens > 0)
          this.#context = { usedTokens: inputTokens + outputTokens };
      },
    };
  }

  /** Gives what the user has queued for the running model to the turn under way. */
  async #steer(): Promise<void> {
    const { takeQueued } = this.#request;
    const conversation = this.#open?.conversation;
    if (conversation?.steer === undefined || this.#isOver || this.#signal.aborted) return;
    try {
      let messages: Message[] = [];
      await this.parts.split(() => (messages = takeQueued()));
      for (const message of messages)
        if (this.#end || !(await conversation.steer(textOf(message, "\n"))))
          this.late.push(message);
    } catch (err) {
      log.error({ err }, "A queued message could not be given to an engine");
    }
  }
}

/** A wait for the engine's word, while there is one to wait for. */
class Silence implements Disposable {
  readonly #begin: () => RequestWait;
  #wait: RequestWait | undefined;

  constructor(begin: () => RequestWait) {
    this.#begin = begin;
  }

  /** To be called with each event. */
  update(isWaiting: boolean): void {
    if (isWaiting) (this.#wait ??= this.#begin()).onBytes();
    else this[Symbol.dispose]();
  }

  [Symbol.dispose](): void {
    this.#wait?.[Symbol.dispose]();
    this.#wait = undefined;
  }
}

/** After these the process is of no use. */
const broken = new Set(["engine-ended", "engine-wire", "engine-flood"]);

/** With each something of it is shown: an engine that never rests does not keep its own question waiting for ever. */
const caughtUpTicks = 200;

function failureOf(error: unknown): LoopEnd {
  if (error instanceof EngineError) return failed(error.code, error.message);
  log.error({ err: error }, "An internal error in a turn of an engine");
  return failed(
    "internal",
    `Something went wrong inside Rein: ${String(error)}. The log has the details; sending again may help.`,
  );
}

function failed(code: string, message: string): LoopEnd {
  return { outcome: "failed", error: { code, message } };
}

function onAbort(signal: AbortSignal, act: () => void): Disposable {
  if (signal.aborted) act();
  else signal.addEventListener("abort", act, { once: true });
  return { [Symbol.dispose]: () => signal.removeEventListener("abort", act) };
}
