/**
 * Whether a node that has lost its lock lives: it is asked itself, as it may only have lost the database. Its own proven word
 * counts; what has its address by now would keep itself from being removed.
 */
import type { ClusterConfig, NodeRow } from "./cluster-types";
import { NodeCalls } from "./node-calls";
import { readShort } from "./read-short";

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

const mostBytes = 100_000;

/**
 * Whether what answers there says, without a proof, that it is the very process that has joined: as a node does that has another
 * key, or is from before the proofs. Never rejects.
 */
export async function claimsToLive(
  { id, address, boot }: Pick<NodeRow, "id" | "address" | "boot">,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    const answer = await fetch(new URL(request.path, address), {
      // A node answers strangers under the names of REIN_HOSTS alone, and under this one.
      headers: { Host: "localhost" },
      signal: AbortSignal.any([signal, AbortSignal.timeout(request.withinMs)]),
      redirect: "error",
      keepalive: false,
    });
    const text = await readShort(answer.body, mostBytes);
    if (typeof text !== "string") {
      await text.cancel();
      return false;
    }
    const { cluster } = JSON.parse(text) as { cluster?: { node?: unknown; boot?: unknown } };
    return cluster?.node === id && cluster.boot === boot;
  } catch {
    return false; // it does not answer, or answers something else
  }
}
