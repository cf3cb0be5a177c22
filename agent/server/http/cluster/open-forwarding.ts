/** What a node has of its cluster for the routes, made of the shared database. Loaded only where there is one. */
import type { ClusterConfig, SharedDatabase } from "../../cluster/cluster-types";
import { NodeCalls } from "../../cluster/node-calls";
import { NodeDirectory } from "../../cluster/node-directory";
import type { NodeFile } from "../../cluster/node-file";
import type { OwnSessions } from "../../cluster/own-sessions";
import { Relays } from "../../cluster/relays";
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
  const { listViewers } = sessions;
  sessions.node = node;
  const tellPages = () => listViewers.tell({ type: "cluster-changed" });
  const directory = new NodeDirectory(database, nodeFile, signal);
  const calls = new NodeCalls({ own: config, directory });
  const remote = new RemoteSessions(database, signal);
  const onReached = (isReached: boolean) => {
    if (!isReached) {
      lookForDead();
      remote.refresh();
    }
    tellPages();
  };
  const relays = new Relays({ database, calls, onReached });
  signal.addEventListener("abort", () => relays.close(), { once: true });
  showRows(remote, { relays, listViewers, push });
  announce(database);
  watchMembers({ database, directory, tellPages });
  const isHere = (id: string) => sessions.has(id) || runs.earlyStops.comingIn(id) !== undefined;
  const places = new SessionPlaces({ database, directory, remote, calls, isHere, own });
  const parts = { node, database, directory, calls, remote, relays };
  const ownLook = createLook(parts, { address, version, sessions: () => sessions.list() });
  const onChange = () => {
    remote.refresh();
    tellPages();
  };
  const isWatched = () => listViewers.isWatched;
  const look = watchNodes({ own: config, look: ownLook, isWatched, onChange }, signal);
  return { ...parts, places, look, ...removals(config, database, remote) };
}

/** Rows of other nodes' sessions are shown here as they change. */
function showRows(
  remote: RemoteSessions,
  {
    relays,
    listViewers,
    push,
  }: Pick<Parts, "push"> & { relays: Relays; listViewers: Parts["sessions"]["listViewers"] },
): void {
  remote.onChanged = (summary, before) => {
    relays.noteRow(summary);
    for (const { name } of before?.people ?? []) listViewers.hideFrom(summary, name);
    push.sessionChanged(summary);
    if (summary.deletedAt === undefined)
      listViewers.tell({ type: "session-changed", summary }, summary);
    else listViewers.tell({ type: "session-removed", id: summary.id });
  };
  remote.onRemoved = (id) => listViewers.tell({ type: "session-removed", id });
}

/** The others read where this node is now, whenever it joins. */
function announce(database: SharedDatabase): void {
  const tell = () => database.notify({ type: "node", id: database.node });
  database.onState(({ name }) => name === "joined" && tell());
  tell();
}

/** Pages are told when a node joins, changes or is settled, and when the database goes or comes back. */
function watchMembers({
  database,
  directory,
  tellPages,
}: {
  database: SharedDatabase;
  directory: NodeDirectory;
  tellPages: () => void;
}): void {
  directory.onChange(() => {
    for (const other of directory.others) {
      const url = URL.parse(other.address);
      if (url !== null) bypassProxyFor(url.host);
    }
    tellPages();
  });
  database.onState(tellPages);
  database.onNotice((notice) => {
    if (notice?.type === "settled") tellPages();
  });
}

function removals(
  own: ClusterConfig,
  database: SharedDatabase,
  remote: RemoteSessions,
): Pick<ClusterServices, "remove" | "removeSession"> {
  return {
    remove(name, engines, signal) {
      const { state } = database;
      if (state.name === "gone")
        throw undelivered(
          name,
          `The database that all nodes share does not answer. ${state.reason}`,
        );
      return removeNode({ own, database, engines }, name, signal);
    },
    async removeSession(id, signal) {
      const isRemoved = await removeLeftSession(database, id, signal);
      if (isRemoved) remote.remove(id);
      return isRemoved;
    },
  };
}
