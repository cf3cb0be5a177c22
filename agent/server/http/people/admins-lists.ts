/** What an admin is shown of all people whose servers run: the list of sessions, a search, and the history of stops. */
import type { Context } from "hono";
import { z } from "zod";
import { stopRecord, survivor } from "../../../shared/answers/receipt-shapes";
import { searchAnswer } from "../../../shared/answers/search-shapes";
import { defined } from "../../../shared/defined";
import type { SessionSummary, StopRecord, UnreachedNode } from "../../../shared/protocol";
import { searchQuery, sessionsQuery, stopsQuery } from "../../../shared/requests";
import type { Called, NodeAnswer } from "../../cluster/node-calls";
import type { PeopleLists } from "./people-lists";
import type { Others } from "../cluster/ask-others";
import { wordsIn } from "../cluster/json-in";
import { searchAllNodes } from "../cluster/search-all-nodes";
import { placesIn } from "../routes/search-routes";
import { csvLine, stopsCsv } from "../../session/stop-history";
import { stopsFile } from "../routes/stop-history-routes";
import { pageOfSessions, placeOf, type SessionPage } from "../session-page";
import { askMs } from "./people-as-nodes";
import {
  checkedList,
  listsSlice,
  longestChecked,
  longestRow,
  mostOfPage,
  readRows,
  writePieces,
  writeRows,
} from "./read-rows";
import { sessionRow } from "./person-rows";

const page = z.looseObject({
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
  const sessions = { ...sessionRow, most: mostOfPage(query.limit) };
  const { answers, unreached } = await askAll(c, others, (text) =>
    readRows(text, { sessions }, page),
  );
  const all = new Map<string, SessionSummary>();
  for (const { node, answer } of answers)
    for (const row of answer.sessions) {
      await listsSlice.take(all);
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
  const rest = { ...shown, ...(unreached.length > 0 && { unreached }) };
  return c.body(writeRows("sessions", rest), 200, json);
}

const json = { "Content-Type": "application/json" };

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
    return "answer" in called ? checkedFinds(called.answer, query.limit, lists, ownerOf) : called;
  };
  const all = { calls: { call }, directory: others.directory, node: front };
  return c.json(await searchAllNodes(all, wanted, here, isAsked, c.req.raw.signal));
}

const { sessions: _found, messages: foundMessages, unreached: _, ...besides } = searchAnswer.shape;
const finds = z.strictObject({ ...besides, next: z.number().optional() });
/** More than a server shows of those whose titles have the words. */
const mostTitles = 100;

/** What a server has found as it would be in the list: with its person, and nothing of a session that is another's. */
async function checkedFinds(
  answer: NodeAnswer,
  limit: number,
  lists: Pick<PeopleLists, "noted" | "isAnothers">,
  ownerOf: (sessionId: string) => string | undefined,
): Promise<Called> {
  const { node } = answer;
  const data = await readAnswer(answer, (text) =>
    readRows(
      text,
      {
        sessions: { ...sessionRow, most: mostTitles },
        messages: { row: foundMessages.element, most: limit },
        positions: { row: z.number().int(), most: limit },
      },
      finds,
    ),
  );
  if (data === undefined || data.messages.length !== data.positions.length)
    return { unreached: { node, kind: "foreign", reason: wordsOf(answer) } };
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

/** As many as a server that is one of a cluster tells of. */
const mostStops = 10_000;

/** Whatever one stop did not end is in its row. */
const stopRow = {
  row: stopRecord.extend({ survivors: checkedList(survivor) }),
  longest: longestChecked,
};

/** Answers `GET /api/stops`. */
export async function stopsOfAll(c: Context, others: Others): Promise<Response> {
  const { format } = stopsQuery.parse(c.req.query());
  const stops = { ...stopRow, most: mostStops };
  const { answers, unreached } = await askAll(
    c,
    others,
    (text) => readRows(text, { stops }, z.looseObject({})),
    { format: "json" },
  );
  const all: StopRecord[] = [];
  for (const { node, answer } of answers)
    for (const one of answer.stops) {
      await listsSlice.take(all);
      all.push({ ...one, node });
    }
  all.sort((a, b) => b.stop.askedAt - a.stop.askedAt);
  const answer = { stops: all, ...(unreached.length > 0 && { unreached }) };
  return stopsFile(
    c,
    format,
    format === "json" ? writeRows("stops", answer) : writePieces(csvPieces(all)),
  );
}

function* csvPieces(stops: StopRecord[]): Generator<string> {
  yield stopsCsv([]);
  for (const one of stops) yield csvLine(one);
}

/** The same of each, with its query. What is no such answer counts as none. */
async function askAll<Answer>(
  c: Context,
  { calls, directory }: Others,
  read: Read<Answer>,
  change: Record<string, string> = {},
): Promise<{ answers: { node: string; answer: Answer }[]; unreached: UnreachedNode[] }> {
  const path = `${c.req.path}?${new URLSearchParams({ ...c.req.query(), ...change })}`;
  const { signal } = c.req.raw;
  const asking = (await directory.current()).map(async ({ id: node }) => {
    const called = await calls.call(node, { method: "GET", path, withinMs: askMs }, signal);
    if ("unreached" in called) return { unreached: { node, reason: called.unreached.reason } };
    const answer = await readAnswer(called.answer, read);
    if (answer !== undefined) return { answer: { node, answer } };
    return { unreached: { node, reason: wordsOf(called.answer) } };
  });
  const all = await Promise.all(asking);
  return {
    answers: all.flatMap(({ answer }) => answer ?? []),
    unreached: all.flatMap(({ unreached }) => unreached ?? []),
  };
}

type Read<Answer> = (text: string) => Promise<Answer | undefined>;

async function readAnswer<Answer>(
  { status, body }: NodeAnswer,
  read: Read<Answer>,
): Promise<Answer | undefined> {
  return status === 200 && typeof body === "string" ? read(body) : undefined;
}

/** Of a long answer only how it begins is read. */
function wordsOf({ status, body }: NodeAnswer): string {
  return wordsIn({ status, body: typeof body === "string" ? body.slice(0, longestRow) : null });
}
