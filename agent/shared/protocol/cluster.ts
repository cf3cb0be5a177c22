/** The machines that work together as one Rein: `GET /api/cluster`, and what answers and errors say of them. */
import type { Sentence } from "./sentence";

/** here: it has answered this. away: it does not answer the one that has. */
export const nodeStates = ["here", "alive", "away"] as const;

export type NodeState = (typeof nodeStates)[number];

export interface ClusterNode {
  /** As it calls itself: unique, and the same after a restart. */
  name: string;
  /** Where the other nodes reach it; not always where people do. */
  address: string;
  /** Of Rein. */
  version: string;
  state: NodeState;
  /** Since when it is away, in milliseconds since the epoch. */
  since?: number;
  /** Why it counts as away, for people. */
  reason?: string;
  /** The same, to be translated. */
  said?: Sentence;
  /** Its sessions that are not in the archive. */
  sessions: number;
  /** Those of them that are at work. */
  running: number;
}

/** Of the database that all nodes share. `gone`: what happens is on each machine's own disk alone. */
export interface SharedDatabaseState {
  state: "joined" | "gone";
  since?: number;
  reason?: string;
  said?: Sentence;
}

/** Of a server that is no node of a cluster, only `nodes`, and empty. */
export interface ClusterAnswer {
  /** The name of the node that answers. */
  node?: string;
  /** By their names; the one that answers is among them. */
  nodes: ClusterNode[];
  database?: SharedDatabaseState;
}

/** Of a node that was removed from the cluster. */
export interface RemovedNode {
  /** Its name. */
  removed: string;
  /** Its sessions, which stay readable. */
  sessions: number;
  /** Those of which a run was settled now. */
  settled: number;
}

/** A node that a stop of everything has not reached: what runs there goes on. */
export interface UnreachedNode {
  node: string;
  /** In a sentence for people. */
  reason: string;
}

/** In every answer of a node: the one that has answered. In a request that names no session: the one that shall. */
export const nodeHeader = "X-Rein-Node";

/** In each request that a node passes on to another one: its name. It is believed only with the key of the cluster. */
export const hopHeader = "X-Rein-Hop";

/** In each request from node to node, and in its answer: the proof that the sender has the key of the cluster. */
export const proofHeader = "X-Rein-Proof";

/** In a request that a node passes on: the address under which the client has reached the first node. */
export const originHeader = "X-Rein-Origin";

/** In the same: who asks the first node, which has checked it. */
export const askerHeader = "X-Rein-User";
