/** The list of sessions: pinned, archived, page by page; and a deletion that can be taken back. */
import { Database } from "bun:sqlite";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "bun:test";
import type { SessionSummary } from "../shared/protocol";
import type { SessionsQuery } from "../shared/requests";
import { pageOfSessions } from "../server/http/session-page";
import { apiScene } from "./api-scene";
import type { Chat } from "./rein";
import { hang, text, toolCall } from "./upstream/upstream";
import { untilAsync } from "./within";

const scene = apiScene();
const { upstream, send, restart, stop, dataDir } = scene;
const { signal } = new AbortController();

async function say(message: string): Promise<Chat> {
  upstream.script([text("Yes.")]);
  const chat = send(message);
  await chat.ended;
  return chat;
}

const listed = async (query: SessionsQuery = {}) =>
  (await scene.rein.sdk.sessions(signal, query)).sessions.map(({ id }) => id);
const patch = (id: string, change: object) =>
  scene.rein.fetch(`/api/sessions/${id}`, { method: "PATCH", body: JSON.stringify(change) });

describe("a session", () => {
  test("that is pinned is on the first page, and stays so after a restart", async () => {
    const [old, middle, last] = [await say("old"), await say("middle"), await say("last")];
    await patch(old.sessionId, { pinned: true });
    const page = await scene.rein.sdk.sessions(signal, { limit: 1 });
    expect(page.sessions.map(({ id }) => id)).toEqual([last.sessionId, old.sessionId]);
    expect(await listed({ limit: 1, before: page.next! })).toEqual([middle.sessionId]);
    await restart();
    expect(await listed({ limit: 1 })).toEqual([last.sessionId, old.sessionId]);
    await patch(old.sessionId, { pinned: false });
    expect(await listed({ limit: 1 })).toEqual([last.sessionId]);
    expect(await listed()).toEqual([last, middle, old].map(({ sessionId }) => sessionId));
  });

  test("that is archived is out of the list until something is said to it; one that runs is not", async () => {
    const chat = await say("quiet");
    const other = await say("loud");
    await patch(chat.sessionId, { archived: true });
    expect(await listed()).toEqual([other.sessionId]);
    expect(await listed({ archived: "only" })).toEqual([chat.sessionId]);
    expect(await listed({ archived: "with" })).toEqual([other.sessionId, chat.sessionId]);
    upstream.script([text("Again."), hang]);
    const next = send("again", { sessionId: chat.sessionId });
    await next.until(({ type }) => type === "run-start");
    expect(await listed()).toEqual([chat.sessionId, other.sessionId]);
    const refused = await patch(chat.sessionId, { archived: true });
    expect([refused.status, await refused.json()]).toMatchObject([
      409,
      { error: { code: "run-active" } },
    ]);
    await stop(next);
    await next.ended;
  });
});

