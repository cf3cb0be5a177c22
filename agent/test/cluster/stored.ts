/** What the shared database has of sessions and nodes, asked past all nodes. */
import { textOf } from "./checks";

/** What the model has written in this session, in the database. */
export async function storedText(sql: Bun.SQL, sessionId: string): Promise<string> {
  return writtenIn(
    await sql`
      SELECT messages.data AS message, parts.data AS part
      FROM rein.messages LEFT JOIN rein.parts USING (session_id)
      WHERE session_id = ${sessionId} AND parts.message_id = messages.id
      ORDER BY messages.position, parts.position`,
  );
}

/** The same of one run. */
export async function storedRunText(sql: Bun.SQL, runId: string): Promise<string> {
  return writtenIn(
    await sql`
      SELECT messages.data AS message, parts.data AS part
      FROM rein.messages LEFT JOIN rein.parts USING (session_id)
      WHERE run_id = ${runId} AND parts.message_id = messages.id
      ORDER BY messages.position, parts.position`,
  );
}

interface Row {
  message: string;
  part: string;
}

function writtenIn(rows: Row[]): string {
  return textOf(
    rows.map(({ message, part }) => ({
      role: (JSON.parse(message) as { role: string }).role,
      parts: [JSON.parse(part) as { type: string; text?: string }],
    })),
  );
}

export async function epochOf(sql: Bun.SQL, node: string): Promise<number> {
  const [row] = await sql`SELECT epoch FROM rein.nodes WHERE id = ${node}`;
  return Number((row as { epoch: unknown }).epoch);
}

/** How many runs of this node the database has as unsettled. */
export async function unsettledOf(sql: Bun.SQL, node: string): Promise<number> {
  const [row] = await sql`
    SELECT count(*) AS count FROM rein.runs WHERE node = ${node} AND settled = false`;
  return Number((row as { count: unknown }).count);
}
