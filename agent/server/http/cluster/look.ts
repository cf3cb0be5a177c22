/** How the nodes of the cluster are, as this one sees them. */
import { defined } from "../../../shared/defined";
import type { ClusterAnswer, ClusterNode, SessionSummary } from "../../../shared/protocol";
import type { NodeRow } from "../../cluster/cluster-types";
import type { Unreached } from "../../cluster/node-calls";
import { askOthers } from "./ask-others";
import type { ClusterServices } from "./cluster-services";

/** A page that shows it waits no longer for a node that is silent. */
const healthMs = 2000;

type Parts = Pick<ClusterServices, "node" | "database" | "directory" | "calls" | "remote">;

interface Own {
  address: string;
  version: string;
  /** Of this node. */
  sessions: () => SessionSummary[];
}

/** What is returned resolves with the state of all nodes; it rejects only with the signal's reason. */
export function createLook(cluster: Parts, own: Own): ClusterServices["look"] {
  /** When a node was first found to be away. */
  const awaySince = new Map<string, number>();

  return async (signal) => {
    const request = { method: "GET", path: "/api/health", withinMs: healthMs };
    const asked = await askOthers(cluster, request, signal);
    const unreached = new Map(
      asked.flatMap((one) => ("unreached" in one ? [[one.node, one.unreached]] : [])),
    );
    const rows = Map.groupBy(cluster.remote.all, ({ node }) => node);
    const others = cluster.directory.others.map((row) =>
      asSeen(row, rows.get(row.id) ?? [], unreached.get(row.id)),
    );
    const here: ClusterNode = {
      name: cluster.node,
      address: own.address,
      version: own.version,
      state: "here",
      ...countsOf(own.sessions()),
    };
    const nodes = [...others, here].toSorted((a, b) => (a.name < b.name ? -1 : 1));
    return { node: cluster.node, nodes, database: databaseOf(cluster) };
  };

  function asSeen(
    { id, address, version }: NodeRow,
    sessions: readonly SessionSummary[],
    unreached: Unreached | undefined,
  ): ClusterNode {
    const counts = countsOf(sessions);
    const facts = { name: id, address, version };
    if (unreached === undefined) {
      awaySince.delete(id);
      return { ...facts, state: "alive", ...counts };
    }
    const since = awaySince.get(id) ?? Date.now();
    awaySince.set(id, since);
    const { reason, said } = unreached;
    return { ...facts, state: "away", since, reason, ...defined({ said }), ...counts };
  }
}

function databaseOf({ database: { state } }: Parts): ClusterAnswer["database"] {
  if (state.name === "joined") return { state: "joined" };
  const { since, reason, said } = state;
  return { state: "gone", since, reason, ...defined({ said }) };
}

function countsOf(all: readonly SessionSummary[]) {
  const shown = all.filter((one) => one.archivedAt === undefined && one.deletedAt === undefined);
  return { sessions: shown.length, running: shown.filter(({ state }) => state !== "idle").length };
}
