/** How many files are uploaded at the same time, by all sessions of this window together: the others wait for their turn. */

/** A browser opens six connections to a server: the streams and a stop need theirs. */
const most = 3;

let taken = 0;
const waiting: (() => void)[] = [];

/** Runs `upload` when its turn comes, the oldest first. Throws what it throws, or the signal's reason while it waits. */
export async function inUploadSlot<Result>(
  upload: () => Promise<Result>,
  signal: AbortSignal,
): Promise<Result> {
  if (taken < most) taken++;
  else await turn(signal);
  try {
    return await upload();
  } finally {
    const next = waiting.shift();
    if (next === undefined) taken--;
    else next();
  }
}

/** Resolves with a slot that another has given up. */
function turn(signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const begin = () => {
      signal.removeEventListener("abort", leave);
      resolve();
    };
    const leave = () => {
      waiting.splice(waiting.indexOf(begin), 1);
      reject(signal.reason);
    };
    waiting.push(begin);
    signal.addEventListener("abort", leave, { once: true });
  });
}
