/** Waiting for facts, with a bound that says which one did not come. */

const boundMs = 4000;
// Before anybody watches them: a bound is no leftover of a run.
const { setTimeout: startBound, clearTimeout: endBound } = globalThis;

/** The promise's value, or what is wrong when it takes too long. */
export async function within<T>(what: string, promise: Promise<T>): Promise<T | string> {
  const { promise: late, resolve } = Promise.withResolvers<string>();
  const bound = startBound(() => resolve(`not in ${boundMs} ms: ${what}`), boundMs);
  try {
    return await Promise.race([promise, late]);
  } finally {
    endBound(bound);
  }
}

export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await nextTurn();
}

/** The next turn of the event loop. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}
