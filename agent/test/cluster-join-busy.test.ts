/** A node whose machine is so busy that PostgreSQL ends its connection while it joins. */
import { expect, test } from "bun:test";
import { idleMs } from "../server/cluster/connect-postgres";
import { type Joining, SharedConnection } from "../server/cluster/shared-connection";
import { lacksPostgres, sharedPostgres } from "./postgres";

const testWithPostgres = test.skipIf(lacksPostgres !== "");

testWithPostgres(
  `a first start that is silent for too long while it joins joins again${lacksPostgres}`,
  async () => {
    const postgres = await sharedPostgres();
    const databaseUrl = await postgres.createDatabase();
    const epochs: number[] = [];
    const connection = new SharedConnection({
      config: { node: "a", address: "http://a:1", key: "k".repeat(16), databaseUrl },
      boot: "boot of a",
      version: "test",
      onJoining: async ({ epoch, sql }: Joining) => {
        epochs.push(epoch);
        // As a machine does that has no time for this process.
        if (epochs.length === 1) Bun.sleepSync(idleMs + 1000);
        await sql`SELECT 1`;
      },
    });
    try {
      await connection.join();
      expect(connection.state.name).toBe("joined");
      expect(epochs).toEqual([1, 1]);
    } finally {
      await connection.close();
      await postgres.dropDatabase(databaseUrl);
    }
  },
);
