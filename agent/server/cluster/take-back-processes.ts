/** What others have written of this node's background processes while it was away, that nothing is known, gives way to what it knows. */
import type { SQL } from "bun";
import type { SessionRegistry } from "../session/session-registry";
import type { Store } from "../store/store";

interface TakeBackParts {
  node: string;
  sessions: Pick<SessionRegistry, "has">;
  store: Pick<Store, "shareAnew">;
}

/**
 * To be called with the lock of this node held, once its file is no older than the database: those sessions are shared anew
 * as they are here. Rejects with what the databases say; then it can be called again.
 */
export async function takeBackProcesses(
  sql: SQL,
  { node, sessions, store }: TakeBackParts,
): Promise<void> {
  const rows = await sql`SELECT id FROM sessions WHERE node = ${node} AND settled_by IS NOT NULL`;
  for (const { id } of rows as { id: string }[]) if (sessions.has(id)) store.shareAnew(id);
  if (rows.length > 0)
    await sql`UPDATE sessions SET settled_by = NULL WHERE node = ${node} AND settled_by IS NOT NULL`;
}
