/** Continues the message of a run that has waited for a person's replies. */
import type { Context } from "hono";
import type { UiChatRequest } from "../../../shared/requests";
import { findRun } from "../../../shared/session-lookup";
import { checkStreams } from "../event-stream";
import { stopOnHangUp } from "../hang-up";
import { httpError } from "../http-error";
import { findById } from "../request";
import type { Services } from "../services";
import { followUiStream } from "./ui-follow";
import { UiMessageStream } from "./ui-message-stream";
import { pendingApprovals } from "./ui-parts";
import type { UiReplies } from "./ui-request";

/** A person has replied to what a run asked: it goes on, and so does its message. */
export function continueRun(
  c: Context,
  services: Services,
  asked: UiChatRequest,
  { runId, replies, known }: UiReplies,
): Response {
  const live = findById(c, services.sessions, asked.id);
  if (findRun(live.session, runId) === undefined)
    throw httpError(409, "run", `There is no run ${runId} in this session.`);
  services.sessions.refuseWhenFull();
  checkStreams(c, services);
  // One that is not accepted was replied to before, or asks for something else now: then it is asked again.
  const pending = new Set(pendingApprovals(live.session, runId).map(({ id }) => id));
  const accepted = replies.filter(
    ({ id, reply }) => pending.has(id) && services.approvals.reply(id, reply) === "accepted",
  );
  const answered = new Set(accepted.map(({ id }) => id));
  const stream = new UiMessageStream(live.session.id, runId, known, answered);
  const response = followUiStream(c, services, live, runId, stream);
  if (asked.onDisconnect === "stop" && !stream.isOver)
    stopOnHangUp(c, services.runs, live.session.id, { runId });
  return response;
}
