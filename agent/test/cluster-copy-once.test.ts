/** What a node sends in one statement: each row once, however often it is named. */
import { expect, test } from "bun:test";
import { RowSender } from "../server/cluster/send-rows";
import { SharedConnection } from "../server/cluster/shared-connection";
import { Store } from "../server/store/store";
import { emptySession } from "../shared/empty-session";
import { lacksPostgres, sharedPostgres } from "./postgres";

test.skipIf(lacksPostgres !== "")(
  `a row that changes while its session is copied whole is sent once${lacksPostgres}`,
  async () => {
    const postgres = await sharedPostgres();
    const databaseUrl = await postgres.createDatabase();
    const config = { node: "a", address: "http://a:1", key: "k".repeat(16), databaseUrl };
    const connection = new SharedConnection({
      config,
      boot: "boot of a",
      version: "test",
      onJoining: async () => {},
    });
    const sql = new Bun.SQL(databaseUrl, { max: 1, connection: { search_path: "rein" } });
    try {
      await connection.join();
      const store = new Store(":memory:");
      store.create(
        emptySession({ id: "session", title: "t", cwd: "/", provider: "p", model: "m" }),
      );
      const whole = store.shared.namesOf("session");
      expect(whole).not.toEqual([]);
      const sender = new RowSender(store.shared, connection, "a");
      expect(await sender.send([...whole, ...whole], [])).toEqual([]);
      expect(await sql`SELECT id, node FROM sessions`.values()).toEqual([["session", "a"]]);
      // PostgreSQL refuses a statement that has a row twice; then its rows are sent in halves.
      expect(postgres.log()).not.toContain("ERROR");
    } finally {
      await sql.close();
      await connection.close();
      await postgres.dropDatabase(databaseUrl);
    }
  },
);
