/** Counts what a run must not leave behind in this process: timers, and listeners on signals that never fired. */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";

export interface Leftovers extends Disposable {
  /** Forgets everything up to now. */
  reset(): void;
  /** What was made since, and is still there: where each was made. */
  timers(): string[];
  listeners(): string[];
}

/** Watches the globals until it is disposed of. */
export function watchLeftovers(): Leftovers {
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
    timers: () => [...timers.values()],
    listeners: () =>
      [...listeners].flatMap(([signal, own]) => (signal.aborted ? [] : [...own.values()])),
    [Symbol.dispose]() {
      Object.assign(globalThis, original);
      Object.defineProperties(EventTarget.prototype, own);
    },
  };
}

/** Not the scripted upstream's, nor the route's on a request: those signals end with their requests. */
function isOurs(): boolean {
  return !/test\/upstream\/|server\/chat-routes\.ts/.test(here());
}

/** The lines of a stack that say who asked. */
function here(): string {
  const lines = new Error("made").stack?.split("\n").slice(3) ?? [];
  const frames = lines.map((line) => line.trim().replace(/^at /, ""));
  return frames.slice(0, 3).join(" < ");
}

/** The processes that work in a directory, whoever started them: "4711 bash". */
export function processesIn(directory: string): string[] {
  return readdirSync("/proc").flatMap((pid) => {
    if (!/^\d+$/.test(pid)) return [];
    try {
      if (readlinkSync(`/proc/${pid}/cwd`) !== directory) return [];
      return [`${pid} ${readFileSync(`/proc/${pid}/comm`, "utf8").trim()}`];
    } catch {
      // It ended while it was looked at, or is a zombie, which has no directory.
      return [];
    }
  });
}
