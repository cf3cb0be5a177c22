/** Whenever a server is killed, the database that it leaves is no older than its seal. */
import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { join } from "node:path";
import { log } from "../server/log";
import { sessionRow } from "../server/store/changed-rows";
import { openDatabase } from "../server/store/open-database";
import { Seal } from "../server/store/seal";
import { SharedRows } from "../server/store/shared-rows";
import { prepareStatements } from "../server/store/statements";
import { Store } from "../server/store/store";
import { WalSynchroniser } from "../server/store/wal-synchroniser";
import { WriteBehind } from "../server/store/write-behind";
import { copyFiles } from "./database-scene";
import { emptySession } from "./long-session";
import { SeededRandom } from "./seeded-random";
import { temporaryDirectory } from "./temporary-directory";

test("a server that is killed before or after any commit, or any writing of its seal, leaves nothing to tell", async () => {
  const { level } = log;
  log.level = "silent";
  using _ = { [Symbol.dispose]: () => void (log.level = level) };
  using folder = temporaryDirectory();
  const path = join(folder.path, "rein.db");
  const left: string[] = [];
  const kill = (): void => void left.push(copyFiles(path, join(folder.path, `${left.length}`)));
  class WatchedSeal extends Seal {
    override count(): void {
      super.count();
      kill(); // before the commit
    }
    override synchronised(number: number): void {
      kill();
      super.synchronised(number);
    }
    override renew(): void {
      kill();
      super.renew();
      kill();
    }
  }
  const { database } = openDatabase(path);
  const seal = new WatchedSeal(database, path, []);
  const statements = prepareStatements(database);
  const parts = {
    statements,
    seal,
    shared: new SharedRows(database),
    wal: new WalSynchroniser(path),
  };
  const writer = new WriteBehind(database, parts, () => {});
  const other = new Database(path);
  const later: Promise<void>[] = [];
  /** A commit that fails. */
  const locked = other.transaction(() => writer.flushDurably());
  const random = new SeededRandom(12);
  for (let count = 0; count < 24; count++) {
    writer.note(`${count}`, [sessionRow({ ...emptySession("/"), id: `${count}` })]);
    await random.pick([
      async () => writer.flush(),
      async () => writer.flushDurably(),
      async () => void later.push(writer.flushThenSynchronise(`${count}`)),
      () => Promise.all(later),
      async () => locked.immediate(),
      async () => seal.renew(),
    ])();
  }
  await Promise.all(later);
  writer.close();
  parts.wal.close();
  seal.close();
  other.close();
  database.close();
  expect(left.length).toBeGreaterThan(24);
  expect(left.filter((copy) => missingIn(copy) !== undefined)).toEqual([]);
});

/** What a start says is missing. */
function missingIn(path: string): string | undefined {
  const store = new Store(path);
  const { missing } = store;
  store.close();
  return missing;
}
