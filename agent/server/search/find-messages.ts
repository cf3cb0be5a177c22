/** Looks for words in the messages and the titles of sessions. */
import { defined } from "../../shared/defined";
import type { FoundMessage, SearchAnswer, SessionSummary } from "../../shared/protocol";
import type { Store } from "../store/store";
import { excerptOf, firstMarksIn, marksIn, type Piece, piecesOf } from "./find-words";
import type { SearchIndex } from "./search-index";
import { textToFind } from "./text-to-find";

export interface SearchParts {
  index: SearchIndex;
  store: Pick<Store, "flush" | "messages">;
  /** Newest first. */
  sessions: readonly SessionSummary[];
}

export interface SearchQuery {
  q: string;
  sessionId?: string;
  before?: number;
  limit: number;
}

const mostTitles = 20;
const excerptLength = 240;
/** With less the index would be asked for much of what there is. */
const fewestLetters = 2;

/** What one node of a cluster has found. */
export interface NodeFound extends SearchAnswer {
  next?: number;
  /** Of each message, for `before`. */
  positions: number[];
}

export function findMessages(parts: SearchParts, query: SearchQuery): SearchAnswer {
  const { positions: _positions, ...answer } = findWithPositions(parts, query);
  return answer;
}

export function findWithPositions(
  { index, store, sessions }: SearchParts,
  { q, sessionId, before, limit }: SearchQuery,
): NodeFound {
  const pieces = piecesOf(q);
  if (pieces.length === 0) return { sessions: [], messages: [], positions: [] };
  const isFirst = sessionId === undefined && before === undefined;
  const titled = isFirst ? withTitle(sessions, pieces) : [];
  if (pieces.every(({ words }) => words.join("").length < fewestLetters))
    return { sessions: titled, messages: [], positions: [] };
  // What was said just now is found.
  store.flush();
  const { found, left } = index.find({ pieces, limit, ...defined({ sessionId, before }) });
  const known = new Map(sessions.map((one) => [one.id, one]));
  const positions: number[] = [];
  const messages = found.flatMap((one): FoundMessage[] => {
    const session = known.get(one.sessionId);
    const facts = store.messages.facts(one.messageId);
    const stored = facts && store.messages.now(one.messageId);
    // It has gone since it was written into the index.
    if (stored === undefined) index.drop(one);
    if (session === undefined || stored === undefined || facts === undefined) return [];
    const text = textToFind(stored.parts);
    const { title, cwd, archivedAt } = session;
    const { messageId } = one;
    positions.push(one.position);
    const excerpt = excerptOf(text, firstMarksIn(text, pieces, excerptLength), excerptLength);
    return [{ title, cwd, ...defined({ archivedAt }), messageId, ...facts, ...excerpt }];
  });
  const next = found.length === limit ? found.at(-1)!.position : undefined;
  const problem = index.problem;
  return {
    sessions: titled,
    messages,
    positions,
    ...defined({ next, left: left === 0 ? undefined : left, problem }),
  };
}

/** The newest first, as they come. */
function withTitle(sessions: readonly SessionSummary[], pieces: Piece[]): SessionSummary[] {
  const found: SessionSummary[] = [];
  for (const session of sessions) {
    if (pieces.every((piece) => marksIn(session.title, [piece]).length > 0)) found.push(session);
    if (found.length === mostTitles) break;
  }
  return found;
}
