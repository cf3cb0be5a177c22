/**
 * Several real servers as nodes of one PostgreSQL database, over loopback, with one scripted upstream.
 *
 *     const { cluster } = clusterScene();
 *     test.skipIf(lacksPostgres !== "")(`…${lacksPostgres}`, async () => {
 *       const [a, b] = [cluster.node("a"), cluster.node("b")];
 *       cluster.upstream.script([text("One ", makeGate())]);
 *       const chat = a.send();
 *       await chat.until((event) => event.type === "run-start");
 *       await a.kill();
 *       const run = await cluster.settled(chat.runId);
 */
import { afterEach, beforeEach } from "bun:test";
import type { Run } from "../shared/protocol";
import { everyWire } from "./api-scene";
import { type ClusterNode, makeNode } from "./cluster-node";
import { type DatabaseGate, startDatabaseGate } from "./database-gate";
import { freePort } from "./free-port";
import { newest } from "./newest";
import { lacksPostgres, type Postgres, sharedPostgres } from "./postgres";
import type { ReinOptions } from "./rein";
import { startUpstream, type Upstream } from "./upstream/upstream";
import { untilAsync } from "./within";

export interface GatedNode extends ClusterNode {
  /** Between this node and the database. */
  readonly database: DatabaseGate;
}

export interface Cluster extends AsyncDisposable {
  readonly upstream: Upstream;
  readonly postgres: Postgres;
  /** Without a gate. */
  readonly databaseUrl: string;
  /** Questions of the test itself. */
  readonly sql: Bun.SQL;
  /** Throws unless there is one of this name. */
  node(name: string): GatedNode;
  /** Adds a node and starts it. */
  add(name: string, options?: ReinOptions): Promise<GatedNode>;
  /** Resolves with the run as the shared database has it, once it is settled there. */
  settled(runId: string): Promise<Run>;
}

export interface ClusterOptions {
  /** "a", "b" and "c" by default. */
  names?: string[];
  /** Added to the environment of each node. */
  environment?: Record<string, string>;
}

/** Call it at the top level of a test file: each test has a cluster of its own. */
export function clusterScene(options: ClusterOptions = {}): { cluster: Cluster } {
  let cluster: Cluster | undefined;
  beforeEach(async () => {
    if (lacksPostgres === "") cluster = await startCluster(await sharedPostgres(), options);
  });
  afterEach(async () => {
    await cluster?.[Symbol.asyncDispose]();
    cluster = undefined;
  });
  return { cluster: newest(() => cluster!) };
}

/** Starts the nodes one after the other on a new database. */
export async function startCluster(
  postgres: Postgres,
  options: ClusterOptions = {},
): Promise<Cluster> {
  await using failed = new AsyncDisposableStack();
  const upstream = startUpstream();
  failed.defer(() => upstream.close());
  const databaseUrl = await postgres.createDatabase();
  failed.defer(() => postgres.dropDatabase(databaseUrl).catch(() => undefined));
  const sql = new Bun.SQL(databaseUrl, { max: 2, connection: { search_path: "rein" } });
  failed.defer(() => sql.close({ timeout: 0 }));
  const nodes = new Map<string, GatedNode>();
  const cluster: Cluster = {
    upstream,
    postgres,
    databaseUrl,
    sql,
    node(name) {
      const found = nodes.get(name);
      if (found === undefined) throw new Error(`There is no node "${name}".`);
      return found;
    },
    async add(name, more) {
      const node = await makeGatedNode(name, databaseUrl, () => ({
        ...everyWire(upstream),
        ...options.environment,
      }));
      cleanUp.use(node);
      nodes.set(name, node);
      await node.start(more);
      return node;
    },
    settled: (runId) => settledIn(sql, runId),
    [Symbol.asyncDispose]: () => cleanUp.disposeAsync(),
  };
  const cleanUp = failed.move();
  try {
    for (const name of options.names ?? ["a", "b", "c"]) await cluster.add(name);
  } catch (error) {
    await cleanUp.disposeAsync();
    throw error;
  }
  return cluster;
}

/** Resolves with the run as this database has it, once it is settled there. */
export async function settledIn(sql: Bun.SQL, runId: string): Promise<Run> {
  let found: { settled: unknown; data: string } | undefined;
  await untilAsync(
    async () => {
      [found] =
        (await sql`SELECT settled, data FROM rein.runs WHERE id = ${runId}`) as (typeof found)[];
      return Boolean(found?.settled);
    },
    () => `run ${runId} is settled in the database, which has ${JSON.stringify(found)}`,
  );
  return JSON.parse(found!.data) as Run;
}

async function makeGatedNode(
  name: string,
  databaseUrl: string,
  environment: () => Record<string, string>,
): Promise<GatedNode> {
  const database = await startDatabaseGate(databaseUrl);
  const place = { host: "127.0.0.1", port: await freePort(), databaseUrl: database.url };
  const node = makeNode(name, place, environment);
  const end = async () => {
    // A node without the database takes longer to end.
    await database.open();
    await node[Symbol.asyncDispose]();
    await database[Symbol.asyncDispose]();
  };
  return Object.defineProperties({} as GatedNode, {
    ...Object.getOwnPropertyDescriptors(node),
    database: { value: database },
    [Symbol.asyncDispose]: { value: end },
  });
}
