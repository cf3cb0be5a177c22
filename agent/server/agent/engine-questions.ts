/** The questions of an engine in a turn: each comes after what it said before, and is answered, by a stop at the latest. */
import { link } from "../abort";
import type { EngineAnswer, EngineQuestion } from "../engines/engine";
import { log } from "../log";
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
  readonly #open = new Set<Promise<EngineAnswer>>();

  constructor(turn: QuestionsTurn) {
    this.#turn = turn;
  }

  /** The answers that are not given yet. They never reject. */
  get open(): Promise<EngineAnswer>[] {
    return [...this.#open];
  }

  /** As `EngineRequest.ask`. */
  ask(question: EngineQuestion, signal: AbortSignal): Promise<EngineAnswer> {
    const answer = this.#answer(question, signal);
    const { reading } = this.#turn;
    this.#open.add(answer);
    reading.noteQuestion();
    return answer.finally(() => {
      this.#open.delete(answer);
      reading.noteQuestion();
    });
  }

  async #answer(question: EngineQuestion, signal: AbortSignal): Promise<EngineAnswer> {
    const { allowing, parts, reading, holds, send } = this.#turn;
    const cancelled = { allow: false, cancelled: true } as const;
    using linked = link(this.#turn.signal);
    using _own = onAbort(signal, () => linked.controller.abort(signal.reason));
    const own = linked.controller.signal;
    try {
      await reading.caughtUp(own);
      const part = await parts.asked(question);
      if (part === undefined || own.aborted) return cancelled;
      const by = { ...allowing, pauseGate: holds };
      const answer = await askPerson(by, question, part, send, own);
      if (answer.allow) await holds.pass(own);
      if (own.aborted) return cancelled;
      await parts.answered(question.key);
      return answer;
    } catch (err) {
      log.error({ err }, "A question of an engine could not be answered");
      return cancelled;
    }
  }
}

function onAbort(signal: AbortSignal, act: () => void): Disposable {
  if (signal.aborted) act();
  else signal.addEventListener("abort", act, { once: true });
  return { [Symbol.dispose]: () => signal.removeEventListener("abort", act) };
}
