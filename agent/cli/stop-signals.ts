/** What of the outside stops the run that a command waits for: signals, and a reader of its output that is gone. */
import { constants } from "node:os";
import { watchReader } from "./output-reader";

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
  const reader = watchReader(onClosed);
  return {
    [Symbol.dispose]() {
      reader[Symbol.dispose]();
      for (const name of signalNames) process.off(name, onSignal);
      process.stdout.off("error", onClosed);
    },
  };
}

/**
 * What ends a command that goes on after its runs, until it is disposed. SIGINT is not among them: from a terminal it stops
 * the run.
 */
export function onEndSignals(): Disposable & {
  signal: AbortSignal;
  /** 128 and the number of the signal; undefined before one has come. */
  exitCode: () => number | undefined;
} {
  const controller = new AbortController();
  let exitCode: number | undefined;
  const onSignal = (name: NodeJS.Signals) => {
    exitCode ??= 128 + constants.signals[name];
    controller.abort();
  };
  for (const name of endNames) process.on(name, onSignal);
  return {
    signal: controller.signal,
    exitCode: () => exitCode,
    [Symbol.dispose]() {
      for (const name of endNames) process.off(name, onSignal);
    },
  };
}

const endNames = ["SIGTERM", "SIGHUP", "SIGQUIT"] as const;
