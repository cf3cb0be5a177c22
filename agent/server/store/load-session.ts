/** Reads sessions back. A row that is damaged is left out and logged: it costs its message, not its session. */
import { findToolCall } from "../../shared/apply";
import { defined } from "../../shared/defined";
import type {
  AllowedRule,
  Message,
  Part,
  Rule,
  Run,
  Session,
  SessionSummary,
} from "../../shared/protocol";
import { allowedRule } from "../../shared/requests";
import { log } from "../log";
import { summarizeSession } from "./session-summary";
import type { Statements } from "./statements";
import { DamagedSessionError } from "./storage-errors";

interface StoredRow {
  id: string;
  data: string;
}

/** What the rows of each table hold. */
interface Rows {
  sessions: Partial<Session>;
  runs: Run;
  messages: Message;
  parts: Part;
}

/** The whole session, with `seq` 0; undefined when there is none. Throws DamagedSessionError, or what SQLite throws. */
export function loadSession(statements: Statements, id: string): Session | undefined {
  const row = statements.session.get(id);
  if (row === null) return undefined;
  const stored = parseRow({ id, ...row }, "sessions", id);
  if (stored === undefined) throw new DamagedSessionError(id);
  const session = { queue: [], ...stored, allowed: validRules(stored.allowed) } as Session;
  session.runs = statements.runs.all(id).flatMap((run) => parseRow(run, "runs", id) ?? []);
  const parts = Map.groupBy(statements.parts.all(id), (part) => part.message_id);
  for (const { agent_id: agentId, ...own } of statements.messages.all(id)) {
    const message = parseRow(own, "messages", id);
    if (message === undefined) continue;
    message.parts = (parts.get(message.id) ?? []).flatMap((row) => {
      const part = parseRow(row, "parts", id);
      return part === undefined ? [] : withoutOldApproval(part);
    });
    const list =
      agentId === null ? session.messages : findToolCall(session, agentId)?.subagent?.messages;
    list?.push(message);
  }
  return session;
}

/** An approval of a version before digests covers no call: it is asked again. */
function withoutOldApproval(part: Part): Part {
  if (part.type !== "tool-call" || part.approval === undefined) return part;
  const { digest, always } = part.approval;
  if (typeof digest !== "string" || !Array.isArray(always))
    part.approval = { ...part.approval, digest: "", always: [] };
  return part;
}

/** What an older version or a damaged row holds is not allowed: it is asked again. */
function validRules(allowed: unknown): AllowedRule[] {
  if (!Array.isArray(allowed)) return [];
  return allowed.flatMap((one) => {
    const { success, data } = allowedRule.safeParse(one);
    return success ? { ...data, rule: defined(data.rule) as Rule } : [];
  });
}

/** All sessions that can be read, newest first. */
export function listSessions(statements: Statements): SessionSummary[] {
  return statements.list.all().flatMap(({ run, ...row }) => {
    const session = parseRow(row, "sessions", row.id);
    if (session === undefined) return [];
    const last = run === null ? undefined : parseRow({ id: "", data: run }, "runs", row.id);
    return summarizeSession(session as Session, last);
  });
}

/** Undefined when it is damaged. What it holds is not logged, not even in the parser's message. */
export function parseRow<Table extends keyof Rows>(
  { id, data }: StoredRow,
  table: Table,
  sessionId: string,
): Rows[Table] | undefined {
  try {
    const value: unknown = JSON.parse(data);
    if (typeof value === "object" && value !== null) return value as Rows[Table];
  } catch {
    // Reported below, with a value that is no object.
  }
  const key = `${table} ${sessionId} ${id}`;
  if (!reported.has(key)) log.error({ sessionId, table, row: id }, "A damaged row was left out");
  reported.add(key);
  return undefined;
}

/** Each damaged row is logged once: the list is read often. */
const reported = new Set<string>();
