/** The cluster of the checks: nodes, the database and HAProxy, each a machine of its own; this process is the clients' machine. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isLockHeld } from "../../server/cluster/node-lock";
import { everyWire } from "../api-scene";
import { type ClusterNode, makeNode } from "../cluster-node";
import { type Postgres, startPostgres } from "../postgres";
import { startUpstream, type Upstream } from "../upstream/upstream";
import { untilAsync } from "../within";
import { type FrontProxy, startFrontProxy } from "./front-proxy";
import { type Network, openNetwork } from "./network";

/** d takes part where a check needs a fourth; HAProxy does not know it. */
export const nodeNames = ["a", "b", "c"];
export const machineNames = [...nodeNames, "d", "database", "front", "clients"];
export const nodePort = 3000;
const never = new AbortController().signal;

export interface Machines extends AsyncDisposable {
  network: Network;
  front: FrontProxy;
  upstream: Upstream;
  postgres: Postgres;
  databaseUrl: string;
  /** The test's own questions to the database. */
  sql: Bun.SQL;
  node: (name: string) => ClusterNode;
  /** Mends what a check has broken: cables, the database, frozen and dead nodes. Resolves when a, b and c hold their locks. */
  mend: () => Promise<void>;
  stopEverything: () => Promise<void>;
}

/** `name`: of the network that the outer process has made. */
export async function startMachines(name: string): Promise<Machines> {
  await using failed = new AsyncDisposableStack();
  const network = openNetwork(name, machineNames);
  const folder = mkdtempSync(join(tmpdir(), "rein-cluster-"));
  failed.defer(() => rmSync(folder, { recursive: true, force: true }));
  const upstream = startUpstream({ host: network.addressOf("clients") });
  failed.defer(() => upstream.close());
  const postgres = failed.use(
    await startPostgres({
      host: network.addressOf("database"),
      port: 5432,
      command: network.on("database"),
      // A node that vanished is given up by its own time-out; these are the server's.
      settings: { tcp_keepalives_idle: "2", tcp_keepalives_interval: "1" },
    }),
  );
  const databaseUrl = await postgres.createDatabase();
  const sql = new Bun.SQL(databaseUrl, { max: 2 });
  failed.defer(() => sql.close({ timeout: 0 }));
  const nodes = new Map<string, ClusterNode>();
  for (const each of [...nodeNames, "d"]) {
    const host = network.addressOf(each);
    const place = { host, port: nodePort, command: network.on(each), databaseUrl };
    const environment = () => ({
      ...everyWire(upstream),
      REIN_HOSTS: network.addressOf("front"),
      BUN_CONFIG_MAX_HTTP_REQUESTS: "65535",
    });
    nodes.set(each, failed.use(makeNode(each, place, environment)));
  }
  const node = (each: string) => nodes.get(each)!;
  for (const each of nodeNames) await node(each).start();
  const front = failed.use(
    await startFrontProxy(
      folder,
      network.on("front"),
      network.addressOf("front"),
      nodeNames.map((each) => ({ name: each, host: network.addressOf(each), port: nodePort })),
    ),
  );
  const stack = failed.move();
  return {
    network,
    front,
    upstream,
    postgres,
    databaseUrl,
    sql,
    node,
    async mend() {
      for (const each of machineNames) network.plug(each);
      if (!postgres.isRunning) await postgres.start();
      for (const each of nodeNames)
        if (node(each).isRunning) node(each).resume();
        else await node(each).start();
      await untilAsync(() => haveLocks(sql), "every node holds its lock");
    },
    async stopEverything() {
      for (const each of nodeNames) await node(each).rein.sdk.stopEverything(never);
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

async function haveLocks(sql: Bun.SQL): Promise<boolean> {
  const held = await Promise.all(nodeNames.map((each) => isLockHeld(sql, each)));
  return !held.includes(false);
}
