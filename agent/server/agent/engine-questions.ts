/**
 * The questions of an engine in a turn: each comes after what it said before, is the only one about its call, and is
 * answered, by a stop at the latest.
 */
import { link } from "../abort";
import type { EngineAnswer, EngineQuestion } from "../engines/engine";
import { log } from "../log";
import { keyOf } from "./engine-bounds";
import type { EngineHolds } from "./engine-holds";
import type { EngineParts } from "./engine-parts";
import { askPerson } from "./engine-permission";
import type { EngineReading } from "./engine-reading";
import type { EngineLoopRequest } from "./engine-turn-types";
import type { Send } from "./turn-types";

interface QuestionsTurn {
  allowing: EngineLoopRequest["allowing"];
  parts: EngineParts;
  reading: EngineReading;
  holds: EngineHolds;
  send: Send;
  signal: AbortSignal;
}

export class EngineQuestions {
  readonly #turn: QuestionsTurn;
  /** By the keys of their calls. */
  readonly #open = new Map<string, Promise<EngineAnswer>>();

  constructor(turn: QuestionsTurn) {
    this.#turn = turn;
  }

  /** The answers that are not given yet. They never reject. */
  get open(): Promise<EngineAnswer>[] {
    return [...this.#open.values()];
  }

  /** As `EngineRequest.ask`. */
  ask(question: EngineQuestion, signal: AbortSignal): Promise<EngineAnswer> {
    const key = keyOf(question.key);
    if (this.#open.has(key)) return Promise.resolve(askedTwice);
    const answer = this.#answer(question, signal);
    const { reading } = this.#turn;
    this.#open.set(key, answer);
    reading.noteQuestion();
    return answer.finally(() => {
      this.#open.delete(key);
      reading.noteQuestion();
    });
  }

  async #answer(question: EngineQuestion, signal: AbortSignal): Promise<EngineAnswer> {
    const { allowing, parts, reading, holds, send, signal: stop } = this.#turn;
    using linked = link(stop);
    using _own = onAbort(signal, () => linked.controller.abort(signal.reason));
    const own = linked.controller.signal;
    const unanswered = (): EngineAnswer => (stop.aborted || signal.aborted ? cancelled : callEnded);
    try {
      await reading.caughtUp(own);
      const onEnd = () => linked.controller.abort(new Error(callEnded.message));
      const part = await parts.asked(question, onEnd);
      if (part === undefined || own.aborted) return unanswered();
      const by = { ...allowing, pauseGate: holds };
      const answer = await askPerson(by, question, part, send, own);
      if (answer.allow) await holds.pass(own);
      if (own.aborted) return unanswered();
      await parts.answered(question.key);
      return answer;
    } catch (err) {
      log.error({ err }, "A question of an engine could not be answered");
      return cancelled;
    }
  }
}

const cancelled = { allow: false, cancelled: true } as const;
const askedTwice = {
  allow: false,
  message: "Another question about this call is open, so nothing was run.",
} as const;
const callEnded = { allow: false, message: "The call has ended, so nothing was run." } as const;

function onAbort(signal: AbortSignal, act: () => void): Disposable {
  if (signal.aborted) act();
  else signal.addEventListener("abort", act, { once: true });
  return { [Symbol.dispose]: () => signal.removeEventListener("abort", act) };
}
