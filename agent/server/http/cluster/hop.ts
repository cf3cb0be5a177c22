/** A request that another node passes on: believed only with the key of the cluster, and only where it is meant for this node. */
import type { Context } from "hono";
import { z } from "zod";
import {
  type Asker,
  hopHeader,
  nodeHeader,
  serverRoles,
  wireHeader,
  wireVersion,
} from "../../../shared/protocol";
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

/** Who asks the first node, which has checked it: believed together with the key of the cluster alone. */
export const askerHeader = "X-Rein-User";

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
  c.set("asker", askerIn(c.req.header(askerHeader)));
}

/** For `askerHeader`. */
export function askerText(asker: Asker): string {
  return encodeURIComponent(JSON.stringify(asker));
}

/** What asks for nobody is the node itself. Throws the refusal of what no node sends. */
function askerIn(text: string | undefined): Asker {
  if (text === undefined) return { role: "admin" };
  try {
    return asker.parse(JSON.parse(decodeURIComponent(text)));
  } catch {
    throw httpError(400, "user", `${askerHeader} does not say who asks.`);
  }
}

const asker = z.strictObject({ name: z.string().min(1).optional(), role: z.enum(serverRoles) });
