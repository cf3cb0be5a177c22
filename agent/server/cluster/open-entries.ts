/** Opens the entries that all nodes share, kind by kind, as a server alone opens its files. */
import { join } from "node:path";
import { FileEntries, type OpenEntries } from "../access/shared-entries";
import { type EntriesDatabase, RowEntries } from "./row-entries";
import { SharedWith } from "./shared-with";

export interface NodeEntries {
  /** Throws an Error that says what to change. */
  open: OpenEntries;
  /** Resolves when all that were opened are as the database has them, if it answers. */
  catchUp(): Promise<void>;
}

/** Throws an Error that says what to change. */
export function openEntries(database: EntriesDatabase, dataDir: string): NodeEntries {
  const sharedWith = new SharedWith(dataDir);
  const opened: { catchUp(): Promise<void> }[] = [];
  return {
    open: (kind) => {
      const cache = new FileEntries(kind, kind.file && join(dataDir, kind.file));
      const entries = new RowEntries({ kind, database, cache, sharedWith });
      opened.push(entries);
      return entries;
    },
    catchUp: async () => void (await Promise.all(opened.map((one) => one.catchUp()))),
  };
}
