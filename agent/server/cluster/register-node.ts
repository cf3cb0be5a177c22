/** What a node does on the connection by which it joins: it refuses a pooler, takes its lock, and writes down where it is. */
import type { SQL } from "bun";
import type { ClusterConfig } from "./cluster-types";
import type { ClockCheck } from "./compare-clocks";
import { takeLock } from "./node-lock";
import { RefusedError } from "./shared-schema";

const lockLookMs = 200;

/** One step of a join, within its time. */
type Step = <Result>(work: (sql: SQL) => Promise<Result>) => Promise<Result>;

/** A pooler hands the connection on, and with it the lock. `idleMs`: what the connection was opened with. */
export async function refusePooler(sql: SQL, idleMs: number): Promise<void> {
  const [{ ms }] = await sql`
    SELECT setting::int AS ms FROM pg_settings WHERE name = 'idle_session_timeout'`;
  if (ms !== idleMs)
    throw new RefusedError(
      "DATABASE_URL leads to a pooler, which does not pass the settings of a connection on. Give the address of PostgreSQL itself.",
    );
}

/** Throws RefusedError when another connection holds the lock for longer than `waitMs`. */
export async function waitForLock(step: Step, node: string, waitMs: number): Promise<void> {
  const until = performance.now() + waitMs;
  while (!(await step((sql) => takeLock(sql, node)))) {
    if (performance.now() >= until)
      throw new RefusedError(await step((sql) => takenWords(sql, node)));
    await Bun.sleep(lockLookMs);
  }
}

async function takenWords(sql: SQL, node: string): Promise<string> {
  const [row] = await sql`SELECT address FROM nodes WHERE id = ${node}`;
  const at = row === undefined ? "" : ` (at ${row.address})`;
  return `Another Rein${at} is node “${node}” of this cluster. Give this one another name with REIN_NODE, or end that one.`;
}

interface Own {
  config: ClusterConfig;
  boot: string;
  version: string;
}

/** `isNew`: there was no such node. */
export async function registerNode(
  sql: SQL,
  { config: { node, address }, boot, version }: Own,
  clock: ClockCheck,
): Promise<{ epoch: number; isNew: boolean }> {
  const asked = Date.now();
  const [row] = await sql`
    INSERT INTO nodes (id, address, boot, version) VALUES (${node}, ${address}, ${boot}, ${version})
    ON CONFLICT (id) DO UPDATE SET address = excluded.address, boot = excluded.boot, version = excluded.version
    RETURNING epoch, xmax = 0 AS "isNew", extract(epoch FROM clock_timestamp()) * 1000 AS there`;
  clock.note({ asked, answered: Date.now(), there: Number(row.there) });
  return { epoch: Number(row.epoch), isNew: row.isNew };
}
