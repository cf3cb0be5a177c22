/**
 * Whether a node that has lost its lock lives: it is asked itself, as it may only have lost the database. Only its own proven
 * word counts: what has its address by now would keep the runs that it left as running, and itself from being removed.
 */
import type { ClusterConfig, NodeRow } from "./cluster-types";
import { NodeCalls } from "./node-calls";

/** refused: no process of it listens. silent: nothing came in time, or nothing that says whether it lives. */
export type Health = "lives" | "refused" | "silent";

const request = { method: "GET", path: "/api/health", withinMs: 1000 };

/**
 * `own`: who asks. Never rejects; an abort counts as silence. A node that was started anew lives too: it settles by itself
 * what its last process left.
 */
export async function askHealth(
  own: Pick<ClusterConfig, "node" | "key">,
  { id, address }: Pick<NodeRow, "id" | "address">,
  signal: AbortSignal,
): Promise<Health> {
  const node = { id, address, boot: "", epoch: 0, version: "" };
  const directory = { known: async () => node, find: () => node, isRead: true };
  try {
    const called = await new NodeCalls({ own, directory }).call(id, request, signal);
    // Whatever it says: a node whose disk does not answer says that it is not well, and its runs go on.
    if ("answer" in called) return "lives";
    return called.unreached.kind === "down" ? "refused" : "silent";
  } catch {
    return "silent"; // aborted
  }
}
