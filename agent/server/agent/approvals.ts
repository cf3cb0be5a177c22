/** Approvals that wait for a person's reply. Every wait ends with its signal. */
import type { ApprovalReply } from "../../shared/protocol";
import { abortable } from "../abort";

/** A call that waits, as the tool runner knows it. */
export interface PendingCall {
  sessionId: string;
  /** Of the approval as it was shown. */
  digest: string;
  /** The number of rules that it offers for an "always". */
  offered: number;
  /** It is a plan, which a person approves together with what the session may do then. */
  isPlan: boolean;
  /** Whether it would run without being asked now. */
  isAllowed(): boolean;
  /**
   * Does what an accepted reply says besides: keeps the rule of an "always", sets the permissions of a plan. False when there
   * is no room for the rule. Throws when it cannot be stored.
   */
  keep(reply: ApprovalReply): boolean;
}

/**
 * gone: nothing of that id is pending, it was answered before, or stopped. changed: another digest than the one shown.
 * no-rule: it does not offer that "always". no-plan: it is no plan. full: there is no room for another rule.
 */
export type ReplyResult = "accepted" | "gone" | "changed" | "no-rule" | "no-plan" | "full";

export class Approvals {
  readonly #pending = new Map<
    string,
    { call: PendingCall; resolve: (reply: ApprovalReply) => void }
  >();

  /** Resolves with the reply; rejects with the signal's reason when it aborts, and is then no longer pending. */
  async wait(id: string, call: PendingCall, signal: AbortSignal): Promise<ApprovalReply> {
    const { promise, resolve } = Promise.withResolvers<ApprovalReply>();
    this.#pending.set(id, { call, resolve });
    try {
      return await abortable(promise, signal);
    } finally {
      this.#pending.delete(id);
    }
  }

  /** Whose call waits for this one; undefined when nothing of that id is pending. */
  sessionOf(id: string): string | undefined {
    return this.#pending.get(id)?.call.sessionId;
  }

  /** Whatever is not accepted leaves the approval pending, and changes nothing. An "always" also answers what it covers. */
  reply(id: string, reply: ApprovalReply): ReplyResult {
    const pending = this.#pending.get(id);
    if (pending === undefined) return "gone";
    const { call, resolve } = pending;
    if (reply.decision !== "deny" && reply.digest !== call.digest) return "changed";
    const isAlways = reply.decision === "session" || reply.decision === "project";
    if (isAlways && reply.rule >= call.offered) return "no-rule";
    if (reply.decision === "plan" && !call.isPlan) return "no-plan";
    if (!call.keep(reply)) return "full";
    this.#pending.delete(id);
    resolve(reply);
    if (isAlways || call.isPlan) this.recheck();
    return "accepted";
  }

  /** Permissions or rules have changed: calls that are allowed now are answered. */
  recheck(): void {
    for (const [id, { call }] of this.#pending)
      if (call.isAllowed()) this.reply(id, { decision: "once", digest: call.digest });
  }
}
