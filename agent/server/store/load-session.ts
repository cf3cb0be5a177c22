/** Reads sessions back. A row that is damaged is left out and logged: it costs its message, not its session. */
import type { Message, Part, Run, Session, SessionSummary } from "../../shared/protocol";
import { stopHooks } from "../../shared/apply/hook-events";
import { stopTodo } from "../../shared/apply/todo-events";
import { parentOf } from "../../shared/branches";
import { activeRun, findRun, findToolCall } from "../../shared/session-lookup";
import { log } from "../log";
import { summarizeSession } from "./session-summary";
import { type StoredRow, type Statements, unfinished } from "./statements";
import { storedRows } from "./stored-rows";
import { DamagedSessionError } from "./storage-errors";

const maxStopped = 10_000;

/** What the rows of each table hold. */
interface Rows {
  sessions: Partial<Session>;
  runs: Run;
  messages: Message;
  parts: Part;
}

/** The rows of a session, in their order: its own messages before those of its subagents. */
export interface SessionRows {
  session: StoredRow;
  runs: (StoredRow & { settled: number | boolean })[];
  messages: (StoredRow & { agent_id: string | null })[];
  parts: (StoredRow & { message_id: string })[];
}

/** The whole session, with `seq` 0; undefined when there is none. Throws DamagedSessionError, or what SQLite throws. */
export function loadSession(statements: Statements, id: string): Session | undefined {
  const session = statements.session.get(id);
  if (session === null) return undefined;
  const runs = statements.runs.all(id);
  const messages = statements.messages.all(id);
  return sessionOf(id, { session, runs, messages, parts: statements.parts.all(id) });
}

/** Undefined for one that has not come whole. Throws DamagedSessionError. */
export function sessionOf(id: string, rows: SessionRows): Session | undefined {
  const { session: row } = rows;
  const stored = parseRow(row, "sessions", id);
  if (stored === undefined) throw new DamagedSessionError(id);
  if (stored.deletedAt === unfinished) return undefined;
  let unreadable = 0;
  const read = <Table extends keyof Rows>(one: StoredRow, table: Table): Rows[Table][] => {
    const value = parseRow(one, table, id);
    if (value === undefined) unreadable++;
    return value === undefined ? [] : [value];
  };
  const session = { ...stored, messages: [], runs: [], seq: 0 } as unknown as Session;
  delete session.unreadable;
  session.runs = rows.runs.flatMap(({ settled, ...run }) => {
    const runs = read(run, "runs");
    // Nothing would ever end it.
    for (const one of runs) if (settled && one.state !== "settled") settle(one);
    // Of a server that was killed. One that runs has its end in an event that follows.
    for (const one of runs) stopHooks(one);
    return runs;
  });
  if (activeRun(session) === undefined) stopTodo(session);
  const parts = Map.groupBy(rows.parts, (part) => part.message_id);
  for (const { agent_id: agentId, ...own } of rows.messages) {
    const [message] = read(own, "messages");
    if (message === undefined) continue;
    message.parts = (parts.get(message.id) ?? []).flatMap((part) => read(part, "parts"));
    const list =
      agentId === null ? session.messages : findToolCall(session, agentId)?.subagent?.messages;
    list?.push(message);
  }
  if (unreadable > 0) session.unreadable = unreadable;
  noteBranches(session);
  return session;
}

/** A run that was tried again by a version before branches does not say which one it follows: its message does. */
function noteBranches(session: Session): void {
  const { messages, runs, tip } = session;
  if (tip !== undefined && findRun(session, tip) === undefined) delete session.tip;
  const replaced = new Map(
    messages.flatMap((one) => (one.retryOf ? [[one.runId, one.retryOf]] : [])),
  );
  for (const [index, run] of runs.entries()) {
    const retryOf = replaced.get(run.id);
    if (retryOf === undefined || run.follows !== undefined) continue;
    // It stands where what it took the place of is not, as in a copy.
    if (!runs.slice(0, index).some(({ id }) => id === retryOf)) continue;
    const follows = parentOf({ runs: runs.slice(0, index) }, retryOf);
    run.follows = follows ?? null;
  }
}

function settle(run: Run): void {
  run.state = "settled";
  run.outcome ??= "failed";
  delete run.pause;
}

/** All sessions, newest first; one that cannot be read is listed so that it can be deleted. */
export function listSessions(statements: Statements): SessionSummary[] {
  return statements.list.all().flatMap((row) => summaryOf(row) ?? []);
}

export interface StoppedRun {
  sessionId: string;
  title: string;
  run: Run;
}

/** The latest runs that were stopped, newest first; a damaged one is left out. */
export function listStopped(statements: Statements): StoppedRun[] {
  return statements.stopped.all(maxStopped).flatMap(({ sessionId, title, ...row }) => {
    const run = parseRow(row, "runs", sessionId);
    const shown = typeof title === "string" ? title : damagedTitle;
    return run === undefined ? [] : { sessionId, title: shown, run };
  });
}

/** A row of a session with that of its last run. */
export type ListedRow = StoredRow & {
  updatedAt: number;
  runId: string | null;
  run: string | null;
};

/** Undefined for one that has not come whole. */
export function summaryOf({
  run,
  runId,
  updatedAt,
  ...row
}: ListedRow): SessionSummary | undefined {
  const session = parseRow(row, "sessions", row.id);
  if (session === undefined) return unreadableSession(row.id, updatedAt);
  if (session.deletedAt === unfinished) return undefined;
  const last = run === null ? undefined : parseRow({ id: runId!, data: run }, "runs", row.id);
  return summarizeSession(session as Session, last);
}

const damagedTitle = "A damaged session";

function unreadableSession(id: string, updatedAt: number): SessionSummary {
  const unknown = { cwd: "", provider: "", model: "", createdAt: updatedAt, updatedAt };
  return { id, title: damagedTitle, ...unknown, state: "idle", outcome: "failed" };
}

/** Undefined when it is damaged. What it holds is not logged, not even in the parser's message. */
export function parseRow<Table extends keyof Rows>(
  { id, data }: StoredRow,
  table: Table,
  sessionId: string,
): Rows[Table] | undefined {
  const value = data === null ? undefined : readJson(data);
  const parsed = storedRows[table].safeParse(value);
  // The row's own id is the one by which others name it.
  if (parsed.success) return { ...parsed.data, id } as unknown as Rows[Table];
  const key = `${table} ${sessionId} ${id}`;
  if (!reported.has(key)) log.error({ sessionId, table, row: id }, "A damaged row was left out");
  reported.add(key);
  return undefined;
}

function readJson(data: string): unknown {
  try {
    return JSON.parse(data);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Each damaged row is logged once: the list is read often. */
const reported = new Set<string>();
