/** The database gives up the lock of a node that vanishes as fast after a large row as before: others settle what it left by that. */
import { expect, test } from "bun:test";
import { neverAborts } from "../server/abort";
import { idleMs } from "../server/cluster/connect-postgres";
import { SharedConnection } from "../server/cluster/shared-connection";
import { lacksPostgres, sharedPostgres } from "./postgres";

const bytes = 5_000_000;

test.skipIf(lacksPostgres !== "")(
  `also after a large row that the database refuses${lacksPostgres}`,
  async () => {
    const postgres = await sharedPostgres();
    const connection = new SharedConnection({
      config: {
        node: "a",
        address: "http://a:1",
        key: "k".repeat(16),
        databaseUrl: await postgres.createDatabase(),
      },
      boot: "boot of a",
      version: "test",
      onJoining: async () => {},
    });
    const idleTime = async () => {
      const [{ ms }] = await connection.run(
        (sql) => sql`
          SELECT setting::int AS ms FROM pg_settings WHERE name = 'idle_session_timeout'`,
        0,
        neverAborts,
      );
      return ms;
    };
    try {
      await connection.join();
      await connection.run((sql) => sql`SELECT 1`, bytes, neverAborts);
      expect(await idleTime()).toBe(idleMs);
      const refused = connection.run((sql) => sql`SELECT 'no number'::int`, bytes, neverAborts);
      expect(await refused.catch(String)).toContain("invalid input syntax");
      expect(await idleTime()).toBe(idleMs);
      // What is told is why, and not that nothing can be set any more.
      const why = new Error("it is not what was sent");
      const broken = connection.run(
        async (sql) => {
          await sql`SELECT pg_terminate_backend(pg_backend_pid())`.catch(() => undefined);
          throw why;
        },
        bytes,
        neverAborts,
      );
      expect(await broken.catch((error: unknown) => error)).toBe(why);
    } finally {
      await connection.close();
    }
  },
);
