/** A node that does not answer is named; what the database has is read; and no stop is reported that its owner did not answer. */
import { describe, expect, test } from "bun:test";
import { createServer, type Server } from "node:net";
import type { ClusterAnswer, Session, StopAnswer } from "../shared/protocol";
import { clusterScene } from "./cluster-scene";
import { lacksPostgres } from "./postgres";
import type { Rein } from "./rein";
import { startStdio } from "./stdio-process";
import { hang, makeGate, text } from "./upstream/upstream";
import { untilAsync } from "./within";

const { cluster } = clusterScene({ names: ["a", "b"] });
const node = (name: string) => cluster.node(name);

interface Answer {
  status: number;
  error?: { code: string; message: string; node?: string };
}

async function answerOf(rein: Rein, path: string, init?: RequestInit): Promise<Answer> {
  const response = await rein.fetch(path, init);
  const body = response.headers.get("Content-Type")?.includes("json")
    ? ((await response.json()) as object)
    : {};
  return { status: response.status, ...body };
}

const post = { method: "POST", body: "{}" };

/** A session of "a" with one run that is over, as "b" finds it in the database. */
async function endedSession(): Promise<{ id: string; runId: string }> {
  cluster.upstream.script([text("Hello from a.")]);
  const chat = node("a").send();
  await chat.ended;
  const { sessionId: id, runId } = chat;
  await untilAsync(async () => {
    const rows = await cluster.sql`
      SELECT 1 FROM rein.runs WHERE session_id = ${id} AND settled AND node = 'a'`;
    return rows.length === 1;
  }, "the end of the run is in the database");
  return { id, runId };
}

describe.skipIf(lacksPostgres !== "")(`a node that is dead${lacksPostgres}`, () => {
  test("its sessions are read from the database, and everything else is undelivered", async () => {
    const { id } = await endedSession();
    const { rein } = node("b");
    await node("a").kill();
    const { session } = await rein.json<{ session: Session }>(`/api/sessions/${id}`);
    expect(JSON.stringify(session.messages)).toContain("Hello from a.");
    const last = session.messages.at(-1)!.id;
    const { messages } = await rein.json<{ messages: unknown[] }>(
      `/api/sessions/${id}/messages?before=${last}`,
    );
    expect(messages).toHaveLength(1);
    expect(await (await rein.fetch(`/api/sessions/${id}/export`)).text()).toContain("Hello from a");
    for (const path of ["pause", "compact", "branch", "queue"]) {
      const { status, error } = await answerOf(rein, `/api/sessions/${id}/${path}`, post);
      expect([path, status, error?.code, error?.node]).toEqual([path, 503, "undelivered", "a"]);
      expect(error?.message).toContain("the connection was refused");
    }
    const chat = JSON.stringify({ message: "More", sessionId: id });
    expect(await answerOf(rein, "/api/chat", { method: "POST", body: chat })).toMatchObject({
      status: 503,
      error: { code: "undelivered", node: "a" },
    });
  });

  test("a stop of a run that has ended says so, with the database's word for it", async () => {
    const { id, runId } = await endedSession();
    const { rein } = node("b");
    await node("a").kill();
    for (const named of [{}, { runId }])
      expect(await rein.stop(id, named)).toMatchObject({
        stopped: false,
        message: "It has ended.",
      });
    const stop = (named: object) =>
      answerOf(rein, "/api/stop", { method: "POST", body: JSON.stringify(named) });
    expect(await stop({ runId })).toMatchObject({
      status: 200,
      answers: [{ stopped: false, message: "It has ended." }],
    });
    const body = JSON.stringify({ runId: "another" });
    const other = await answerOf(rein, `/api/sessions/${id}/stop`, { method: "POST", body });
    expect(other).toMatchObject({
      status: 200,
      stopped: false,
      message: expect.stringContaining("It does not run: its node “a” is gone."),
    });
    // One that only has a wrong address may still run it.
    await using lock = new Bun.SQL(cluster.databaseUrl, { max: 1 });
    await lock`SELECT pg_advisory_lock(hashtextextended('a', 7661654))`;
    const wrong = await answerOf(rein, `/api/sessions/${id}/stop`, { method: "POST", body });
    expect(wrong).toMatchObject({ status: 503, error: { code: "undelivered", node: "a" } });
  });

  test("a stop of what ran there is undelivered until the others have settled it, and then it has ended", async () => {
    cluster.upstream.script([hang]);
    const chat = node("a").send();
    await chat.until(({ type }) => type === "run-start");
    const { rein } = node("b");
    const path = `/api/sessions/${chat.sessionId}/stop`;
    expect(await answerOf(rein, `/api/sessions/${chat.sessionId}`)).toMatchObject({ status: 200 });
    // Nobody could settle a run that the database does not have yet.
    const rows = () => cluster.sql`SELECT 1 FROM runs WHERE id = ${chat.runId}`;
    await untilAsync(async () => (await rows()).length > 0, "the database has the run");
    await node("a").kill();
    const told: object[] = [];
    await untilAsync(async () => {
      told.push(await answerOf(rein, path, post));
      return (told.at(-1) as Answer).status === 200;
    }, "the stop is answered");
    for (const one of told.slice(0, -1))
      expect(one).toMatchObject({ status: 503, error: { code: "undelivered", node: "a" } });
    expect(told.at(-1)).toMatchObject({
      stopped: false,
      message: expect.stringContaining("the others have settled what it left"),
    });
  });

  test("a stop of everything names it, and so do the list of machines, a search and a stop by id", async () => {
    await endedSession();
    const { rein } = node("b");
    cluster.upstream.script([hang]);
    const chat = node("b").send();
    await chat.until(({ type }) => type === "run-start");
    await node("a").kill();
    const missing = [{ node: "a", reason: expect.stringContaining("the connection was refused") }];
    const all = await rein.json<{ answers: StopAnswer[] }>("/api/stop", post);
    expect(all).toMatchObject({ answers: [{ stopped: true }], unreached: missing });
    await chat.ended;
    const body = JSON.stringify({ runId: "not-yet-there" });
    const early = await rein.json("/api/stop", { method: "POST", body });
    expect(early).toMatchObject({ answers: [{ stopped: false }], unreached: missing });
    const found = await rein.json("/api/search?q=hello");
    expect(found).toMatchObject({ messages: [], unreached: missing });
    const { nodes } = await rein.json<ClusterAnswer>("/api/cluster");
    expect(nodes).toMatchObject([
      { name: "a", state: "away", sessions: 1 },
      { name: "b", state: "here" },
    ]);
  });
});

