/** What the database that nodes share has of a session and of a node, read as a node reads it. */
import { openPool } from "../server/cluster/connect-postgres";
import { readSession } from "../server/cluster/shared-reader";
import type { Session } from "../shared/protocol";

/** Undefined when it has none of this id. */
export function storedSession(databaseUrl: string, id: string): Promise<Session | undefined> {
  return asked(databaseUrl, (sql) => readSession(sql, id));
}

export function storedEpoch(databaseUrl: string, node: string): Promise<number> {
  return asked(databaseUrl, async (sql) => {
    const [row] = await sql`SELECT epoch FROM nodes WHERE id = ${node}`;
    return Number(row.epoch);
  });
}

async function asked<Result>(
  url: string,
  work: (sql: Bun.SQL) => Promise<Result>,
): Promise<Result> {
  const pool = openPool({ url, name: "test", max: 1 });
  try {
    return await work(pool);
  } finally {
    await pool.close({ timeout: 0 });
  }
}
