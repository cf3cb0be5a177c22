/** What dead nodes have left, as the shared database has it: runs that are not settled, and background processes. */
import type { SQL } from "bun";
import type { LeftWork, NodeRow } from "./cluster-types";
import { isLeftPaused } from "../run/recovery";
import { heldLocksSql, lockSeed } from "./node-lock";

/** One row a run, and one a session with background processes, with its node. */
const leftSql = `
WITH held AS MATERIALIZED (${heldLocksSql}), gone AS MATERIALIZED (
  SELECT * FROM nodes WHERE id <> $1 AND hashtextextended(id, ${lockSeed}) NOT IN (SELECT number FROM held)
)
SELECT gone.id, address, boot, epoch, version, runs.session_id AS "sessionId", runs.data AS run, sessions.data AS session
FROM gone JOIN runs ON runs.node = gone.id AND NOT runs.settled
LEFT JOIN sessions ON sessions.id = runs.session_id
UNION ALL
SELECT gone.id, address, boot, epoch, version, sessions.id, NULL, NULL
FROM gone JOIN sessions ON sessions.node = gone.id AND sessions.living
ORDER BY 1, 6`;

/** A BIGINT comes as text. */
type LeftRow = Omit<NodeRow, "epoch"> & {
  epoch: string;
  sessionId: string;
  /** Null: its background processes are meant. */
  run: string | null;
  session: string | null;
};

/** Of all nodes except `own` whose lock no process holds; without paused runs. */
export async function readLeft(sql: SQL, own: string): Promise<LeftWork[]> {
  const rows = (await sql.unsafe(leftSql, [own])) as LeftRow[];
  const left = rows.filter((row) => row.run === null || !isPausedRow(row));
  return [...Map.groupBy(left, ({ id }) => id).values()].map((of) => {
    const { id, address, boot, epoch, version } = of[0]!;
    const sessionIds = [...new Set(of.map(({ sessionId }) => sessionId))];
    return { node: { id, address, boot, epoch: Number(epoch), version }, sessionIds };
  });
}

/** Ends what cannot be settled with all that it has: at least nothing is shown as running. Returns the ids of the runs. */
export async function endLeft(
  sql: SQL,
  sessionId: string,
  { by, isGone }: { by: string; isGone: boolean },
): Promise<string[]> {
  const rows = (await sql`
    SELECT runs.id, runs.data AS run, sessions.data AS session FROM runs LEFT JOIN sessions ON sessions.id = session_id
    WHERE session_id = ${sessionId} AND NOT settled`) as (Pick<LeftRow, "run" | "session"> & {
    id: string;
  })[];
  const ids = rows.filter((row) => isGone || !isPausedRow(row)).map(({ id }) => id);
  for (const id of ids)
    await sql`
      UPDATE runs SET settled = true, settled_by = ${by} WHERE session_id = ${sessionId} AND id = ${id}`;
  await sql`UPDATE sessions SET living = false, settled_by = ${by} WHERE id = ${sessionId} AND living`;
  return ids;
}

function isPausedRow({ run, session }: Pick<LeftRow, "run" | "session">): boolean {
  return isLeftPaused(fieldsOf(run), fieldsOf(session));
}

/** None of a row that is damaged: that is looked at as if it ran. */
function fieldsOf(data: string | null): object {
  try {
    const value: unknown = JSON.parse(data ?? "");
    return typeof value === "object" && value !== null ? value : {};
  } catch {
    return {};
  }
}
