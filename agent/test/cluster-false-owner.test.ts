/** Whatever a node answers that is not the answer of a stop: nobody is told of a stop, and the others' answers are not lost. */
import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { lockSeed } from "../server/cluster/node-lock";
import { provenAnswer } from "./as-node";
import { clusterKey } from "./cluster-node";
import { clusterScene } from "./cluster-scene";
import { lacksPostgres } from "./postgres";
import { text } from "./upstream/upstream";
import { untilAsync } from "./within";
import { proofHeader } from "../shared/protocol";

const { cluster } = clusterScene({ names: ["a"] });
const testWithPostgres = test.skipIf(lacksPostgres !== "");

/** `prove`: the headers of node "x", with a proof of its key. */
type Answer = (
  response: ServerResponse,
  prove: (status: number, body?: string) => Record<string, string>,
) => void;

const json = { "Content-Type": "application/json" };
const whole =
  (status: number, body: string): Answer =>
  (response, prove) =>
    response.writeHead(status, { ...prove(status, body), ...json }).end(body);

const falseAnswers: Record<string, Answer> = {
  "no JSON": whole(200, "garbage{"),
  nothing: whole(200, ""),
  null: whole(200, "null"),
  "an empty object": whole(200, "{}"),
  "another type": whole(200, '{"stopped":"yes","answers":[null]}'),
  "another page": (response, prove) =>
    response
      .writeHead(200, { ...prove(200), "Content-Type": "text/html" })
      .end("<h1>It works</h1>"),
  "no content": whole(204, ""),
  "an error without words": whole(500, "{}"),
};

/** Sends without end, as fast as it is read. */
function endless(response: ServerResponse, headers: Record<string, string>): void {
  response.writeHead(200, headers);
  const piece = Buffer.alloc(1 << 20, " ");
  const send = () => {
    while (!response.destroyed && response.write(piece));
  };
  response.on("drain", send);
  send();
}

