/** The one session of a `rein stdio`: carries out lines, and knows what to stop when they end. */
import { resolve } from "node:path";
import { ApiError, type Rein } from "../../sdk/create-rein";
import type { QueueAnswer } from "../../sdk/route-answers";
import { unacknowledged } from "../../sdk/unacknowledged";
import { defined } from "../../shared/defined";
import type { Outcome, Session, StopAnswer } from "../../shared/protocol";
import { findRun } from "../../shared/session-lookup";
import { FollowedSession, type FollowOptions } from "./followed-session";
import {
  type CancelLine,
  LineError,
  type QueueLine,
  type SteeringLine,
  type UserLine,
} from "./input-lines";
import type { Answer } from "./output-lines";
import { OwnRuns } from "./own-runs";

export interface StdioSessionOptions extends FollowOptions {
  /** Of a new session whose first message names no other. */
  cwd: string;
  /** The end of the process leaves its runs alone. */
  detach: boolean;
}

type Named = Pick<CancelLine, "runId" | "toolCallId" | "subagentId" | "hard">;

export class StdioSession {
  readonly #options: StdioSessionOptions;
  readonly #rein: Rein;
  readonly #ownRuns: OwnRuns;
  #followed: FollowedSession | undefined;
  #isLastRefused = false;

  constructor(options: StdioSessionOptions) {
    this.#options = options;
    this.#rein = options.rein;
    this.#ownRuns = new OwnRuns(options.rein, options.signal);
  }

