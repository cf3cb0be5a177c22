/** What still happens in a session after its deletion is not saved. */
import { expect, test } from "bun:test";
import { SessionRegistry } from "../server/session/session-registry";
import { Store } from "../server/store/store";
import { emptySession } from "../shared/empty-session";
import { noUsage, type Session } from "../shared/protocol";

test("an event after the deletion of its session brings nothing of it back", () => {
  const store = new Store(":memory:");
  const sessions = new SessionRegistry(store);
  const live = sessions.create(aSession());
  const run = { id: "run", state: "running" as const, startedAt: 0, usage: noUsage };
  live.emit({ type: "run-start", sessionId: live.session.id, run });
  sessions.remove(live.session.id);
  live.emit({ type: "session-update", at: 1, patch: { title: "Late" } });
  live.emit({ type: "run-end", runId: run.id, at: 1, outcome: "done", usage: noUsage });
  expect(store.list()).toEqual([]);
  expect(store.load(live.session.id)).toBeUndefined();
  expect(store.storageError).toBeUndefined();
  store.close();
});

function aSession(): Session {
  return emptySession({ id: "session", title: "t", cwd: "/", provider: "p", model: "m" });
}
