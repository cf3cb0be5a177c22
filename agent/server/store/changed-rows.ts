/** The rows that an event has changed, and how each is written. */
import { filesOfPart } from "../../shared/message-parts";
import type { EventBody, Message, Part, QueuedMessage, Run, Session } from "../../shared/protocol";
import { activeRun, findRun, messagesOf } from "../../shared/session-lookup";

export interface ChangedRow {
  table: "sessions" | "files" | "runs" | "messages" | "parts";
  id: string;
  sessionId: string;
  /** Writes the row as it is in memory when this is called. */
  write(writer: RowWriter): void;
}

/** What takes the values of rows: the statements of the database, or what writes them elsewhere. */
export interface RowWriter {
  writeSession: { run(id: string, updatedAt: number, data: string): unknown };
  writeRun: {
    run(id: string, sessionId: string, settled: number, data: string): { changes: number };
  };
  writeMessage: {
    run(id: string, sessionId: string, agentId: string | null, data: string): unknown;
  };
  writePart: { run(id: string, messageId: string, data: string): unknown };
  nameFile: { run(sessionId: string, hash: string): unknown };
}

/**
 * `event` has been applied to the session; `waiting` is for its stored queue. A row is named when it is made, so rows come
 * in the order of their positions.
 */
export function* changedRows(
  session: Session,
  event: EventBody,
  waiting?: QueuedMessage[],
): Iterable<ChangedRow> {
  const agentId = "agentId" in event ? event.agentId : undefined;
  if ("messageId" in event || event.type === "message-start") {
    const id = "messageId" in event ? event.messageId : event.message.id;
    const message = messagesOf(session, agentId)?.findLast((one) => one.id === id);
    if (message === undefined) return;
    if ("partId" in event) yield* partRow(session, message, event.partId);
    else if (event.type === "part-start") yield* partRow(session, message, event.part.id);
    else {
      yield messageRow(session, message, agentId);
      if (event.type === "message-usage") return;
      for (const part of message.parts) yield* partRow(session, message, part.id);
    }
  }
  if (event.type === "part-delta") return;
  if (event.type === "outputs-drop") {
    for (const message of messagesOf(session, agentId) ?? [])
      for (const { id } of message.parts)
        if (event.partIds.includes(id)) yield* partRow(session, message, id);
    return;
  }
  if ("partId" in event || event.type === "part-start") {
    // A call that waits for an approval makes its run wait.
    const active = activeRun(session);
    if (active !== undefined && event.type !== "part-start") yield runRow(session, active);
    return;
  }
  if (agentId !== undefined) yield* subagentRow(session, agentId);
  const run = "runId" in event ? findRun(session, event.runId) : session.runs.at(-1);
  if (run !== undefined && event.type !== "session-update") yield runRow(session, run);
  yield sessionRow(session, waiting);
}

/** All rows of a session, that of itself first. */
export function* allRows(session: Session): Iterable<ChangedRow> {
  yield sessionRow(session);
  for (const run of session.runs) yield runRow(session, run);
  for (const message of session.messages) {
    yield* rowsOfMessage(session, message);
    for (const part of message.parts)
      if (part.type === "tool-call")
        for (const inner of part.subagent?.messages ?? [])
          yield* rowsOfMessage(session, inner, part.id);
  }
}

function* rowsOfMessage(
  session: Session,
  message: Message,
  agentId?: string,
): Iterable<ChangedRow> {
  yield messageRow(session, message, agentId);
  for (const { id } of message.parts) yield* partRow(session, message, id);
}

/** `waiting`: messages for the head of its queue. */
export function sessionRow(session: Session, waiting: QueuedMessage[] = []): ChangedRow {
  const { id } = session;
  return {
    table: "sessions",
    id,
    sessionId: id,
    write({ writeSession, nameFile }) {
      const queue = [...waiting, ...session.queue];
      const data = { ...session, queue, messages: [], runs: [], seq: 0 };
      writeSession.run(id, session.updatedAt, JSON.stringify(data));
      for (const { files = [] } of queue) for (const { hash } of files) nameFile.run(id, hash);
    },
  };
}

/** That a session names an attached file. */
export function fileRow(sessionId: string, hash: string): ChangedRow {
  return {
    table: "files",
    id: hash,
    sessionId,
    write: ({ nameFile }) => void nameFile.run(sessionId, hash),
  };
}

/** All files that its messages name. */
export function fileRows(session: Session): ChangedRow[] {
  const inner = session.messages.flatMap(({ parts }) =>
    parts.flatMap((part) => (part.type === "tool-call" ? (part.subagent?.messages ?? []) : [])),
  );
  const parts = [...session.messages, ...inner].flatMap((message) => message.parts);
  const hashes = new Set(parts.flatMap(filesOfPart).map(({ hash }) => hash));
  return [...hashes].map((hash) => fileRow(session.id, hash));
}

function runRow({ id: sessionId }: Session, run: Run): ChangedRow {
  return {
    table: "runs",
    id: run.id,
    sessionId,
    write({ writeRun }) {
      const settled = run.state === "settled" ? 1 : 0;
      const { changes } = writeRun.run(run.id, sessionId, settled, JSON.stringify(run));
      if (changes === 0) throw new Error("Another session has a run of this id");
    },
  };
}

function messageRow(
  { id: sessionId }: Session,
  message: Message,
  agentId: string | undefined,
): ChangedRow {
  const { id } = message;
  return {
    table: "messages",
    id,
    sessionId,
    write({ writeMessage }) {
      const data = JSON.stringify({ ...message, parts: [] });
      writeMessage.run(id, sessionId, agentId ?? null, data);
    },
  };
}

function* partRow({ id: sessionId }: Session, message: Message, id: string): Iterable<ChangedRow> {
  const part = message.parts.find((one) => one.id === id);
  if (part === undefined) return;
  yield {
    table: "parts",
    id,
    sessionId,
    write({ writePart, nameFile }) {
      writePart.run(id, message.id, JSON.stringify(withoutMessages(part)));
      for (const { hash } of filesOfPart(part)) nameFile.run(sessionId, hash);
    },
  };
}

/** A subagent's usage and retry are stored in its tool call's part. */
function* subagentRow(session: Session, agentId: string): Iterable<ChangedRow> {
  const message = session.messages.findLast((one) => one.parts.some(({ id }) => id === agentId));
  if (message !== undefined) yield* partRow(session, message, agentId);
}

/** A subagent's messages are rows of their own. */
function withoutMessages(part: Part): Part {
  if (part.type !== "tool-call" || part.subagent === undefined) return part;
  return { ...part, subagent: { ...part.subagent, messages: [] } };
}
