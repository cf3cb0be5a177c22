/** Every statement that the store runs. */
import type { Database } from "bun:sqlite";

export function prepare(database: Database) {
  const upsert = "ON CONFLICT (id) DO UPDATE SET data = excluded.data";
  return {
    session: database.query<{ data: string }, [string]>("SELECT data FROM sessions WHERE id = ?"),
    runs: database.query<{ data: string }, [string]>(
      "SELECT data FROM runs WHERE session_id = ? ORDER BY position",
    ),
    // A session's own messages first: a subagent's hang under one of their parts.
    messages: database.query<{ agent_id: string | null; data: string }, [string]>(
      "SELECT agent_id, data FROM messages WHERE session_id = ? ORDER BY agent_id IS NOT NULL, position",
    ),
    parts: database.query<{ message_id: string; data: string }, [string]>(
      `SELECT message_id, parts.data AS data FROM parts JOIN messages ON messages.id = message_id
       WHERE session_id = ? ORDER BY parts.position`,
    ),
    list: database.query<{ data: string; run: string | null }, []>(
      `SELECT data, (SELECT data FROM runs WHERE session_id = sessions.id ORDER BY position DESC LIMIT 1) AS run
       FROM sessions ORDER BY updated_at DESC`,
    ),
    unsettled: database.query<{ session_id: string }, []>(
      "SELECT DISTINCT session_id FROM runs WHERE settled = 0",
    ),
    pendingChanges: database.query<{ sessionId: string; runId: string }, []>(
      `SELECT session_id AS sessionId, id AS runId FROM runs
       WHERE json_extract(data, '$.changes.state') = 'pending'`,
    ),
    stopped: database.query<{ sessionId: string; title: string; run: string }, [number]>(
      `SELECT sessions.id AS sessionId, json_extract(sessions.data, '$.title') AS title, runs.data AS run
       FROM runs JOIN sessions ON sessions.id = session_id
       WHERE settled = 1 AND json_extract(runs.data, '$.stop') IS NOT NULL
       ORDER BY json_extract(runs.data, '$.stop.askedAt') DESC LIMIT ?`,
    ),
    removeSession: database.query<unknown, [string]>("DELETE FROM sessions WHERE id = ?"),
    writeSession: database.query<unknown, [string, number, string]>(
      `INSERT INTO sessions (id, updated_at, data) VALUES (?, ?, ?) ${upsert}, updated_at = excluded.updated_at`,
    ),
    writeRun: database.query<unknown, [string, string, number, number, string]>(
      `INSERT INTO runs (id, session_id, position, settled, data) VALUES (?, ?, ?, ?, ?)
       ${upsert}, settled = excluded.settled`,
    ),
    writeMessage: database.query<unknown, [string, string, string | null, number, string]>(
      `INSERT INTO messages (id, session_id, agent_id, position, data) VALUES (?, ?, ?, ?, ?) ${upsert}`,
    ),
    writePart: database.query<unknown, [string, string, number, string]>(
      `INSERT INTO parts (id, message_id, position, data) VALUES (?, ?, ?, ?) ${upsert}`,
    ),
  };
}
