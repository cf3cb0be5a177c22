/** A request that another node passes on: believed only with the key of the cluster, and only where it is meant for this node. */
import type { Context } from "hono";
import { hopHeader, nodeHeader, wireHeader, wireVersion } from "../../../shared/protocol";
import { httpError, undelivered } from "../http-error";
import { isStop } from "./route-places";

declare module "hono" {
  interface ContextVariableMap {
    /** The node that has passed the request on; absent where a client has sent it. */
    hop?: string;
  }
}

/** The address under which the client has reached the first node. */
export const originHeader = "X-Rein-Origin";

export interface ClusterAccess {
  node: string;
  key: string;
}

/** After its key was checked: refuses what did not mean this node, or may be misread, and notes who asks. */
export function acceptHop(c: Context, { node }: ClusterAccess): void {
  const from = c.req.header(hopHeader) ?? "";
  if (c.req.header("origin") !== undefined || c.req.header("sec-fetch-site") !== undefined)
    throw httpError(403, "origin", "A page cannot speak as a node of the cluster.");
  const meant = c.req.header(nodeHeader);
  if (from === node || from.includes(","))
    throw undelivered(
      node,
      `The address of “${meant ?? node}” leads back to “${from}”: a request is passed on once. Check REIN_NODE_ADDRESS of each node.`,
    );
  if (meant !== undefined && meant !== node)
    throw undelivered(
      meant,
      `This is node “${node}”, and “${meant}” was meant: REIN_NODE_ADDRESS of “${meant}” is wrong.`,
    );
  const wire = c.req.header(wireHeader);
  const isHealth = c.req.path === "/api/health";
  if (wire !== String(wireVersion) && !isHealth && !isStop(`${c.req.method} ${c.req.path}`))
    throw undelivered(
      node,
      `“${from}” and “${node}” run versions of Rein that do not understand each other: update the older one. Stops work meanwhile.`,
    );
  c.set("hop", from);
}
