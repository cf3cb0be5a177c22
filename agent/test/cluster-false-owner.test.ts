/** Whatever a node answers that is not the answer of a stop: nobody is told of a stop, and the others' answers are not lost. */
import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { lockSeed } from "../server/cluster/node-lock";
import { wireVersion } from "../shared/protocol";
import { clusterScene } from "./cluster-scene";
import { lacksPostgres } from "./postgres";
import { text } from "./upstream/upstream";
import { untilAsync } from "./within";

const { cluster } = clusterScene({ names: ["a"] });
const testWithPostgres = test.skipIf(lacksPostgres !== "");

type Answer = (response: ServerResponse) => void;

const named = { "X-Rein-Node": "x", "X-Rein-Wire": String(wireVersion) };
const json = { ...named, "Content-Type": "application/json" };
const whole =
  (status: number, body: string, headers: Record<string, string> = json): Answer =>
  (response) =>
    response.writeHead(status, headers).end(body);

const falseAnswers: Record<string, Answer> = {
  "no JSON": whole(200, "garbage{"),
  nothing: whole(200, ""),
  null: whole(200, "null"),
  "an empty object": whole(200, "{}"),
  "another type": whole(200, '{"stopped":"yes","answers":[null]}'),
  "another page": whole(200, "<h1>It works</h1>", { ...named, "Content-Type": "text/html" }),
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
async function falseOwner() {
  let answer: Answer = whole(200, "{}");
  const server = createServer((request, response) => {
    request.resume();
    if (request.url!.startsWith("/api/health"))
      return whole(200, '{"cluster":{"node":"x"}}')(response);
    answer(response);
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
  `an answer without an end is not held: of whoever is at a node's address nothing, of the node 4 MB${lacksPostgres}`,
  async () => {
    await using owner = await falseOwner();
    const { rein } = cluster.node("a");
    const mostMemory = () =>
      Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${rein.pid}/status`, "utf8"))![1]) / 1024;
    const before = mostMemory();
    for (const headers of [json, { "Content-Type": "application/json" }]) {
      owner.answers((response) => endless(response, headers));
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
