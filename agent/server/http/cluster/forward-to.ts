/** Passes one request on to a node, and its answer back; where none comes, says what the shared database can say instead. */
import type { Context, Next } from "hono";
import type { NodeAnswer, NodeRequest, Unreached } from "../../cluster/node-calls";
import { bodyText, passedBody } from "../body";
import { checkSession } from "../check-role";
import { checkStreams } from "../event-stream";
import { undelivered } from "../http-error";
import type { Services } from "../services";
import { uiErrorFrames, uiStreamType } from "../ui-stream/ui-follow";
import type { ClusterServices } from "./cluster-services";
import { endedMeanwhile } from "./ended-meanwhile";
import { isRefusal, isStopAnswer, objectIn, wordsIn } from "./json-in";
import type { Named } from "./named-in";
import { answerHeaders, passedHeaders } from "./passed-headers";
import { passStream } from "./pass-stream";
import { bytesRoutes, isStop, readFromDatabase } from "./route-places";

/** A stop that has not settled by then is not acknowledged, and can be sent again. */
export const stopMs = 35_000;

const sessionStop = "POST /api/sessions/:id/stop";

interface Destination {
  node: string;
  /** The route. */
  name: string;
  named: Named;
}

/** `next`: the route of this node, for what the database can answer. Throws the HTTP error of what was not delivered. */
export async function forwardTo(
  c: Context,
  services: Services,
  cluster: ClusterServices,
  { node, name, named }: Destination,
  next: Next,
): Promise<Response | void> {
  if (isStreamed(name)) checkStreams(c, services);
  const closing = new AbortController();
  const signal = AbortSignal.any([c.req.raw.signal, closing.signal]);
  const request = await requestOf(c, name);
  if (bytesRoutes.has(name)) request.body = passedBody(c, (refusal) => closing.abort(refusal));
  const called = await cluster.calls.call(node, request, signal);
  const unreached = "answer" in called ? noStop(name, called.answer) : called.unreached;
  if ("answer" in called && unreached === undefined)
    return passAnswer(c, services, called.answer, closing);
  closing.abort();
  return withoutNode(c, cluster, { name, named, unreached: unreached! }, next);
}

/** Why this is no answer of a stop, for a route that is one: what refuses it passes in the node's own words. */
function noStop(name: string, answer: NodeAnswer): Unreached | undefined {
  if (!isStop(name)) return undefined;
  const isAnswered = name === sessionStop ? isStopAnswer(objectIn(answer)) : objectIn(answer);
  if (isAnswered || isRefusal(answer)) return undefined;
  return { node: answer.node, kind: "unclear", reason: wordsIn(answer) };
}

/** The same request, for another node, without a body of bytes. JSON is read whole before: it can be sent to many. */
export async function requestOf(c: Context, name: string): Promise<NodeRequest> {
  const { search, pathname } = new URL(c.req.url);
  const query = new URLSearchParams(search);
  query.delete("node");
  const path = query.size > 0 ? `${pathname}?${query}` : pathname;
  const { method } = c.req;
  const headers = passedHeaders(c);
  const request: NodeRequest = { method, path, headers };
  if (isStop(name)) request.withinMs = stopMs;
  if (method === "GET" || method === "HEAD") return request;
  if (!bytesRoutes.has(name)) return { ...request, body: await bodyText(c) };
  const length = c.req.header("content-length");
  if (length !== undefined) headers["content-length"] = length;
  return request;
}

/** What comes piece by piece ends with the client, with its sign-in, and with the node. */
export function passAnswer(
  c: Context,
  services: Pick<Services, "streams" | "cluster">,
  { node, status, headers, body }: NodeAnswer,
  closing: AbortController,
): Response {
  const passed = answerHeaders(headers);
  if (body === null || typeof body === "string")
    return new Response(status === 204 ? null : body, { status, headers: passed });
  const type = headers.get("content-type") ?? "";
  const isEvents = type.startsWith("text/event-stream");
  const close = () => closing.abort(new Error("The stream was closed"));
  const release = isEvents ? services.streams.add(c.get("credentialId"), close) : undefined;
  const unwatch = services.cluster?.calls.watch(node, close);
  const onClosed = () => {
    release?.();
    unwatch?.();
  };
  const lastWords = type.startsWith(uiStreamType) ? uiErrorFrames(brokenOffWords(node)) : undefined;
  return new Response(passStream(body, onClosed, lastWords), { status, headers: passed });
}

/** Also where the sign-in has ended: then nothing more is passed on either. */
function brokenOffWords(node: string): string {
  return `The connection to “${node}” ended before the run did: what runs there may go on.`;
}

/** The node did not answer. */
async function withoutNode(
  c: Context,
  cluster: ClusterServices,
  { name, named, unreached }: { name: string; named: Named; unreached: Unreached },
  next: Next,
): Promise<Response | void> {
  const { sessionId } = named;
  const { signal } = c.req.raw;
  if (sessionId !== undefined && readFromDatabase.has(name)) {
    const session = await cluster.database.reader
      .session(sessionId, AbortSignal.any([signal, AbortSignal.timeout(readMs)]))
      .catch(() => undefined);
    if (session !== undefined && session.deletedAt === undefined) {
      c.set("sharedSession", session);
      return next();
    }
  }
  const isDeletion = sessionId !== undefined && name === "DELETE /api/sessions/:id";
  if (isDeletion && (await deleteLeft(c, cluster, sessionId))) return c.json({ deleted: true });
  if (sessionId !== undefined && name === sessionStop) {
    const asked = stopOf(await bodyText(c));
    const ended = asked && (await endedMeanwhile(cluster, sessionId, asked, unreached, signal));
    if (ended && "answer" in ended) return c.json(ended.answer);
    if (ended) throw unseenError(unreached);
  }
  throw unreachedError(unreached, isStop(name));
}

/** Of a node that was removed from the cluster. */
async function deleteLeft(c: Context, cluster: ClusterServices, id: string): Promise<boolean> {
  const { database, remote } = cluster;
  const summary = remote.get(id);
  if (summary === undefined || database.state.name !== "joined") return false;
  checkSession(c, summary);
  return cluster.removeSession(id, c.req.raw.signal);
}

/** What the shared database has not read by then is said to be unknown. */
export const readMs = 5000;

export function unreachedError({ node, kind, reason }: Unreached, isOfStop: boolean) {
  const what = isOfStop
    ? `The stop was not acknowledged by “${node}”, so what runs there may go on.`
    : kind === "unclear"
      ? `“${node}” has not answered, so it is not known whether this was done.`
      : `“${node}” was not reached, so nothing was done.`;
  return undelivered(node, `${what} ${reason} Try again.`);
}

/** Others have settled what was to be stopped, and it may only have been frozen. */
export function unseenError({ node, reason }: Unreached) {
  return undelivered(
    node,
    `The stop was not acknowledged by “${node}”: ${reason} The others have written its runs down as ended, but its processes were not seen to end: “${node}” ends them when it wakes up. Try again.`,
  );
}

function stopOf(text: string): { runId?: string } | undefined {
  try {
    const { runId } = JSON.parse(text === "" ? "{}" : text) as { runId?: unknown };
    return typeof runId === "string" ? { runId } : {};
  } catch {
    return undefined;
  }
}

function isStreamed(name: string): boolean {
  return ["POST /api/chat", "GET /api/chat/:id/stream", "GET /api/sessions/:id/events"].includes(
    name,
  );
}
