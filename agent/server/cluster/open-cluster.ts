/** Makes this server a node: joins the database that all nodes share, and copies what happens here into it. */
import type { SQL } from "bun";
import { log } from "../log";
import type { Joined } from "../store/shared-rows";
import type { Store } from "../store/store";
import type { ClusterConfig, Notice, SharedDatabase } from "./cluster-types";
import { placeOf } from "./connect-postgres";
import { Listener } from "./listener";
import { takeLockMeanwhile } from "./node-lock";
import { SessionClaims } from "./session-claims";
import { RefusedError } from "./shared-schema";
import { type Joining, SharedConnection } from "./shared-connection";
import { PooledReader } from "./shared-reader";
import { SharedWriter } from "./shared-writer";

export interface ClusterParts {
  config: ClusterConfig;
  store: Store;
  /** Of this process: new at each start. */
  boot: string;
  version: string;
  /** Called with the lock held and before anything is copied: others may have settled what this node left. */
  takeOverSettled: (sql: SQL) => Promise<void>;
  /** As that, and after it, where this node's file may be another than the database knows. */
  compareOwn: (sql: SQL, alive: () => void) => Promise<void>;
  /** As that, and after it. */
  takeBackProcesses: (sql: SQL) => Promise<void>;
}

/**
 * Rejects with an Error that says what to change; but once this node has joined that database before, it resolves without
 * it, and joins when it is there: everything of this node is on its own disk.
 */
export async function openCluster(parts: ClusterParts): Promise<SharedDatabase> {
  const { config, store, boot, version } = parts;
  let isFirst = true;
  let identity = "";
  const onJoining = async (joining: Joining) => {
    const isAnother = await prepare(parts, joining);
    await writer.attemptRefused(joining.sql);
    identity = joining.identity;
    const mayDiffer = isFirst || isAnother || joining.isNew;
    if (mayDiffer) await parts.compareOwn(joining.sql, joining.alive);
    await parts.takeBackProcesses(joining.sql);
    if (mayDiffer) writer.copyMarked();
    isFirst = false;
  };
  const connection = new SharedConnection({ config, boot, version, onJoining });
  const writer = new SharedWriter(store.shared, connection, config.node);
  const reader = new PooledReader(config);
  const listener = new Listener(config);
  const claims = new SessionClaims({
    own: config,
    connection,
    shared: (id) => store.shared.shared(id),
    has: (id) => store.has(id),
  });
  connection.onState(({ name }) => {
    if (name === "gone") return listener.close();
    reader.renew();
    listener.open();
  });
  store.shared.share(writer);
  try {
    await connection.join();
  } catch (error) {
    if (error instanceof RefusedError || !isKnown(config, store.shared.joined)) {
      await Promise.all([connection.close(), reader.close()]);
      throw error;
    }
    log.warn((error as Error).message);
    connection.keepTrying();
  }
  return {
    node: config.node,
    boot,
    get state() {
      return connection.state;
    },
    get identity() {
      return identity;
    },
    get epoch() {
      return connection.epoch;
    },
    onState: (one) => connection.onState(one),
    onNotice: (one) => listener.onNotice(one),
    notify: (notice: Notice) => writer.notify(notice),
    write: (work, signal) => connection.write(work, signal),
    claim: (id, signal) => claims.claim(id, signal),
    set onForeign(listener: SharedDatabase["onForeign"]) {
      writer.onForeign = listener;
    },
    get onForeign() {
      return writer.onForeign;
    },
    reader,
    close: async () => {
      await writer.close();
      listener.close();
      await Promise.all([connection.close(), reader.close()]);
    },
  };
}

function isKnown({ node, databaseUrl }: ClusterConfig, joined: Joined | undefined): boolean {
  return joined?.node === node && joined.place === placeOf(databaseUrl);
}

/**
 * What another node has settled takes the place of what is here. Resolves with whether it is another database than the last
 * time: then everything is marked.
 */
async function prepare(parts: ClusterParts, { sql, epoch, identity }: Joining): Promise<boolean> {
  const { config, store } = parts;
  const { shared } = store;
  const before = shared.joined;
  if (before !== undefined && before.node !== config.node) await takeOver(sql, before.node, config);
  await parts.takeOverSettled(sql);
  const joined = { node: config.node, place: placeOf(config.databaseUrl), identity, epoch };
  const isSame = before?.identity === identity && before.node === config.node;
  if (isSame && before.epoch === epoch && before.place === joined.place) return false;
  shared.setJoined(joined, !isSame);
  return !isSame;
}

/** The same data directory under another name: what the node had by its old name is now its own by the new one. */
async function takeOver(sql: SQL, old: string, { node }: ClusterConfig): Promise<void> {
  await sql.begin(async (transaction) => {
    if (!(await takeLockMeanwhile(transaction, old)))
      throw new RefusedError(
        `This data directory is that of node “${old}”, which runs. Give this Rein a data directory of its own with REIN_DATA_DIR, or end the other one.`,
      );
    await transaction`UPDATE sessions SET node = ${node} WHERE node = ${old}`;
    await transaction`UPDATE runs SET node = ${node} WHERE node = ${old}`;
    await transaction`DELETE FROM nodes WHERE id = ${old}`;
  });
  log.info({ old, node }, "The sessions of this node's old name are its own again");
}
