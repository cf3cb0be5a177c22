/** The routes of a directory's files, and of what has changed in them, as functions. */
import type {
  CommitView,
  DraftAnswer,
  ReviewAnswer,
  RevertAnswer,
  TextAnswer,
  TreeAnswer,
} from "../shared/protocol";
import type {
  AcceptRequest,
  CommitRequest,
  DraftRequest,
  ReviewQuery,
  RevertRequest,
  TextQuery,
  TreeQuery,
  UnrevertRequest,
} from "../shared/requests";
import { inQuery, path } from "./path";
import type { Transport } from "./transport";

export function createReviewCalls({ call }: Pick<Transport, "call">) {
  return {
    /** One level of it. Without `cwd`, of the server's directory. */
    tree: (query: TreeQuery, signal: AbortSignal) =>
      call<TreeAnswer>("GET", path`/api/tree?${inQuery(query)}`, undefined, signal),
    text: (query: TextQuery, signal: AbortSignal) =>
      call<TextAnswer>("GET", path`/api/text?${inQuery(query)}`, undefined, signal),
    /** Nothing of the directory runs by it. */
    review: (query: ReviewQuery, signal: AbortSignal) =>
      call<ReviewAnswer>("GET", path`/api/review?${inQuery(query)}`, undefined, signal),
    /** Of a hunk or a file, as it was shown: refused when it has changed since. */
    revert: (request: RevertRequest, signal: AbortSignal) =>
      call<RevertAnswer>("POST", "/api/review/revert", request, signal),
    takeRevertBack: (request: UnrevertRequest, signal: AbortSignal) =>
      call<{ path: string }>("POST", "/api/review/undo", request, signal),
    /** Marks hunks and files as seen, for all pages. */
    accept: (request: AcceptRequest, signal: AbortSignal) =>
      call<{ reviewed: string[] }>("POST", "/api/review/accept", request, signal),
    /** Resolves when it has begun. */
    commit: (request: CommitRequest, signal: AbortSignal) =>
      call<CommitView>("POST", "/api/review/commit", request, signal),
    /** The last one of the session. */
    commitState: (sessionId: string, signal: AbortSignal) =>
      call<{ commit?: CommitView }>(
        "GET",
        path`/api/review/commit?${inQuery({ sessionId })}`,
        undefined,
        signal,
      ),
    /** Resolves when nothing of it runs any more. */
    stopCommit: (sessionId: string, signal: AbortSignal) =>
      call<{ commit?: CommitView }>("POST", "/api/review/commit/stop", { sessionId }, signal),
    /** The signal ends the model's request, and so does a stop of the session. */
    draftMessage: (request: DraftRequest, signal: AbortSignal) =>
      call<DraftAnswer>("POST", "/api/review/message", request, signal),
  };
}
