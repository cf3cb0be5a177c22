/** What the shared database has of sessions and nodes, asked past all nodes. */
import { textOf } from "./checks";

/** What the model has written in this session, in the database. */
export async function storedText(sql: Bun.SQL, sessionId: string): Promise<string> {
  const messages = (await sql`
    SELECT id, data FROM rein.messages WHERE session_id = ${sessionId} ORDER BY position`) as Row[];
  const parts = (await sql`
    SELECT message_id, data FROM rein.parts WHERE session_id = ${sessionId} ORDER BY position`) as Row[];
  return textOf(
    messages.map(({ id, data }) => ({
      role: (JSON.parse(data) as { role: string }).role,
      parts: parts
        .filter(({ message_id }) => message_id === id)
        .map((part) => JSON.parse(part.data) as { type: string; text?: string }),
    })),
  );
}

interface Row {
  id: string;
  message_id: string;
  data: string;
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
