/** The gate between a node and its database refuses, and is silent, as networks do. */
import { expect, test } from "bun:test";
import { startDatabaseGate } from "./database-gate";
import { lacksPostgres, sharedPostgres } from "./postgres";
import { rejectionOf } from "./provider-wires";

test.skipIf(lacksPostgres !== "")(
  `a question in the silence is answered when the gate is open again${lacksPostgres}`,
  async () => {
    const postgres = await sharedPostgres();
    await using gate = await startDatabaseGate(postgres.url);
    await using sql = new Bun.SQL(gate.url, { max: 1 });
    await sql`SELECT 1`;
    gate.silence();
    let isAnswered = false;
    const answer = sql`SELECT 2 AS two`.then((rows) => {
      isAnswered = true;
      return rows as { two: number }[];
    });
    await Bun.sleep(50); // nothing happens, for which there is no fact to wait for
    expect(isAnswered).toBe(false);
    await gate.open();
    expect([...(await answer)]).toEqual([{ two: 2 }]);
  },
);

test.skipIf(lacksPostgres !== "")(
  `a gate that refuses ends its connections, and lets new ones in when it is open${lacksPostgres}`,
  async () => {
    const postgres = await sharedPostgres();
    await using gate = await startDatabaseGate(postgres.url);
    await using sql = new Bun.SQL(gate.url, { max: 1 });
    await sql`SELECT 1`;
    await gate.refuse();
    expect(await rejectionOf(sql`SELECT 1`.then(String))).toBeInstanceOf(Error);
    await gate.open();
    await using again = new Bun.SQL(gate.url, { max: 1 });
    expect([...(await again`SELECT 1 AS one`)]).toEqual([{ one: 1 }]);
  },
);
