/** The advisory lock of a node in the shared database: while a node holds its lock, it counts as alive and may write. */
import type { SQL } from "bun";

/** The number of the lock is hashtextextended(node, lockSeed). */
export const lockSeed = 7_661_654;

/** The numbers of all advisory locks that are held: PostgreSQL lists each by the two halves of its number. */
export const heldLocksSql = `
  SELECT (classid::bigint << 32) | objid::bigint AS number FROM pg_locks
  WHERE locktype = 'advisory' AND granted AND objsubid = 1
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`;

/** Takes it until the connection ends. False: another connection holds it. */
export async function takeLock(sql: SQL, node: string): Promise<boolean> {
  const [{ taken }] = await sql`
    SELECT pg_try_advisory_lock(hashtextextended(${node}, ${lockSeed})) AS taken`;
  return taken;
}

/** Takes it until the transaction ends: until then no other node settles or removes this one, and it cannot join. */
export async function takeLockMeanwhile(transaction: SQL, node: string): Promise<boolean> {
  const [{ taken }] = await transaction`
    SELECT pg_try_advisory_xact_lock(hashtextextended(${node}, ${lockSeed})) AS taken`;
  return taken;
}

/** Whether any connection holds it. */
export async function isLockHeld(sql: SQL, node: string): Promise<boolean> {
  const asked = `SELECT hashtextextended($1, ${lockSeed}) IN (${heldLocksSql}) AS "isHeld"`;
  const [{ isHeld }] = await sql.unsafe(asked, [node]);
  return isHeld;
}
