/**
 * Saves a session with all that it has, so that it is there whole or not at all: a few rows at a time, between which other
 * work has its turn, and its own row, by which it is found, with the last of them.
 */
import { setImmediate } from "node:timers/promises";
import type { Session } from "../../shared/protocol";
import { log } from "../log";
import { allRows, type ChangedRow, fileRows, sessionRow } from "./changed-rows";
import { type Statements, unfinished } from "./statements";
import type { WriteBehind } from "./write-behind";

const rowsAtOnce = 100;

interface WholeParts {
  writer: Pick<WriteBehind, "commit" | "commitDurably">;
  statements: Statements;
}

/** `last`: done in the transaction of the last rows. Rejects with what SQLite throws, or the signal's reason; then it is not there. */
export async function saveWhole(
  parts: WholeParts,
  session: Session,
  last: () => void,
  signal: AbortSignal,
): Promise<void> {
  const { writer, statements } = parts;
  try {
    // Its files first: none of them is removed with the session that it is a copy of.
    writer.commit([sessionRow({ ...session, deletedAt: unfinished }), ...fileRows(session)]);
    let rows: ChangedRow[] = [];
    for (const row of allRows(session)) {
      if (row.table === "sessions") continue;
      rows.push(row);
      if (rows.length < rowsAtOnce) continue;
      writer.commit(rows);
      rows = [];
      await setImmediate();
      signal.throwIfAborted();
    }
    writer.commitDurably(() => {
      for (const row of [...rows, sessionRow(session)]) row.write(statements);
      last();
    });
  } catch (error) {
    forgetUnfinished(parts, session.id);
    throw error;
  }
}

/** Of a server that was killed while they came. */
export function removeUnfinished(parts: WholeParts): void {
  try {
    for (const { id } of parts.statements.unfinished.all()) forgetUnfinished(parts, id);
  } catch (err) {
    log.warn({ err }, "Sessions that did not come whole could not be looked for");
  }
}

/** What cannot be removed now is no session to anyone, and is removed at the next start. */
function forgetUnfinished({ writer, statements }: WholeParts, id: string): void {
  try {
    writer.commitDurably(() => statements.removeSession.run(id));
  } catch (err) {
    log.warn({ err, sessionId: id }, "A session that did not come whole could not be removed yet");
  }
}
