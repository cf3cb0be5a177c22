/**
 * The files that an imported session names. A file's hash is no secret: every export has it, and who has the same file. So
 * only those that whoever imports may read already stay named in it; the others' place is told in words.
 */
import { filesInMessages } from "../../shared/message-parts";
import type { FileRef, Message, Part, Session } from "../../shared/protocol";
import { describeFile } from "../../shared/taken-files";
import type { NodeAnswer } from "../cluster/node-calls";
import { TimeSlice } from "../time-slice";
import { firstOf } from "./cluster/ask-others";
import type { FileUse } from "./file-use";
import type { Services } from "./services";

/** So many are asked of the other nodes; more are in no session that a person has read. */
const mostAsked = 200;
const askMs = 10_000;

/** Rejects with the signal's reason. */
export async function withReadableFiles(
  session: Session,
  services: Pick<Services, "cluster">,
  use: FileUse,
  signal: AbortSignal,
): Promise<Session> {
  const hashes = new Set(filesInMessages(session.messages).map(({ hash }) => hash));
  const foreign = new Set<string>();
  // A hostile export names very many.
  const slice = new TimeSlice();
  for (const hash of hashes) {
    if (slice.isOver) await slice.rest();
    signal.throwIfAborted();
    if (!use.mayUse(hash)) foreign.add(hash);
  }
  for (const hash of [...foreign].slice(0, mostAsked))
    if (await isReadElsewhere(hash, services, use, signal)) foreign.delete(hash);
  if (foreign.size === 0) return session;
  return { ...session, messages: session.messages.map((one) => without(one, foreign)) };
}

/** Whether another node gives it to them. */
async function isReadElsewhere(
  hash: string,
  { cluster }: Pick<Services, "cluster">,
  { headers }: FileUse,
  signal: AbortSignal,
): Promise<boolean> {
  if (cluster === undefined) return false;
  const request = { method: "GET", path: `/api/files/${hash}`, headers, withinMs: askMs };
  const has = ({ status }: NodeAnswer) => status === 200;
  const { first, closing } = await firstOf(cluster, request, has, signal);
  closing.abort();
  return first !== undefined;
}

function without(message: Message, foreign: ReadonlySet<string>): Message {
  return { ...message, parts: message.parts.map((part) => partWithout(part, foreign)) };
}

function partWithout(part: Part, foreign: ReadonlySet<string>): Part {
  if (part.type === "file" && foreign.has(part.hash))
    return { type: "text", id: part.id, text: `${absentWords(part)}\n` };
  if (part.type !== "tool-call") return part;
  const { files, subagent, ...call } = part;
  const rest = files?.filter(({ hash }) => !foreign.has(hash)) ?? [];
  const messages = subagent?.messages.map((one) => without(one, foreign));
  return {
    ...call,
    ...(rest.length > 0 && { files: rest }),
    ...(subagent && messages && { subagent: { ...subagent, messages } }),
  };
}

function absentWords(file: FileRef): string {
  return `[${describeFile(file)}: not in the export]`;
}
