/** What an admin is shown of all people whose servers run: the list of sessions, a search, and the history of stops. */
import type { Context } from "hono";
import { z } from "zod";
import { stopRecord } from "../../../shared/answers/receipt-shapes";
import { searchAnswer } from "../../../shared/answers/search-shapes";
import { sessionSummary } from "../../../shared/answers/session-shapes";
import { defined } from "../../../shared/defined";
import type { SessionSummary, StopRecord, UnreachedNode } from "../../../shared/protocol";
import { searchQuery, sessionsQuery, stopsQuery } from "../../../shared/requests";
import type { Called, NodeAnswer } from "../../cluster/node-calls";
import type { PeopleLists } from "./people-lists";
import { askOthers, type Others } from "../cluster/ask-others";
import { objectIn, wordsIn } from "../cluster/json-in";
import { searchAllNodes } from "../cluster/search-all-nodes";
import { placesIn } from "../routes/search-routes";
import { answerStops } from "../routes/stop-history-routes";
import { pageOfSessions, placeOf, type SessionPage } from "../session-page";
import { askMs } from "./people-as-nodes";

const page = z.looseObject({
  sessions: z.array(sessionSummary),
  next: z.string().optional(),
  archived: z.number().int().nonnegative().optional(),
});

/** Answers `GET /api/sessions`. */
export async function sessionsOfAll(
  c: Context,
  others: Others,
  lists: PeopleLists,
): Promise<Response> {
  const query = sessionsQuery.parse(c.req.query());
  const { answers, unreached } = await askAll(c, others, page);
  const all = new Map<string, SessionSummary>();
  for (const { node, answer } of answers)
    for (const row of answer.sessions) {
      const noted = lists.noted(row, node);
      if (noted !== undefined) all.set(row.id, noted);
    }
  const rows = [...all.values()];
  const shown: SessionPage = pageOfSessions({ list: () => rows, deleted: () => rows }, query);
  const last = shown.sessions.at(-1);
  // Exactly a page, of which more follow in one of the servers.
  if (shown.next === undefined && last && answers.some(({ answer }) => answer.next !== undefined))
    shown.next = placeOf(last);
  if (shown.archived !== undefined)
    shown.archived = answers.reduce((sum, { answer }) => sum + (answer.archived ?? 0), 0);
  return c.json({ ...shown, ...(unreached.length > 0 && { unreached }) });
}

/** Answers `GET /api/search`. `ownerOf`: in whose server a session is. */
export async function searchOfAll(
  c: Context,
  others: Others,
  lists: Pick<PeopleLists, "noted" | "isAnothers">,
  ownerOf: (sessionId: string) => string | undefined,
): Promise<Response> {
  const { before, ...query } = defined(searchQuery.parse(c.req.query()));
  const owner = query.sessionId === undefined ? undefined : ownerOf(query.sessionId);
  const isAsked = (node: string) => node !== front && (owner === undefined || node === owner);
  const here = () => ({ sessions: [], messages: [], positions: [] });
  const wanted = { ...query, before: placesIn(before), headers: {} };
  const call: Others["calls"]["call"] = async (node, request, signal) => {
    const called = await others.calls.call(node, request, signal);
    return "answer" in called ? checkedFinds(called.answer, lists, ownerOf) : called;
  };
  const all = { calls: { call }, directory: others.directory, node: front };
  return c.json(await searchAllNodes(all, wanted, here, isAsked, c.req.raw.signal));
}

const finds = searchAnswer
  .omit({ unreached: true })
  .extend({ next: z.number().optional(), positions: z.array(z.number().int()) })
  .refine(({ messages, positions }) => messages.length === positions.length);

/** What a server has found as it would be in the list: with its person, and nothing of a session that is another's. */
function checkedFinds(
  answer: NodeAnswer,
  lists: Pick<PeopleLists, "noted" | "isAnothers">,
  ownerOf: (sessionId: string) => string | undefined,
): Called {
  const { node } = answer;
  const { data } = finds.safeParse(objectIn(answer));
  if (data === undefined) return { unreached: { node, kind: "foreign", reason: wordsIn(answer) } };
  const sessions = data.sessions.flatMap((row) => lists.noted(row, node) ?? []);
  const isTheirs = ({ sessionId }: { sessionId: string }) =>
    (ownerOf(sessionId) ?? node) === node && !lists.isAnothers(sessionId, node);
  const kept = [...data.messages.keys()].filter((at) => isTheirs(data.messages[at]!));
  const messages = kept.map((at) => data.messages[at]!);
  const positions = kept.map((at) => data.positions[at]!);
  return {
    answer: { ...answer, body: JSON.stringify({ ...data, sessions, messages, positions }) },
  };
}

/** It has no sessions to look through, and no person has this name. */
const front = "";

const stops = z.looseObject({ stops: z.array(stopRecord) });

/** Answers `GET /api/stops`. */
export async function stopsOfAll(c: Context, others: Others): Promise<Response> {
  const { format } = stopsQuery.parse(c.req.query());
  const { answers, unreached } = await askAll(c, others, stops, { format: "json" });
  const all = answers
    .flatMap(({ node, answer }) => answer.stops.map((one): StopRecord => ({ ...one, node })))
    .toSorted((a, b) => b.stop.askedAt - a.stop.askedAt);
  return answerStops(c, format, { stops: all, ...(unreached.length > 0 && { unreached }) });
}

/** The same of each, with its query. What is no such answer counts as none. */
async function askAll<Answer>(
  c: Context,
  others: Others,
  schema: z.ZodType<Answer>,
  change: Record<string, string> = {},
): Promise<{ answers: { node: string; answer: Answer }[]; unreached: UnreachedNode[] }> {
  const path = `${c.req.path}?${new URLSearchParams({ ...c.req.query(), ...change })}`;
  const asked = await askOthers(others, { method: "GET", path, withinMs: askMs }, c.req.raw.signal);
  const answers: { node: string; answer: Answer }[] = [];
  const unreached: UnreachedNode[] = [];
  for (const { node, ...called } of asked) {
    if ("unreached" in called) {
      unreached.push({ node, reason: called.unreached.reason });
      continue;
    }
    const { data } = schema.safeParse(objectIn(called.answer));
    if (data === undefined) unreached.push({ node, reason: wordsIn(called.answer) });
    else answers.push({ node, answer: data });
  }
  return { answers, unreached };
}
