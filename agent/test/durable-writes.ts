/** A process to be traced: writes data that must survive a power cut, and prints the name of each step. */
import { writeSync } from "node:fs";
import { join } from "node:path";
import { storedToken } from "../server/config/config";
import { SettingsFile } from "../server/config/settings-file";
import { SessionRegistry } from "../server/session/session-registry";
import { Store } from "../server/store/store";
import { UndoRecords } from "../server/undo/undo-records";
import { emptySession } from "./long-session";
import { durableEvents, ordinaryEvents, runStart } from "./durable-events";

const dataDir = process.argv[2]!;
const store = new Store(join(dataDir, "rein.db"));
const live = new SessionRegistry(store).create(emptySession("/"));
live.emit(runStart());
const records = new UndoRecords(join(dataDir, "undo.db"));
const before = { tree: "", modes: [], leftOut: [] };
const lists = { changes: [], steps: [], unseen: [] };
const record = { runId: "run", sessionId: "s", directory: "/", at: 1, before, ...lists };
// After two commits the one-time writes of a new file are done.
for (let round = 0; round < 2; round++) {
  live.emit({ type: "queue-change", queue: [] });
  records.write({ ...record, runId: `earlier-${round}` });
}

for (const [name, event] of Object.entries({ ...ordinaryEvents, ...durableEvents }))
  step(name, () => {
    live.emit(structuredClone(event));
    store.flush();
  });
step("a deletion", () => store.remove(live.session.id));
step("the settings", () => new SettingsFile(join(dataDir, "settings.json")).update({}));
step("the token", () => storedToken(dataDir));
step("an undo record", () => records.write(record));
writeSync(1, "over\n");

function step(name: string, work: () => void): void {
  writeSync(1, `${name}\n`);
  work();
}
