/** One key as the answer to a question, from the terminal of standard input. */

/** What was typed before the question could be read is no answer to it. */
const typedAheadMs = 200;

const interrupt = "\u0003";

export type Key = { key: string } | "interrupt" | "end";

/**
 * Asks by `say`, and resolves with one of `keys` (lower case), with "interrupt" for Ctrl+C, or "end" when the terminal is gone.
 * Rejects with the signal's reason. Keys typed before `say` is called are dropped, but for Ctrl+C: the terminal makes no
 * signal of it while its keys are read here.
 */
export async function askKey(say: () => void, keys: string, signal: AbortSignal): Promise<Key> {
  signal.throwIfAborted();
  const { stdin } = process;
  // The modes of a terminal that is gone cannot be set back.
  const ignore = () => {};
  stdin.on("error", ignore);
  stdin.setRawMode(true);
  stdin.resume();
  try {
    let isInterrupted = false;
    const drop = (data: Buffer) => {
      isInterrupted ||= data.includes(interrupt);
    };
    stdin.on("data", drop);
    await Bun.sleep(typedAheadMs);
    stdin.off("data", drop);
    signal.throwIfAborted();
    if (isInterrupted) return "interrupt";
    say();
    return await nextKey(keys, signal);
  } finally {
    stdin.pause();
    stdin.setRawMode(false);
    stdin.off("error", ignore);
  }
}

function nextKey(keys: string, signal: AbortSignal): Promise<Key> {
  const { stdin } = process;
  return new Promise((resolve, reject) => {
    const onData = (data: Buffer) => {
      const typed = data.toString().toLowerCase();
      // Also among keys that are read together, as when it is held.
      if (typed.includes(interrupt)) settle(() => resolve("interrupt"));
      else if (typed === "\u0004") settle(() => resolve("end"));
      // More than one at once was pasted, or is a key of another kind.
      else if (typed.length === 1 && keys.includes(typed)) settle(() => resolve({ key: typed }));
    };
    const onEnd = () => settle(() => resolve("end"));
    const onAbort = () => settle(() => reject(signal.reason as Error));
    const settle = (end: () => void) => {
      stdin.off("data", onData);
      stdin.off("end", onEnd);
      stdin.off("error", onEnd);
      signal.removeEventListener("abort", onAbort);
      end();
    };
    stdin.on("data", onData);
    stdin.on("end", onEnd);
    stdin.on("error", onEnd);
    signal.addEventListener("abort", onAbort);
  });
}
