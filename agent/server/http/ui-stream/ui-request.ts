/** Reads a request of the AI SDK's chat: the message that it brings, or the replies to what a run asked. */
import type { Context } from "hono";
import { z } from "zod";
import { lastSaid, branchOf } from "../../../shared/branches";
import { defined } from "../../../shared/defined";
import type { ApprovalReply, Session } from "../../../shared/protocol";
import { chatRequest, type UiChatRequest, type UiMessage } from "../../../shared/requests";
import { findRun } from "../../../shared/session-lookup";
import { askerOf, checkSession } from "../check-role";
import { httpError } from "../http-error";
import { uploadError } from "../message-files";
import type { Services } from "../services";
import { uiStreamType } from "./ui-follow";
import type { KnownParts } from "./ui-message-stream";

export interface UiReplies {
  runId: string;
  replies: { id: string; reply: ApprovalReply }[];
  known: KnownParts;
}

/** As the stream has sent the approval, and the AI SDK has added the reply. */
const repliedPart = z.looseObject({
  state: z.literal("approval-responded"),
  approval: z.looseObject({
    id: z.string(),
    approved: z.boolean(),
    reason: z.string().max(10_000).optional(),
    descriptor: z.looseObject({ digest: z.string() }),
  }),
});

/** One whose answer its client could not read. */
export function refuseUiRequest(input: unknown): void {
  if (typeof input !== "object" || input === null || !("messages" in input)) return;
  const words = `This is a request of the AI SDK: send it with “Accept: ${uiStreamType}”.`;
  throw httpError(400, "accept", words);
}

/** Undefined when the last message is a person's. */
export function repliesIn({ messages }: UiChatRequest): UiReplies | undefined {
  const last = messages.at(-1);
  if (last?.role !== "assistant") return undefined;
  const replies = last.parts.flatMap((part) => {
    const found = repliedPart.safeParse(part);
    return found.success ? [replyOf(found.data)] : [];
  });
  return { runId: last.id, replies, known: knownParts(last) };
}

function replyOf({ approval }: z.output<typeof repliedPart>): UiReplies["replies"][number] {
  const { id, approved, reason, descriptor } = approval;
  const reply: ApprovalReply = approved
    ? { decision: "once", digest: descriptor.digest }
    : { decision: "deny", ...(reason && { message: reason }) };
  return { id, reply };
}

function knownParts({ parts }: UiMessage): KnownParts {
  const counts = new Map<string, number>();
  for (const { type } of parts) counts.set(type, (counts.get(type) ?? 0) + 1);
  const calls = parts.flatMap(({ toolCallId }) =>
    typeof toolCallId === "string" ? [toolCallId] : [],
  );
  return { counts, calls: new Set(calls) };
}

/** The request of Rein's own that says the same. Its files are stored when this resolves. */
export async function messageOf(
  c: Context,
  services: Services,
  asked: UiChatRequest,
): Promise<z.output<typeof chatRequest>> {
  const { id, messages, trigger, messageId, ...choices } = asked;
  const last = messages.at(-1);
  if (last?.role !== "user")
    throw httpError(400, "input", "messages: expected a message of the user at the end");
  const session = services.sessions.get(id)?.session;
  if (session !== undefined) checkSession(c, session);
  const isRetry = trigger === "regenerate-message" || messageId !== undefined;
  const retryOf = session && isRetry ? replacedRun(session, asked) : undefined;
  const isSame = trigger === "regenerate-message" && retryOf !== undefined;
  const said = isSame ? {} : { message: textIn(last), files: await filesIn(c, services, last) };
  return chatRequest.parse(
    defined({
      ...choices,
      ...defined(said),
      retryOf,
      ...(session ? { sessionId: id } : { newSessionId: id }),
    }),
  );
}

/** The run that is tried again; undefined when what is replaced never became one. One that is not shown is refused later. */
function replacedRun(
  session: Session,
  { messages, messageId, trigger }: UiChatRequest,
): string | undefined {
  if (messageId !== undefined && findRun(session, messageId)) return messageId;
  // A client may send no more than its last message.
  if (messages.length === 1 && trigger === "regenerate-message") return lastSaid(session)?.runId;
  const runs = [...new Set(branchOf(session).map(({ runId }) => runId))];
  const before = messages.findLast(({ role, id }) => role === "assistant" && runs.includes(id));
  return runs[before === undefined ? 0 : runs.indexOf(before.id) + 1];
}

function textIn({ parts }: UiMessage): string | undefined {
  const texts = parts.flatMap(({ type, text }) =>
    type === "text" && typeof text === "string" && text.trim() !== "" ? [text] : [],
  );
  return texts.length > 0 ? texts.join("\n\n") : undefined;
}

async function filesIn(
  c: Context,
  { attachments }: Services,
  { parts }: UiMessage,
): Promise<{ hash: string; name: string }[] | undefined> {
  const { signal } = c.req.raw;
  const { name: user } = askerOf(c);
  const files: { hash: string; name: string }[] = [];
  for (const { type, url, filename } of parts) {
    if (type !== "file") continue;
    try {
      const { hash } = await attachments.upload(() => contentOf(url), { user }, signal);
      files.push({ hash, name: typeof filename === "string" ? filename : "file" });
    } catch (error) {
      throw uploadError(error);
    }
  }
  return files.length > 0 ? files : undefined;
}

/** The content of a `data:` URL; Rein fetches no file from elsewhere. */
async function* contentOf(url: unknown): AsyncGenerator<Uint8Array> {
  const found = typeof url === "string" ? /^data:[^,]*;base64,(.*)$/s.exec(url) : null;
  if (found?.[1] === undefined)
    throw httpError(
      400,
      "file",
      "A file was not brought along: expected its content as a base64 data URL.",
    );
  yield Buffer.from(found[1], "base64");
}
