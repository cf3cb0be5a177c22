/** Which runs the dead have left, in the words of PostgreSQL. */
import type { SQL } from "bun";
import { lockSeed } from "./shared-connection";

/**
 * Of a run that is paused, nothing runs: its node continues it when it is back. But an engine has ended with its node. `#>` reads
 * JSON as it is written, so what the text of a tool may hold does not matter.
 */
const paused = `(runs.data::json #> '{pause,state}')::text = '"paused"' AND NOT EXISTS (
  SELECT 1 FROM sessions WHERE sessions.id = runs.session_id AND sessions.data::json -> 'engine' IS NOT NULL)`;

/** One row a run: its session, and its node. A lock is listed by the two halves of its number. */
const leftSql = `
WITH held AS MATERIALIZED (
  SELECT (classid::bigint << 32) | objid::bigint AS number FROM pg_locks
  WHERE locktype = 'advisory' AND granted AND objsubid = 1
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
), gone AS MATERIALIZED (
  SELECT * FROM nodes WHERE id <> $1 AND hashtextextended(id, ${lockSeed}) NOT IN (SELECT number FROM held)
)
SELECT gone.id, address, boot, epoch, version, runs.session_id AS "sessionId"
FROM gone JOIN runs ON runs.node = gone.id AND NOT runs.settled
WHERE (${paused}) IS NOT TRUE ORDER BY gone.id, runs.session_id`;

export async function readLeft(sql: SQL, node: string): Promise<unknown> {
  return sql.unsafe(leftSql, [node]);
}

/** Ends what is left of a session that cannot be settled whole: at least nothing is shown as running. Returns the ids of the runs. */
export async function endLeft(sql: SQL, sessionId: string, by: string): Promise<string[]> {
  const rows = await sql.unsafe(
    `UPDATE runs SET settled = true, settled_by = $2
     WHERE session_id = $1 AND NOT settled AND (${paused}) IS NOT TRUE RETURNING id`,
    [sessionId, by],
  );
  return rows.map(({ id }: { id: string }) => id);
}
