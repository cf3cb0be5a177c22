/** The id of a run is its own, over all sessions: a request that brings one that is taken is refused, and changes nothing. */
import { expect, test } from "bun:test";
import { newId } from "../server/id";
import { SessionRegistry } from "../server/session/session-registry";
import { Store } from "../server/store/store";
import { emptySession } from "../shared/empty-session";
import { noUsage, type Session } from "../shared/protocol";
import type { ChatRequest } from "../shared/requests";
import { apiScene, chatCompletionsOnly, withoutChanges } from "./api-scene";
import { queue } from "./control-api";
import { hang, makeGate, text } from "./upstream/upstream";

const { upstream, rein, send, stop, restart } = apiScene({ environment: chatCompletionsOnly });

test("the id of a run that has ended, one that is active or a queued message is refused in every session", async () => {
  upstream.script([text("One.")], [text("Two.")], [text("Three ", makeGate())]);
  const one = send("First", { runId: "ended" });
  const other = send("Other", { runId: "other" });
  for (const { ended } of [one, other]) await ended;
  const { sessionId } = one;
  const active = send("Second", { sessionId, runId: "active" });
  await active.until(({ type }) => type === "part-delta");
  await queue(rein, sessionId, { message: "Third", runId: "queued" });
  const before = await sessionsOf(one, other);

  for (const runId of ["ended", "active", "queued"]) {
    const refusal = [409, "run-exists", { sessionId, runId }];
    expect(await refusalOf("/api/chat", { message: "New", runId })).toEqual(refusal);
    const into = { message: "Into", runId };
    expect(await refusalOf("/api/chat", { ...into, sessionId, interrupt: true })).toEqual(refusal);
    expect(await refusalOf("/api/chat", { ...into, sessionId: other.sessionId })).toEqual(refusal);
    for (const id of [sessionId, other.sessionId])
      expect(await refusalOf(`/api/sessions/${id}/queue`, into)).toEqual(refusal);
    const summary = await refusalOf(`/api/sessions/${other.sessionId}/compact`, { runId });
    expect(summary).toEqual(refusal);
  }
  expect(await sessionsOf(one, other)).toEqual(before);
  expect(await stop(active)).toMatchObject({ stopped: true, runId: "active" });
});

test("the id stays taken when another server starts, and is free when its message or session is removed", async () => {
  upstream.script([text("One.")], [text("Two ", makeGate())]);
  const one = send("First", { runId: "ended" });
  await one.ended;
  const { sessionId } = one;
  const active = send("Second", { sessionId, runId: "stopped" });
  await active.until(({ type }) => type === "part-delta");
  await queue(rein, sessionId, { message: "Third", runId: "kept" });
  await stop(active);
  await restart();

  for (const runId of ["kept", "stopped", "ended"])
    expect(await refusalOf("/api/chat", { message: "New", runId })).toEqual([
      409,
      "run-exists",
      { sessionId, runId },
    ]);
  upstream.script([text("Three.")], [text("Four.")]);
  await rein.fetch(`/api/sessions/${sessionId}/queue/kept`, { method: "DELETE" });
  await send("New", { runId: "kept" }).ended;
  await rein.fetch(`/api/sessions/${sessionId}`, { method: "DELETE" });
  await send("New", { runId: "ended" }).ended;
});

test("of two requests with one id at once, one is accepted", async () => {
  upstream.route(() => [hang]);
  const both = [send("One", { runId: "same" }), send("Two", { runId: "same" })];
  const answers = await Promise.all(both.map(({ response }) => response));
  expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 409]);
  const { sessions } = await rein.json<{ sessions: unknown[] }>("/api/sessions");
  expect(sessions).toMatchObject([{ runId: "same" }]);
});

test("a run keeps its row when another session has one of its id", () => {
  const store = new Store(":memory:");
  const sessions = new SessionRegistry(store);
  for (const [id, outcome] of [["first", "done"] as const, ["second", "failed"] as const]) {
    const live = sessions.create(aSession(id));
    const run = { id: "run", state: "running" as const, startedAt: 0, usage: noUsage };
    live.emit({ type: "run-start", sessionId: id, run });
    live.emit({ type: "run-end", runId: "run", at: 1, outcome, usage: noUsage });
  }
  expect(store.load("first")?.runs).toMatchObject([{ id: "run", outcome: "done" }]);
  expect(store.load("second")?.runs).toEqual([]);
  expect(store.storageError).toBeUndefined();
  store.close();
});

function aSession(id: string): Session {
  return emptySession({ id, title: "t", cwd: "/", provider: "p", model: "m" });
}

async function sessionsOf(...chats: { sessionId: string }[]): Promise<Session[]> {
  return Promise.all(chats.map(async (chat) => withoutChanges(await rein.session(chat.sessionId))));
}

async function refusalOf(path: string, body: Partial<ChatRequest>) {
  const answer = await rein.fetch(path, { method: "POST", body: JSON.stringify(body) });
  const { error } = (await answer.json()) as { error: { code: string; run?: unknown } };
  return [answer.status, error.code, error.run];
}

test("an id that the server makes can stand behind an option of a command", () => {
  const ids = Array.from({ length: 2_000 }, newId);
  expect(ids.filter((id) => !/^\w[\w-]{21}$/.test(id))).toEqual([]);
});
