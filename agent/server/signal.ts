/** What can be stopped by itself inside a run: a controller each, linked to its parent's by hand. */
import type { Stop } from "../shared/protocol";

/** A controller that aborts when its parent does, with the same reason, until it is disposed of. */
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

/** One thing that can be stopped. Disposing of it says that it has ended, however it ended. */
export interface Scope extends Disposable {
  readonly signal: AbortSignal;
}

/** The scopes of one run, by id (the id of a tool call's part). A scope is linked to its parent until it is disposed of. */
export class Scopes {
  readonly #open = new Map<string, { controller: AbortController; settled: Promise<void> }>();

  open(id: string, parent: AbortSignal): Scope {
    const linked = link(parent);
    const { controller } = linked;
    const { promise: settled, resolve: settle } = Promise.withResolvers<void>();
    this.#open.set(id, { controller, settled });
    return {
      signal: controller.signal,
      [Symbol.dispose]: () => {
        linked[Symbol.dispose]();
        this.#open.delete(id);
        settle();
      },
    };
  }

  /** Aborts one scope; resolves when it has settled. Undefined when nothing of that name runs. */
  stop(id: string, reason: Stop): Promise<void> | undefined {
    const scope = this.#open.get(id);
    scope?.controller.abort(reason);
    return scope?.settled;
  }
}

/** The reason of an aborted signal, when it is one of ours. Every controller of a run is aborted with a Stop. */
export function stopOf(signal: AbortSignal): Stop | undefined {
  return signal.aborted ? (signal.reason as Stop) : undefined;
}

/** Resolves after `delayMs`; rejects with the signal's reason as soon as it aborts, and leaves no timer behind. */
export function wait(delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", abort);
      resolve();
    }, delayMs);
    const abort = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    signal.addEventListener("abort", abort, { once: true });
  });
}
