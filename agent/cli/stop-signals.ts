/** What of the outside stops the run that a command waits for: signals, and a reader of its output that is gone. */

const signalNames = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Aborts `stop` at the first of them, and calls `stopHard` at each signal after the stop, wherever that came from, until it is
 * disposed. A closed standard output is no further signal: each write to it fails.
 */
export function onStopSignals(stop: AbortController, stopHard: () => void): Disposable {
  const onSignal = () => {
    if (stop.signal.aborted) stopHard();
    else stop.abort();
  };
  const onClosed = () => stop.abort();
  for (const name of signalNames) process.on(name, onSignal);
  process.stdout.on("error", onClosed);
  return {
    [Symbol.dispose]() {
      for (const name of signalNames) process.off(name, onSignal);
      process.stdout.off("error", onClosed);
    },
  };
}
