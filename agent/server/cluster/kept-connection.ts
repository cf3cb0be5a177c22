/**
 * Asks on a connection that was used before, which saves the time to open one. The other end may just be closing it, and what
 * is between may have forgotten it without a word: then the same is asked on a new one, so it must be what can be asked twice.
 */
import { setTimeout as sleep } from "node:timers/promises";

type Ask<Answer> = (isKept: boolean, signal: AbortSignal) => Promise<Answer>;

/**
 * When no answer has come within `keptMs`, for whatever reason, the new connection is asked too, and the first answer counts;
 * the other is closed. Rejects as the new connection does.
 */
export async function askOnKept<Answer extends object>(
  ask: Ask<Answer>,
  keptMs: number,
  signal: AbortSignal,
): Promise<Answer> {
  const [endKept, endNew, answered] = [1, 2, 3].map(() => new AbortController()) as [
    AbortController,
    AbortController,
    AbortController,
  ];
  const kept = ask(true, AbortSignal.any([signal, endKept.signal]));
  const late = sleep(keptMs, undefined, { signal: answered.signal });
  const early = await Promise.race([kept, late]).catch(() => undefined);
  answered.abort();
  late.catch(() => {}); // it was not waited for
  if (early !== undefined) return early;
  const fresh = ask(false, AbortSignal.any([signal, endNew.signal]));
  const first = await Promise.any([
    kept.then((answer) => ({ answer, other: endNew })),
    fresh.then((answer) => ({ answer, other: endKept })),
  ]).catch(() => undefined);
  if (first === undefined) return fresh;
  first.other.abort();
  return first.answer;
}
