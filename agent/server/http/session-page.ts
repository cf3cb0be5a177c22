/** A page of the list of sessions. */
import type { z } from "zod";
import type { SessionSummary, UnreachedNode } from "../../shared/protocol";
import type { sessionsQuery } from "../../shared/requests";
import type { SessionRegistry } from "../session/session-registry";

export interface SessionPage {
  sessions: SessionSummary[];
  /** For `before`: there are older ones. */
  next?: string;
  /** On the first page of those that are not archived: so many are. */
  archived?: number;
  /** The people whose servers did not answer, where each has their own: their sessions are not among these. */
  unreached?: UnreachedNode[];
}

/**
 * Newest first, with those of the other nodes (`remote`, deleted ones too). Of the same time, the smaller id first, so that a page goes on where the one before it ended, whatever has
 * changed meanwhile.
 */
export function pageOfSessions(
  sessions: Pick<SessionRegistry, "list" | "deleted">,
  { limit, before, archived, deleted }: z.output<typeof sessionsQuery>,
  remote: readonly SessionSummary[] = [],
): SessionPage {
  const own = deleted ? sessions.deleted() : sessions.list();
  const others = remote.filter(
    ({ deletedAt }) => (deletedAt !== undefined) === (deleted !== undefined),
  );
  const known = [...own, ...others];
  const all = known
    .filter(({ archivedAt }) => isWanted(archivedAt !== undefined, archived))
    .toSorted(compare);
  if (limit === undefined) return { sessions: all };
  const rest = before === undefined ? all : all.filter((one) => isBehind(one, before));
  const page = rest.slice(0, limit);
  const last = rest.length > limit ? page.at(-1) : undefined;
  const isFirst = before === undefined;
  const besides = isFirst ? rest.slice(limit).filter(isAlwaysListed) : [];
  const isCounted = isFirst && archived === undefined && deleted === undefined;
  return {
    sessions: [...page, ...besides],
    ...(last && { next: placeOf(last) }),
    ...(isCounted && { archived: known.length - all.length }),
  };
}

/** On the first page, however old it is. */
function isAlwaysListed({ pinnedAt, state, processes }: SessionSummary): boolean {
  return pinnedAt !== undefined || state !== "idle" || processes !== undefined;
}

function isWanted(isArchived: boolean, archived: "only" | "with" | undefined): boolean {
  return archived === "with" || isArchived === (archived === "only");
}

function compare(a: SessionSummary, b: SessionSummary): number {
  return b.updatedAt - a.updatedAt || (a.id < b.id ? -1 : 1);
}

export function placeOf({ updatedAt, id }: SessionSummary): string {
  return `${updatedAt}.${id}`;
}

function isBehind({ updatedAt, id }: SessionSummary, place: string): boolean {
  const at = Number.parseInt(place, 10);
  return updatedAt < at || (updatedAt === at && id > place.slice(place.indexOf(".") + 1));
}
