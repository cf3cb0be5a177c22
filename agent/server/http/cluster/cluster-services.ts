/** What the routes of a node have of its cluster. Without one there is none of it. */
import type { ClusterAnswer } from "../../../shared/protocol";
import type { SharedDatabase } from "../../cluster/cluster-types";
import type { Removal } from "../../cluster/remove-node";
import type { RunParts } from "../../run/run-types";
import type { NodeCalls } from "../../cluster/node-calls";
import type { NodeDirectory } from "../../cluster/node-directory";
import type { Relays } from "../../cluster/relays";
import type { RemoteSessions } from "../../cluster/remote-sessions";
import type { SessionPlaces } from "../../cluster/session-places";

export interface ClusterServices {
  /** The name of this node. */
  node: string;
  database: Pick<SharedDatabase, "node" | "state" | "reader" | "write" | "claim">;
  directory: Pick<NodeDirectory, "current" | "others" | "known" | "isRead">;
  calls: Pick<NodeCalls, "call" | "watch">;
  remote: Pick<RemoteSessions, "all" | "get" | "catchUp">;
  places: Pick<SessionPlaces, "ownerOf" | "knownOwner" | "bring">;
  /** How all nodes are, as this one sees them. */
  look(signal: AbortSignal): Promise<ClusterAnswer>;
  /** Takes a node that is gone for good out of it. Throws `undelivered` while the database is gone. */
  remove(name: string, engines: RunParts["engines"], signal: AbortSignal): Promise<Removal>;
  /** Deletes a session that such a node has left. False where its node is still there, or there is no such session. */
  removeSession(id: string, signal: AbortSignal): Promise<boolean>;
  /** Streams of sessions of other nodes. */
  relays: Pick<Relays, "follow">;
}
