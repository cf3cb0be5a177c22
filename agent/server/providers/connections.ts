/** The connections to services: Bun opens only so many at once and queues other requests without a word; here they wait in order, and it shows. */

/** Bun's own default. */
let most = 256;
let open = 0;
const waiting = new Set<() => void>();

/** To be called once, before the first request: how many Bun opens in this process. */
export function limitConnections(count: number): void {
  most = count;
}

/**
 * Resolves when a connection may be opened, with what to call once it is closed; further calls of that change nothing.
 * `onWait` is told when the wait begins and ends. Rejects with the reason of `signal`.
 */
export async function takeConnection(
  onWait: ((waits: boolean) => void) | undefined,
  signal: AbortSignal | null | undefined,
): Promise<() => void> {
  signal?.throwIfAborted();
  if (open < most) open++;
  else await untilFree(onWait, signal);
  let isOpen = true;
  return () => {
    if (!isOpen) return;
    isOpen = false;
    const [next] = waiting;
    if (next) next();
    else open--;
  };
}

/** The connection that another request has closed is then this one's. */
async function untilFree(
  onWait: ((waits: boolean) => void) | undefined,
  signal: AbortSignal | null | undefined,
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const onAbort = (): void => {
    waiting.delete(onFree);
    reject(signal!.reason);
  };
  const onFree = (): void => {
    waiting.delete(onFree);
    resolve();
  };
  waiting.add(onFree);
  signal?.addEventListener("abort", onAbort, { once: true });
  onWait?.(true);
  try {
    await promise;
  } finally {
    signal?.removeEventListener("abort", onAbort);
    onWait?.(false);
  }
}
