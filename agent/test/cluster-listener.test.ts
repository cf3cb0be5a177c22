/** A node hears what the others tell, also where it could not listen at first: by it a sign-in that was ended elsewhere ends here. */
import { expect, test } from "bun:test";
import type { ClusterConfig, Notice } from "../server/cluster/cluster-types";
import { Listener } from "../server/cluster/listener";
import { payloadOf } from "../server/cluster/node-notices";
import { lacksPostgres, sharedPostgres } from "./postgres";
import { until } from "./within";

test.skipIf(lacksPostgres !== "")(
  `a node to which the database gave no connection for notices hears them once it does${lacksPostgres}`,
  async () => {
    const postgres = await sharedPostgres();
    const url = await postgres.createDatabase();
    await using sql = new Bun.SQL(url, { max: 1 });
    await sql`CREATE ROLE listens PASSWORD 'listens' NOLOGIN`;
    const config = { databaseUrl: asRole(url, "listens"), node: "a" } as ClusterConfig;
    const heard: (Notice | undefined)[] = [];
    const listener = new Listener(config);
    listener.onNotice((notice) => heard.push(notice));
    listener.open();
    await until(() => postgres.log().includes("not permitted to log in"), "it is refused");
    expect(heard).toEqual([]);
    await sql`ALTER ROLE listens LOGIN`;
    // What was told before may be lost, so it is told of a gap first.
    await until(() => heard.length > 0, "it listens");
    const notice: Notice = { type: "node", id: "b" };
    await sql`SELECT pg_notify('rein', ${payloadOf("b", notice)})`;
    await until(() => heard.length > 1, "it hears");
    expect(heard).toEqual([undefined, notice]);
    listener.close();
  },
);

function asRole(url: string, name: string): string {
  return Object.assign(new URL(url), { username: name, password: name }).href;
}
