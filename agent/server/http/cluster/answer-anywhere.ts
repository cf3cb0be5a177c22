/** What any node may have: an approval, a file, the answer to a sign-in, a run that is still to come. The first that has it answers. */
import type { Context, Next } from "hono";
import type { NodeAnswer } from "../../cluster/node-calls";
import { nodeHeader } from "../../../shared/protocol";
import type { Services } from "../services";
import { firstOf } from "./ask-others";
import type { ClusterServices } from "./cluster-services";
import { passAnswer, requestOf, unreachedError } from "./forward-to";
import { isStopAnswer, objectIn } from "./json-in";

/** A file may be long on its way; that a node has none is said at once. */
const othersMs = 20_000;

/** This node first; when it has none, all others at once. */
export async function answerAnywhere(
  c: Context,
  services: Services,
  cluster: ClusterServices,
  name: string,
  next: Next,
): Promise<Response | void> {
  const request = await requestOf(c, name);
  await next();
  if (c.get("hop") !== undefined || !isUnknown(c.res.status, name)) return;
  const isIt = ({ status }: NodeAnswer) => !isUnknown(status, name);
  const asked = { ...request, withinMs: othersMs };
  const { first, unreached, closing } = await firstOf(cluster, asked, isIt, c.req.raw.signal);
  if (first !== undefined) return replace(c, passAnswer(c, services, first, closing));
  const [missing] = unreached;
  // It may be there: "no longer pending" would say too much.
  if (missing !== undefined && name === "POST /api/approvals/:id")
    throw unreachedError(missing, false);
}

/** A session that no node knows: its first message, or its uploads, may be on their way to any. */
export async function stopAnywhere(
  c: Context,
  services: Services,
  cluster: ClusterServices,
  next: Next,
): Promise<void> {
  const request = await requestOf(c, "POST /api/sessions/:id/stop");
  await next();
  if (c.res.status !== 404) return;
  const isIt = (answer: NodeAnswer) => isStopAnswer(objectIn(answer));
  const { first, unreached, closing } = await firstOf(cluster, request, isIt, c.req.raw.signal);
  if (first !== undefined) return replace(c, passAnswer(c, services, first, closing));
  const isUnsure = cluster.database.state.name !== "joined";
  const missing =
    unreached.find(({ kind }) => kind === "unclear") ?? (isUnsure ? unreached[0] : undefined);
  if (missing !== undefined) throw unreachedError(missing, true);
}

function isUnknown(status: number, name: string): boolean {
  return status === 404 || (name === "GET /api/mcp/callback" && status === 400);
}

/** Without the headers of the answer that it takes the place of. */
function replace(c: Context, answer: Response): void {
  c.res = undefined;
  c.res = answer;
  if (!answer.headers.has(nodeHeader)) c.res.headers.delete(nodeHeader);
}
