/** Waiting for facts, with a bound that says which one did not come. */

/** A third of what the runner gives a test: what was waited for is said before that ends it, and its browser. */
const boundMs = 60_000;
/** Between two looks at what tells nobody that it has changed. */
const lookEveryMs = 2;
// Before anybody watches them: a bound is no leftover of a run.
const { setTimeout: startTimer, clearTimeout: endTimer } = globalThis;

/** What was waited for has not come. */
export class Late extends Error {}

/** The promise's value. Rejects with a Late that names `what` when it does not come. */
export async function within<T>(what: string | (() => string), promise: Promise<T>): Promise<T> {
  const { promise: bound, reject } = Promise.withResolvers<never>();
  const late = () =>
    reject(new Late(`not in ${boundMs} ms: ${typeof what === "string" ? what : what()}`));
  const timer = startTimer(late, boundMs);
  try {
    return await Promise.race([promise, bound]);
  } finally {
    endTimer(timer);
  }
}

/** Resolves once the condition holds. */
export async function until(condition: () => boolean, what = String(condition)): Promise<void> {
  const end = performance.now() + boundMs;
  while (!condition()) {
    if (performance.now() > end) throw new Late(`not in ${boundMs} ms: ${what}`);
    await new Promise((resolve) => void startTimer(resolve, lookEveryMs));
  }
}
