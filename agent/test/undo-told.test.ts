/** What the session says of an undo is what the record of the undo says, whenever the server is killed and whatever could not be saved. */
import { expect, test } from "bun:test";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { recoverChanges, tellReversals } from "../server/run/run-changes";
import { SessionRegistry } from "../server/session/session-registry";
import { Store } from "../server/store/store";
import { runStart } from "./durable-events";
import { emptySession } from "./long-session";
import { rejectionOf } from "./provider-wires";
import { beginRun, decisions, never, undoBench } from "./undo-bench";

const bench = undoBench();

test("a kill between an undo and its event: the next start says it in the session, on disk; and so of a redo", async () => {
  const { dataDir, server, runId, sessionId } = await undoable();
  for (const way of ["undo", "redo"] as const) {
    const { undo } = server();
    const { changes } = await undo[way](runId, decisions, never);
    // Killed here.
    const next = server();
    expect(said(next, sessionId)).not.toEqual(changes);
    recoverChanges(next.sessions, next.undo);
    expect(said(next, sessionId)).toEqual(changes);
    const saved = new Store(join(dataDir, "rein.db"));
    expect(saved.load(sessionId)!.runs[0]!.changes).toEqual(changes);
    saved.close();
    expect(changes.undoneAt === undefined).toBe(way === "redo");
    expect(next.undo.untold()).toEqual([]);
  }
});

test("what a session could not save of an undo, the next start says again", async () => {
  const { server, runId, sessionId } = await undoable();
  const { undo, sessions } = server();
  const { changes } = await undo.undo(runId, decisions, never);
  const holds = sessions.holds.bind(sessions);
  sessions.holds = () => true;
  tellReversals(sessions, undo);
  expect(undo.untold()).toMatchObject([{ sessionId, runId, changes }]);
  sessions.holds = holds;
  tellReversals(sessions, undo);
  expect(undo.untold()).toEqual([]);
});

test("a session that says otherwise than the record is corrected when the same is asked once more", async () => {
  const { server, runId, sessionId } = await undoable();
  const { undo, sessions } = server();
  const { changes } = await undo.undo(runId, decisions, never);
  undo.told(runId);
  expect(await rejectionOf(undo.undo(runId, decisions, never))).toMatchObject({ code: "already" });
  tellReversals(sessions, undo);
  expect(said({ sessions }, sessionId)).toEqual(changes);
});

test("a directory that a run names like a work folder is recorded: only those of the journal are not", async () => {
  const [dataDir, cwd] = [bench.directory(), bench.directory()];
  const undo = bench.open(dataDir);
  const watch = await beginRun(undo, cwd, () => {
    mkdirSync(join(cwd, ".rein-undo-mine"));
    writeFileSync(join(cwd, ".rein-undo-mine/made"), "new");
  });
  expect(await watch.end()).toMatchObject({ files: [{ path: ".rein-undo-mine/made" }] });
  await undo.undo("run", decisions, never);
  expect(readdirSync(cwd)).toEqual([]);
});

/** A run that has made a file, and a server on its data as often as one is asked for. */
async function undoable() {
  const [dataDir, cwd] = [bench.directory(), bench.directory()];
  const server = () => {
    const store = new Store(join(dataDir, "rein.db"));
    bench.defer(() => store.close());
    return { undo: bench.open(dataDir), sessions: new SessionRegistry(store) };
  };
  const { undo, sessions } = server();
  const live = sessions.create(emptySession(cwd));
  live.emit(runStart());
  const sessionId = live.session.id;
  const runId = live.session.runs[0]!.id;
  const watch = undo.begin(live.session, runId);
  await watch.ready(never);
  writeFileSync(join(cwd, "made"), "new");
  const end = { outcome: "done", usage: live.session.usage } as const;
  live.emit({ type: "run-end", runId, at: 2, ...end, changes: await watch.end() });
  return { dataDir, server, runId, sessionId };
}

function said({ sessions }: { sessions: SessionRegistry }, sessionId: string) {
  return sessions.get(sessionId)!.session.runs[0]!.changes;
}
