/**
 * The life of the terminal face: what ends it, and job control. After any end but `kill -9` and a crash of the runtime
 * the terminal is as it was: the other screen is left, the cursor is shown, and mouse, paste and keyboard modes are off.
 */
import type { CliRenderer } from "@opentui/core";
import { constants } from "node:os";
import { WriteStream } from "node:tty";

export interface Ending {
  /** The exit code; 128 and its number for a signal. */
  code: number;
  /** A bug of ours, for the person to report. */
  error?: unknown;
}

export interface TerminalLife {
  ended: Promise<Ending>;
  /** Ends it in order. The first end counts. */
  end: (ending: Ending) => void;
  /** Gives the terminal back to the shell, until `fg`. What runs at the server goes on. */
  suspend: () => void;
  /** Removes the listeners, and restores the terminal. Once `ended` is settled. */
  close: () => void;
}

/** All that end a process unless it listens, but for SIGKILL and those of a fault, after which no code of ours may run. */
const endSignals = [
  ...(["SIGTERM", "SIGHUP", "SIGINT", "SIGQUIT", "SIGABRT", "SIGUSR1", "SIGUSR2"] as const),
  ...(["SIGALRM", "SIGVTALRM", "SIGPROF", "SIGXCPU", "SIGIO", "SIGSYS"] as const),
];

/** Keeps the window's title of before, and gives it back. */
const titles = { keep: "\x1b[22;0t", restore: "\x1b[23;0t" };

/** The renderer measures characters by clusters, and leaves that on, also where it was off. */
const clusters = { off: "\x1b[?2027l", wereOff: "\x1b[?2027;2$y" };

/** `outlives`: whether the face goes on after an error that nothing has caught, which is told so. */
export function createTerminalLife(
  renderer: CliRenderer,
  outlives: (error: unknown) => boolean,
): TerminalLife {
  const { promise: ended, resolve: end } = Promise.withResolvers<Ending>();
  const listening = new AbortController();
  let hadClusters = true;
  process.stdout.write(titles.keep);
  renderer.prependInputHandler((sequence) => {
    if (sequence === clusters.wereOff) hadClusters = false;
    return false;
  });

  for (const signal of endSignals)
    listen(signal, () => end({ code: 128 + constants.signals[signal] }));
  listen("uncaughtException", (error) => {
    if (!outlives(error)) end({ code: 1, error });
  });
  // Of a process that exits without asking: nothing may wait any more.
  listen("exit", restore);
  listen("SIGTSTP", halt);
  // The terminal has gone: no question can be shown.
  const onGone = () => end({ code: 128 + constants.signals.SIGHUP });
  renderer.stdin.on("end", onGone).on("error", onGone);
  process.stdout.on("error", onGone);

  function listen(name: string, listener: (...values: unknown[]) => void): void {
    process.on(name, listener);
    listening.signal.addEventListener("abort", () => process.off(name, listener));
  }

  /** Returns after `fg`; at once where no shell could do that, for the kernel then ignores the signal. */
  function halt(): void {
    renderer.suspend();
    resetClusters();
    process.off("SIGTSTP", halt);
    process.kill(process.pid, "SIGTSTP");
    process.on("SIGTSTP", halt);
    if (renderer.isDestroyed) return;
    // A change while another job had the terminal was told to that one. The size that `stdout` has is of before.
    const { columns, rows } = new WriteStream(process.stdout.fd);
    if (columns > 0 && rows > 0) renderer.resize(columns, rows);
    renderer.resume();
  }

  function restore(): void {
    if (renderer.isDestroyed) return;
    renderer.destroy();
    resetClusters();
    process.stdout.write(titles.restore);
  }

  function resetClusters(): void {
    if (!hadClusters) process.stdout.write(clusters.off);
  }

  return {
    ended,
    end,
    // As the terminal does it for Ctrl+Z: the whole job, whatever started this program.
    suspend: () => process.kill(0, "SIGTSTP"),
    close() {
      listening.abort();
      restore();
    },
  };
}