describe("a deletion", () => {
  test("stops what runs and can be taken back: with its messages, its files and its undo", async () => {
    const upload = { method: "POST", body: "words" };
    const { hash } = await scene.rein.json<{ hash: string }>("/api/files", upload);
    upstream.script([toolCall("write", { path: "made.txt", content: "x" })], [text("Made."), hang]);
    const chat = send("Make it", { permissions: "all", files: [{ hash, name: "note.txt" }] });
    await chat.until(({ type }) => type === "tool-end");
    const { sessionId, runId } = chat;
    const list = await scene.follow(chat);
    const gone = await scene.rein.sdk.deleteSession(sessionId, signal, { undo: true });
    expect(gone.restorableUntil! - Date.now()).toBeGreaterThan(300_000);
    await chat.ended;
    await list.ended;
    expect(await listed()).toEqual([]);
    expect(await listed({ deleted: "only" })).toEqual([sessionId]);
    expect((await scene.rein.fetch(`/api/sessions/${sessionId}`)).status).toBe(404);
    const body = JSON.stringify({ sessionId, message: "hello" });
    expect((await scene.rein.fetch("/api/chat", { method: "POST", body })).status).toBe(404);
    expect((await scene.rein.sdk.search({ q: "made" }, signal)).messages).toEqual([]);
    await restart();
    const { session } = await scene.rein.sdk.restoreSession(sessionId, signal);
    expect(session).toMatchObject({ id: sessionId, runs: [{ outcome: "stopped" }] });
    expect(await listed()).toEqual([sessionId]);
    expect((await scene.rein.fetch(`/api/files/${hash}`)).status).toBe(200);
    await scene.rein.json(`/api/sessions/${sessionId}/runs/${runId}/undo`, {
      method: "POST",
      body: "{}",
    });
    expect(existsSync(join(scene.rein.cwd, "made.txt"))).toBe(false);
    expect((await scene.rein.sdk.search({ q: "make" }, signal)).messages).toHaveLength(1);
  });

  test("by two pages at once can be taken back, and is saved as soon as it is", async () => {
    const chat = await say("twice");
    const remove = () => scene.rein.sdk.deleteSession(chat.sessionId, signal, { undo: true });
    const [one, other] = await Promise.all([remove(), remove()]);
    expect(other).toEqual(one);
    expect(await remove()).toEqual(one);
    // The list is read when all of it is on the disk.
    expect(await listed({ deleted: "only" })).toEqual([chat.sessionId]);
    await scene.rein.sdk.restoreSession(chat.sessionId, signal);
    scene.rein.signal("SIGKILL");
    await scene.rein.exited;
    await scene.start();
    expect(await listed()).toEqual([chat.sessionId]);
  });

  test("that is taken back while it stops what runs is taken back once that has ended", async () => {
    await restart({ environment: { REIN_GRACE_MS: "30000" } });
    const command =
      "trap 'until [ -e go ]; do sleep 0.05; done; exit' TERM; echo ready; while :; do sleep 1; done";
    upstream.script([toolCall("bash", { command })]);
    const chat = send("Run it", { permissions: "all" });
    await chat.until((event) => event.type === "part-delta" && event.field === "output");
    const { sessionId } = chat;
    const deleted = scene.rein.sdk.deleteSession(sessionId, signal, { undo: true });
    await chat.until(({ type }) => type === "run-stopping");
    const back = scene.rein.sdk.restoreSession(sessionId, signal);
    // An answer to what was asked behind it.
    await listed();
    writeFileSync(join(scene.rein.cwd, "go"), "");
    expect((await back).session.runs).toMatchObject([{ state: "settled", outcome: "stopped" }]);
    await deleted;
    upstream.script([text("It works.")]);
    const next = send("Go on", { sessionId });
    await next.ended;
    expect(next.session.runs.at(-1)).toMatchObject({ outcome: "done" });
    expect(await listed()).toEqual([sessionId]);
  });

  test("takes the session out of reach before it stops it; what a kill -9 cuts then has ended when it is back", async () => {
    const command = "trap '' TERM; while :; do sleep 1; done";
    upstream.script([toolCall("bash", { command })]);
    const chat = send("Run it", { permissions: "all" });
    await chat.until(({ type }) => type === "tool-start");
    const { sessionId } = chat;
    scene.rein.sdk.deleteSession(sessionId, signal, { undo: true }).catch(() => undefined);
    await chat.until(({ type }) => type === "run-stopping");
    for (const [path, request] of [
      ["/api/chat", { sessionId, message: "more", interrupt: true }],
      [`/api/sessions/${sessionId}/queue`, { message: "more", waitsFor: "run" }],
    ] as const) {
      const body = JSON.stringify(request);
      expect((await scene.rein.fetch(path, { method: "POST", body })).status).toBe(404);
    }
    scene.rein.signal("SIGKILL");
    await scene.rein.exited;
    await scene.start();
    expect((await scene.rein.sdk.stops("", signal)).stops).toEqual([]);
    const { session } = await scene.rein.sdk.restoreSession(sessionId, signal);
    expect(session.runs).toMatchObject([{ state: "settled", outcome: "stopped" }]);
    expect((await scene.rein.sdk.stops("", signal)).stops).toMatchObject([{ sessionId }]);
  });

  test("without a way back leaves nothing, and is not restored", async () => {
    const chat = await say("away");
    await scene.rein.sdk.deleteSession(chat.sessionId, signal, { undo: true });
    const path = `/api/sessions/${chat.sessionId}`;
    expect((await scene.rein.fetch(path, { method: "DELETE" })).status).toBe(200);
    expect((await scene.rein.fetch(`${path}/restore`, { method: "POST" })).status).toBe(404);
    expect(await listed({ deleted: "only" })).toEqual([]);
    expect((await scene.rein.fetch(path, { method: "DELETE" })).status).toBe(404);
  });

  test("is carried out when its time is over, by the next server too", async () => {
    const chat = await say("later");
    await scene.rein.sdk.deleteSession(chat.sessionId, signal, { undo: true });
    scene.rein.signal("SIGKILL");
    await scene.rein.exited;
    const database = new Database(join(dataDir(), "rein.db"));
    database.run("UPDATE sessions SET data = json_set(data, '$.deletedAt', 1000)");
    database.close();
    await scene.start();
    await untilAsync(async () => (await listed({ deleted: "only" })).length === 0, "it is gone");
    const path = `/api/sessions/${chat.sessionId}/restore`;
    expect((await scene.rein.fetch(path, { method: "POST" })).status).toBe(404);
  });
});

test("pages give every session once, though times are the same and some change between them", () => {
  const one = (id: string, updatedAt: number, more: Partial<SessionSummary> = {}) =>
    ({ id, updatedAt, state: "idle", ...more }) as SessionSummary;
  const all = ["a", "b", "c", "d", "e"].map((id) => one(id, 5));
  const sessions = { list: () => all, deleted: () => [] };
  const seen: string[] = [];
  let before: string | undefined;
  do {
    const page = pageOfSessions(sessions, { limit: 2, before });
    seen.push(...page.sessions.map(({ id }) => id));
    before = page.next;
    all.push(one(`new-${seen.length}`, 9));
  } while (before !== undefined);
  expect(seen).toEqual(["a", "b", "c", "d", "e"]);
});
