/** Settles in the shared database what one dead node has left: only the node that gets its lock does, and only while its epoch has not changed. */
import type { SQL, TransactionSQL } from "bun";
import { log } from "../log";
import type { RunParts } from "../run/run-types";
import type { LeftWork, SharedDatabase } from "./cluster-types";
import { takeLockMeanwhile } from "./node-lock";
import { channel, payloadOf } from "./node-notices";
import { endLeft } from "./left-work";
import { readRows } from "./shared-reader";
import { settleSession, type SettledRows } from "./settle-session";

/** A transaction may take no longer than the lock of this node is kept without a sign of life. */
const enoughMs = 1500;

interface SettleParts {
  database: Pick<SharedDatabase, "node" | "write">;
  engines: RunParts["engines"];
  /** It does not come back: its paused runs are settled too. */
  isGone?: boolean;
}

/** Resolves when it has settled all, or another node does it, or the dead one is back. Rejects with what the database says. */
export async function settleLeft(
  parts: SettleParts,
  { node, sessionIds: all }: LeftWork,
  signal: AbortSignal,
): Promise<void> {
  const sessionIds = [...all];
  let { epoch } = node;
  while (sessionIds.length > 0) {
    const seen = { id: node.id, epoch };
    const settled = await parts.database.write(
      (sql) => settleSome(sql, parts, seen, sessionIds),
      signal,
    );
    if (settled === undefined) return;
    for (const names of settled)
      log.warn({ node: node.id, ...names }, "A run of a dead node was settled");
    epoch++;
  }
}

interface RunNames {
  sessionId: string;
  runId: string;
}

/** Takes sessions from the list. Undefined when this is not for this node to do. */
async function settleSome(
  sql: TransactionSQL,
  { database, engines, isGone = false }: SettleParts,
  { id, epoch }: { id: string; epoch: number },
  sessionIds: string[],
): Promise<RunNames[] | undefined> {
  if (!(await takeLockMeanwhile(sql, id))) return undefined;
  const [row] = await sql`
    UPDATE nodes SET epoch = epoch + 1 WHERE id = ${id} AND epoch = ${epoch} RETURNING epoch`;
  if (row === undefined) return undefined;
  const begun = performance.now();
  const done: string[] = [];
  const settled: RunNames[] = [];
  while (sessionIds.length > 0 && performance.now() - begun < enoughMs) {
    const sessionId = sessionIds.shift()!;
    const runIds = await settleOne(sql, sessionId, {
      node: id,
      by: database.node,
      engines,
      isGone,
    });
    done.push(sessionId);
    for (const runId of runIds) settled.push({ sessionId, runId });
  }
  // In the name of the dead node: this one hears it too.
  const notices = [
    ...done.map((sessionId) => payloadOf(id, { type: "session", id: sessionId, node: id })),
    payloadOf(id, { type: "settled", node: id }),
  ];
  for (const payload of notices) await sql`SELECT pg_notify(${channel}, ${payload})`;
  return settled;
}

interface Settling {
  node: string;
  by: string;
  engines: RunParts["engines"];
  isGone: boolean;
}

async function settleOne(
  sql: TransactionSQL,
  sessionId: string,
  { node, by, engines, isGone }: Settling,
): Promise<string[]> {
  try {
    const session = await readRows(sql, sessionId);
    const rows = session && settleSession(session, { node, engines, isGone });
    if (rows !== undefined) {
      await sql.savepoint((inner) => writeRows(inner, sessionId, rows, by));
      return rows.run === undefined ? [] : [rows.run.id];
    }
  } catch (err) {
    // One session must not keep the others from being settled.
    log.error({ err, node, sessionId }, "A session of a dead node could not be settled whole");
  }
  return endLeft(sql, sessionId, { by, isGone });
}

/** New rows come after those that are there. */
async function writeRows(
  sql: SQL,
  sessionId: string,
  { session, run, messages, parts, hasProcesses }: SettledRows,
  by: string,
): Promise<void> {
  await sql`
    UPDATE sessions SET updated_at = ${session.updatedAt}, data = ${session.data}, living = false,
      settled_by = COALESCE(${hasProcesses ? by : null}, settled_by) WHERE id = ${sessionId}`;
  if (run === undefined) return;
  await sql`
    UPDATE runs SET settled = true, stopped_at = ${run.stoppedAt}, settled_by = ${by}, data = ${run.data}
    WHERE session_id = ${sessionId} AND id = ${run.id}`;
  await sql`
    INSERT INTO messages (session_id, id, run_id, agent_id, position, data)
    SELECT ${sessionId}, id, "runId", "agentId", number + (
      SELECT COALESCE(MAX(position), 0) FROM messages WHERE session_id = ${sessionId}), data
    FROM ROWS FROM (json_to_recordset(${JSON.stringify(messages)}::text::json)
      AS (id TEXT, "runId" TEXT, "agentId" TEXT, data TEXT)) WITH ORDINALITY AS t (id, "runId", "agentId", data, number)
    ON CONFLICT (session_id, id) DO UPDATE SET data = excluded.data`;
  await sql`
    INSERT INTO parts (session_id, id, message_id, position, data)
    SELECT ${sessionId}, id, "messageId", number + (
      SELECT COALESCE(MAX(position), 0) FROM parts WHERE session_id = ${sessionId} AND message_id = "messageId"), data
    FROM ROWS FROM (json_to_recordset(${JSON.stringify(parts)}::text::json)
      AS (id TEXT, "messageId" TEXT, data TEXT)) WITH ORDINALITY AS t (id, "messageId", data, number)
    ON CONFLICT (session_id, id) DO UPDATE SET data = excluded.data`;
}
