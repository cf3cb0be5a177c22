/** How many files are uploaded at the same time, by all sessions of this window together: the others wait for their turn. */

/** A browser opens six connections to a server: the streams and a stop need theirs. */
const most = 3;

/** A stop was heard of while it waited for its turn: the server knows nothing of it. */
export class UploadDroppedError extends Error {
  override readonly name = "UploadDroppedError";
}

interface Waiting {
  sessionId: string;
  begin: () => void;
  drop: () => void;
}

let taken = 0;
const waiting: Waiting[] = [];

/**
 * Runs `upload` when its turn comes, the oldest first. Throws what it throws, and while it waits the signal's reason or an
 * UploadDroppedError.
 */
export async function inUploadSlot<Result>(
  sessionId: string,
  upload: () => Promise<Result>,
  signal: AbortSignal,
): Promise<Result> {
  if (taken < most) taken++;
  else await turn(sessionId, signal);
  try {
    return await upload();
  } finally {
    const next = waiting.shift();
    if (next === undefined) taken--;
    else next.begin();
  }
}

/** Those of this session, or of all. */
export function dropWaitingUploads(sessionId?: string): void {
  const dropped = waiting.filter((one) => sessionId === undefined || one.sessionId === sessionId);
  for (const { drop } of dropped) drop();
}

/** Resolves with a slot that another has given up. */
function turn(sessionId: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const one = { sessionId, begin, drop: () => leave(new UploadDroppedError()) };
    const onAbort = () => leave(signal.reason);
    waiting.push(one);
    signal.addEventListener("abort", onAbort, { once: true });

    function begin(): void {
      signal.removeEventListener("abort", onAbort);
      resolve();
    }

    function leave(reason: unknown): void {
      signal.removeEventListener("abort", onAbort);
      const at = waiting.indexOf(one);
      if (at !== -1) waiting.splice(at, 1);
      reject(reason);
    }
  });
}
