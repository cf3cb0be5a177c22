/** Resolves after what waits in the page had its turn, one caller after the other; also when the signal aborts. */
let queue: Promise<void> = Promise.resolve();

export function whenIdle(signal: AbortSignal): Promise<void> {
  queue = queue.then(() => (signal.aborted ? undefined : pause()));
  return queue;
}

/** Of a frame. Safari has no call for an idle moment. */
function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 16));
}
