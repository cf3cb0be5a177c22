/** Sessions, messages, parts and runs on disk: at most 100 ms behind, and written in one transaction a batch. */
import type { Database } from "bun:sqlite";
import { activeRun, findRun, findToolCall } from "../../shared/apply";
import type {
  EventBody,
  Message,
  Part,
  Run,
  Session,
  SessionSummary,
  ToolCallPart,
} from "../../shared/protocol";
import { openDatabase } from "./schema";
import { prepare } from "./statements";
import { summarizeSession } from "./session-summary";
import { describeStorageError, StoreClosedError } from "./storage-errors";

/** Half of what is promised: a busy machine may need the other half. */
const behindMs = 50;
const retryMs = 250;
const maxStopped = 10_000;

interface Row {
  table: "sessions" | "runs" | "messages" | "parts";
  id: string;
  sessionId: string;
  write(): void;
}

export class Store {
  readonly #database: Database;
  readonly #dirty = new Map<string, Row>();
  readonly #removed = new Set<string>();
  readonly #statements;
  #timer: Timer | undefined;
  #closed = false;
  #trouble: string | undefined;

  /** Called whenever `trouble` has changed. */
  onTrouble: (trouble: string | undefined) => void = () => {};

  /** `path` may be ":memory:". Throws as openDatabase does. */
  constructor(path: string) {
    this.#database = openDatabase(path);
    this.#statements = prepare(this.#database);
  }

  /** Why nothing can be saved now, in words a person can act on; what happens meanwhile is held in memory. */
  get trouble(): string | undefined {
    return this.#trouble;
  }

