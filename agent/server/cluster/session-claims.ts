/** The id of a session that its caller has chosen: of several nodes that begin one by it in the same moment, one does. */
import { lockSeed } from "./node-lock";
import type { SharedConnection } from "./shared-connection";

/** Of the advisory lock of a session that begins. */
const claimSeed = lockSeed + 1;
/** A database that takes longer is as good as gone: the message does not wait for it. */
const withinMs = 1000;
const againMs = 200;

/** The session may begin here; to be disposed of once it has begun, or was refused. Or another node has it: its name, where it is known. */
export type Claim = (Disposable & { by?: undefined }) | { by: string | undefined };

interface ClaimParts {
  node: string;
  connection: Pick<SharedConnection, "run" | "state">;
  /** Resolves, within a second, with whether all of a session that is in this node's file is in the shared database. */
  shared: (sessionId: string) => Promise<boolean>;
  /** Whether this node has the session. */
  has: (sessionId: string) => boolean;
}

/**
 * A lock of the connection that holds the node's own, kept until the session's row is in the database. Without the database
 * nothing is claimed: what has begun twice then is noticed when it is copied. Rejects only with the signal's reason.
 */
export async function claimSession(
  parts: ClaimParts,
  id: string,
  signal: AbortSignal,
): Promise<Claim> {
  const nothing: Claim = { [Symbol.dispose]: () => {} };
  if (parts.connection.state.name === "gone") return nothing;
  const within = AbortSignal.any([signal, AbortSignal.timeout(withinMs)]);
  const { promise: late, reject } = Promise.withResolvers<never>();
  const giveUp = () => reject(within.reason as Error);
  within.addEventListener("abort", giveUp, { once: true });
  try {
    return await Promise.race([take(parts, id, within), late]);
  } catch {
    signal.throwIfAborted();
    return nothing;
  } finally {
    within.removeEventListener("abort", giveUp);
  }
}

async function take(parts: ClaimParts, id: string, signal: AbortSignal): Promise<Claim> {
  const { node, connection } = parts;
  const [row] = (await connection.run(
    (sql) => sql`
      SELECT pg_try_advisory_lock(hashtextextended(${id}, ${claimSeed})) AS taken,
        (SELECT node FROM sessions WHERE id = ${id}) AS owner`,
    0,
    signal,
  )) as { taken: boolean; owner: string | null }[];
  const { taken, owner } = row!;
  const mine = taken ? { [Symbol.dispose]: () => void release(parts, id) } : undefined;
  const isFree = owner === null || owner === node;
  // Nobody waits for it any more.
  if (mine && (!isFree || signal.aborted)) mine[Symbol.dispose]();
  return mine && isFree ? mine : { by: owner ?? undefined };
}

/** Never rejects: a connection that is lost has given all up. */
async function release({ connection, shared, has }: ClaimParts, id: string): Promise<void> {
  while (connection.state.name === "joined" && has(id) && !(await shared(id)))
    await Bun.sleep(againMs);
  await connection
    .run(
      (sql) => sql`SELECT pg_advisory_unlock(hashtextextended(${id}, ${claimSeed}))`,
      0,
      AbortSignal.timeout(60_000),
    )
    .catch(() => {});
}
