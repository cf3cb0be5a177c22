/** The uploads that have not ended, by the session in which each is written: a stop of the session cancels them. */
import { Turns } from "../turns";

/** The reason of an upload's signal when a stop cancelled it. */
export class UploadStoppedError extends Error {
  override readonly name = "UploadStoppedError";

  constructor() {
    super("The upload was stopped. Nothing of it is kept; attach the file again.");
  }
}

/** For which session a file is uploaded, and by whom, where people have names. */
export interface Uploader {
  sessionId?: string | undefined;
  user?: string | undefined;
}

interface Upload {
  by: Uploader;
  controller: AbortController;
  ended: Promise<void>;
}

/**
 * What is read at once is bounded: else many large files together take much memory. The others wait unread. One that comes so
 * slowly that it takes longer has little of it in memory.
 */
const reads = { atOnce: 4, mostMs: 3000 };

export class OpenUploads {
  readonly #open = new Set<Upload>();
  readonly #turns = new Turns(reads);

  /**
   * Runs an upload, when few others are read, until it has ended, with its own signal, which the given one aborts too. From the moment it calls `commit`
   * no stop cancels it any more. Throws what `upload` throws.
   */
  async run<Result>(
    by: Uploader,
    signal: AbortSignal,
    upload: (commit: () => void, signal: AbortSignal) => Promise<Result>,
  ): Promise<Result> {
    const controller = new AbortController();
    const abort = () => controller.abort(signal.reason);
    const { promise: ended, resolve } = Promise.withResolvers<void>();
    const one = { by, controller, ended };
    if (signal.aborted) abort();
    else signal.addEventListener("abort", abort, { once: true });
    this.#open.add(one);
    let end: (() => void) | undefined;
    try {
      end = await this.#turns.take(controller.signal, by.user);
      const commit = () => void this.#open.delete(one);
      return await upload(commit, controller.signal);
    } finally {
      end?.();
      signal.removeEventListener("abort", abort);
      this.#open.delete(one);
      resolve();
    }
  }

  /** Resolves with how many it cancelled, once nothing of them is left. What is not named is any. */
  async stop({ sessionId, user }: Uploader): Promise<number> {
    const stopped = [...this.#open].filter(
      ({ by }) =>
        (sessionId === undefined || by.sessionId === sessionId) &&
        (user === undefined || by.user === user),
    );
    for (const { controller } of stopped) controller.abort(new UploadStoppedError());
    await Promise.all(stopped.map(({ ended }) => ended));
    return stopped.length;
  }
}