  /** Resolves when its events have begun to come, or none will; throws an ApiError when there is no such session. */
  async attach(sessionId: string): Promise<void> {
    let refusal: ApiError | undefined;
    const onGone = (error: ApiError) => {
      if (followed.session) this.#options.onGone(error);
      else refusal = error;
    };
    const followed = new FollowedSession(sessionId, undefined, { ...this.#options, onGone });
    this.#followed = followed;
    await followed.until(({ session }) => session !== undefined);
    if (refusal === undefined) return;
    this.#followed = undefined;
    throw refusal;
  }

  /** Called for each line as it comes: from then on a cancel reaches its run. Throws a LineError. */
  announce<Line extends SteeringLine>(line: Line): Line {
    if (line.type !== "user" && line.type !== "queue") return line;
    const { runId = crypto.randomUUID() } = line;
    if (!this.#ownRuns.announce(runId)) throw taken(runId);
    return { ...line, runId };
  }

  /** Resolves with the answer of the line's route; throws a LineError or an ApiError when it changes nothing. */
  async steer(line: SteeringLine): Promise<Answer> {
    const { signal } = this.#options;
    const rein = this.#rein;
    switch (line.type) {
      case "user":
        return { to: "user", answer: await this.#sendUser(line) };
      case "approval": {
        const { type: to, id: _id, approvalId, ...reply } = line;
        const shown = this.#followed;
        const approval = shown ? { id: approvalId, sessionId: shown.id } : approvalId;
        return { to, answer: await rein.reply(approval, defined(reply), signal) };
      }
      case "pause": {
        const { type: to, id: _id, ...request } = line;
        return { to, answer: await rein.pause(this.#sessionId, defined(request), signal) };
      }
      case "resume": {
        const { type: to, id: _id, ...request } = line;
        return { to, answer: await rein.resume(this.#sessionId, defined(request), signal) };
      }
      case "queue":
        return { to: "queue", answer: await this.#queue(line) };
      case "undo":
      case "redo": {
        const { type: to, id: _id, runId, ...request } = line;
        return { to, answer: await rein.undo(to, this.#sessionId, runId, request, signal) };
      }
    }
  }

  /**
   * Stops what is named; without names whatever runs, and the messages of the lines so far. Resolves when it has settled
   * and, for a run, when the line of its end is on its way. Throws an ApiError.
   */
  async cancel(named: Named): Promise<StopAnswer> {
    const isPart = named.toolCallId !== undefined || named.subagentId !== undefined;
    const asked = isPart ? [] : this.#unseenRuns(named.runId).map((id) => this.#stopUnseen(id));
    const followed = this.#followed;
    if (followed && !followed.isOver) asked.unshift(this.#stopKnown(followed, named, isPart));
    const answers = await Promise.all(asked);
    return (
      answers.find(({ stopped }) => stopped) ??
      answers.at(-1) ?? { stopped: false, message: "Nothing is running: there is no session." }
    );
  }

  /**
   * Stops the runs of this process, and no other; its queued messages are kept for a person. Resolves as `cancel` does, with
   * whether it has stopped one. Throws an ApiError.
   */
  async stopOwn(hard: boolean): Promise<boolean> {
    const unseen = this.#unseenRuns(undefined);
    const asked = unseen.map((id) => this.#stopUnseen(id));
    const followed = this.#followed;
    if (followed && !followed.isOver)
      for (const runId of this.#ownRuns.sent)
        if (!unseen.includes(runId) && !hasEnded(followed.session, runId))
          asked.push(this.#stopKnown(followed, { runId, hard }, false));
    return (await Promise.all(asked)).some(({ stopped }) => stopped);
  }

  /** Resolves when the lines of all that has happened so far are on their way; no more will come. */
  async finish(): Promise<void> {
    await this.#followed?.finish();
  }

  /** How the last run of this process ended; a refused message failed. Undefined: nothing of it has run, or it still runs. */
  get outcome(): Outcome | undefined {
    if (this.#isLastRefused) return "failed";
    const { sent } = this.#ownRuns;
    return this.#followed?.session?.runs.findLast(({ id }) => sent.has(id))?.outcome;
  }

  async #sendUser(line: UserLine): Promise<{ sessionId: string; runId: string }> {
    const { type: _type, id: _id, text, sessionId, runId = crypto.randomUUID(), ...rest } = line;
    try {
      const known = await this.#sessionFor(sessionId);
      const accepted = await this.#ownRuns.send({
        ...defined({ ...rest, message: text, sessionId: known?.id, cwd: this.#cwdOf(line, known) }),
        runId,
        onDisconnect: this.#onDisconnect,
      });
      this.#followed ??= new FollowedSession(accepted.sessionId, accepted.snapshot, this.#options);
      this.#isLastRefused = false;
      return { sessionId: accepted.sessionId, runId };
    } catch (error) {
      this.#ownRuns.withdraw(runId);
      this.#isLastRefused = true;
      throw error;
    }
  }

  /** Undefined: the message makes one. */
  async #sessionFor(named: string | undefined): Promise<FollowedSession | undefined> {
    if (named === undefined || named === this.#followed?.id) return this.#followed;
    if (this.#followed)
      throw new LineError("session", `This process is about session ${this.#followed.id}.`);
    await this.attach(named);
    return this.#followed;
  }

  #cwdOf({ cwd }: UserLine, known: FollowedSession | undefined): string | undefined {
    if (cwd === undefined) return known ? undefined : this.#options.cwd;
    return resolve(this.#options.cwd, cwd);
  }

  async #queue({ type: _type, id: _id, text, ...rest }: QueueLine): Promise<QueueAnswer> {
    const { runId = crypto.randomUUID() } = rest;
    try {
      const sessionId = this.#sessionId;
      const session = this.#followed?.session;
      // The connection for the message would hold, and then stop, what is there.
      if (session && hasRun(session, runId)) throw taken(runId);
      const request = { ...defined({ ...rest, message: text }), runId };
      return await this.#ownRuns.queue(sessionId, request, {
        after: session?.seq ?? 0,
        onDisconnect: this.#onDisconnect,
      });
    } catch (error) {
      this.#ownRuns.withdraw(runId);
      throw error;
    }
  }

  get #onDisconnect(): "stop" | "continue" {
    return this.#options.detach ? "continue" : "stop";
  }

  /** Throws a LineError as long as there is none. */
  get #sessionId(): string {
    if (this.#followed) return this.#followed.id;
    throw new LineError("session", "There is no session yet: the first “user” line makes it.");
  }

  /** Of the runs that are meant, those that the session's events have not shown yet. */
  #unseenRuns(named: string | undefined): string[] {
    const session = this.#followed?.session;
    const meant = named === undefined ? this.#ownRuns.announced : [named];
    return meant.filter((id) => session === undefined || findRun(session, id) === undefined);
  }

  async #stopKnown(
    followed: FollowedSession,
    { runId, toolCallId, subagentId, hard }: Named,
    isPart: boolean,
  ): Promise<StopAnswer> {
    const request = defined({ runId, toolCallId, subagentId, hard });
    const answer = await this.#rein.stopSession(followed.id, request, this.#options.signal);
    if (answer.stopped && !isPart) await untilEnded(followed, answer.runId);
    return answer;
  }

  /** A run whose message may still be on its way: the server then starts it stopped. */
  async #stopUnseen(runId: string): Promise<StopAnswer> {
    const end = this.#ownRuns.endOf(runId);
    const stopped = await this.#rein.stopRun(runId, this.#options.signal);
    const [answer] = stopped.answers;
    if (answer === undefined) throw new ApiError(0, "unknown", "The stop was not answered.");
    const ended = await end;
    const undelivered = ended ? undefined : unacknowledged(stopped);
    if (undelivered !== undefined) throw undelivered;
    if (ended === undefined) return answer;
    if (this.#followed) await untilEnded(this.#followed, runId);
    const { outcome, receipt = null } = ended;
    if (receipt?.stop === undefined) return { stopped: false, message: `Run ${runId} had ended.` };
    return { stopped: true, runId, outcome, receipt };
  }
}

function taken(runId: string): LineError {
  const words = `There is a run ${runId} already, or a message that becomes it: choose another id.`;
  return new LineError("run", words);
}

function hasRun(session: Session, runId: string): boolean {
  return findRun(session, runId) !== undefined || session.queue.some(({ id }) => id === runId);
}

function hasEnded(session: Session | undefined, runId: string): boolean {
  return session !== undefined && findRun(session, runId)?.state === "settled";
}

/** Resolves when the line of the end of the run is on its way, or there will be none. */
async function untilEnded(followed: FollowedSession, runId: string): Promise<void> {
  const before = followed.session;
  await followed.until(({ session }) => {
    const run = session && findRun(session, runId);
    // A snapshot of a long session leaves out what is old.
    return run === undefined ? session !== before : run.state === "settled";
  });
}
