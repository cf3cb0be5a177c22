/** An open prompt: its run, and the stop of it. */
import type { Rein } from "../../sdk/create-rein";

const stopMs = 30_000;

export class OpenPrompt {
  readonly runId = crypto.randomUUID();
  /** The server has accepted it. */
  hasBegun = false;
  readonly #rein: Rein;
  readonly #sessionId: string;
  readonly #stopping = new AbortController();
  readonly #lost = new AbortController();
  readonly #settled = Promise.withResolvers<void>();
  #namesRun = true;

  constructor(rein: Rein, sessionId: string) {
    this.#rein = rein;
    this.#sessionId = sessionId;
  }

  /** Aborts when the run is to be stopped. */
  get signal(): AbortSignal {
    return this.#stopping.signal;
  }

  get isStopped(): boolean {
    return this.signal.aborted;
  }

  /** Aborts when a stop could not be sent, with the reason. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /** Resolves when the prompt is answered. */
  get settled(): Promise<void> {
    return this.#settled.promise;
  }

  settle(): void {
    this.#settled.resolve();
  }

  /** The server has named its run: a stop names only the session. */
  stopsSession(): void {
    this.#namesRun = false;
    const stop = () => this.#send({});
    if (this.isStopped) stop();
    else this.signal.addEventListener("abort", stop, { once: true });
  }

  stop(): void {
    this.#stopping.abort();
  }

  /** Called again, it stops hard: processes get no time to clean up. */
  cancel(): void {
    if (!this.isStopped) return this.stop();
    this.#send({ hard: true, ...(this.#namesRun && { runId: this.runId }) });
  }

  #send(request: { hard?: true; runId?: string }): void {
    this.#rein
      .stopSession(this.#sessionId, request, AbortSignal.timeout(stopMs))
      .catch((error: unknown) => this.#lost.abort(error));
  }
}
