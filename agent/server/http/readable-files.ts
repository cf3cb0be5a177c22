/**
 * The files that an imported session names. A file's hash is no secret: every export has it, and so has anyone with the same file. So
 * only files that the person who imports may read already stay named in it; in the place of each other one stands a sentence.
 */
import { filesInMessages } from "../../shared/message-parts";
import type { FileRef, Message, Part, Session } from "../../shared/protocol";
import { describeFile } from "../../shared/taken-files";
import type { NodeAnswer } from "../cluster/node-calls";
import { TimeSlice } from "../time-slice";
import { firstOf, type Others } from "./cluster/ask-others";
import type { FileUse } from "./file-use";
import type { Services } from "./services";

/** So many are asked of the other nodes; more are in no session that a person has read. */
const mostAsked = 200;
const atOnce = 8;
/** For one file, and for all: what no node has given by then counts as not readable. Only tests change them. */
export const askTimes = { eachMs: 10_000, allMs: 20_000 };

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
  for (const hash of await readElsewhere([...foreign], services, use, signal)) foreign.delete(hash);
  if (foreign.size === 0) return session;
  return { ...session, messages: session.messages.map((one) => without(one, foreign)) };
}

/** Those that another node would give to them, as far as that is known in time. */
async function readElsewhere(
  hashes: string[],
  { cluster }: Pick<Services, "cluster">,
  use: FileUse,
  signal: AbortSignal,
): Promise<Set<string>> {
  const found = new Set<string>();
  if (cluster === undefined) return found;
  const left = hashes.slice(0, mostAsked);
  const late = AbortSignal.timeout(askTimes.allMs);
  const inTime = AbortSignal.any([signal, late]);
  const askForMore = async () => {
    for (let hash = left.shift(); hash !== undefined; hash = left.shift())
      if (await isReadElsewhere(hash, cluster, use, inTime)) found.add(hash);
  };
  try {
    await Promise.all(Array.from({ length: atOnce }, askForMore));
  } catch (error) {
    signal.throwIfAborted();
    if (!late.aborted) throw error;
  }
  return found;
}

async function isReadElsewhere(
  hash: string,
  cluster: Others,
  { headers }: FileUse,
  signal: AbortSignal,
): Promise<boolean> {
  const path = `/api/files/${hash}`;
  const request = { method: "HEAD", path, headers, withinMs: askTimes.eachMs };
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
