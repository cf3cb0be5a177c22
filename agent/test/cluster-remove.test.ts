/** A machine that is gone for good is removed: its sessions stay readable, can be deleted, and are its own again if it comes back. */
import { describe, expect, test } from "bun:test";
import type { ClusterAnswer, SessionSummary } from "../shared/protocol";
import { pause } from "./control-api";
import { clusterScene } from "./cluster-scene";
import { lacksPostgres } from "./postgres";
import type { Rein } from "./rein";
import { storedSession } from "./shared-rows-scene";
import { hang, makeGate, text, toolCall } from "./upstream/upstream";
import { untilAsync } from "./within";

const { cluster } = clusterScene({ names: ["a", "b"] });
const node = (name: string) => cluster.node(name);

async function answerOf(rein: Rein, path: string, init?: RequestInit) {
  const response = await rein.fetch(path, init);
  const text = await response.text();
  return { status: response.status, text };
}

const remove = (name: string) =>
  answerOf(node("b").rein, `/api/cluster/nodes/${name}`, { method: "DELETE" });

async function sessionsAt(rein: Rein): Promise<SessionSummary[]> {
  return (await rein.json<{ sessions: SessionSummary[] }>("/api/sessions")).sessions;
}

async function isStored(id: string, isIt: (session: string) => boolean): Promise<void> {
  await untilAsync(
    async () => isIt(JSON.stringify((await storedSession(cluster.databaseUrl, id)) ?? "")),
    "the database has it so",
  );
}

describe.skipIf(lacksPostgres !== "")(`a machine of a cluster${lacksPostgres}`, () => {
  test("is not removed while it lives, nor the one that is asked, nor one that is not there", async () => {
    expect(await remove("a")).toEqual({
      status: 409,
      text: expect.stringContaining("“a” answers at http://127.0.0.1"),
    });
    expect(await remove("b")).toMatchObject({ status: 409 });
    expect(await remove("z")).toMatchObject({ status: 404 });
    await node("a").database.refuse();
    expect(await remove("a")).toMatchObject({ status: 409 });
  });

  test("that is gone is removed with its paused runs ended, and is itself again when it comes back", async () => {
    const [a, b] = [node("a"), node("b")];
    cluster.upstream.script([text("Kept.")]);
    const kept = a.send();
    await kept.ended;
    cluster.upstream.script([text("Deleted.")]);
    const deleted = a.send();
    await deleted.ended;
    const gate = makeGate();
    cluster.upstream.script([text("One ", gate), toolCall("bash", { command: "echo on" })]);
    const paused = a.send({ permissions: "all" });
    await paused.until(({ type }) => type === "part-delta");
    await pause(a.rein, paused.sessionId);
    gate.open();
    await paused.until(() => paused.session.runs[0]?.pause?.state === "paused");
    for (const { sessionId } of [kept, deleted, paused])
      await isStored(sessionId, (session) => session.includes(sessionId));
    await isStored(paused.sessionId, (session) => session.includes('"paused"'));
    cluster.upstream.script([hang]);
    const before = cluster.upstream.requests.length;
    const cut = a.send();
    await cut.until(({ type }) => type === "run-start");
    // One that is killed before its request leaves that answer to the last run of the test.
    await cluster.upstream.request(before);
    await isStored(cut.sessionId, (session) => session.includes('"running"'));
    await a.kill();
    for (const chat of [paused, cut]) chat.hangUp();

    const removed = await remove("a");
    expect(removed.status).toBe(200);
    expect(JSON.parse(removed.text)).toMatchObject({ removed: "a", sessions: 4 });
    for (const { runId } of [paused, cut])
      expect(await cluster.settled(runId)).toMatchObject({ stop: { by: "crash" } });
    const { nodes } = await b.rein.json<ClusterAnswer>("/api/cluster");
    expect(nodes.map(({ name }) => name)).toEqual(["b"]);
    expect(await answerOf(b.rein, `/api/sessions/${kept.sessionId}`)).toEqual({
      status: 200,
      text: expect.stringContaining("Kept."),
    });
    const message = JSON.stringify({ message: "More", sessionId: kept.sessionId });
    expect(await answerOf(b.rein, "/api/chat", { method: "POST", body: message })).toEqual({
      status: 503,
      text: expect.stringContaining("It is not in the cluster any more"),
    });
    const path = `/api/sessions/${deleted.sessionId}`;
    expect(await answerOf(b.rein, path, { method: "DELETE" })).toMatchObject({ status: 200 });
    expect(await answerOf(b.rein, path)).toMatchObject({ status: 404 });
    await untilAsync(async () => (await sessionsAt(b.rein)).length === 3, "it left the list");

    await a.start();
    await untilAsync(
      async () => (await b.rein.json<ClusterAnswer>("/api/cluster")).nodes.length === 2,
      "it has joined again",
    );
    expect((await a.rein.session(paused.sessionId)).runs[0]).toMatchObject({ state: "settled" });
    expect(await answerOf(a.rein, path)).toMatchObject({ status: 404 });
    cluster.upstream.script([text("I go on.")]);
    const next = b.rein.chat({
      message: "Go on",
      sessionId: kept.sessionId,
      onDisconnect: "continue",
    });
    await next.ended;
    expect((await a.rein.session(kept.sessionId)).runs).toHaveLength(2);
    expect((await sessionsAt(a.rein)).filter((one) => one.node === "a")).toHaveLength(3);
    expect(await cluster.sql`SELECT 1 FROM rein.removed_sessions`).toHaveLength(0);
  });
});
