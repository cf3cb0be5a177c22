/** Every statement that the store runs. None fails on a row whose JSON is damaged; a session's rows then have NULL for it. */
import type { Database } from "bun:sqlite";
import type { UsageTotals } from "../../shared/protocol";

export interface StoredRow {
  id: string;
  /** Null where it is no JSON, or nested deeper than SQLite reads (1,000). */
  data: string | null;
}

/** Where a message is, and whether all of it is there. */
interface StoredMessageRow {
  position: number;
  id: string;
  sessionId: string;
  finished: number | null;
}

/** Of a message, for those who look for it. `agentId`: of the subagent whose message it is. */
export interface StoredMessageFacts {
  sessionId: string;
  agentId?: string;
  runId: string;
  role: "user" | "assistant";
  createdAt: number;
}

/** A text of a message, or what a call of it is about. */
export interface StoredWords {
  type: "text" | "tool-call";
  text?: string;
  input?: unknown;
  title?: string;
}

/** The `deletedAt` of a session that has not come whole: it is none yet. */
export const unfinished = 0;

export type Statements = ReturnType<typeof prepareStatements>;

export function prepareStatements(database: Database) {
  const upsert = "ON CONFLICT (id) DO UPDATE SET data = excluded.data";
  return {
    session: database.query<StoredRow, [string]>(
      `SELECT id, ${json("data")} AS data FROM sessions WHERE id = ?`,
    ),
    runs: database.query<StoredRow & { settled: number }, [string]>(
      `SELECT id, settled, ${json("data")} AS data FROM runs WHERE session_id = ? ORDER BY position`,
    ),
    // A session's own messages first: a subagent's belong to one of their parts.
    messages: database.query<StoredRow & { agent_id: string | null }, [string]>(
      `SELECT id, agent_id, ${json("data")} AS data FROM messages
       WHERE session_id = ? ORDER BY agent_id IS NOT NULL, position`,
    ),
    parts: database.query<StoredRow & { message_id: string }, [string]>(
      `SELECT parts.id AS id, message_id, ${json("parts.data")} AS data
       FROM parts JOIN messages ON messages.id = message_id
       WHERE session_id = ? ORDER BY parts.position`,
    ),
    list: database.query<
      StoredRow & { updatedAt: number; runId: string | null; run: string | null },
      []
    >(
      `SELECT sessions.id AS id, updated_at AS updatedAt, ${json("sessions.data")} AS data, runs.id AS runId, ${json("runs.data")} AS run
       FROM sessions LEFT JOIN runs ON runs.id =
         (SELECT id FROM runs AS last WHERE last.session_id = sessions.id ORDER BY position DESC LIMIT 1)
       ORDER BY updated_at DESC`,
    ),
    unfinished: database.query<{ id: string }, []>(
      `SELECT id FROM sessions
       WHERE instr(data, '"deletedAt":${unfinished}') > 0 AND ${field("data", "$.deletedAt")} = ${unfinished}`,
    ),
    unsettled: database.query<{ session_id: string }, []>(
      "SELECT DISTINCT session_id FROM runs WHERE settled = 0",
    ),
    pendingChanges: database.query<{ sessionId: string; runId: string }, []>(
      "SELECT session_id AS sessionId, id AS runId FROM runs WHERE changes_state = 'pending'",
    ),
    stopped: database.query<StoredRow & { sessionId: string; title: unknown }, [number]>(
      `SELECT sessions.id AS sessionId, ${field("sessions.data", "$.title")} AS title, runs.id AS id, ${json("runs.data")} AS data
       FROM runs JOIN sessions ON sessions.id = session_id
       WHERE settled = 1 AND ${field("runs.data", "$.stop")} IS NOT NULL
         AND ${field("runs.data", "$.copied")} IS NULL AND ${field("sessions.data", "$.deletedAt")} IS NULL
       ORDER BY ${field("runs.data", "$.stop.askedAt")} DESC LIMIT ?`,
    ),
    sessionOfRun: database.query<{ sessionId: string }, [string]>(
      "SELECT session_id AS sessionId FROM runs WHERE id = ?",
    ),
    // An id is the same in JSON: nearly every session is passed over by its text alone.
    sessionsOfQueued: database.query<{ sessionId: string }, [string]>(
      `SELECT id AS sessionId FROM sessions WHERE instr(data, ?1) > 0 AND EXISTS (
         SELECT 1 FROM json_each(${json("data")}, '$.queue') WHERE value ->> '$.id' = ?1)`,
    ),
    messagesAfter: database.query<StoredMessageRow, [number, number]>(
      `SELECT rowid AS position, id, session_id AS sessionId, ${finished} AS finished
       FROM messages WHERE rowid > ? ORDER BY rowid LIMIT ?`,
    ),
    messageNow: database.query<StoredMessageRow, [string]>(
      `SELECT rowid AS position, id, session_id AS sessionId, ${finished} AS finished
       FROM messages WHERE id = ?`,
    ),
    messageFacts: database.query<Record<keyof StoredMessageFacts, unknown>, [string]>(
      `SELECT session_id AS sessionId, agent_id AS agentId, ${field("data", "$.runId")} AS runId,
         ${field("data", "$.role")} AS role, ${field("data", "$.createdAt")} AS createdAt
       FROM messages WHERE id = ?`,
    ),
    countMessagesAfter: database.query<{ count: number }, [number]>(
      "SELECT COUNT(*) AS count FROM messages WHERE rowid > ?",
    ),
    wordsOfMessage: database.query<Record<keyof StoredWords, unknown>, [string]>(
      `SELECT ${field("data", "$.type")} AS type, ${field("data", "$.text")} AS text,
         ${field("data", "$.input")} AS input, ${field("data", "$.title")} AS title
       FROM parts WHERE message_id = ? AND ${field("data", "$.type")} IN ('text', 'tool-call')
       ORDER BY position`,
    ),
    // A run that has not ended counts up to now, and a pause only up to its beginning.
    usage: database.query<UsageTotals, { since: number; now: number; exceptRunId: string }>(
      `SELECT
         COALESCE(SUM((SELECT COUNT(*) FROM messages WHERE run_id = runs.id AND role = 'assistant')), 0) AS turns,
         COALESCE(SUM(
           COALESCE(data ->> '$.endedAt', $now) - started_at
           - COALESCE(data ->> '$.heldMs', 0) - COALESCE($now - (data ->> '$.pause.askedAt'), 0)
         ) / 60000.0, 0) AS minutes,
         COALESCE(SUM((data ->> '$.usage.inputTokens') + (data ->> '$.usage.outputTokens')), 0) AS tokens,
         COALESCE(SUM(data ->> '$.usage.costUsd'), 0) AS usd,
         COALESCE(SUM(data ->> '$.usage.unpricedTokens'), 0) AS unpricedTokens
       FROM runs WHERE started_at >= $since AND id <> $exceptRunId AND data ->> '$.copied' IS NULL`,
    ),
    files: database.query<{ hash: string }, []>("SELECT DISTINCT hash FROM session_files"),
    filesOfSession: database.query<{ hash: string }, [string]>(
      "SELECT hash FROM session_files WHERE session_id = ?",
    ),
    sessionOfFile: database.query<unknown, [string]>(
      "SELECT 1 FROM session_files WHERE hash = ? LIMIT 1",
    ),
    sessionsOfFile: database.query<{ id: string }, [string]>(
      "SELECT session_id AS id FROM session_files WHERE hash = ?",
    ),
    nameFile: database.query<unknown, [string, string]>(
      "INSERT OR IGNORE INTO session_files (session_id, hash) VALUES (?, ?)",
    ),
    removeSession: database.query<unknown, [string]>("DELETE FROM sessions WHERE id = ?"),
    removeMessagesOfRun: database.query<unknown, [string, string]>(
      "DELETE FROM messages WHERE session_id = ? AND run_id = ?",
    ),
    writeSession: database.query<unknown, [string, number, string]>(
      `INSERT INTO sessions (id, updated_at, data) VALUES (?, ?, ?) ${upsert}, updated_at = excluded.updated_at`,
    ),
    // A new row comes after all that are there, those that are damaged and not loaded included. The id of a run may be its
    // caller's: what another session has of it stays as it is.
    writeRun: database.query<unknown, [string, string, number, string]>(
      `INSERT INTO runs (id, session_id, settled, data, position)
       VALUES (?1, ?2, ?3, ?4, (SELECT COALESCE(MAX(position) + 1, 0) FROM runs WHERE session_id = ?2))
       ${upsert}, settled = excluded.settled WHERE session_id = excluded.session_id`,
    ),
    writeMessage: database.query<unknown, [string, string, string | null, string]>(
      `INSERT INTO messages (id, session_id, agent_id, data, position)
       VALUES (?1, ?2, ?3, ?4, (SELECT COALESCE(MAX(position) + 1, 0) FROM messages WHERE session_id = ?2))
       ${upsert}`,
    ),
    writePart: database.query<unknown, [string, string, string]>(
      `INSERT INTO parts (id, message_id, data, position)
       VALUES (?1, ?2, ?3, (SELECT COALESCE(MAX(position) + 1, 0) FROM parts WHERE message_id = ?2))
       ${upsert}`,
    ),
  };
}

/** A person's message is whole when it is stored, an answer when it has its outcome. */
const finished = `${field("data", "$.role")} = 'user' OR ${field("data", "$.outcome")} IS NOT NULL`;

function json(column: string): string {
  return `CASE WHEN json_valid(${column}) THEN ${column} END`;
}

/** A field of a JSON column; NULL where the JSON is damaged. */
export function field(column: string, path: string): string {
  return `CASE WHEN json_valid(${column}) THEN json_extract(${column}, '${path}') END`;
}
