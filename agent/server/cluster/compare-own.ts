/** Which sessions the shared database says are this node's own and are not, or not whole, in its file; and which are no longer its own. */
import type { SQL } from "bun";
import type { SharedRows, SharedStates } from "../store/shared-rows";

export interface Differences {
  /** Not in the file: those with a run that is not settled first, then the newest. */
  lost: { id: string; isUnsettled: boolean }[];
  /** The file may be older than the database. */
  doubtful: string[];
  /** Another node owns them by now. */
  foreign: string[];
  /** Deleted at another node while this one was gone. */
  removed: string[];
  /** The database has them not, or as they were before: they are to be shared again. */
  unshared: string[];
}

interface OwnRow {
  id: string;
  /** A BIGINT comes as text. */
  updatedAt: string;
  lastRun: string | null;
  isUnsettled: boolean;
}

/**
 * Rejects with what the database says. Times are of this node alone: its own row as it was written last, and its file. A
 * session that is marked is newer here by itself.
 */
export async function compareOwn(sql: SQL, node: string, rows: SharedRows): Promise<Differences> {
  const here = rows.states();
  const there = (await sql`
    SELECT id, updated_at AS "updatedAt",
      (SELECT id FROM runs WHERE session_id = sessions.id ORDER BY position DESC LIMIT 1) AS "lastRun",
      EXISTS (SELECT 1 FROM runs WHERE session_id = sessions.id AND NOT settled) AS "isUnsettled"
    FROM sessions WHERE node = ${node} ORDER BY "isUnsettled" DESC, updated_at DESC`) as OwnRow[];
  const { foreign, removed } = await readGone(sql, node, here);
  const gone = new Set([...foreign, ...removed]);
  const lost = there.filter(({ id }) => !here.sessions.has(id) && !here.removed.has(id));
  const doubtful = there.filter((row) => isDoubtful(row, here, rows)).map(({ id }) => id);
  const times = new Map(there.map((row) => [row.id, Number(row.updatedAt)]));
  const unshared = [...here.sessions].filter(
    ([id, { updatedAt, isMarked }]) =>
      !isMarked && !gone.has(id) && (times.get(id) ?? -1) < updatedAt,
  );
  return {
    lost: lost.map(({ id, isUnsettled }) => ({ id, isUnsettled })),
    doubtful,
    foreign,
    removed,
    unshared: unshared.map(([id]) => id),
  };
}

function isDoubtful(
  { id, updatedAt, lastRun }: OwnRow,
  { sessions }: SharedStates,
  rows: SharedRows,
): boolean {
  const here = sessions.get(id);
  if (here === undefined) return false;
  if (here.isUnsettled || (!here.isMarked && here.updatedAt < Number(updatedAt))) return true;
  return lastRun !== null && !rows.hasRun(id, lastRun);
}

/** Of the sessions that are in the file. */
async function readGone(
  sql: SQL,
  node: string,
  { sessions }: Pick<SharedStates, "sessions">,
): Promise<Pick<Differences, "foreign" | "removed">> {
  const ids = JSON.stringify([...sessions.keys()]);
  const foreign = await sql`
    SELECT id FROM sessions WHERE node <> ${node}
      AND id IN (SELECT json_array_elements_text(${ids}::text::json))`;
  const removed = await sql`SELECT id FROM removed_sessions WHERE node = ${node}`;
  return { foreign: idsOf(foreign), removed: idsOf(removed).filter((id) => sessions.has(id)) };
}

function idsOf(rows: { id: string }[]): string[] {
  return [...rows].map(({ id }) => id);
}
