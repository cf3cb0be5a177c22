/** Writes a session of any length directly into a data directory. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { Store } from "../server/store/store";
import { apply } from "../shared/apply";
import { type EventBody, type Message, noUsage, type Session } from "../shared/protocol";

/** Alternating questions and answers, each numbered from 1, and a run for each pair. Returns the session's id. */
export function writeLongSession(
  dataDir: string,
  cwd: string,
  count: number,
  answer = "Some words. ".repeat(30),
): string {
  const session = emptySession(cwd);
  writeSession(dataDir, session, longSession(session.id, count, answer));
  return session.id;
}

/** Writes what these events make of a session that is empty. */
export function writeSession(dataDir: string, session: Session, events: Iterable<EventBody>): void {
  mkdirSync(dataDir, { recursive: true });
  const store = new Store(join(dataDir, "rein.db"));
  store.create(session);
  for (const event of events) {
    apply(session, { ...event, seq: session.seq + 1 });
    store.changed(session, event);
  }
  store.close();
}

function* longSession(sessionId: string, count: number, answer: string): Generator<EventBody> {
  for (let number = 1; number <= count; number += 2) {
    const runId = `run-${number}`;
    const run = { id: runId, state: "running" as const, startedAt: number, usage: noUsage };
    yield { type: "run-start", sessionId, run };
    for (const role of ["user", "assistant"] as const)
      yield { type: "message-start", message: messageOf(runId, role, number, answer) };
    const end = { outcome: "done" as const, at: number + 1, usage: noUsage };
    yield { type: "run-end", runId, ...end };
  }
}

export function messageOf(
  runId: string,
  role: Message["role"],
  number: number,
  answer: string,
): Message {
  const own = role === "user" ? number : number + 1;
  const words = role === "user" ? `Question ${own}?` : `Answer ${own}. ${answer}`;
  return {
    id: `message-${own}`,
    runId,
    role,
    parts: [{ type: "text", id: `part-${own}`, text: words }],
    createdAt: own,
    ...(role === "assistant" && { outcome: "done" as const }),
  };
}

export function emptySession(cwd: string): Session {
  return {
    id: "long-session",
    title: "A long session",
    cwd,
    provider: "openai-chat",
    model: "m",
    permissions: "ask",
    allowed: [],
    createdAt: 1,
    updatedAt: 1,
    messages: [],
    runs: [],
    usage: noUsage,
    queue: [],
    seq: 0,
  };
}
