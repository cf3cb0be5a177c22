/** A process to be traced: a run ends in a session that is shared, and it prints when that begins and when it is sent. */
import { writeSync } from "node:fs";
import { SessionRegistry } from "../server/session/session-registry";
import { Store } from "../server/store/store";
import { durableEvents, runStart } from "./durable-events";
import { emptySession } from "./long-session";

const store = new Store(process.argv[2]!);
const shared = () => Promise.resolve(true);
store.shared.share({ written: () => {}, changedWhole: () => {}, shared });
const live = new SessionRegistry(store).create(emptySession("/"));
live.emit(runStart());
live.emit({ type: "queue-change", queue: [] });
writeSync(1, "ending\n");
live.emit(structuredClone(durableEvents["the end of a run"]!));
live.onceSent(() => {
  writeSync(1, "sent\n");
  store.close();
});
