/** The calls of sessions: found, read, changed, copied, and the branches of one. */
import type {
  BranchFiles,
  EarlierMessages,
  JoinAnswer,
  NewShareLink,
  MessageLocation,
  SearchAnswer,
  Session,
} from "../shared/protocol";
import type {
  ForkRequest,
  SearchQuery,
  SessionPatchRequest,
  SessionsQuery,
  ShareRequest,
} from "../shared/requests";
import type { SessionsAnswer } from "./route-answers";
import { inQuery, path } from "./path";
import type { Transport } from "./transport";

export function createSessionCalls({ call, send }: Pick<Transport, "call" | "send">) {
  return {
    /** In titles and messages. */
    search: (query: SearchQuery, signal: AbortSignal) =>
      call<SearchAnswer>("GET", path`/api/search?${inQuery(query)}`, undefined, signal),
    /** Without a limit, all that are not in the archive. */
    sessions: (signal: AbortSignal, query: SessionsQuery = {}) =>
      call<SessionsAnswer>("GET", path`/api/sessions?${inQuery(query)}`, undefined, signal),
    /** Whole: all of its messages. */
    session: (id: string, signal: AbortSignal) =>
      call<{ session: Session }>("GET", path`/api/sessions/${id}`, undefined, signal),
    patchSession: (id: string, patch: SessionPatchRequest, signal: AbortSignal) =>
      call<{ session: Session }>("PATCH", path`/api/sessions/${id}`, patch, signal),
    /** `undo`: it can be brought back for some minutes. */
    deleteSession: (id: string, signal: AbortSignal, { undo }: { undo?: boolean } = {}) =>
      call<{ deleted: true; restorableUntil?: number }>(
        "DELETE",
        path`/api/sessions/${id}?${inQuery({ undo: undo ? "1" : undefined })}`,
        undefined,
        signal,
      ),
    restoreSession: (id: string, signal: AbortSignal) =>
      call<{ session: Session }>("POST", path`/api/sessions/${id}/restore`, {}, signal),
    earlier: (id: string, before: string, signal: AbortSignal) =>
      call<EarlierMessages>(
        "GET",
        path`/api/sessions/${id}/messages?before=${before}`,
        undefined,
        signal,
      ),
    /** Where a message is, also one of a subagent or of a branch that is not shown. */
    messagePlace: (id: string, messageId: string, signal: AbortSignal) =>
      call<MessageLocation>(
        "GET",
        path`/api/sessions/${id}/messages/${messageId}`,
        undefined,
        signal,
      ),
    /** A new session that begins as a copy, up to a run. */
    share: (id: string, request: ShareRequest, signal: AbortSignal) =>
      call<NewShareLink>("POST", path`/api/sessions/${id}/links`, request, signal),
    revokeLink: (id: string, linkId: string, signal: AbortSignal) =>
      call<{ removed: true }>(
        "DELETE",
        path`/api/sessions/${id}/links/${linkId}`,
        undefined,
        signal,
      ),
    join: (id: string, token: string, signal: AbortSignal) =>
      call<JoinAnswer>("POST", path`/api/sessions/${id}/join`, { token }, signal),
    fork: (id: string, request: ForkRequest, signal: AbortSignal) =>
      call<{ session: Session }>("POST", path`/api/sessions/${id}/fork`, request, signal),
    /** Of what an export has written, as JSON or as Markdown: its text, or a file. */
    importSession: (content: string | Blob, signal: AbortSignal) =>
      send<{ session: Session }>("/api/sessions/import", new Blob([content]), undefined, signal),
    /** Shows the newest branch that goes through this run. */
    showBranch: (id: string, runId: string, signal: AbortSignal) =>
      call<{ tip: string }>("POST", path`/api/sessions/${id}/branch`, { runId }, signal),
    /** Which files can be undone or redone, now that the branch is no longer shown that ended with this run. */
    branchFiles: (id: string, since: string, signal: AbortSignal) =>
      call<BranchFiles>(
        "GET",
        path`/api/sessions/${id}/branch?${inQuery({ since })}`,
        undefined,
        signal,
      ),
  };
}
