/** Takes a node that is gone for good out of the cluster: what it left is settled, and its sessions stay in the shared database. */
import { log } from "../log";
import type { RunParts } from "../run/run-types";
import { askHealth } from "./ask-health";
import type { ClusterConfig, NodeRow, SharedDatabase } from "./cluster-types";
import { takeLockMeanwhile } from "./node-lock";
import { channel, payloadOf } from "./node-notices";
import { settleLeft } from "./settle-left";

/** Another node may hold its lock while it settles what it left, and the database for as long as it waits for a dead machine. */
const lockMs = 3000;
const lockLookMs = 100;

interface RemoveParts {
  own: Pick<ClusterConfig, "node" | "key">;
  database: Pick<SharedDatabase, "node" | "write" | "reader">;
  engines: RunParts["engines"];
}

/** `refused`: why not, in words. Otherwise how many of its sessions stay, and how many runs were settled. */
export type Removal =
  | { refused: "unknown" | "lives"; words: string }
  | { sessions: number; settled: number };

/** A node that was removed and comes back joins again, and its sessions are its own. Rejects with what the database says. */
export async function removeNode(
  parts: RemoveParts,
  name: string,
  signal: AbortSignal,
): Promise<Removal> {
  const { own, database } = parts;
  const until = performance.now() + lockMs;
  let settled = 0;
  for (;;) {
    const node = (await database.reader.nodes(signal)).find(({ id }) => id === name);
    if (node === undefined)
      return { refused: "unknown", words: `There is no node “${name}” in this cluster.` };
    const lives = await whyAlive(node, own, signal);
    if (lives !== undefined) return { refused: "lives", words: lives };
    const left = await leftOf(database, name, signal);
    const sessionIds = left.map(({ id }) => id);
    await settleLeft({ ...parts, isGone: true }, { node, sessionIds }, signal);
    settled += left.filter(({ hasRun }) => hasRun).length;
    const sessions = await remove(database, name, signal);
    if (sessions !== undefined) {
      log.warn({ node: name, sessions }, "A node was removed from the cluster");
      return { sessions, settled };
    }
    if (performance.now() >= until) return { refused: "lives", words: holdsLock(name) };
    await Bun.sleep(lockLookMs);
  }
}

function holdsLock(name: string): string {
  return `“${name}” has a connection to the shared database, so it runs. End it first, then remove it.`;
}

async function whyAlive(
  node: NodeRow,
  own: RemoveParts["own"],
  signal: AbortSignal,
): Promise<string | undefined> {
  if (node.id === own.node)
    return `“${own.node}” is the machine that answers this. Ask another one.`;
  const health = await askHealth(own, node, signal);
  if (health !== "lives") return undefined;
  return `“${node.id}” answers at ${node.address}, so it runs. End it first, then remove it.`;
}

async function leftOf(
  database: RemoveParts["database"],
  name: string,
  signal: AbortSignal,
): Promise<{ id: string; hasRun: boolean }[]> {
  const rows = await database.write(
    (sql) => sql`
      SELECT id, bool_or("hasRun") AS "hasRun" FROM (
        SELECT session_id AS id, true AS "hasRun" FROM runs WHERE node = ${name} AND NOT settled
        UNION ALL SELECT id, false FROM sessions WHERE node = ${name} AND living) AS every GROUP BY id`,
    signal,
  );
  return [...(rows as { id: string; hasRun: boolean }[])];
}

/** Undefined: a process holds its lock, or it has begun a run meanwhile. */
function remove(
  database: RemoveParts["database"],
  name: string,
  signal: AbortSignal,
): Promise<number | undefined> {
  return database.write(async (sql) => {
    if (!(await takeLockMeanwhile(sql, name))) return undefined;
    const [{ left }] = await sql`
      SELECT count(*)::int AS left FROM runs WHERE node = ${name} AND NOT settled`;
    if (left > 0) return undefined;
    await sql`DELETE FROM nodes WHERE id = ${name}`;
    for (const notice of [
      { type: "node", id: name } as const,
      { type: "settled", node: name } as const,
    ])
      await sql`SELECT pg_notify(${channel}, ${payloadOf(name, notice)})`;
    const [{ sessions }] = await sql`
      SELECT count(*)::int AS sessions FROM sessions WHERE node = ${name} AND deleted_at IS NULL`;
    return sessions as number;
  }, signal);
}

/** Deletes a session whose node is not in the cluster; that removes it too if it comes back. False where it is, or none is there. */
export function removeLeftSession(
  database: Pick<SharedDatabase, "write">,
  id: string,
  signal: AbortSignal,
): Promise<boolean> {
  return database.write(async (sql) => {
    const [row] = await sql`
      DELETE FROM sessions WHERE id = ${id} AND node NOT IN (SELECT id FROM nodes) RETURNING node`;
    if (row === undefined) return false;
    await sql`DELETE FROM runs WHERE session_id = ${id}`;
    await sql`DELETE FROM messages WHERE session_id = ${id}`;
    await sql`DELETE FROM parts WHERE session_id = ${id}`;
    await sql`
      INSERT INTO removed_sessions (id, node) VALUES (${id}, ${row.node}) ON CONFLICT (id) DO NOTHING`;
    // In the name of its node: this one hears it too.
    const payload = payloadOf(row.node, { type: "session-removed", id, node: row.node });
    await sql`SELECT pg_notify(${channel}, ${payload})`;
    return true;
  }, signal);
}
