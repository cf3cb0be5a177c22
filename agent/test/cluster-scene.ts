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
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Run } from "../shared/protocol";
import type { ChatRequest } from "../shared/requests";
import { everyWire } from "./api-scene";
import { type DatabaseGate, startDatabaseGate } from "./database-gate";
import { freePort } from "./free-port";
import { newest } from "./newest";
import { lacksPostgres, type Postgres, sharedPostgres } from "./postgres";
import { type Chat, type Rein, type ReinOptions, startRein } from "./rein";
import { startUpstream, type Upstream } from "./upstream/upstream";
import { untilAsync } from "./within";

/** Of all nodes: a browser or a script is let in by each of them. */
export const clusterToken = "token-of-the-cluster-in-tests";
export const clusterKey = "key-of-the-cluster-in-tests";

export interface ClusterNode {
  readonly name: string;
  /** Its server that was started last. */
  readonly rein: Rein;
  /** Between this node and the database. */
  readonly database: DatabaseGate;
  readonly isRunning: boolean;
  /** Sends a message at this node, "Do it" unless given. */
  send(request?: Partial<ChatRequest>): Chat;
  /** Starts its server, on the same port and data directory each time. */
  start(options?: ReinOptions): Promise<Rein>;
  /** SIGKILL; resolves when the process is gone. Its supervisor ends what it had started. */
  kill(): Promise<void>;
  /** SIGTERM; resolves when the process has exited. */
  stop(): Promise<void>;
  /** SIGSTOP: its connections stay open, and nothing answers. */
  freeze(): void;
  resume(): void;
}

export interface Cluster extends AsyncDisposable {
  readonly upstream: Upstream;
  readonly postgres: Postgres;
  /** Without a gate. */
  readonly databaseUrl: string;
  /** Questions of the test itself. */
  readonly sql: Bun.SQL;
  /** Throws unless there is one of this name. */
  node(name: string): ClusterNode;
  /** Adds a node and starts it. */
  add(name: string, options?: ReinOptions): Promise<ClusterNode>;
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
  const sql = new Bun.SQL(databaseUrl, { max: 2 });
  failed.defer(() => sql.close({ timeout: 0 }));
  const nodes = new Map<string, ClusterNode>();
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
      const { node, end } = await makeNode(name, databaseUrl, () => ({
        ...everyWire(upstream),
        ...options.environment,
      }));
      cleanUp.defer(end);
      nodes.set(name, node);
      await node.start(more);
      return node;
    },
    async settled(runId) {
      let found: { settled: unknown; data: string } | undefined;
      await untilAsync(
        async () => {
          [found] =
            (await sql`SELECT settled, data FROM runs WHERE id = ${runId}`) as (typeof found)[];
          return Boolean(found?.settled);
        },
        () => `run ${runId} is settled in the database, which has ${JSON.stringify(found)}`,
      );
      return JSON.parse(found!.data) as Run;
    },
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

async function makeNode(
  name: string,
  databaseUrl: string,
  environment: () => Record<string, string>,
): Promise<{ node: ClusterNode; end: () => Promise<void> }> {
  const dataDir = mkdtempSync(join(tmpdir(), `rein-data-${name}-`));
  const port = await freePort();
  const database = await startDatabaseGate(databaseUrl);
  const started: Rein[] = [];
  let isRunning = false;
  let rein: Rein | undefined;
  const running = () => {
    if (rein === undefined) throw new Error(`Node "${name}" was not started.`);
    return rein;
  };
  const node: ClusterNode = {
    name,
    rein: newest(running),
    database,
    get isRunning() {
      return isRunning;
    },
    send: (request = {}) => running().chat({ ...aRequest, ...request }),
    async start(options = {}) {
      const own = await startRein({
        dataDir,
        ...options,
        environment: {
          ...environment(),
          PORT: String(port),
          REIN_TOKEN: clusterToken,
          REIN_CLUSTER_KEY: clusterKey,
          REIN_NODE: name,
          REIN_NODE_ADDRESS: `http://127.0.0.1:${port}`,
          DATABASE_URL: database.url,
          ...options.environment,
        },
      });
      rein = own;
      started.push(own);
      isRunning = true;
      void own.exited.then(() => (isRunning = rein !== own));
      return own;
    },
    async kill() {
      running().signal("SIGKILL");
      await running().exited;
    },
    async stop() {
      running().signal("SIGTERM");
      await running().exited;
    },
    freeze: () => running().signal("SIGSTOP"),
    resume: () => running().signal("SIGCONT"),
  };
  const end = async () => {
    if (node.isRunning) node.resume();
    // A node without the database takes longer to end.
    await database.open();
    for (const each of started) await each[Symbol.asyncDispose]();
    await database[Symbol.asyncDispose]();
    rmSync(dataDir, { recursive: true, force: true });
  };
  return { node, end };
}

const aRequest = {
  message: "Do it",
  provider: "openai-chat",
  model: "local-model",
  onDisconnect: "continue",
} as const;
