/** A search on all nodes: each looks through its own sessions, and the finds are merged, newest first, page by page. */
import type { FoundMessage, SearchAnswer, UnreachedNode } from "../../../shared/protocol";
import { defined } from "../../../shared/defined";
import type { NodeFound, SearchQuery } from "../../search/find-messages";
import type { NodeAnswer } from "../../cluster/node-calls";
import { dropStream, type Others } from "./ask-others";
import { objectIn, whyNot } from "./json-in";

/** A node that takes longer is left out, and named. */
const searchMs = 4000;
const mostTitles = 20;

/** Where a page goes on, by node; a node that has no more is not in it. Undefined: at the beginning, of all. */
export type Places = ReadonlyMap<string, number> | undefined;

type Wanted = Omit<SearchQuery, "before"> & {
  before: Places;
  /** They say who asks. */
  headers: Record<string, string>;
};

/** Undefined: this is no place of a search through several nodes. */
export function readPlaces(text: string): Places {
  const places = text.split("~").map((one) => /^([\w.%-]+):(\d+)$/.exec(one));
  if (places.some((one) => one === null)) return undefined;
  try {
    return new Map(places.map((one) => [decodeURIComponent(one![1]!), Number(one![2])]));
  } catch {
    return undefined;
  }
}

function placeText(node: string, place: number): string {
  const name = encodeURIComponent(node).replace(/[^\w.%-]/g, percent);
  return `${name}:${place}`;
}

function percent(character: string): string {
  return `%${character.charCodeAt(0).toString(16)}`;
}

/** `here`: finds on this node, before a position. `isAsked`: which nodes. Rejects only with the signal's reason. */
export async function searchAllNodes(
  cluster: Others & { node: string },
  { limit, before, headers, ...query }: Wanted,
  here: (before: number | undefined) => NodeFound,
  isAsked: (node: string) => boolean,
  signal: AbortSignal,
): Promise<SearchAnswer & { unreached?: UnreachedNode[] }> {
  const goesOn = (node: string) => isAsked(node) && (before === undefined || before.has(node));
  const found = new Map<string, NodeFound>();
  if (goesOn(cluster.node)) found.set(cluster.node, here(before?.get(cluster.node)));
  const unreached: UnreachedNode[] = [];
  const nodes = (await cluster.directory.current()).map(({ id }) => id).filter(goesOn);
  const asking = nodes.map(async (node) => {
    const asked = new URLSearchParams({ q: query.q, limit: String(limit) });
    if (query.sessionId !== undefined) asked.set("sessionId", query.sessionId);
    const place = before?.get(node);
    if (place !== undefined) asked.set("before", String(place));
    const request = { method: "GET", path: `/api/search?${asked}`, headers, withinMs: searchMs };
    const called = await cluster.calls.call(node, request, signal);
    const answer = "answer" in called ? foundIn(called.answer) : undefined;
    if (answer !== undefined) return void found.set(node, answer);
    if ("answer" in called) await dropStream(called.answer);
    unreached.push({ node, reason: whyNot(called) });
  });
  await Promise.all(asking);
  return merge(found, { limit, before }, unreached);
}

function foundIn(answer: NodeAnswer): NodeFound | undefined {
  const found = objectIn(answer);
  const isWhole = [found?.messages, found?.positions, found?.sessions].every(Array.isArray);
  return isWhole ? (found as unknown as NodeFound) : undefined;
}

function merge(
  found: ReadonlyMap<string, NodeFound>,
  { limit, before }: Pick<Wanted, "limit" | "before">,
  unreached: UnreachedNode[],
): SearchAnswer & { unreached?: UnreachedNode[] } {
  const all = [...found.values()];
  const taken = new Map<string, number>([...found.keys()].map((node) => [node, 0]));
  const messages: FoundMessage[] = [];
  while (messages.length < limit) {
    const newest = newestOf(found, taken);
    if (newest === undefined) break;
    messages.push(newest.message);
    taken.set(newest.node, taken.get(newest.node)! + 1);
  }
  const next = [...found].flatMap(([node, answer]) => {
    const place = placeOf(answer, taken.get(node)!, before?.get(node));
    return place === undefined ? [] : [placeText(node, place)];
  });
  const left = all.reduce((sum, one) => sum + (one.left ?? 0), 0);
  const sessions = all.flatMap((one) => one.sessions).toSorted((a, b) => b.updatedAt - a.updatedAt);
  return {
    sessions: sessions.slice(0, mostTitles),
    messages,
    ...(next.length > 0 && { next: next.join("~") }),
    ...(left > 0 && { left }),
    ...defined({ problem: all.find((one) => one.problem !== undefined)?.problem }),
    ...(unreached.length > 0 && { unreached }),
  };
}

function newestOf(found: ReadonlyMap<string, NodeFound>, taken: ReadonlyMap<string, number>) {
  let newest: { node: string; message: FoundMessage } | undefined;
  for (const [node, { messages }] of found) {
    const message = messages[taken.get(node)!];
    if (message === undefined) continue;
    if (newest === undefined || message.createdAt > newest.message.createdAt)
      newest = { node, message };
  }
  return newest;
}

/** Before which position this node is asked next; undefined: it has no more. */
function placeOf(
  { messages, positions, next }: NodeFound,
  taken: number,
  before: number | undefined,
): number | undefined {
  if (taken === messages.length) return next;
  return taken > 0 ? positions[taken - 1] : (before ?? positions[0]! + 1);
}
