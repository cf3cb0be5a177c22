/** A process to be killed: opens the database it is given, says so, and writes to it until then, several batches a tick. */
import { writeSync } from "node:fs";
import { SessionRegistry } from "../server/session/session-registry";
import { Store } from "../server/store/store";
import { conversation } from "./database-scene";

const store = new Store(process.argv[2]!);
if (store.missing !== undefined) writeSync(1, `${store.missing}\n`);
const sessions = new SessionRegistry(store);
writeSync(1, "open\n");
// It ends by itself when it is not killed.
for (let count = 0; performance.now() < 20_000; count++) {
  for (const event of conversation(`${process.pid}-${count}`, sessions)) {
    event();
    if (count % 3 === 0) store.flush();
  }
  if (count % 5 === 0) await Bun.sleep(1);
  if (count % 50 === 0) await Bun.sleep(120);
}
