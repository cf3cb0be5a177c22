/** What waits for a person's word. Every wait is under a signal. */
import type { ApprovalReply, Permissions } from "../shared/protocol";
import type { Need } from "./tools/tool";

interface Pending {
  sessionId: string;
  need: Need;
  resolve(reply: ApprovalReply): void;
}

export class Approvals {
  readonly #pending = new Map<string, Pending>();

  /** Resolves with the reply; rejects with the signal's reason when it aborts, and is then no longer pending. */
  wait(id: string, sessionId: string, need: Need, signal: AbortSignal): Promise<ApprovalReply> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      const abort = () => {
        this.#pending.delete(id);
        reject(signal.reason);
      };
      signal.addEventListener("abort", abort, { once: true });
      this.#pending.set(id, {
        sessionId,
        need,
        resolve: (reply) => {
          this.#pending.delete(id);
          signal.removeEventListener("abort", abort);
          resolve(reply);
        },
      });
    });
  }

  /** False when nothing of that id is pending: it was answered before, or stopped. "session" answers its like as well. */
  reply(id: string, reply: ApprovalReply): boolean {
    const pending = this.#pending.get(id);
    if (pending === undefined) return false;
    pending.resolve(reply);
    if (reply.decision === "session")
      this.#allow(pending.sessionId, (need) => need.key === pending.need.key);
    return true;
  }

  /** The user has widened what this session may do: what waits for just that goes on. */
  permit(sessionId: string, permissions: Permissions): void {
    this.#allow(sessionId, (need) => permits(permissions, need));
  }

  #allow(sessionId: string, matches: (need: Need) => boolean): void {
    for (const pending of this.#pending.values())
      if (pending.sessionId === sessionId && matches(pending.need))
        pending.resolve({ decision: "once" });
  }
}

/** Whether a session's permissions allow this without asking. "edits" reach no further than the working directory. */
export function permits(permissions: Permissions, need: Need): boolean {
  return permissions === "all" || (permissions === "edits" && need.kind === "edit");
}
