/** What waits for a person's word. Every wait is under a signal. */
import type { ApprovalReply, Permissions } from "../../shared/protocol";
import type { PermissionRequest } from "../tools/tool";

interface Pending {
  sessionId: string;
  permission: PermissionRequest;
  resolve(reply: ApprovalReply): void;
}

export class Approvals {
  readonly #pending = new Map<string, Pending>();

  /** Resolves with the reply; rejects with the signal's reason when it aborts, and is then no longer pending. */
  wait(
    id: string,
    sessionId: string,
    permission: PermissionRequest,
    signal: AbortSignal,
  ): Promise<ApprovalReply> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      const abort = () => {
        this.#pending.delete(id);
        reject(signal.reason);
      };
      signal.addEventListener("abort", abort, { once: true });
      this.#pending.set(id, {
        sessionId,
        permission,
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
      this.#allow(pending.sessionId, (permission) => permission.key === pending.permission.key);
    return true;
  }

  /** The user has widened what this session may do: what waits for just that goes on. */
  permit(sessionId: string, permissions: Permissions): void {
    this.#allow(sessionId, (permission) => permits(permissions, permission));
  }

  #allow(sessionId: string, matches: (permission: PermissionRequest) => boolean): void {
    for (const pending of this.#pending.values())
      if (pending.sessionId === sessionId && matches(pending.permission))
        pending.resolve({ decision: "once" });
  }
}

/** Whether a session's permissions allow this without asking. "edits" reach no further than the working directory. */
export function permits(permissions: Permissions, permission: PermissionRequest): boolean {
  return permissions === "all" || (permissions === "edits" && permission.kind === "edit");
}
