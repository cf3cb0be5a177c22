/** Resolves when the page has nothing better to do, one caller after the other; also when the signal aborts. */
let queue: Promise<void> = Promise.resolve();

export function whenIdle(signal: AbortSignal): Promise<void> {
  queue = queue.then(() => (signal.aborted ? undefined : idle()));
  return queue;
}

/** Safari has no requestIdleCallback. */
function idle(): Promise<void> {
  return new Promise((resolve) => {
    if ("requestIdleCallback" in window) requestIdleCallback(() => resolve(), { timeout: 1000 });
    else setTimeout(resolve, 16);
  });
}
