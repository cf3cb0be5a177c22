/** Slots for streams that stay open: a browser opens six connections to a server, for all of its tabs together. */

/** Two connections stay free, so that a message or a stop never waits behind what other tabs follow. */
const names = Array.from({ length: 4 }, (_, index) => `rein-stream-${index}`);

/**
 * Takes a slot, and resolves with what releases it (a closed tab does so too); with undefined when other tabs hold them
 * all. Without Web Locks (in a page that came over plain HTTP from another machine) slots cannot be shared out, and each
 * tab gets one.
 */
export async function takeSlot(): Promise<(() => void) | undefined> {
  if (!("locks" in navigator)) return () => undefined;
  for (const name of names) {
    const release = await tryLock(name);
    if (release) return release;
  }
  return undefined;
}

/** Resolves with what releases the lock, or with undefined when another tab has it. */
function tryLock(name: string): Promise<(() => void) | undefined> {
  return new Promise((resolve, reject) => {
    const held = Promise.withResolvers<void>();
    navigator.locks
      .request(name, { ifAvailable: true }, (lock) => {
        resolve(lock === null ? undefined : held.resolve);
        return lock === null ? undefined : held.promise;
      })
      .catch(reject);
  });
}
