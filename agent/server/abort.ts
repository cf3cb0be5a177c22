/** Abort signals: linked controllers, scopes that can be stopped alone, and waits that end with their signal. */
import { setTimeout } from "node:timers/promises";
import type { Stop } from "../shared/protocol";

/** A controller that aborts with its parent, for the same reason, until it is disposed of. */
export interface Link extends Disposable {
  readonly controller: AbortController;
}

/** Links by hand: `AbortSignal.any` keeps listeners of long-lived parents alive. */
export function link(parent: AbortSignal): Link {
  const controller = new AbortController();
  const inherit = () => controller.abort(parent.reason);
  if (parent.aborted) inherit();
  else parent.addEventListener("abort", inherit, { once: true });
  return {
    controller,
    [Symbol.dispose]: () => parent.removeEventListener("abort", inherit),
  };
}

/** Something that can be stopped alone. Dispose of it when it has ended, however it ended. */
export interface Scope extends Disposable {
  readonly signal: AbortSignal;
}

interface OpenScope {
  controller: AbortController;
  hard: AbortController;
  settled: Promise<void>;
}

/** The scopes of one run, by id (the id of a tool call's part). A scope is linked to its parent until it is disposed of. */
export class Scopes {
  readonly #open = new Map<string, OpenScope>();
  readonly #hardSignal: AbortSignal;

  /** `hardSignal`: of the whole run. */
  constructor(hardSignal: AbortSignal) {
    this.#hardSignal = hardSignal;
  }

  open(id: string, parent: AbortSignal): Scope {
    const linked = link(parent);
    const hard = link(this.#hardSignal);
    const { controller } = linked;
    const { promise: settled, resolve: settle } = Promise.withResolvers<void>();
    this.#open.set(id, { controller, hard: hard.controller, settled });
    return {
      signal: controller.signal,
      [Symbol.dispose]: () => {
        linked[Symbol.dispose]();
        hard[Symbol.dispose]();
        this.#open.delete(id);
        settle();
      },
    };
  }

  /** Aborts one scope; resolves when it has settled. Undefined when no scope of that id is open. */
  stop(id: string, reason: Stop): Promise<void> | undefined {
    const scope = this.#open.get(id);
    scope?.controller.abort(reason);
    return scope?.settled;
  }

  /** Aborts the `hardSignal` of one scope; nothing where none of that id is open. */
  stopHard(id: string): void {
    this.#open.get(id)?.hard.abort();
  }

  /** Aborts when a stop of this scope, or of the whole run, wants no time to be given to anything. */
  hardSignal(id: string): AbortSignal {
    return this.#open.get(id)?.hard.signal ?? this.#hardSignal;
  }
}

/** The reason of an aborted signal, when it is one of ours. Every controller of a run is aborted with a Stop. */
export function stopReason(signal: AbortSignal): Stop | undefined {
  return signal.aborted ? (signal.reason as Stop) : undefined;
}

/** For what a stop must not cut short. */
export const neverAborts: AbortSignal = new AbortController().signal;

/** A timer can wait no longer. */
export const longestTimerMs = 2 ** 31 - 1;

/** Resolves after `delayMs`; rejects with the signal's reason as soon as it aborts, and leaves no timer behind. */
export async function wait(delayMs: number, signal: AbortSignal): Promise<void> {
  try {
    await setTimeout(delayMs, undefined, { signal });
  } catch {
    // The signal's reason says what stopped it; Node's own AbortError does not.
    signal.throwIfAborted();
  }
}

/** Settles with the promise, or rejects with the signal's reason as soon as it aborts. Leaves no listener behind. */
export async function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(signal.reason);
  if (signal.aborted) onAbort();
  else signal.addEventListener("abort", onAbort, { once: true });
  try {
    // The race handles a later rejection of the promise too: without it, that would end the server.
    return await Promise.race([aborted, promise]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

/** Resolves when the promise settles or the signal aborts, whichever is first; never rejects. Leaves no listener behind. */
export function settledOrAborted(promise: Promise<unknown>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const settle = () => {
      signal.removeEventListener("abort", settle);
      resolve();
    };
    if (signal.aborted) return resolve();
    signal.addEventListener("abort", settle);
    void promise.then(settle, settle);
  });
}

/** The same, after `ms` at the latest. Leaves no timer behind. */
export async function within(
  ms: number,
  promise: Promise<unknown>,
  signal: AbortSignal,
): Promise<void> {
  if (signal.aborted) return;
  const timeout = new AbortController();
  const over = setTimeout(ms, undefined, { signal: timeout.signal });
  const either = Promise.race([promise, over]);
  try {
    await settledOrAborted(either, signal);
  } finally {
    timeout.abort();
  }
}
