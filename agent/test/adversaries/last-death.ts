/**
 * When the last process of an adversary dies, seen by a thread that does nothing else. As a Worker it is sent a cookie and
 * a time limit in ms, answers "watching", and when none is left the time of the last death (ms since the epoch, as a
 * fraction); undefined where the limit came first.
 */
// oxlint-disable unicorn/require-post-message-target-origin -- a thread has no origin
import { once } from "node:events";
import { parentPort, Worker } from "node:worker_threads";
import { isAlive } from "../machine-facts";
import { commandProcessesOf } from "./hostile-processes";

const lookEveryMs = 0.3;

export interface Watched {
  lastDeathAt: number | undefined;
}

interface Request {
  cookie: string;
  limitMs: number;
}

export const now = (): number => performance.timeOrigin + performance.now();

/** The watch of one adversary: `lastDeathAt` rejects never. */
export class LastDeathWatch implements Disposable {
  readonly #worker = new Worker(new URL(import.meta.url));

  constructor() {
    this.#worker.on("message", (answer: "watching" | Watched) => {
      if (answer === "watching") this.#worker.emit("watching");
      else this.#worker.emit("watched", answer);
    });
  }

  /** Resolves when its processes are being watched, with a promise of the last death. */
  async watch(cookie: string, limitMs: number): Promise<{ result: Promise<Watched> }> {
    const watching = once(this.#worker, "watching");
    const result = once(this.#worker, "watched") as Promise<[Watched]>;
    this.#worker.postMessage({ cookie, limitMs } satisfies Request);
    await watching;
    return { result: result.then(([watched]) => watched) };
  }

  [Symbol.dispose](): void {
    void this.#worker.terminate();
  }
}

parentPort?.on("message", (request: Request) => {
  const first = commandProcessesOf(request.cookie);
  parentPort!.postMessage("watching");
  parentPort!.postMessage({ lastDeathAt: lastDeath(first, request) } satisfies Watched);
});

function lastDeath(first: number[], { cookie, limitMs }: Request): number | undefined {
  const deadline = now() + limitMs;
  for (let living = first, seenAt = now(); ; living = commandProcessesOf(cookie)) {
    if (living.length === 0) return seenAt;
    while (living.some(isAlive)) {
      if (now() > deadline) return undefined;
      Bun.sleepSync(lookEveryMs);
    }
    seenAt = now();
  }
}
