/** What a dead node has left is settled by the one that holds its lock, and has seen it as it is: by nobody else, and once. */
import { expect, test } from "bun:test";
import { lockSeed } from "../server/cluster/node-lock";
import { settleLeft } from "../server/cluster/settle-left";
import { clusterScene } from "./cluster-scene";
import { lacksPostgres } from "./postgres";
import { hang, text } from "./upstream/upstream";
import { untilAsync } from "./within";

const { cluster } = clusterScene({ names: ["a"] });
const never = new AbortController().signal;

test.skipIf(lacksPostgres !== "")(
  `not while another holds its lock, and not as it was before others did${lacksPostgres}`,
  async () => {
    const { sql } = cluster;
    cluster.upstream.script([text("One "), hang]);
    const chat = cluster.node("a").send();
    await chat.until(({ type }) => type === "part-delta");
    const { runId, sessionId } = chat;
    const isThere = async () => (await sql`SELECT 1 FROM runs WHERE id = ${runId}`).length === 1;
    await untilAsync(isThere, "the run is in the database");
    await cluster.node("a").kill();
    const settle = async (epoch: number) => {
      const [row] = await sql`SELECT id, address, boot, version FROM nodes WHERE id = 'a'`;
      const write = <Result>(work: (own: Bun.TransactionSQL) => Promise<Result>) =>
        sql.begin(work) as Promise<Result>;
      const parts = { database: { node: "witness", write }, engines: { find: () => undefined } };
      const left = { node: { ...row, epoch }, sessionIds: [sessionId] };
      await settleLeft(parts, left, never);
      const [{ epoch: now }] = await sql`SELECT epoch::int AS epoch FROM nodes WHERE id = 'a'`;
      const [{ settled }] = await sql`SELECT settled FROM runs WHERE id = ${runId}`;
      return { epoch: now as number, settled: settled as boolean };
    };
    const holder = new Bun.SQL(cluster.databaseUrl, { max: 1 });
    // Its own connection gives it up when the database has seen the kill.
    await holder`SELECT pg_advisory_lock(hashtextextended('a', ${lockSeed}))`;
    expect(await settle(1)).toEqual({ epoch: 1, settled: false });
    await holder.close();
    await untilAsync(async () => {
      const [{ count }] = await sql`
        SELECT count(*)::int AS count FROM pg_locks WHERE locktype = 'advisory' AND granted
          AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`;
      return count === 0;
    }, "nobody holds the lock");
    expect(await settle(7)).toEqual({ epoch: 1, settled: false });
    expect(await settle(1)).toEqual({ epoch: 2, settled: true });
    const [{ by }] = await sql`SELECT settled_by AS by FROM runs WHERE id = ${runId}`;
    expect(by).toBe("witness");
    chat.hangUp();
  },
);
