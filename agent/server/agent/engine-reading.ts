/** Reads what an engine says in a turn, applies it to the parts, and knows how it ended by the engine's own word. */
import type { EngineEnd, EngineEvent } from "../engines/engine";
import type { OpenConversation } from "../engines/open-conversation";
import { failed } from "./engine-failures";
import type { EngineParts } from "./engine-parts";
import type { EngineLoopRequest, TurnGate } from "./engine-turn-types";
import type { RequestWait } from "./model-waits";
import type { LoopEnd } from "./turn-types";

/** After these the process is of no use. */
const broken = new Set(["engine-ended", "engine-wire", "engine-flood"]);

/** With each something of it is shown: an engine that never rests does not keep its own question waiting for ever. */
const caughtUpTicks = 200;

const again = " Your next message starts it again.";

export class EngineReading {
  readonly #request: EngineLoopRequest;
  readonly #parts: EngineParts;
  readonly #signal: AbortSignal;
  #end: { end: EngineEnd; isFirst: boolean } | undefined;
  /** Why it could not be read on. */
  #failure: unknown;
  /** All that the engine has said is shown. */
  #isWaiting = false;
  #isOver = false;
  #isFrozen = false;
  #updateSilence = () => {};

  constructor(request: EngineLoopRequest, parts: EngineParts, signal: AbortSignal) {
    this.#request = request;
    this.#parts = parts;
    this.#signal = signal;
  }

  /** By the engine's word. */
  get hasEnded(): boolean {
    return this.#end !== undefined;
  }

  /** Its word came before the stop. */
  get hasEndedFirst(): boolean {
    return this.#end?.isFirst === true;
  }

  /** Nothing more is applied. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** From now on nothing more is applied. */
  finish(): void {
    this.#isOver = true;
  }

  /** While it is frozen it is not silent: nothing can come. */
  setFrozen(isFrozen: boolean): void {
    this.#isFrozen = isFrozen;
    this.#updateSilence();
  }

  /** To be called when a question of it is asked or answered: meanwhile it waits, and is not silent. */
  noteQuestion(): void {
    this.#updateSilence();
  }

  /** Until the engine ends the turn, or the turn is over. `isAsking`: a question of it is open. Never rejects. */
  async read(
    events: AsyncGenerator<EngineEvent, EngineEnd>,
    open: OpenConversation<TurnGate>,
    isAsking: () => boolean,
  ): Promise<void> {
    try {
      await this.#readOn(events, open, isAsking);
    } catch (error) {
      this.#failure = error;
    } finally {
      this.#updateSilence = () => {};
    }
  }

  /** Resolves when what the engine has said before is shown: a question is not read in the turn's order. */
  async caughtUp(signal: AbortSignal): Promise<void> {
    for (let tick = 0; tick < caughtUpTicks && !signal.aborted && !this.#isOver; tick++) {
      await new Promise(setImmediate);
      if (this.#isWaiting) return;
    }
  }

  /** How the turn ended when no stop came. Throws what it could not be read on for. */
  result(): LoopEnd {
    const { name } = this.#request.engine;
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#end === undefined)
      return failed("engine-ended", `${name} has ended in the middle of its answer.${again}`);
    const { end } = this.#end;
    if (end.outcome === "failed" && end.error.code === "engine-ended")
      return failed(end.error.code, end.error.message + again);
    if (end.outcome !== "interrupted") return end;
    return failed("engine-interrupted", `${name} has stopped by itself, before it was done.`);
  }

  /** What it runs cannot be trusted to go on. */
  get isBroken(): boolean {
    return this.#end === undefined || this.hasFailed;
  }

  /** By a fault of its own, and not only in its own words. */
  get hasFailed(): boolean {
    const end = this.#end?.end;
    if (end?.outcome === "failed") return broken.has(end.error.code);
    return this.#failure !== undefined;
  }

  async #readOn(
    events: AsyncGenerator<EngineEvent, EngineEnd>,
    open: OpenConversation<TurnGate>,
    isAsking: () => boolean,
  ): Promise<void> {
    const { waits, recordCost } = this.#request;
    // With a gate its requests tell how long nothing comes.
    using silence = new Silence(() => waits.request());
    this.#updateSilence = () => {
      const isExpected = open.gate === undefined && !this.#parts.isCalling && !isAsking();
      silence.update(isExpected && !this.#isFrozen && !this.#isOver);
    };
    for (;;) {
      this.#updateSilence();
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
      await this.#parts.apply(event);
      if (this.#isOver) return;
      const { messageId, usage } = this.#parts;
      if (event.type !== "usage" || open.gate !== undefined || messageId === undefined) continue;
      recordCost(messageId, () => usage);
      this.#parts.count(usage);
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
