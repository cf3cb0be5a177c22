/** What goes wrong with the database, in words that a person can act on. */
import { SQLiteError } from "bun:sqlite";

/** Asked to keep something new when it has been closed. */
export class StoreClosedError extends Error {}

/** What to tell a person when the database itself fails or is closed; undefined when it is another error. */
export function describeStorageError(error: unknown): string | undefined {
  if (error instanceof StoreClosedError) return error.message;
  if (!(error instanceof SQLiteError)) return undefined;
  const kind = String(error.code).split("_")[1] ?? "";
  const advice = troubles[kind] ?? "The log has the details.";
  return `Rein cannot save to its database (${error.message}). ${advice}`;
}

const keepsTrying = "What happens meanwhile stays in memory, and Rein goes on trying.";
const troubles: Record<string, string> = {
  FULL: `The disk is full: free some space. ${keepsTrying}`,
  IOERR: `The disk takes no more: free some space, or look at the disk. ${keepsTrying}`,
  BUSY: `Another program holds its lock: end that program. ${keepsTrying}`,
  LOCKED: `Another program holds its lock: end that program. ${keepsTrying}`,
  READONLY: `The file or its directory is read-only: make it writable. ${keepsTrying}`,
  CANTOPEN: `The file or its directory cannot be opened: look at its permissions. ${keepsTrying}`,
  CORRUPT: "The file is damaged: export what you need, then stop Rein and move the file away.",
  NOTADB: "The file is damaged: export what you need, then stop Rein and move the file away.",
};
