/** Waiting for facts, with a time limit whose error names the missing fact. */

/** A third of the runner's time limit, so that the missing fact is reported before the runner ends the test and its browser. */
const boundMs = 60_000;
/** The interval at which a condition without an event is checked. */
const lookEveryMs = 2;
/** The same for a condition that another process has to look at. */
const askEveryMs = 15;
// Taken before the leak detector replaces them: these timers are not leaks of a run.
const { setTimeout: startTimer, clearTimeout: endTimer } = globalThis;

/** The awaited fact did not occur in time. */
export class Late extends Error {}

/** The next turn of the event loop: whatever waits for no timer, socket, file or process has happened then. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}

/** The promise's value. Rejects with a Late that names `what` when it does not resolve in time. */
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

/** The same for a condition that takes time to look at. Rejects when a look does. */
export async function untilAsync(
  condition: () => Promise<boolean>,
  what: string | (() => string),
): Promise<void> {
  const end = performance.now() + boundMs;
  while (!(await condition())) {
    if (performance.now() > end)
      throw new Late(`not in ${boundMs} ms: ${typeof what === "string" ? what : what()}`);
    await new Promise((resolve) => void startTimer(resolve, askEveryMs));
  }
}
