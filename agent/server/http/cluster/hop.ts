/** A request that another node passes on: believed only with proof of the cluster's key, and only where it is meant for this node. */
import type { Context, MiddlewareHandler } from "hono";
import { z } from "zod";
import {
  type Asker,
  askerHeader,
  hopHeader,
  nodeHeader,
  proofHeader,
  serverRoles,
  wireHeader,
  wireVersion,
} from "../../../shared/protocol";
import { isSame } from "../../access/secrets";
import type { ClusterConfig } from "../../cluster/cluster-types";
import { digestOf, NodeProof, type RequestProof, uncovered } from "../../cluster/node-proof";
import { heldBody } from "../../cluster/read-short";
import { ReceivedProofs } from "../../cluster/received-proofs";
import { bodyText } from "../body";
import { httpError, undelivered } from "../http-error";
import type { ClusterAccess } from "../who-asks";
import { bytesRoutes, isStop } from "./route-places";

declare module "hono" {
  interface ContextVariableMap {
    /** What that node has proven the key with: the answer proves it, too. */
    proof?: string;
  }
}

interface Node {
  node: string;
  /** See `refuseOlder`. */
  key: string;
  proof: NodeProof;
  received: ReceivedProofs;
}

/** How a node lets others in. `received`: by its clock. Nothing of this file is loaded by a server that works alone. */
export function clusterAccess(
  { node, key }: Pick<ClusterConfig, "node" | "key">,
  received = new ReceivedProofs(),
): ClusterAccess {
  const own = { node, key, proof: new NodeProof(key), received };
  return { accept: (c) => acceptHop(c, own), answer: nameNode(own) };
}

/** As `ClusterAccess.answer`. */
function nameNode({ node, proof, received }: Node): MiddlewareHandler {
  return async (c, next) => {
    await next();
    if (!c.res.headers.has(nodeHeader)) c.res.headers.set(nodeHeader, node);
    const asked = c.get("proof");
    if (asked === undefined) return;
    const { status, headers } = c.res;
    const sent = c.req.method === "HEAD" ? null : c.res.body;
    const body = await heldBody(headers, sent);
    const proven = proof.ofAnswer(asked, { node, status, body }, received.now);
    headers.set(proofHeader, proven);
    if (sent === null || body === sent) return;
    c.res = undefined;
    c.res = new Response(body, { status, headers });
  };
}

/** As `ClusterAccess.accept`. */
async function acceptHop(c: Context, cluster: Node): Promise<boolean> {
  const { method, url, headers } = c.req.raw;
  const proof = cluster.proof.read({ method, url, headers });
  const taken = proof && cluster.received.take(proof);
  if (proof === undefined) refuseOlder(c, cluster);
  if (proof === undefined || taken === "seen") return false;
  // Only the other node knows from here on what it is told; what was seen before may have been done.
  c.set("proof", c.req.header(proofHeader));
  if (taken === "stale") throw httpError(401, "token", "The proof of the key is of another time.");
  if (!(await isAsSent(c, proof)))
    throw httpError(400, "json", "The body was changed on its way from the other node.");
  checkMeant(c, cluster);
  c.set("hop", c.req.header(hopHeader));
  c.set("asker", askerIn(c.req.header(askerHeader)));
  return true;
}

/** Only a body that comes piece by piece is not covered. */
async function isAsSent(c: Context, { digest }: RequestProof): Promise<boolean> {
  if (bytesRoutes.has(`${c.req.method} ${c.req.path}`)) return digest === uncovered;
  const text = await bodyText(c);
  return digest === uncovered ? text === "" : digest === digestOf(text);
}

/** A node of before there were proofs sends the key itself. */
function refuseOlder(c: Context, { node, key }: Node): void {
  const [, sent = ""] = /^Bearer (\S+)$/i.exec(c.req.header("authorization") ?? "") ?? [];
  if (!isSame(sent, key)) return;
  throw undelivered(
    node,
    `“${c.req.header(hopHeader)}” runs a version of Rein that sends the key of the cluster, and “${node}” takes a proof of it: update “${c.req.header(hopHeader)}”. Ask “${node}” itself meanwhile.`,
  );
}

function checkMeant(c: Context, { node }: Node): void {
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
}

/** A request without a person comes from the node itself. Throws a refusal when the header is not as a node sends it. */
function askerIn(text: string | undefined): Asker {
  if (text === undefined) return { role: "admin" };
  try {
    return asker.parse(JSON.parse(decodeURIComponent(text)));
  } catch {
    throw httpError(400, "user", `${askerHeader} does not say who asks.`);
  }
}

const asker = z.strictObject({ name: z.string().min(1).optional(), role: z.enum(serverRoles) });
