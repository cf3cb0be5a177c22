/** What a run has changed, told with its end when it is known soon, and after it otherwise: no stop is to be felt. */
import type { Changes } from "../shared/protocol";

const soonMs = 300;

/** Resolves with the changes, or with "pending" after 300 ms: then `late` is given them. `ending` never rejects. */
export async function changesSoon(
  ending: Promise<Changes>,
  late: (changes: Changes) => void,
): Promise<Changes> {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => resolve(undefined), soonMs);
  const changes = await Promise.race([ending, promise]);
  clearTimeout(timer);
  if (changes !== undefined) return changes;
  void ending.then(late);
  return notYet;
}

/** They are still being looked at. */
export const notYet: Changes = { state: "pending", files: [], count: 0, unseen: [] };
