/** Guards of the database: what it lost is noticed, and what it cannot take is held. */
import type { Guard } from "./guard";

export const storeGuards: Guard[] = [
  {
    promise: "a database that is older than its seal is noticed",
    file: "server/store/missing.ts",
    find: "found.number >= sealed.number",
    replace: "found.number >= 0",
    tests: ["database-seal.test.ts"],
    title: "anywhere is told",
  },
  {
    promise: "the number of a seal is in the commit that it names",
    file: "server/store/store.ts",
    find: "this.#seal.count();",
    replace: "",
    tests: ["database-seal.test.ts"],
    title: "left by a killed server",
  },
  {
    promise: "a database that was refused keeps its WAL",
    file: "server/store/open-database.ts",
    find: "new Database(path, { readonly: true, strict: true })",
    replace: "new Database(path, { strict: true })",
    tests: ["database-seal.test.ts"],
    title: "its WAL stays as it was",
  },
  {
    promise: "the files are copied before the start changes them",
    file: "server/store/missing.ts",
    find: "copyFileSync(from, to, constants.COPYFILE_FICLONE);",
    replace: 'require("node:fs").writeFileSync(to, "");',
    tests: ["database-seal.test.ts"],
    title: "and kept",
  },
];
