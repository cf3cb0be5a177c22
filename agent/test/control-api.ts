/** API calls that control a run besides sending and stopping: queue, pause, resume, retry. */
import type {
  Approval,
  ApprovalReply,
  PauseAnswer,
  QueuedMessage,
  Session,
} from "../shared/protocol";
import type { PauseRequest, QueuedPatchRequest, QueueRequest } from "../shared/requests";
import type { Chat, Rein } from "./rein";
import { processesIn } from "./sweep/leak-detector";
import type { UpstreamRequest, WireName } from "./upstream/upstream";
import { untilAsync } from "./within";

/** A provider and one of its models for each wire that the scripted upstream speaks. */
export const wires: { provider: WireName; model: string }[] = [
  { provider: "anthropic", model: "claude-of-tomorrow" },
  { provider: "openai", model: "gpt-5.4" },
  { provider: "openai-chat", model: "local-model" },
  { provider: "gemini", model: "gemini-3.1-pro" },
];

export function pause(rein: Rein, id: string, request: PauseRequest = {}): Promise<PauseAnswer> {
  return post(rein, `/api/sessions/${id}/pause`, request);
}

export function resume(rein: Rein, id: string): Promise<PauseAnswer> {
  return post(rein, `/api/sessions/${id}/resume`, {});
}

export async function queue(
  rein: Rein,
  id: string,
  request: QueueRequest,
): Promise<QueuedMessage[]> {
  return (await post<Pick<Session, "queue">>(rein, `/api/sessions/${id}/queue`, request)).queue;
}

/** Returns the response itself, because a message may no longer be waiting. */
export function changeQueued(
  rein: Rein,
  id: string,
  messageId: string,
  change: QueuedPatchRequest,
): Promise<Response> {
  const body = JSON.stringify(change);
  return rein.fetch(`/api/sessions/${id}/queue/${messageId}`, { method: "PATCH", body });
}

export function unqueue(rein: Rein, id: string, messageId: string): Promise<Response> {
  return rein.fetch(`/api/sessions/${id}/queue/${messageId}`, { method: "DELETE" });
}

/** The reply that allows what this approval shows: once, or always by the rule of this index, the first being the narrowest. */
export function allowing(
  { digest }: Pick<Approval, "digest">,
  decision: "once" | "session" | "project" = "once",
  rule = 0,
): ApprovalReply {
  return decision === "once" ? { decision, digest } : { decision, digest, rule };
}

/** Replies to an approval; throws when the server does not accept it. */
export function replyTo(
  rein: Rein,
  { id }: Pick<Approval, "id">,
  reply: ApprovalReply,
): Promise<object> {
  return post(rein, `/api/approvals/${id}`, reply);
}

/** Resolves when the session of this stream fulfils the condition, now or later. */
export async function untilSession(chat: Chat, holds: (session: Session) => boolean) {
  await chat.until(() => holds(chat.session));
}

/** The conversation in this request, as JSON. */
export function told(request: UpstreamRequest | undefined): string {
  return JSON.stringify(request?.body);
}

/** The user's messages so far, in order. */
export function said(session: Session): string[] {
  return session.messages
    .filter(({ role }) => role === "user")
    .map(({ parts }) => parts.map((part) => (part.type === "text" ? part.text : "")).join(""));
}

function post<T>(rein: Rein, path: string, body: object): Promise<T> {
  return rein.json<T>(path, { method: "POST", body: JSON.stringify(body) });
}

/** The processes in the session's directory, once it is known what its runs have changed: until then Rein's own git looks there. */
export async function processesLeft(rein: Rein, id: string, cwd = rein.cwd): Promise<string[]> {
  await untilAsync(async () => {
    const { runs } = await rein.session(id);
    return runs.every(({ changes }) => changes?.state !== "pending");
  }, "what the runs have changed");
  return processesIn(cwd);
}
