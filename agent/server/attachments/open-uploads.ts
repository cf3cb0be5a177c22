/** The uploads that have not ended, by the session in which each is written: a stop of the session cancels them. */

/** The reason of an upload's signal when a stop cancelled it. */
export class UploadStoppedError extends Error {
  override readonly name = "UploadStoppedError";

  constructor() {
    super("The upload was stopped. Nothing of it is kept; attach the file again.");
  }
}

interface Upload {
  sessionId: string | undefined;
  controller: AbortController;
  ended: Promise<void>;
}

export class OpenUploads {
  readonly #open = new Set<Upload>();

  /**
   * Runs an upload until it has ended, with its own signal, which the given one aborts too. From the moment it calls `commit`
   * no stop cancels it any more. Throws what `upload` throws.
   */
  async run<Result>(
    sessionId: string | undefined,
    signal: AbortSignal,
    upload: (commit: () => void, signal: AbortSignal) => Promise<Result>,
  ): Promise<Result> {
    const controller = new AbortController();
    const abort = () => controller.abort(signal.reason);
    const { promise: ended, resolve } = Promise.withResolvers<void>();
    const one = { sessionId, controller, ended };
    if (signal.aborted) abort();
    else signal.addEventListener("abort", abort, { once: true });
    this.#open.add(one);
    try {
      const commit = () => void this.#open.delete(one);
      return await upload(commit, controller.signal);
    } finally {
      signal.removeEventListener("abort", abort);
      this.#open.delete(one);
      resolve();
    }
  }

  /** Resolves with how many it cancelled, once nothing of them is left. Without a session: all. */
  async stop(sessionId?: string): Promise<number> {
    const stopped = [...this.#open].filter(
      (one) => sessionId === undefined || one.sessionId === sessionId,
    );
    for (const { controller } of stopped) controller.abort(new UploadStoppedError());
    await Promise.all(stopped.map(({ ended }) => ended));
    return stopped.length;
  }
}
