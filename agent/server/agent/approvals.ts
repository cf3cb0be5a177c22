/** Permission requests that wait for a person's reply. Every wait ends with its signal. */
import type { ApprovalReply, Permissions } from "../../shared/protocol";
import { abortable } from "../abort";
import type { PermissionRequest } from "../tools/tool";

interface Pending {
  sessionId: string;
  permission: PermissionRequest;
  resolve(reply: ApprovalReply): void;
}

export class Approvals {
  readonly #pending = new Map<string, Pending>();

  /** Resolves with the reply; rejects with the signal's reason when it aborts, and is then no longer pending. */
  async wait(
    id: string,
    sessionId: string,
    permission: PermissionRequest,
    signal: AbortSignal,
  ): Promise<ApprovalReply> {
    const { promise, resolve } = Promise.withResolvers<ApprovalReply>();
    this.#pending.set(id, { sessionId, permission, resolve });
    try {
      return await abortable(promise, signal);
    } finally {
      this.#pending.delete(id);
    }
  }

  /** False when nothing of that id is pending: it was answered before, or stopped. "session" also answers equal requests of its session. */
  reply(id: string, reply: ApprovalReply): boolean {
    const pending = this.#pending.get(id);
    if (pending === undefined) return false;
    this.#pending.delete(id);
    pending.resolve(reply);
    if (reply.decision === "session")
      this.#allow(pending.sessionId, (permission) => permission.key === pending.permission.key);
    return true;
  }

  /** The user has widened what this session may do: requests that it now allows are answered. */
  permit(sessionId: string, permissions: Permissions): void {
    this.#allow(sessionId, (permission) => permits(permissions, permission));
  }

  #allow(sessionId: string, matches: (permission: PermissionRequest) => boolean): void {
    for (const [id, pending] of this.#pending)
      if (pending.sessionId === sessionId && matches(pending.permission))
        this.reply(id, { decision: "once" });
  }
}

/** Whether a session's permissions allow this without asking. "edits" reach no further than the working directory. */
export function permits(permissions: Permissions, permission: PermissionRequest): boolean {
  return permissions === "all" || (permissions === "edits" && permission.kind === "edit");
}
