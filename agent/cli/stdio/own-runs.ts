/** The messages of this process: each holds a connection open, whose end stops its run, until that has ended or is not to come. */
import type { Rein } from "../../sdk/create-rein";
import { ConnectionLost, type Frame, readChunks } from "../../sdk/frames";
import type { SessionEvent } from "../../shared/protocol";
import type { QueueAnswer } from "../../sdk/route-answers";
import type { ChatRequest, QueueRequest } from "../../shared/requests";

export type Snapshot = Extract<SessionEvent, { type: "snapshot" }>;
export type RunEnd = Extract<SessionEvent, { type: "run-end" }>;

/** A message that the server has accepted. */
export interface AcceptedChat {
  sessionId: string;
  /** Of a session that the message has made. */
  snapshot?: Snapshot;
}

export class OwnRuns {
  readonly #rein: Rein;
  readonly #signal: AbortSignal;
  readonly #runs = new Map<string, PromiseWithResolvers<RunEnd | undefined>>();
  /** Those of `#runs` whose messages are in the queue, or were. */
  readonly #queued = new Set<string>();
  readonly #sent = new Set<string>();

  /** The signal closes the connections, which stops the runs. */
  constructor(rein: Rein, signal: AbortSignal) {
    this.#rein = rein;
    this.#signal = signal;
  }

  /** Those whose messages were sent or queued, also when they have ended. */
  get sent(): ReadonlySet<string> {
    return this.#sent;
  }

  /** Those that were announced and have not ended; none of a message that the server has queued. */
  get announced(): string[] {
    return [...this.#runs.keys()].filter((runId) => !this.#queued.has(runId));
  }

  /** A message will be sent or queued with this id, unless it is withdrawn. False when one was. */
  announce(runId: string): boolean {
    if (this.#runs.has(runId) || this.#sent.has(runId)) return false;
    this.#runs.set(runId, Promise.withResolvers());
    return true;
  }

  withdraw(runId: string): void {
    this.#over(runId, undefined);
  }

  /**
   * The end of a run that was announced; undefined when its message was refused, withdrawn, or is not going to be sent by
   * itself, or when the connection broke.
   */
  endOf(runId: string): Promise<RunEnd | undefined> | undefined {
    return this.#runs.get(runId)?.promise;
  }

  /** Resolves when the message is accepted; throws an ApiError when it is refused, and ConnectionLost. */
  async send(request: ChatRequest & { runId: string }): Promise<AcceptedChat> {
    const { runId } = request;
    const response = await this.#rein.openChat("/api/chat", request, this.#signal);
    this.#sent.add(runId);
    const sessionId = response.headers.get("X-Rein-Session");
    if (sessionId === null) throw new ConnectionLost("The answer names no session.");
    const first = Promise.withResolvers<Snapshot | undefined>();
    // The follower of a session that is known has no need of a snapshot.
    if (request.sessionId !== undefined) first.resolve(undefined);
    void readEnd(readChunks(response, this.#signal), runId, first.resolve).then((end) => {
      first.reject(new ConnectionLost("The answer has no session."));
      this.#over(runId, end);
    });
    const snapshot = await first.promise;
    return { sessionId, ...(snapshot && { snapshot }) };
  }

  #over(runId: string, end: RunEnd | undefined): void {
    this.#runs.get(runId)?.resolve(end);
    this.#runs.delete(runId);
    this.#queued.delete(runId);
  }

  /**
   * Queues a message, of which the session's events come from `after` on. It has no chat: a connection of its own is opened
   * first, which ends as a chat would. Throws an ApiError when it is refused, and ConnectionLost.
   */
  async queue(
    sessionId: string,
    request: QueueRequest & { runId: string },
    { after, onDisconnect }: { after: number; onDisconnect: "stop" | "continue" },
  ): Promise<QueueAnswer> {
    const { runId } = request;
    const connection = new AbortController();
    const close = () => connection.abort();
    this.#signal.addEventListener("abort", close, { once: true });
    const query = new URLSearchParams({ onDisconnect, runId, after: String(after) });
    const path = `/api/sessions/${sessionId}/events?${query}`;
    try {
      const response = await this.#rein.openEvents(path, connection.signal);
      this.#sent.add(runId);
      void readEnd(readChunks(response, connection.signal), runId).then((end) => {
        this.#signal.removeEventListener("abort", close);
        this.#over(runId, end);
      });
      const answer = await this.#rein.queue(sessionId, request, this.#signal);
      if (this.#runs.has(runId)) this.#queued.add(runId);
      return answer;
    } catch (error) {
      this.#sent.delete(runId);
      close();
      throw error;
    }
  }
}

/** The follower of the session writes what comes here. Undefined when the connection breaks, of which it tells. */
async function readEnd(
  chunks: AsyncGenerator<Frame[], void, void>,
  runId: string,
  onSnapshot?: (snapshot: Snapshot) => void,
): Promise<RunEnd | undefined> {
  try {
    for await (const frames of chunks)
      for (const frame of frames) {
        if (frame.type === "snapshot") onSnapshot?.(frame);
        if (frame.type === "run-end" && frame.runId === runId) return frame;
      }
  } catch {
    // Whether the run goes on without it is what the follower's events say.
  }
  return undefined;
}
