/** What cannot wait of one session is written alone; what has changed in all others still comes with their batch. */
import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { join } from "node:path";
import { SessionRegistry } from "../server/session/session-registry";
import { Store } from "../server/store/store";
import type { EventBody } from "../shared/protocol";
import { durableEvents, runStart } from "./durable-events";
import { emptySession } from "./long-session";
import { temporaryDirectory } from "./temporary-directory";
import { untilAsync } from "./within";

test("the end of a run writes its own session, and the text of others comes by itself", async () => {
  using directory = temporaryDirectory();
  const path = join(directory.path, "rein.db");
  const store = new Store(path);
  const registry = new SessionRegistry(store);
  const [ended, other] = ["ended", "other"].map((id) =>
    registry.create({ ...emptySession("/"), id }),
  );
  ended!.emit(runStart());
  store.flush();
  for (const live of [ended!, other!]) live.emit(answerOf(live.session.id));
  ended!.emit(structuredClone(durableEvents["the end of a run"]!));
  using reader = new Database(path, { readonly: true });
  const written = () =>
    reader
      .query<{ id: string }, []>("SELECT session_id AS id FROM messages")
      .all()
      .map(({ id }) => id);
  expect(written()).toEqual(["ended"]);
  expect(store.holds("ended")).toBe(false);
  expect(store.holds("other")).toBe(true);
  await untilAsync(async () => written().includes("other"), "the other's text is in the file");
  store.close();
});

function answerOf(id: string): EventBody {
  const facts = { runId: "run", role: "assistant" as const, createdAt: 1 };
  const message = { id: `answer of ${id}`, ...facts, provider: "p", model: "m", parts: [] };
  return { type: "message-start", message };
}