describe.skipIf(lacksPostgres !== "")(`a node that is frozen${lacksPostgres}`, () => {
  test("acknowledges no stop, until it answers again", async () => {
    cluster.upstream.script([hang]);
    const chat = node("a").send();
    await chat.until(({ type }) => type === "run-start");
    const { rein } = node("b");
    const path = `/api/sessions/${chat.sessionId}/stop`;
    expect(await answerOf(rein, `/api/sessions/${chat.sessionId}`)).toMatchObject({ status: 200 });
    node("a").freeze();
    const stop = await answerOf(rein, path, post);
    expect(stop).toMatchObject({ status: 503, error: { code: "undelivered", node: "a" } });
    expect(stop.error?.message).toContain("did not answer within 5 s");
    // Once others have settled it, its processes were still not seen to end.
    await cluster.settled(chat.runId);
    const named = JSON.stringify({ runId: chat.runId });
    for (const [at, body] of [
      [path, "{}"],
      [path, named],
      ["/api/stop", named],
    ] as const) {
      const late = await answerOf(rein, at, { method: "POST", body });
      expect(late).toMatchObject({ status: 503, error: { code: "undelivered", node: "a" } });
      expect(late.error?.message).toContain("its processes were not seen to end");
    }
    node("a").resume();
    const isAcknowledged = async () => (await answerOf(rein, path, post)).status === 200;
    await untilAsync(isAcknowledged, "the stop is acknowledged");
    await chat.ended;
    expect(chat.session.runs.at(-1)?.outcome).toBe("stopped");
  });

  test("may have a run that a program cancels before its events come: that is undelivered, and names it", async () => {
    node("a").freeze();
    await using stdio = startStdio(node("b").rein);
    stdio.send({ type: "cancel_request", id: "1", runId: "not-seen-yet" });
    const line = await stdio.until((one) => "id" in one && one.id === "1");
    expect(line).toMatchObject({ type: "error", code: "undelivered" });
    expect(JSON.stringify(line)).toContain("not acknowledged by “a”");
    node("a").resume();
  });

  test("breaks the streams that pass it on", async () => {
    const gate = makeGate();
    cluster.upstream.script([text("Hello.")], [text("One ", gate)]);
    const first = node("a").send();
    await first.ended;
    const { sessionId } = first;
    const chat = node("b").rein.chat({ message: "More", sessionId, onDisconnect: "continue" });
    await chat.until(({ type }) => type === "part-delta");
    node("a").freeze();
    await chat.ended.catch(() => undefined);
    expect(chat.events.some(({ type }) => type === "run-end")).toBe(false);
    node("a").resume();
    gate.open();
  });
});

describe.skipIf(lacksPostgres !== "")(`a node that breaks off${lacksPostgres}`, () => {
  test("in the middle of an answer has not given it", async () => {
    const { id } = await endedSession();
    await using other = await breakingOff("x");
    await cluster.sql`
      INSERT INTO rein.nodes (id, address, boot, version)
      VALUES ('x', ${`http://127.0.0.1:${other.port}`}, 'boot', '0')`;
    await cluster.sql`
      INSERT INTO rein.sessions SELECT 'session-of-x', 'x', user_id, updated_at, deleted_at, data
      FROM rein.sessions WHERE id = ${id}`;
    const stop = await answerOf(node("b").rein, "/api/sessions/session-of-x/stop", post);
    expect(stop).toMatchObject({ status: 503, error: { code: "undelivered", node: "x" } });
    expect(stop.error?.message).toContain("broke before the answer was whole");
  });
});

/** A node whose answers end after their first bytes. */
async function breakingOff(name: string): Promise<AsyncDisposable & { port: number }> {
  // It need prove nothing: it is not whole before that.
  const answer = `HTTP/1.1 200 OK\r\nX-Rein-Node: ${name}\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{"stopped":true,`;
  const server: Server = createServer((socket) => {
    socket.on("error", () => socket.destroy());
    socket.once("data", () => socket.end(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address() as { port: number };
  return {
    port: address.port,
    async [Symbol.asyncDispose]() {
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
