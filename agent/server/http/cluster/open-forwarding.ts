/** What a node has of its cluster for the routes, made of the shared database. Loaded only where there is one. */
import type { ClusterConfig, SharedDatabase } from "../../cluster/cluster-types";
import { NodeCalls } from "../../cluster/node-calls";
import type { OwnSessions } from "../../cluster/own-sessions";
import { NodeDirectory } from "../../cluster/node-directory";
import { Relays } from "../../cluster/relays";
import type { NodeFile } from "../../cluster/node-file";
import { removeLeftSession, removeNode } from "../../cluster/remove-node";
import { RemoteSessions } from "../../cluster/remote-sessions";
import { SessionPlaces } from "../../cluster/session-places";
import { bypassProxyFor } from "../../config/proxy";
import { undelivered } from "../http-error";
import type { Services } from "../services";
import type { ClusterServices } from "./cluster-services";
import { createLook } from "./look";
import { watchNodes } from "./watch-nodes";

interface Member {
  config: ClusterConfig;
  database: SharedDatabase;
  own: Pick<OwnSessions, "isLost" | "bring">;
  nodeFile: NodeFile;
  /** See `Member` of join-cluster. */
  lookForDead: () => void;
}

type Parts = Pick<Services, "sessions" | "runs" | "push" | "version">;

/** Ends with the signal. */
export function openForwarding(
  { config, database, own, nodeFile, lookForDead }: Member,
  { sessions, runs, push, version }: Parts,
  signal: AbortSignal,
): ClusterServices {
  const { node, address } = config;
  sessions.node = node;
  const directory = new NodeDirectory(database, nodeFile, signal);
  const calls = new NodeCalls({ own: config, directory });
  const remote = new RemoteSessions(database, signal);
  remote.onChanged = (summary, before) => {
    relays.noteRow(summary);
    for (const { name } of before?.people ?? []) sessions.listViewers.hideFrom(summary, name);
    push.sessionChanged(summary);
    if (summary.deletedAt === undefined)
      sessions.listViewers.tell({ type: "session-changed", summary }, summary);
    else sessions.listViewers.tell({ type: "session-removed", id: summary.id });
  };
  remote.onRemoved = (id) => sessions.listViewers.tell({ type: "session-removed", id });
  // The others read where it is now.
  const announce = () => database.notify({ type: "node", id: node });
  database.onState(({ name }) => name === "joined" && announce());
  announce();
  directory.onChange(() => {
    for (const other of directory.others) {
      const url = URL.parse(other.address);
      if (url !== null) bypassProxyFor(url.host);
    }
    sessions.listViewers.tell({ type: "cluster-changed" });
  });
  database.onState(() => sessions.listViewers.tell({ type: "cluster-changed" }));
  database.onNotice((notice) => {
    if (notice?.type === "settled") sessions.listViewers.tell({ type: "cluster-changed" });
  });
  const isHere = (id: string) => sessions.has(id) || runs.earlyStops.comingIn(id) !== undefined;
  const places = new SessionPlaces({ database, directory, remote, calls, isHere, own });
  const onReached = (_node: string, isReached: boolean) => {
    if (!isReached) {
      lookForDead();
      remote.refresh();
    }
    sessions.listViewers.tell({ type: "cluster-changed" });
  };
  const relays = new Relays({ database, calls, onReached });
  signal.addEventListener("abort", () => relays.close(), { once: true });
  const parts = { node, database, directory, calls, remote, relays };
  const ownLook = createLook(parts, { address, version, sessions: () => sessions.list() });
  const onChange = () => {
    remote.refresh();
    sessions.listViewers.tell({ type: "cluster-changed" });
  };
  const look = watchNodes(
    { own: config, look: ownLook, isWatched: () => sessions.listViewers.isWatched, onChange },
    signal,
  );
  const remove: ClusterServices["remove"] = (name, engines, ending) => {
    if (database.state.name === "gone")
      throw undelivered(
        name,
        `The database that all nodes share does not answer. ${database.state.reason}`,
      );
    return removeNode({ own: config, database, engines }, name, ending);
  };
  const removeSession: ClusterServices["removeSession"] = async (id, ending) => {
    const isRemoved = await removeLeftSession(database, id, ending);
    if (isRemoved) remote.remove(id);
    return isRemoved;
  };
  return { ...parts, places, look, remove, removeSession };
}
