/** A process that opens the database it is given, and is killed in the middle of the migration from version 1. */
import { Database } from "bun:sqlite";
import { openDatabase } from "../server/store/open-database";

// The last statement of the migration's transaction sets the version.
const last = "PRAGMA user_version = 2";
const run = Object.getOwnPropertyDescriptor(Database.prototype, "run")!.value as Run;
Object.defineProperty(Database.prototype, "run", {
  value(this: Database, ...given: unknown[]) {
    const result = run.apply(this, given);
    if (given[0] === last) process.kill(process.pid, "SIGKILL");
    return result;
  },
});
openDatabase(process.argv[2]!);

type Run = (this: Database, ...given: unknown[]) => unknown;
