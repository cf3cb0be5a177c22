/** The process of an engine under a turn: opened, with a word when that takes a while, ended once for the receipt, and opened ahead after a stop. */
import { defined } from "../../shared/defined";
import { abortable, stopReason } from "../abort";
import type { OpenConversation } from "../engines/open-conversation";
import { reportEnd, reportTurn } from "./engine-turn-report";
import type { EngineLoopRequest, TurnGate } from "./engine-turn-types";
import type { Send } from "./turn-types";

/** A start that is over sooner is not worth a word. */
const shownStartMs = 100;

export class EngineProcess {
  readonly #request: EngineLoopRequest;
  readonly #send: Send;
  readonly #signal: AbortSignal;
  #open: OpenConversation<TurnGate> | undefined;

  constructor(request: EngineLoopRequest, send: Send, signal: AbortSignal) {
    this.#request = request;
    this.#send = send;
    this.#signal = signal;
  }

  /** Absent until it is open. */
  get open(): OpenConversation<TurnGate> | undefined {
    return this.#open;
  }

  /**
   * The session's conversation, or a subagent's. Rejects as `OpenConversations.take` does. A stop meanwhile ends what was
   * being opened: it may be what does not go on.
   */
  async take(): Promise<OpenConversation<TurnGate>> {
    const { conversations, setting, readServers } = this.#request;
    await readServers(this.#signal);
    const taking = conversations.take(setting(), this.#signal);
    try {
      this.#open = await abortable(this.#shownStarting(taking), this.#signal);
      return this.#open;
    } catch (error) {
      if (!this.#signal.aborted) throw error;
      const end = await conversations.end(setting().key);
      // Where it had no process yet, there is nothing that was ended, and no word that was not waited for.
      if (end) {
        const own = end.ended.map(({ pid }) => pid);
        reportEnd(this.#request, end, own);
        reportTurn(this.#request, undefined, { waited: "nothing" });
      }
      this.reopen();
      throw error;
    }
  }

  /** Resolves with whether its end is in the receipt by this. Never rejects. */
  async end(): Promise<boolean> {
    const open = this.#open;
    const end = await open?.end();
    if (open === undefined || end === undefined) return false;
    reportEnd(this.#request, end, [...open.own]);
    return true;
  }

  /** The turn is over: a session's stays open for the next message, a subagent's ends. Never rejects. */
  async leave(): Promise<void> {
    const { conversations, setting, agentId } = this.#request;
    if (agentId === undefined) conversations.release(setting().key);
    else await this.end();
  }

  /** For a stop after the turn's own end. Never rejects. */
  async endLeft(): Promise<void> {
    if (await this.end()) this.reopen();
  }

  /** After a person's stop, for the next message, which is then answered as fast as the first. */
  reopen(): void {
    const { conversations, setting, agentId, amend } = this.#request;
    if (agentId === undefined && stopReason(this.#signal)?.by === "user")
      conversations.reopen(setting(), amend);
  }

  /** People see that it is being started, once that takes a while. */
  async #shownStarting<T>(starting: Promise<T>): Promise<T> {
    const { runId, agentId } = this.#request;
    const since = Date.now();
    let shown: Promise<void> | undefined;
    const show = (starting?: { since: number }) =>
      this.#send({ type: "run-starting", runId, ...defined({ starting }) });
    const soon = setTimeout(() => {
      if (agentId === undefined && !this.#signal.aborted) shown = show({ since });
    }, shownStartMs);
    try {
      return await starting;
    } finally {
      clearTimeout(soon);
      if (shown && !this.#signal.aborted) await shown.then(() => show());
    }
  }
}
