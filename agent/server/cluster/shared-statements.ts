/** What a node writes into the shared database: one statement for a batch of rows of all tables, which all come or none. */
import type { SQL } from "bun";
import type { RowName, SharedRow } from "../store/shared-rows";
import { channel } from "./node-notices";

export type RowsByTable = Record<RowName["table"], SharedRow[]>;

/**
 * A session of another node stays as it is, with all that it has: a data directory that was copied, and is used under another
 * name, writes nothing into it. So does what another node has settled of a run's end.
 */
const copySql = `
WITH foreign_sessions AS MATERIALIZED (
  SELECT id FROM sessions WHERE node <> $1 AND id = ANY (ARRAY(SELECT json_array_elements_text($6::text::json)))
), s AS (
  INSERT INTO sessions (id, node, user_id, updated_at, deleted_at, living, data)
  SELECT id, $1, user_id, updated_at, deleted_at, living, data FROM json_to_recordset($2::text::json)
    AS t (id TEXT, user_id TEXT, updated_at BIGINT, deleted_at BIGINT, living BOOLEAN, data TEXT)
  ON CONFLICT (id) DO UPDATE SET user_id = excluded.user_id, updated_at = excluded.updated_at,
    deleted_at = excluded.deleted_at, living = excluded.living, data = excluded.data WHERE sessions.node = excluded.node
), r AS (
  INSERT INTO runs (session_id, id, node, position, settled, started_at, stopped_at, data)
  SELECT session_id, id, $1, position, settled, started_at, stopped_at, data FROM json_to_recordset($3::text::json)
    AS t (session_id TEXT, id TEXT, position BIGINT, settled BOOLEAN, started_at BIGINT, stopped_at BIGINT, data TEXT)
    WHERE session_id NOT IN (SELECT id FROM foreign_sessions)
  ON CONFLICT (session_id, id) DO UPDATE SET position = excluded.position, settled = excluded.settled,
    started_at = excluded.started_at, stopped_at = excluded.stopped_at, data = excluded.data
    WHERE runs.node = excluded.node
), m AS (
  INSERT INTO messages (session_id, id, run_id, agent_id, position, data)
  SELECT session_id, id, run_id, agent_id, position, data FROM json_to_recordset($4::text::json)
    AS t (session_id TEXT, id TEXT, run_id TEXT, agent_id TEXT, position BIGINT, data TEXT)
    WHERE session_id NOT IN (SELECT id FROM foreign_sessions)
  ON CONFLICT (session_id, id) DO UPDATE SET run_id = excluded.run_id, agent_id = excluded.agent_id,
    position = excluded.position, data = excluded.data
), p AS (
  INSERT INTO parts (session_id, id, message_id, position, data)
  SELECT session_id, id, message_id, position, data FROM json_to_recordset($5::text::json)
    AS t (session_id TEXT, id TEXT, message_id TEXT, position BIGINT, data TEXT)
    WHERE session_id NOT IN (SELECT id FROM foreign_sessions)
  ON CONFLICT (session_id, id) DO UPDATE SET message_id = excluded.message_id, position = excluded.position,
    data = excluded.data
)
SELECT NULL AS foreign, pg_notify('${channel}', payload)::text FROM json_array_elements_text($7::text::json) AS payload
UNION ALL SELECT id, NULL FROM foreign_sessions`;

const removeSql = `
WITH gone AS (
  DELETE FROM sessions USING json_array_elements_text($2::text::json) AS named
  WHERE sessions.id = named AND node = $1 RETURNING sessions.id
), r AS (DELETE FROM runs USING gone WHERE session_id = gone.id
), m AS (DELETE FROM messages USING gone WHERE session_id = gone.id
), p AS (DELETE FROM parts USING gone WHERE session_id = gone.id)
SELECT pg_notify('${channel}', payload) FROM json_array_elements_text($3::text::json) AS payload`;

/** Writes the rows as the node's own, and sends what is to be told. Resolves with the sessions of them that another node has. */
export async function copyRows(
  sql: SQL,
  node: string,
  rows: RowsByTable,
  notices: readonly string[],
): Promise<string[]> {
  const { sessions, runs, messages, parts } = rows;
  const named = new Set([
    ...sessions.map(({ id }) => id),
    ...[...runs, ...messages, ...parts].map(sessionIdOf),
  ]);
  const all = [sessions, runs, messages, parts, [...named], notices].map((one) =>
    JSON.stringify(one),
  );
  const answer = (await sql.unsafe(copySql, [node, ...all])) as { foreign: string | null }[];
  return [...answer].flatMap(({ foreign }) => foreign ?? []);
}

function sessionIdOf(row: SharedRow): string {
  return String(row["session_id"]);
}

/** Removes sessions of the node, with all that they have. */
export async function removeSessions(
  sql: SQL,
  node: string,
  ids: readonly string[],
  notices: readonly string[],
): Promise<void> {
  await sql.unsafe(removeSql, [node, JSON.stringify(ids), JSON.stringify(notices)]);
}