  /** Notes what an applied event has changed; it is on disk within 100 ms, or when `flush` returns. */
  changed(session: Session, event: EventBody): void {
    if (this.#closed || this.#removed.has(session.id)) return;
    for (const row of this.#rows(session, event)) this.#note(row);
    this.#timer ??= setTimeout(() => this.flush(), behindMs);
  }

  /** Writes what was noted so far. What cannot be written now (disk full, locked) stays noted, is said, and tried again. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#closed) return;
    try {
      this.#write();
      this.#say(undefined);
    } catch (error) {
      this.#say(describeStorageError(error) ?? String(error));
      this.#timer = setTimeout(() => this.flush(), retryMs);
    }
  }

  #note(row: Row): void {
    this.#dirty.set(`${row.table} ${row.id}`, row);
  }

  #say(trouble: string | undefined): void {
    if (trouble === this.#trouble) return;
    this.#trouble = trouble;
    if (trouble === undefined) console.log("Rein can save again, and nothing is missing.");
    else console.error(trouble);
    this.onTrouble(trouble);
  }

  #write(): void {
    if (this.#dirty.size === 0) return;
    const rows = [...this.#dirty.values()].toSorted((a, b) => order[a.table] - order[b.table]);
    this.#database.transaction(() => {
      for (const row of rows) row.write();
    })();
    this.#dirty.clear();
  }

  /** Keeps a new session. */
  create(session: Session): void {
    if (this.#closed)
      throw new StoreClosedError("Rein is shutting down, and takes no new session.");
    this.#note(this.#sessionRow(session));
    this.flush();
  }

  /** Forgets a session; what still happens in it is not saved. Throws when the database cannot be written. */
  remove(sessionId: string): void {
    this.#statements.removeSession.run(sessionId);
    this.#removed.add(sessionId);
    for (const [key, row] of this.#dirty) if (row.sessionId === sessionId) this.#dirty.delete(key);
  }

  /** The whole session, with `seq` 0, or undefined. */
  load(id: string): Session | undefined {
    if (this.#closed) return undefined;
    this.flush();
    const row = this.#statements.session.get(id);
    if (row === null) return undefined;
    const session = { queue: [], ...(JSON.parse(row.data) as Partial<Session>) } as Session;
    session.runs = this.#statements.runs.all(id).map((run) => JSON.parse(run.data) as Run);
    const parts = Map.groupBy(this.#statements.parts.all(id), (part) => part.message_id);
    for (const stored of this.#statements.messages.all(id)) {
      const message = JSON.parse(stored.data) as Message;
      message.parts = (parts.get(message.id) ?? []).map((part) => JSON.parse(part.data) as Part);
      const list =
        stored.agent_id === null
          ? session.messages
          : findToolCall(session, stored.agent_id)?.subagent?.messages;
      list?.push(message);
    }
    return session;
  }

  /** All sessions, newest first. */
  list(): SessionSummary[] {
    this.flush();
    return this.#statements.list
      .all()
      .map(({ data, run }) =>
        summarizeSession(
          JSON.parse(data) as Session,
          run === null ? undefined : (JSON.parse(run) as Run),
        ),
      );
  }

  /** Sessions with a run that has not settled: at start, those that a crash cut. */
  unsettled(): string[] {
    return this.#statements.unsettled.all().map((row) => row.session_id);
  }

  /** Settled runs of which nobody knows yet what they have changed. */
  pendingChanges(): { sessionId: string; runId: string }[] {
    return this.#statements.pendingChanges.all();
  }

  /** The latest runs that were stopped, newest first. */
  stopped(): { sessionId: string; title: string; run: Run }[] {
    this.flush();
    return this.#statements.stopped
      .all(maxStopped)
      .map(({ run, ...session }) => ({ ...session, run: JSON.parse(run) as Run }));
  }

  /** The last chance to write: here it waits for whoever holds the lock. What comes later is nobody's any more. */
  close(): void {
    this.#database.run("PRAGMA busy_timeout = 1000");
    this.flush();
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#database.close();
  }

  *#rows(session: Session, event: EventBody): Iterable<Row> {
    const agentId = "agentId" in event ? event.agentId : undefined;
    const list =
      agentId === undefined ? session.messages : findToolCall(session, agentId)?.subagent?.messages;
    if ("messageId" in event || event.type === "message-start") {
      const id = "messageId" in event ? event.messageId : event.message.id;
      const position = list?.findLastIndex((message) => message.id === id) ?? -1;
      const message = list?.[position];
      if (message === undefined) return;
      if ("partId" in event) yield* this.#partRow(session, message, event.partId);
      else if (event.type === "part-start") yield* this.#partRow(session, message, event.part.id);
      else {
        yield {
          table: "messages",
          id,
          sessionId: session.id,
          write: () => this.#writeMessage(session.id, agentId, message, position),
        };
        for (const part of message.parts) yield* this.#partRow(session, message, part.id);
      }
    }
    if ("partId" in event || event.type === "part-start") {
      if (event.type !== "part-start" && event.type !== "part-delta")
        yield* this.#activeRunRow(session);
      return;
    }
    if (agentId !== undefined) yield* this.#agentRow(session, agentId);
    const last = session.runs.at(-1);
    const run = "runId" in event ? findRun(session, event.runId) : last;
    if (run !== undefined && event.type !== "session-update") yield this.#runRow(session, run);
    yield this.#sessionRow(session);
  }

  /** A call that waits for an approval makes its run wait. */
  *#activeRunRow(session: Session): Iterable<Row> {
    const run = activeRun(session);
    if (run !== undefined) yield this.#runRow(session, run);
  }

  #runRow(session: Session, run: Run): Row {
    const { id } = run;
    return { table: "runs", id, sessionId: session.id, write: () => this.#writeRun(session, run) };
  }

  #sessionRow(session: Session): Row {
    const { id } = session;
    return { table: "sessions", id, sessionId: id, write: () => this.#writeSession(session) };
  }

  *#partRow({ id: sessionId }: Session, message: Message, id: string): Iterable<Row> {
    const position = message.parts.findIndex((part) => part.id === id);
    const part = message.parts[position];
    if (part === undefined) return;
    const write = () => this.#writePart(message.id, part, position);
    yield { table: "parts", id, sessionId, write };
  }

  /** A subagent's usage and retry live in its tool call's part. */
  *#agentRow(session: Session, agentId: string): Iterable<Row> {
    const message = session.messages.findLast((m) => m.parts.some((part) => part.id === agentId));
    if (message !== undefined) yield* this.#partRow(session, message, agentId);
  }

  #writeSession(session: Session): void {
    const { messages: _messages, runs: _runs, seq: _seq, ...rest } = session;
    const data = { ...rest, messages: [], runs: [], seq: 0 };
    this.#statements.writeSession.run(session.id, session.updatedAt, JSON.stringify(data));
  }

  #writeRun(session: Session, run: Run): void {
    const settled = run.state === "settled" ? 1 : 0;
    const position = session.runs.indexOf(run);
    this.#statements.writeRun.run(run.id, session.id, position, settled, JSON.stringify(run));
  }

  #writeMessage(
    sessionId: string,
    agentId: string | undefined,
    message: Message,
    position: number,
  ) {
    const data = JSON.stringify({ ...message, parts: [] });
    this.#statements.writeMessage.run(message.id, sessionId, agentId ?? null, position, data);
  }

  #writePart(messageId: string, part: Part, position: number): void {
    this.#statements.writePart.run(part.id, messageId, position, JSON.stringify(bare(part)));
  }
}

/** Rows refer to those of earlier tables. */
const order = { sessions: 0, runs: 1, messages: 2, parts: 3 };

/** A subagent's messages are rows of their own. */
function bare(part: Part): Part {
  if (part.type !== "tool-call" || part.subagent === undefined) return part;
  return { ...part, subagent: { ...part.subagent, messages: [] } } satisfies ToolCallPart;
}
