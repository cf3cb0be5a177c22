/** Makes this server a node: joins the database that all nodes share, takes over what others have settled, and settles the dead. */
import type { Unshared } from "../../shared/protocol";
import type { RunNames } from "../run/recovery";
import type { RunParts } from "../run/run-types";
import type { Runs } from "../run/runs";
import type { SessionRegistry } from "../session/session-registry";
import type { Store } from "../store/store";
import type { ClusterConfig, SharedDatabase } from "./cluster-types";
import { placeOf } from "./connect-postgres";
import { holdRuns } from "./hold-runs";
import { openCluster } from "./open-cluster";
import { type NodeEntries, openEntries } from "./open-entries";
import { NodeFile } from "./node-file";
import { OwnSessions, type Snapshots } from "./own-sessions";
import { settleDead } from "./settle-dead";
import { takeBackProcesses } from "./take-back-processes";
import { takeOverSettled } from "./take-over";

interface JoinParts {
  config: ClusterConfig;
  version: string;
  dataDir: string;
  /** Of this process: new at each start. */
  boot: string;
  store: Store;
  sessions: SessionRegistry;
  runs: Runs;
  undo: Snapshots;
  engines: RunParts["engines"];
}

export interface Member {
  database: SharedDatabase;
  entries: NodeEntries;
  /** What others have settled of this node before it joined: its processes are still to be looked for. */
  settledByOthers: readonly RunNames[];
  /** Those that its disk lacks, and that come back from the shared database. */
  own: Pick<OwnSessions, "isLost" | "bring">;
  nodeFile: NodeFile;
  /** To be called once the runs of an earlier server are recovered: pauses runs, and settles the dead, until the signal aborts. */
  attend(signal: AbortSignal): void;
  /** A node does not answer: whether it is dead is looked at at once. */
  lookForDead(): void;
}

/** Rejects as `openCluster` does. */
export async function joinCluster(parts: JoinParts): Promise<Member> {
  const { config, version, boot, store, sessions, runs, engines, undo } = parts;
  const { node } = config;
  const own = new OwnSessions({ node, store, sessions, runs, engines, undo });
  const settledByOthers: RunNames[] = [];
  let look = () => {};
  const database = await openCluster({
    config,
    store,
    boot,
    version,
    takeOverSettled: async (sql) => {
      settledByOthers.push(
        ...(await takeOverSettled(sql, { node, sessions, runs, store, engines })),
      );
    },
    compareOwn: (sql, alive) => own.join(sql, alive),
    takeBackProcesses: (sql) => takeBackProcesses(sql, { node, sessions, store }),
  });
  return {
    database,
    own,
    nodeFile: new NodeFile(parts.dataDir, placeOf(config.databaseUrl)),
    entries: openEntries(database, parts.dataDir),
    settledByOthers: settledByOthers.splice(0),
    attend(signal) {
      const hold = (holds: boolean) => runs.hold("unshared", holds);
      const tell = (unshared: Unshared | undefined) => sessions.listViewers.tellUnshared(unshared);
      holdRuns({ database, hold, tell }, signal);
      look = settleDead({ own: config, database, engines }, signal);
      own.attend(database, signal);
    },
    lookForDead: () => look(),
  };
}
