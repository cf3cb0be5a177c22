/** A stop of a run by its id alone, or of everything, on all nodes: each answers for itself, and who does not is named. */
import { defined } from "../../../shared/defined";
import type { SessionSummary, StopAnswer, UnreachedNode } from "../../../shared/protocol";
import type { NodeAnswer, NodeRequest, Unreached } from "../../cluster/node-calls";
import { askOthers, dropStream } from "./ask-others";
import type { ClusterServices } from "./cluster-services";
import { endedMeanwhile } from "./ended-meanwhile";
import { stopMs, unreachedError, unseenError } from "./forward-to";
import { isStopAnswer, objectIn, whyNot } from "./json-in";

/** The answer of `POST /api/stop`. */
export interface Stopped {
  answers: StopAnswer[];
  processes?: number;
  schedules?: number;
  uploads?: number;
  unreached?: UnreachedNode[];
}

type Headers = Record<string, string>;

/** `here`: of this node. `isAsked`: which of the others. Rejects only with what `here` does, and the signal's reason. */
export async function stopAllNodes(
  cluster: ClusterServices,
  {
    headers,
    body,
    isAsked,
  }: { headers: Headers; body: object; isAsked: (node: string) => boolean },
  here: Promise<Stopped>,
  signal: AbortSignal,
): Promise<Stopped> {
  const request = stopRequest(headers, body);
  const [own, others] = await Promise.all([here, askOthers(cluster, request, signal, isAsked)]);
  const all = [own];
  const unreached = unknownNodes(cluster);
  for (const one of others) {
    const answer = "answer" in one ? stoppedIn(one.answer) : undefined;
    if (answer !== undefined) all.push(answer);
    else unreached.push({ node: one.node, reason: whyNot(one) });
  }
  return {
    answers: all.flatMap(({ answers }) => answers),
    processes: sum(all.map(({ processes }) => processes)),
    ...defined({ schedules: some(all, "schedules"), uploads: some(all, "uploads") }),
    ...(unreached.length > 0 && { unreached }),
  };
}

interface NamedRun {
  headers: Headers;
  runId: string;
  isHere: boolean;
  /** Whether the one who asks may see a session. */
  maySee: (session: SessionSummary) => boolean;
}

/**
 * `isHere`: this node has had one of this id. `here`: stops it on this node, or keeps it from beginning here. The node that has
 * it answers; when none is known to, every node refuses it if it comes, and the answer names those that could not be told.
 * Throws `undelivered` when the node that has it does not answer.
 */
export async function stopRunAnywhere(
  cluster: ClusterServices,
  { headers, runId, isHere, maySee }: NamedRun,
  here: () => Promise<Stopped>,
  signal: AbortSignal,
): Promise<Stopped> {
  const all = await placesOfRun(cluster, runId, signal);
  // Who may not see a session learns nothing of it: its node refuses them, as any other does.
  const places = all.filter(({ sessionId }) => {
    const listed = cluster.remote.get(sessionId);
    return listed === undefined || maySee(listed);
  });
  const [place] = places;
  // Its id was chosen by a caller, and may be that of several: then all are asked.
  if (isHere && places.every(({ node }) => node === cluster.node)) return here();
  if (place !== undefined && places.length === 1 && !isHere && place.node !== cluster.node) {
    const stopped = await stopAt(cluster, { headers, runId, place }, signal);
    if (stopped.answers.some((one) => one.stopped)) return stopped;
    // It has ended there: one of the same id may have begun elsewhere a moment ago.
    return stopTwins(cluster, { headers, runId, except: place.node }, stopped, signal);
  }
  const request = stopRequest(headers, { runId });
  const [own, others] = await Promise.all([here(), askOthers(cluster, request, signal)]);
  const answered = others.flatMap((one) => ("answer" in one ? (stoppedIn(one.answer) ?? []) : []));
  const found = [own, ...answered].filter(({ answers }) => answers.some(({ stopped }) => stopped));
  if (found.length > 0) return { ...found[0], answers: found.flatMap(({ answers }) => answers) };
  const missing = others.filter((one) => !("answer" in one) || stoppedIn(one.answer) === undefined);
  const unreached = [
    ...unknownNodes(cluster),
    ...missing.map((one) => ({ node: one.node, reason: whyNot(one) })),
  ];
  return { ...own, ...(unreached.length > 0 && { unreached }) };
}

