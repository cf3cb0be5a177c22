/** A shared database with very many sessions: what a node asks all the time finds its rows by their keys. */
import { expect, test } from "bun:test";
import { openPool } from "../server/cluster/connect-postgres";
import { PooledReader } from "../server/cluster/shared-reader";
import { prepareSchema } from "../server/cluster/shared-schema";
import { copyRows } from "../server/cluster/shared-statements";
import { emptySession } from "../shared/empty-session";
import { lacksPostgres, sharedPostgres } from "./postgres";
import { untilAsync } from "./within";

const sessions = 20_000;
const session = emptySession({ id: "s", title: "t", cwd: "/", provider: "p", model: "m" });
const signal = new AbortController().signal;

/** How many rows of sessions were read so far by going through the whole table. */
async function passedOver(sql: Bun.SQL): Promise<number> {
  const [{ read }] = await sql`
    SELECT seq_tup_read AS read FROM pg_stat_user_tables WHERE relname = 'sessions'`;
  return Number(read);
}

async function addSessions(sql: Bun.SQL): Promise<void> {
  // It may be long before PostgreSQL knows how many there are.
  await sql`ALTER TABLE sessions SET (autovacuum_enabled = off)`;
  await sql`
    INSERT INTO sessions (id, node, updated_at, data)
    SELECT 's' || i, 'other', i, ${JSON.stringify(session)} FROM generate_series(1, ${sessions}) AS i`;
}

/** A batch that names a session of another node: nothing of it is taken. */
function batchOf(id: string) {
  const part = { id: "part", session_id: id, message_id: "message", position: 0, data: "{}" };
  return { sessions: [], runs: [], messages: [], parts: [part] };
}

test.skipIf(lacksPostgres !== "")(
  `a batch, a notice and a list read none of ${sessions} other sessions${lacksPostgres}`,
  async () => {
    const postgres = await sharedPostgres();
    const databaseUrl = await postgres.createDatabase();
    const sql = openPool({ url: databaseUrl, name: "test", max: 1 });
    const writing = openPool({ url: databaseUrl, name: "asks", max: 1 });
    const config = { node: "a", address: "http://a:1", key: "k".repeat(16), databaseUrl };
    const reader = new PooledReader(config);
    try {
      await prepareSchema(sql);
      await addSessions(sql);
      const before = await passedOver(sql);
      // PostgreSQL plans a statement anew the first five times.
      for (let time = 1; time <= 10; time++) {
        const id = `s${time}`;
        expect(await copyRows(writing, "a", batchOf(id), [])).toEqual([id]);
        expect(await reader.summaries({ ids: [id] }, signal)).toMatchObject([{ id }]);
        expect(await reader.newest(signal)).toContainEqual({
          id: `s${sessions}`,
          updatedAt: sessions,
        });
      }
      await writing.close();
      await reader.close();
      // Its connections have counted when they have ended.
      await untilAsync(
        async () =>
          (
            await sql`SELECT 1 FROM pg_stat_activity WHERE application_name IN ('asks', 'rein a (reads)')`
          ).length === 0,
        "their connections have ended",
      );
      expect((await passedOver(sql)) - before).toBeLessThan(sessions);
    } finally {
      await writing.close();
      await reader.close();
      await sql.close();
      await postgres.dropDatabase(databaseUrl);
    }
  },
);
