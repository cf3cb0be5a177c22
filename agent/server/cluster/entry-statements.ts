/** What is written of the entries that all nodes share, each in a transaction of its caller. */
import type { TransactionSQL } from "bun";
import type { EntryKind, Identified } from "../access/shared-entries";
import type { EntryRow } from "./cluster-types";
import { channel, payloadOf } from "./node-notices";

/** Resolves with whether it is new. */
export async function addRow(
  sql: TransactionSQL,
  kind: string,
  entry: Identified,
): Promise<boolean> {
  const added = await sql`
    INSERT INTO shared_entries (kind, id, hash, data)
    VALUES (${kind}, ${entry.id}, ${entry.hash ?? null}, ${JSON.stringify(entry)})
    ON CONFLICT DO NOTHING RETURNING id`;
  return added.length > 0;
}

/** All of a kind. No other node that asks so adds one before the transaction ends. */
export async function lockedRows(sql: TransactionSQL, kind: string): Promise<EntryRow[]> {
  await sql`SELECT pg_advisory_xact_lock(hashtextextended(${`rein entries ${kind}`}, 0))`;
  return [...(await sql`SELECT id, data FROM shared_entries WHERE kind = ${kind}`)] as EntryRow[];
}

/** No other node changes it meanwhile. Undefined: there is none, or `next` makes nothing of it. */
export async function changeRow<Entry extends Identified>(
  sql: TransactionSQL,
  kind: string,
  id: string,
  next: (row: EntryRow) => Entry | undefined,
): Promise<Entry | undefined> {
  const [row] = await sql`
    SELECT id, data FROM shared_entries WHERE kind = ${kind} AND id = ${id} FOR UPDATE`;
  const changed = row === undefined ? undefined : next(row as EntryRow);
  if (changed === undefined) return undefined;
  await sql`
    UPDATE shared_entries SET hash = ${changed.hash ?? null}, data = ${JSON.stringify(changed)}
    WHERE kind = ${kind} AND id = ${id}`;
  return changed;
}

/**
 * Only one of several nodes that remove an entry at once gets it. `isNoted`: a node that still has a copy does not add it again.
 * Those notes are never deleted: a backup of years ago would bring a key back that was revoked. Each has some hundred bytes
 * (of 100 people who sign in daily 4 MB a year), and only a node that joins a database for the first time reads them.
 */
export async function removeRows(
  sql: TransactionSQL,
  { kind, ids, isNoted }: { kind: string; ids: readonly string[]; isNoted: boolean },
): Promise<EntryRow[]> {
  const named = JSON.stringify(ids);
  const removed = await sql`
    DELETE FROM shared_entries USING json_array_elements_text(${named}::text::json) AS named
    WHERE kind = ${kind} AND shared_entries.id = named RETURNING shared_entries.id, data`;
  if (isNoted)
    await sql`
      INSERT INTO shared_entries (kind, id, data)
      SELECT ${removedKind(kind)}, named, ${String(Date.now())}
      FROM json_array_elements_text(${JSON.stringify(removed.map((row: EntryRow) => row.id))}::text::json) AS named
      ON CONFLICT DO NOTHING`;
  return [...(removed as EntryRow[])];
}

/** Adds those that are not there and were never removed, and merges the others. */
export async function mergeRows<Entry extends Identified>(
  sql: TransactionSQL,
  { name, merge }: EntryKind<Entry>,
  own: readonly Entry[],
  parse: (row: EntryRow) => Entry | undefined,
): Promise<void> {
  const removed = await sql`SELECT id FROM shared_entries WHERE kind = ${removedKind(name)}`;
  const isRemoved = new Set(removed.map((row: { id: string }) => row.id));
  for (const one of own) {
    if (isRemoved.has(one.id) || (await addRow(sql, name, one)) || merge === undefined) continue;
    await changeRow(sql, name, one.id, (row) => {
      const theirs = parse(row);
      return theirs && merge(theirs, one);
    });
  }
}

/** Tells the other nodes with the commit. */
export async function tellEntries(
  sql: TransactionSQL,
  { node, kind, ids }: { node: string; kind: string; ids: readonly string[] },
): Promise<void> {
  const told = ids.length > 20 ? [""] : ids;
  const payloads = told.map((id) => payloadOf(node, { type: "entry", kind, id }));
  await sql`
    SELECT pg_notify(${channel}, payload)
    FROM json_array_elements_text(${JSON.stringify(payloads)}::text::json) AS payload`;
}

function removedKind(kind: string): string {
  return `removed ${kind}`;
}