/** `ended`: the answer of the node that is known to have had it. Those that do not answer are not known to have one. */
async function stopTwins(
  cluster: ClusterServices,
  { headers, runId, except }: { headers: Headers; runId: string; except: string },
  ended: Stopped,
  signal: AbortSignal,
): Promise<Stopped> {
  const request = stopRequest(headers, { runId });
  const others = await askOthers(cluster, request, signal, (node) => node !== except);
  const answered = others.flatMap((one) => ("answer" in one ? (stoppedIn(one.answer) ?? []) : []));
  return answered.find(({ answers }) => answers.some(({ stopped }) => stopped)) ?? ended;
}

/** A node that has started while the database is gone may not know all others. */
function unknownNodes({ directory }: ClusterServices): UnreachedNode[] {
  if (directory.isRead) return [];
  const reason =
    "The database that all nodes share has not answered since this node started, so there may be some that it does not know.";
  return [{ node: "other nodes", reason }];
}

interface RunPlace {
  node: string;
  sessionId: string;
}

async function stopAt(
  cluster: ClusterServices,
  { headers, runId, place }: { headers: Headers; runId: string; place: RunPlace },
  signal: AbortSignal,
): Promise<Stopped> {
  const { node, sessionId } = place;
  const called = await cluster.calls.call(node, stopRequest(headers, { runId }), signal);
  const answer = "answer" in called ? stoppedIn(called.answer) : undefined;
  if (answer !== undefined) return answer;
  if ("answer" in called) await dropStream(called.answer);
  const missing: Unreached =
    "unreached" in called ? called.unreached : { node, kind: "unclear", reason: whyNot(called) };
  const ended = await endedMeanwhile(cluster, sessionId, { runId }, missing, signal);
  if (ended && "answer" in ended) return { answers: [ended.answer] };
  if (ended) throw unseenError(missing);
  throw unreachedError(missing, true);
}

/** As the list has them now, and the database. */
async function placesOfRun(
  { remote, database }: ClusterServices,
  runId: string,
  signal: AbortSignal,
): Promise<RunPlace[]> {
  const listed = remote.all.filter((one) => one.runId === runId);
  const places = new Map(listed.map(({ id, node }) => [id, { node, sessionId: id }]));
  if (database.state.name === "joined") {
    const own = AbortSignal.any([signal, AbortSignal.timeout(lookMs)]);
    const stored = await database.reader.placesOfRun(runId, own).catch(() => []);
    signal.throwIfAborted();
    for (const place of stored) places.set(place.sessionId, place);
  }
  return [...places.values()];
}

const lookMs = 1000;

function stopRequest(headers: Headers, body: object): NodeRequest {
  const given = { ...headers, "content-type": "application/json" };
  const path = "/api/stop";
  return { method: "POST", path, headers: given, body: JSON.stringify(body), withinMs: stopMs };
}

/** Undefined: it is no answer of a stop. */
function stoppedIn(answer: NodeAnswer): Stopped | undefined {
  const value = objectIn(answer);
  const answers: unknown = value?.answers;
  return Array.isArray(answers) && answers.every(isStopAnswer)
    ? (value as unknown as Stopped)
    : undefined;
}

function sum(values: (number | undefined)[]): number {
  return values.reduce<number>((all, value) => all + (value ?? 0), 0);
}

/** Nothing is said of what there was none of. */
function some(all: Stopped[], key: "schedules" | "uploads"): number | undefined {
  return sum(all.map((one) => one[key])) || undefined;
}
