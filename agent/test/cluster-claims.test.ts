/** The locks of sessions that begin: nobody can choose an id whose lock is another's, and a node holds few at once. */
import { expect, test } from "bun:test";
import type { SQL } from "bun";
import { neverAborts } from "../server/abort";
import { heldLocksSql } from "../server/cluster/node-lock";
import { type Claim, SessionClaims } from "../server/cluster/session-claims";
import { SharedConnection } from "../server/cluster/shared-connection";
import { lacksPostgres, sharedPostgres } from "./postgres";
import { untilAsync } from "./within";

const testWithPostgres = (title: string, body: (nodes: Nodes) => Promise<void>) =>
  test.skipIf(lacksPostgres !== "")(title + lacksPostgres, async () => {
    await using nodes = await startNodes();
    await body(nodes);
  });

type Nodes = Awaited<ReturnType<typeof startNodes>>;

async function startNodes() {
  const cleanUp = new AsyncDisposableStack();
  const postgres = await sharedPostgres();
  const databaseUrl = await postgres.createDatabase();
  cleanUp.defer(() => postgres.dropDatabase(databaseUrl));
  const sql = new Bun.SQL(databaseUrl, { max: 1, connection: { search_path: "rein" } });
  cleanUp.defer(() => sql.close());
  /** The claims of a node that has joined, with this key. */
  const join = async (node: string, key = "k".repeat(16)) => {
    const config = { node, address: `http://${node}:1`, key, databaseUrl };
    const onJoining = async () => {};
    const connection = new SharedConnection({ config, boot: node, version: "test", onJoining });
    cleanUp.defer(() => connection.close());
    await connection.join();
    const shared = () => Promise.resolve(true);
    return new SessionClaims({ own: config, connection, shared, has: () => false });
  };
  return { sql, join, [Symbol.asyncDispose]: () => cleanUp.disposeAsync() };
}

async function lockCount(sql: SQL): Promise<number> {
  const [row] = await sql`
    SELECT count(*)::int AS count FROM pg_locks WHERE locktype = 'advisory' AND granted
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`;
  return row.count;
}

const isMine = (claim: Claim): claim is Disposable => Symbol.dispose in claim;

testWithPostgres("an id is claimed by one of two nodes", async ({ join }) => {
  const [a, b] = [await join("a"), await join("b")];
  const first = await a.claim("one", neverAborts);
  expect(isMine(first)).toBe(true);
  expect(isMine(await b.claim("one", neverAborts))).toBe(false);
  expect(isMine(await b.claim("two", neverAborts))).toBe(true);
});

testWithPostgres(
  "the id of a session that another node has is not claimed, and nothing of it stays locked",
  async ({ sql, join }) => {
    const [a, b] = [await join("a"), await join("b")];
    await sql`INSERT INTO sessions (id, node, updated_at, data) VALUES ('one', 'a', 1, '{}')`;
    expect(await b.claim("one", neverAborts)).toEqual({ by: "a" });
    await untilAsync(
      async () => (await lockCount(sql)) === 2,
      "only the locks of the nodes are left",
    );
    expect(isMine(await a.claim("one", neverAborts))).toBe(true);
  },
);

testWithPostgres(
  "which lock an id has is known only with the key, and it is never that of a node",
  async ({ sql, join }) => {
    const [a, b] = [await join("a"), await join("b", "another".repeat(3))];
    const ids = ["one", "two", "a", "b"];
    for (const node of [a, b])
      for (const id of ids) expect(isMine(await node.claim(id, neverAborts))).toBe(true);
    expect(await lockCount(sql)).toBe(2 + 2 * ids.length);
    expect(await sql.unsafe(heldLocksSql)).toHaveLength(2);
  },
);

testWithPostgres("of many at once a node holds a few hundred", async ({ sql, join }) => {
  const a = await join("a");
  const ids = Array.from({ length: 600 }, (_, at) => `many ${at}`);
  const claims: Claim[] = [];
  for (let at = 0; at < ids.length; at += 50)
    claims.push(
      ...(await Promise.all(ids.slice(at, at + 50).map((id) => a.claim(id, neverAborts)))),
    );
  expect(claims.every(isMine)).toBe(true);
  const held = await lockCount(sql);
  expect(held).toBeGreaterThan(1);
  expect(held).toBeLessThanOrEqual(257);
  for (const claim of claims) if (isMine(claim)) claim[Symbol.dispose]();
  await untilAsync(async () => (await lockCount(sql)) === 1, "all are given up");
  // What nobody waited for any more holds none for good.
  const aborted = ids.map((id) => a.claim(id, AbortSignal.timeout(1)).catch(() => undefined));
  for (const claim of await Promise.all(aborted))
    if (claim && isMine(claim)) claim[Symbol.dispose]();
  await untilAsync(async () => (await lockCount(sql)) === 1, "all are given up");
  expect(isMine(await a.claim("one more", neverAborts))).toBe(true);
});