/** Node "x", which owns the session "of-x" with a run that goes on, and answers as the test says. */
async function falseOwner(key = clusterKey, health: object = { node: "x" }) {
  let answer: Answer = whole(200, "{}");
  const server = createServer((request, response) => {
    request.resume();
    const asked = request.headers[proofHeader.toLowerCase()] as string | undefined;
    const prove = (status: number, body?: string) =>
      provenAnswer(asked, { node: "x", status, ...(body !== undefined && { body }) }, key);
    if (request.url!.startsWith("/api/health"))
      return whole(200, JSON.stringify({ cluster: health }))(response, prove);
    answer(response, prove);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { sql } = cluster;
  const lock = new Bun.SQL(cluster.databaseUrl, { max: 1 });
  await lock`SELECT pg_advisory_lock(hashtextextended('x', ${lockSeed}))`;
  cluster.upstream.script([text("Hello")]);
  const chat = cluster.node("a").send();
  await chat.ended;
  await cluster.settled(chat.runId);
  await sql`INSERT INTO nodes VALUES ('x', ${address}, 'boot', 1, '0.1.0')`;
  await sql`
    INSERT INTO sessions SELECT 'of-x', 'x', user_id, updated_at, NULL, data FROM sessions WHERE id = ${chat.sessionId}`;
  await sql`
    INSERT INTO runs SELECT 'of-x', 'run-of-x', 'x', position, false, started_at, NULL, NULL,
      replace(data, '"settled"', '"running"') FROM runs WHERE id = ${chat.runId}`;
  await sql`SELECT pg_notify('rein', ${JSON.stringify(["x", { type: "node", id: "x" }])})`;
  return {
    answers: (next: Answer) => void (answer = next),
    unlock: () => lock.close({ timeout: 0 }),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await lock.close({ timeout: 0 });
    },
  };
}

async function post(path: string, body: object) {
  const { rein } = cluster.node("a");
  const response = await rein.fetch(path, { method: "POST", body: JSON.stringify(body) });
  const text = await response.text();
  return { status: response.status, body: JSON.parse(text === "" ? "null" : text) };
}

testWithPostgres(
  `a stop that is not answered as one is undelivered, and its node is named${lacksPostgres}`,
  async () => {
    await using owner = await falseOwner();
    const undelivered = { status: 503, body: { error: { code: "undelivered", node: "x" } } };
    for (const [name, answer] of Object.entries(falseAnswers)) {
      owner.answers(answer);
      const [session, run, all] = [
        await post("/api/sessions/of-x/stop", {}),
        await post("/api/stop", { runId: "run-of-x" }),
        await post("/api/stop", {}),
      ];
      expect({ name, ...session }).toMatchObject({ name, ...undelivered });
      expect({ name, ...run }).toMatchObject({ name, ...undelivered });
      const unreached = [{ node: "x", reason: expect.stringMatching(/\w/) }];
      expect({ name, ...all }).toMatchObject({
        name,
        status: 200,
        body: { answers: [], unreached },
      });
      expect(JSON.stringify([session, run, all])).not.toContain("undefined");
      const found = await cluster.node("a").rein.json("/api/search?q=Hello");
      expect(found).toMatchObject({ messages: [{ role: "assistant" }], unreached });
    }
  },
);

testWithPostgres(
  `a stop that is acknowledged by who has not the key of the cluster is undelivered, and nothing else of theirs is believed${lacksPostgres}`,
  async () => {
    await using owner = await falseOwner("another-key-of-a-cluster");
    const stopped = '{"stopped":true,"outcome":"stopped","answers":[{"stopped":true}]}';
    const altered: Answer = (response) => {
      const proven = provenAnswer("another-request", { node: "x", status: 200, body: stopped });
      response.writeHead(200, { ...proven, ...json }).end(stopped);
    };
    const unproven: Answer = (response) =>
      response.writeHead(200, { "X-Rein-Node": "x", ...json }).end(stopped);
    for (const answer of [whole(200, stopped), altered, unproven]) {
      owner.answers(answer);
      for (const [path, body] of [
        ["/api/sessions/of-x/stop", {}],
        ["/api/stop", { runId: "run-of-x" }],
      ] as const) {
        const { status, body: said } = await post(path, body);
        expect({ status, said }).toMatchObject({ status: 503, said: { error: { node: "x" } } });
        expect(said.error.message).toContain("has not proven that it has the key");
      }
      const unreached = [{ node: "x", reason: expect.stringContaining("has not proven") }];
      expect(await post("/api/stop", {})).toMatchObject({ body: { answers: [], unreached } });
      expect(await cluster.node("a").rein.json("/api/search?q=Hello")).toMatchObject({ unreached });
    }
    const snapshot = { type: "snapshot", session: { id: "of-x", title: "Of nobody" }, seq: 1 };
    owner.answers((response, prove) =>
      response
        .writeHead(200, { ...prove(200), "Content-Type": "text/event-stream" })
        .end(`id: 1\ndata: ${JSON.stringify(snapshot)}\n\n`),
    );
    const stream = cluster.node("a").rein.follow("of-x");
    await stream.until(({ type }) => type === "snapshot");
    expect(stream.session.title).toBe("Do it");
    stream.hangUp();
    expect((await post("/api/sessions/of-x/queue", { message: "More" })).status).toBe(503);
  },
);

testWithPostgres(
  `a node that drips its answer to a stop keeps the answers of the others no longer than one that is silent, and is named${lacksPostgres}`,
  async () => {
    await using owner = await falseOwner();
    owner.answers((response, prove) => {
      response.writeHead(200, { ...prove(200, "{}"), ...json });
      const drip = setInterval(() => response.write(" "), 100);
      response.on("close", () => clearInterval(drip));
    });
    const reason = expect.stringContaining("not ended it within 5 s");
    const [all, session] = await Promise.all([
      post("/api/stop", {}),
      post("/api/sessions/of-x/stop", {}),
    ]);
    expect(all).toMatchObject({ status: 200, body: { unreached: [{ node: "x", reason }] } });
    expect(session).toMatchObject({ status: 503, body: { error: { message: reason } } });
  },
);

testWithPostgres(
  `an answer without an end is not held: of whoever is at a node's address nothing, of the node 4 MB${lacksPostgres}`,
  async () => {
    await using owner = await falseOwner();
    const { rein } = cluster.node("a");
    const mostMemory = () =>
      Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${rein.pid}/status`, "utf8"))![1]) / 1024;
    const before = mostMemory();
    for (const isNode of [true, false]) {
      owner.answers((response, prove) => endless(response, { ...(isNode && prove(200)), ...json }));
      expect(await post("/api/sessions/of-x/stop", {})).toMatchObject({ status: 503 });
      expect(await post("/api/stop", {})).toMatchObject({ body: { unreached: [{ node: "x" }] } });
    }
    expect(mostMemory() - before).toBeLessThan(600);
  },
);

testWithPostgres(
  `a stream that is answered by a page is a node that was not reached, or what the database has${lacksPostgres}`,
  async () => {
    await using owner = await falseOwner();
    owner.answers(falseAnswers["another page"]!);
    const { rein } = cluster.node("a");
    await untilAsync(async () => (await rein.fetch("/api/sessions")).ok, "the list is there");
    const stream = rein.follow("of-x");
    await stream.until(({ type }) => type === "snapshot");
    expect(stream.session.id).toBe("of-x");
    stream.hangUp();
  },
);

testWithPostgres(
  `a node with another key that lives without the database keeps its runs, until an admin removes it${lacksPostgres}`,
  async () => {
    const health = { node: "x", boot: "boot" };
    await using owner = await falseOwner("another-key-of-a-cluster", health);
    const { rein } = cluster.node("a");
    await owner.unlock();
    const settled = async () => {
      const [run] = await cluster.sql`SELECT settled FROM runs WHERE id = 'run-of-x'`;
      return (run as { settled: boolean }).settled;
    };
    const isTold = () => rein.output().includes("says that it lives, without a proof");
    await untilAsync(async () => isTold() || (await settled()), "it is looked at");
    expect(await settled()).toBe(false);
    expect((await rein.fetch("/api/cluster/nodes/x", { method: "DELETE" })).status).toBe(200);
    expect(await cluster.settled("run-of-x")).toMatchObject({ stop: { by: "crash" } });
  },
);

testWithPostgres(
  `what has the address of a dead node and not the key keeps none of its runs, nor the node itself${lacksPostgres}`,
  async () => {
    await using owner = await falseOwner("another-key-of-a-cluster");
    await owner.unlock();
    expect(await cluster.settled("run-of-x")).toMatchObject({ stop: { by: "crash" } });
    const { rein } = cluster.node("a");
    const removed = await rein.fetch("/api/cluster/nodes/x", { method: "DELETE" });
    expect([removed.status, await removed.json()]).toEqual([
      200,
      expect.objectContaining({ removed: "x" }),
    ]);
  },
);

testWithPostgres(
  `a message whose file is still brought from another node begins stopped, when its session is stopped meanwhile${lacksPostgres}`,
  async () => {
    await using owner = await falseOwner();
    const { rein } = cluster.node("a");
    cluster.upstream.script([text("Hello")]);
    const first = cluster.node("a").send();
    await first.ended;
    const { sessionId } = first;
    const words = "What is attached.";
    const asked = Promise.withResolvers<() => void>();
    owner.answers((response, prove) =>
      asked.resolve(() => {
        response.writeHead(200, { ...prove(200), "Content-Type": "text/plain" }).end(words);
      }),
    );
    const before = cluster.upstream.requests.length;
    const hash = new Bun.CryptoHasher("sha256").update(words).digest("hex");
    const chat = rein.chat({ sessionId, message: "Read", files: [{ hash, name: "words.txt" }] });
    const give = await asked.promise;
    const stop = await post(`/api/sessions/${sessionId}/stop`, {});
    give();
    await chat.ended;
    const { runs } = await rein.session(sessionId);
    expect({ stop: stop.status, outcome: runs.at(-1)?.outcome }).toEqual({
      stop: 200,
      outcome: "stopped",
    });
    expect(cluster.upstream.requests.length).toBe(before);
  },
);
