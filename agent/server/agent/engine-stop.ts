/** Stops an engine's turn: its own interrupt first, a second for its word, then the end of its job, proven. */
import type { ReceiptEngine } from "../../shared/protocol";
import { neverAborts, settledOrAborted, within } from "../abort";
import type { OpenConversation } from "../engines/open-conversation";
import type { TurnGate } from "./engine-turn-types";

/** Engines were idle after 536 ms at the latest, but for one that takes up to three seconds. */
const idleMs = 1_000;
/**
 * Cut before it has read the interrupt, an engine loses the text, or takes the turn for done. On a busy machine
 * that takes some 60 ms, and more through an adapter.
 */
const cutAfterMs = 200;
/** An answer of Rein's is written in the ticks after its promise. */
const answersMs = 20;

/** For a look at its processes, which takes a millisecond or two: a busy machine must not keep the interrupt back. */
const observeMs = 50;

/** How the engine took it. `idleMs`: from the stop to its own word that it is idle; absent where that did not come. */
export interface EngineStop {
  waited: NonNullable<ReceiptEngine["waited"]>;
  idleMs?: number;
}

/**
 * Resolves when the engine's job has ended. `answers`: the questions that were open, answered by the same abort. `idle`: the
 * turn is over, and whether by the engine's word; never rejects. `end` ends the job. When `hardSignal` aborts, nothing is waited for. Never rejects.
 */
export async function stopEngine(
  { conversation, gate, observe }: OpenConversation<TurnGate>,
  {
    answers,
    idle,
    end,
  }: {
    answers: Promise<unknown>[];
    idle: Promise<boolean>;
    end: () => Promise<unknown>;
  },
  hardSignal: AbortSignal,
): Promise<EngineStop> {
  const began = performance.now();
  if (answers.length > 0) {
    await within(answersMs, Promise.allSettled(answers), hardSignal);
    await new Promise(setImmediate);
  }
  await within(observeMs, observe(), hardSignal);
  conversation.interrupt();
  const cutting = setTimeout(() => gate?.cut(), cutAfterMs);
  let idleAt: number | undefined;
  let isLate = false;
  const { promise: late, resolve: onLate } = Promise.withResolvers<void>();
  const waiting = setTimeout(() => {
    isLate = true;
    onLate();
  }, idleMs);
  const heard = idle.then((isSaid) => {
    if (isSaid) idleAt = performance.now();
  });
  if (!hardSignal.aborted)
    await settledOrAborted(Promise.race([heard, conversation.child.ended, late]), hardSignal);
  clearTimeout(waiting);
  clearTimeout(cutting);
  gate?.cut();
  const waited = idleAt === undefined ? (isLate ? "time" : "nothing") : "idle";
  await end();
  return {
    waited,
    ...(idleAt !== undefined && { idleMs: Math.round(idleAt - began) }),
  };
}

/** The turn's own words about the end of its process come with that. */
const lastWordsMs = 100;

/**
 * Resolves when the turn is over, or a moment after its process has ended, for the turn's own words about that. `ended` aborts
 * when it has. Never rejects.
 */
export async function turnOver(turn: Promise<void>, ended: AbortSignal): Promise<void> {
  await settledOrAborted(turn, ended);
  if (ended.aborted) await within(lastWordsMs, turn, neverAborts);
}
