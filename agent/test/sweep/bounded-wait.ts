/** Waiting with a bound where faults are collected: what does not come in time is a fault, not an exception. */
import * as waiting from "../within";

export { nextTurn, until } from "../within";

/** The promise's value, or the fault as a sentence when it takes too long. */
export async function within<T>(what: string, promise: Promise<T>): Promise<T | string> {
  try {
    return await waiting.within(what, promise);
  } catch (error) {
    if (error instanceof waiting.Late) return error.message;
    throw error;
  }
}
