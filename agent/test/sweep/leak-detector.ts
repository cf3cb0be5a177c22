/** The leak detector: timers, and listeners on signals that never aborted, which a run has left in this process. */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";

export interface LeakDetector extends Disposable {
  /** Forgets everything recorded so far. */
  reset(): void;
  /** What was created since and still exists: the stack of each. */
  found(): string[];
}

/** For fixtures that do not look for leaks. */
export const noDetector: LeakDetector = { reset() {}, found: () => [], [Symbol.dispose]() {} };

/** Replaces global timers and EventTarget methods until it is disposed: only in a process that runs nothing else. */
export function detectLeaks(): LeakDetector {
  const original = { setTimeout, setInterval, clearTimeout, clearInterval };
  const own = Object.getOwnPropertyDescriptors(EventTarget.prototype);
  const addEventListener = own.addEventListener.value!;
  const removeEventListener = own.removeEventListener.value!;
  const timers = new Map<unknown, string>();
  const listeners = new Map<AbortSignal, Map<unknown, string>>();

  const timeout = (run: (...args: unknown[]) => void, ms?: number, ...args: unknown[]) => {
    const timer = original.setTimeout(() => {
      timers.delete(timer);
      run(...args);
    }, ms);
    timers.set(timer, here());
    return timer;
  };
  const interval = (run: () => void, ms?: number) => {
    const timer = original.setInterval(run, ms);
    timers.set(timer, here());
    return timer;
  };
  const clear = (timer: unknown) => {
    timers.delete(timer);
    original.clearTimeout(timer as Timer);
  };
  Object.assign(globalThis, {
    setTimeout: timeout,
    setInterval: interval,
    clearTimeout: clear,
    clearInterval: clear,
  });
  EventTarget.prototype.addEventListener = function (type: string, listener, options) {
    if (this instanceof AbortSignal && type === "abort" && listener !== null && isOurs()) {
      const known = listeners.get(this) ?? new Map<unknown, string>();
      listeners.set(this, known.set(listener, here()));
    }
    return addEventListener.call(this, type, listener, options);
  };
  EventTarget.prototype.removeEventListener = function (type: string, listener, options) {
    if (this instanceof AbortSignal) listeners.get(this)?.delete(listener);
    return removeEventListener.call(this, type, listener, options);
  };

  return {
    reset() {
      timers.clear();
      listeners.clear();
    },
    found() {
      const open = [...listeners].filter(([signal]) => !signal.aborted);
      return [
        ...[...timers.values()].map((where) => `a timer is left: ${where}`),
        ...open.flatMap(([, own]) =>
          [...own.values()].map((where) => `a listener is left: ${where}`),
        ),
      ];
    },
    [Symbol.dispose]() {
      Object.assign(globalThis, original);
      Object.defineProperties(EventTarget.prototype, own);
    },
  };
}

/** Not the upstream's, nor the chat route's on its request: those signals end with their requests; nor those of a face. */
function isOurs(): boolean {
  return !/test\/(upstream\/|command-line)|server\/http\/(routes\/chat|hang-up)|agentclientprotocol/.test(
    here(),
  );
}

/** The innermost frames of the caller's stack. */
function here(): string {
  const lines = new Error("made").stack?.split("\n").slice(3) ?? [];
  const frames = lines.map((line) => line.trim().replace(/^at /, ""));
  return frames.slice(0, 3).join(" < ");
}

/** The processes whose working directory this is, as "4711 bash". */
export function processesIn(directory: string): string[] {
  return readdirSync("/proc").flatMap((pid) => {
    if (!/^\d+$/.test(pid)) return [];
    try {
      if (readlinkSync(`/proc/${pid}/cwd`) !== directory) return [];
      return [`${pid} ${readFileSync(`/proc/${pid}/comm`, "utf8").trim()}`];
    } catch {
      // It exited meanwhile, or is a zombie, which has no directory.
      return [];
    }
  });
}
