/** Waiting where everything that is wrong is counted: what comes too late is a fault like any other. */
import * as waiting from "../within";

export { until } from "../within";

/** The promise's value, or what is wrong when it takes too long. */
export async function within<T>(what: string, promise: Promise<T>): Promise<T | string> {
  try {
    return await waiting.within(what, promise);
  } catch (error) {
    if (error instanceof waiting.Late) return error.message;
    throw error;
  }
}

/** The next turn of the event loop. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}
