/** Failures of the database and of the other files, described so that a person can act on them. */
import { SQLiteError } from "bun:sqlite";
import { errorCode } from "../../shared/error-code";

/** A new session was to be saved in a store that has been closed. */
export class StoreClosedError extends Error {
  override readonly name = "StoreClosedError";
}

/** A session cannot be read back at all. */
export class DamagedSessionError extends Error {
  override readonly name = "DamagedSessionError";

  constructor(sessionId: string, options?: ErrorOptions) {
    super(
      `The session ${sessionId} is damaged in the database and cannot be read. It can only be deleted. The other sessions are not affected.`,
      options,
    );
  }
}

/** So many bytes of events are held in memory while nothing can be saved. */
export const maxHeldBytes = 8_000_000;

/** Nothing can be saved, and no more may be held in memory. */
export class StoreFullError extends Error {
  override readonly name = "StoreFullError";
}

export const fullWords = `Rein holds ${maxHeldBytes / 1_000_000} MB that it could not save, which is its limit. Runs are paused and new messages are refused until it can save again.`;

/** What to tell a person when the database fails or is closed, or the disk refuses to save; undefined for any other error. */
export function describeStorageError(error: unknown): string | undefined {
  if (error instanceof StoreClosedError) return error.message;
  if (!(error instanceof SQLiteError)) return unsavedWords[errorCode(error) ?? ""];
  const advice = adviceByKind[kindOf(error)] ?? `Restart Rein; if this comes back, ${damaged}`;
  return `Rein cannot use its database (${error.message}). ${advice}`;
}

/** Whether SQLite says that the file is damaged where it was read. */
export function isDamage(error: unknown): boolean {
  return error instanceof SQLiteError && ["CORRUPT", "NOTADB"].includes(kindOf(error));
}

/** Whether the same write may succeed later: it is the disk's fault, and not the row's. */
export function isTransient(error: unknown): boolean {
  return (
    error instanceof SQLiteError && !["CONSTRAINT", "TOOBIG", "MISMATCH"].includes(kindOf(error))
  );
}

/** "FULL" of SQLITE_FULL, "IOERR" of SQLITE_IOERR_WRITE. */
function kindOf(error: SQLiteError): string {
  return String(error.code).split("_")[1] ?? "";
}

const damaged = "export what you need, then stop Rein and move the file away.";
const keepsTrying =
  "What happens meanwhile is only in memory, and lost if Rein ends; Rein saves it as soon as it can.";
const adviceByKind: Record<string, string> = {
  FULL: `The disk is full: free some space. ${keepsTrying}`,
  IOERR: `The disk accepts no more data: free some space, or check the disk. ${keepsTrying}`,
  BUSY: `Another program holds its lock: end that program. ${keepsTrying}`,
  LOCKED: `Another program holds its lock: end that program. ${keepsTrying}`,
  READONLY: `The file or its directory is read-only: make it writable. ${keepsTrying}`,
  CANTOPEN: `The file or its directory cannot be opened: check its permissions. ${keepsTrying}`,
  CORRUPT: `The file is damaged: ${damaged}`,
  NOTADB: `The file is damaged: ${damaged}`,
};
/** Of the files beside the database. */
const unsavedWords: Record<string, string | undefined> = {
  ENOSPC: "This could not be saved: the disk is full. Free some space, and try again.",
  EDQUOT: "This could not be saved: the disk quota is used up. Free some space, and try again.",
  EFBIG: "This could not be saved: the disk accepts no more data. Free some space, and try again.",
  EROFS: "This could not be saved: the disk is read-only. Make it writable, and try again.",
};
