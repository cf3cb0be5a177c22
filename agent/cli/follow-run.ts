/** Sends a message and follows its run to the end; what a face does meanwhile is a set of functions. */
import { ApiError, ConnectionLost, type Rein } from "../sdk/create-rein";
import { apply } from "../shared/apply";
import { defined } from "../shared/defined";
import { emptySession } from "../shared/empty-session";
import { findRun } from "../shared/session-lookup";
import type {
  Approval,
  ApprovalReply,
  LimitReached,
  Run,
  Session,
  SessionEvent,
  StreamEvent,
} from "../shared/protocol";
import type { ChatRequest } from "../shared/requests";
import { terminalText } from "../shared/terminal-safe";
import { CommandFailed } from "./command";
import { onStopSignals } from "./stop-signals";
import { ownPauseWords, storageTeller } from "./storage-words";

export interface Face {
  /** Called with each event, after it was applied to the session. No further event is read before it has resolved. */
  show: (event: StreamEvent, session: Session) => void | Promise<void>;
  /** The reply to an approval; rejects with the signal's reason once it was replied to elsewhere, or the run has ended. */
  decide: (approval: Approval, session: Session, signal: AbortSignal) => Promise<ApprovalReply>;
  /** Whether the run goes on beyond a limit; rejects as `decide` does. */
  goesOn: (reached: LimitReached, session: Session, signal: AbortSignal) => Promise<boolean>;
  /** Says a line beside the answer: that the run is being stopped, or that nothing can be saved. */
  say: (words: string) => void;
}

export interface FollowedRun {
  /** Known to this command: without what was there before the run. */
  session: Session;
  /** Undefined when the stop came before it began. */
  run: Run | undefined;
}

/** How long a hard stop may take to be answered. */
const stopMs = 20_000;

/**
 * Resolves when the run has settled. Signals, a closed standard output and `stop` stop it by name, and it is followed to its
 * receipt; a further signal is the hard stop. Throws an ApiError when the message is refused, and CommandFailed when the
 * connection ends before the run.
 */
export async function followRun(
  rein: Rein,
  request: ChatRequest,
  face: Face,
  stop: AbortController = new AbortController(),
): Promise<FollowedRun> {
  const runId = crypto.randomUUID();
  const session = emptySession(defined({ id: request.sessionId, cwd: request.cwd }));
  const questions = new Questions(rein, runId, session, face, stop);
  stop.signal.addEventListener("abort", () => face.say("Stopping…"), { once: true });
  const tellStorage = storageTeller(face.say);
  using _signals = onStopSignals(stop, () => stopHard(rein, session.id, runId));
  try {
    for await (const event of rein.chat({ ...request, runId }, stop.signal)) {
      apply(session, event);
      if (event.type === "run-start") session.id = event.sessionId;
      if (event.type === "storage-changed") tellStorage(event);
      questions.update(event);
      await face.show(event, session);
    }
  } catch (error) {
    if (error instanceof ConnectionLost) throw new CommandFailed(connectionWords, { cause: error });
    // A run that is stopped before the server knows it is refused.
    const isRefused = error instanceof ApiError && error.status !== 0 && !findRun(session, runId);
    if (!stop.signal.aborted || !(isRefused || error === stop.signal.reason)) throw error;
  } finally {
    questions.end();
  }
  const run = findRun(session, runId);
  if (run?.state === "settled" || (run === undefined && stop.signal.aborted))
    return { session, run };
  throw new CommandFailed(connectionWords);
}

const connectionWords =
  "The connection to the server ended before the run did. A server that still runs has stopped the run.";

function stopHard(rein: Rein, sessionId: string, runId: string): void {
  if (sessionId === "") return;
  rein
    .stopSession(sessionId, { runId, hard: true }, AbortSignal.timeout(stopMs))
    .catch((error: unknown) => {
      process.stderr.write(`rein: The hard stop failed: ${String(error)}\n`);
    });
}

/** What waits for a person: each is asked in its turn, and no longer once it is settled elsewhere. */
class Questions {
  readonly #open = new Map<string, AbortController>();
  /** The approvals by the parts that wait for them. */
  readonly #approvals = new Map<string, string>();
  #last: Promise<void> = Promise.resolve();

  constructor(
    readonly rein: Rein,
    readonly runId: string,
    readonly session: Session,
    readonly face: Face,
    readonly stop: AbortController,
  ) {}

  /** Asks what the event brings, and withdraws what it settles. */
  update(event: StreamEvent): void {
    if (event.type === "approval-request") this.#add(event.approval.id, this.#decider(event));
    else if (event.type === "approval-reply" || event.type === "tool-end")
      this.#close(event.partId);
    else if (event.type === "run-pause" && event.runId === this.runId) this.#updatePause(event);
    else if (event.type === "run-stopping") this.end();
  }

  end(): void {
    for (const id of this.#open.keys()) this.#close(id);
  }

  #decider({ approval, partId }: Extract<SessionEvent, { type: "approval-request" }>) {
    this.#approvals.set(partId, approval.id);
    return async (signal: AbortSignal) => {
      const reply = await this.face.decide(approval, this.session, signal);
      const asked = { id: approval.id, sessionId: this.session.id };
      await this.rein.reply(asked, reply, signal);
    };
  }

  #updatePause({ pause }: Extract<SessionEvent, { type: "run-pause" }>): void {
    const { reached, state } = pause ?? {};
    const words = ownPauseWords(pause ?? {});
    if (words !== undefined && state === "paused") this.face.say(`${words} Ctrl+C stops it.`);
    if (reached === undefined) return this.#close("limit");
    if (this.#open.has("limit")) return;
    this.#add("limit", async (signal) => {
      if (!(await this.face.goesOn(reached, this.session, signal))) return this.stop.abort();
      await this.rein.resume(this.session.id, { runId: this.runId }, signal);
    });
  }

  #add(id: string, answer: (signal: AbortSignal) => Promise<void>): void {
    const controller = new AbortController();
    this.#open.set(id, controller);
    this.#last = this.#last.then(async () => {
      try {
        if (!controller.signal.aborted) await answer(controller.signal);
      } catch (error) {
        if (controller.signal.aborted) return;
        if (!(error instanceof ApiError)) throw error;
        // Replied to elsewhere a moment before: nothing is left to say. Anything else can still be replied to in the page.
        if (error.status !== 404) process.stderr.write(`rein: ${terminalText(error.message)}\n`);
      } finally {
        this.#open.delete(id);
      }
    });
  }

  #close(id: string): void {
    this.#open.get(this.#approvals.get(id) ?? id)?.abort();
  }
}
