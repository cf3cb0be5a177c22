/** Who is removed at one node: what they have begun ends at every node, also at one that was away. */
import { expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { clusterScene } from "./cluster-scene";
import { peopleOfOlga, removePerson, visitor } from "./people-scene";
import { lacksPostgres } from "./postgres";
import { beginSending } from "./slow-body";
import { hang, text } from "./upstream/upstream";
import { untilAsync } from "./within";

const { cluster } = clusterScene({
  names: ["a", "b"],
  environment: peopleOfOlga,
});
const never = new AbortController().signal;
const person = (node: string, name: string) => visitor(cluster.node(node).rein, { name });

async function running(node: string, name: string) {
  const before = cluster.upstream.requests.length;
  cluster.upstream.script([hang]);
  const chat = person(node, name).chat({ onDisconnect: "continue" });
  await chat.until(({ type }) => type === "run-start");
  await cluster.upstream.request(before);
  return { runId: chat.runId, sessionId: chat.sessionId };
}

/** A session of anna's at this node. */
async function said(node: string) {
  cluster.upstream.script([text("Hello.")]);
  const chat = person(node, "anna").chat({});
  await chat.ended;
  return { sessionId: chat.sessionId };
}

/** A run in it that bob has begun by this node. */
async function runningAsGuest(
  node: string,
  sessionId: string,
  onDisconnect: "stop" | "continue" = "continue",
) {
  const before = cluster.upstream.requests.length;
  cluster.upstream.script([hang]);
  const chat = person(node, "bob").chat({ sessionId, onDisconnect });
  await chat.until(({ type }) => type === "run-start");
  await cluster.upstream.request(before);
  return chat.runId;
}

const byOlga = { outcome: "stopped", stop: { by: "user", user: "olga" } };

test.skipIf(lacksPostgres !== "")(
  `their runs at both nodes are stopped by the admin, and nobody else's${lacksPostgres}`,
  async () => {
    const hers = [await running("a", "anna"), await running("b", "anna")];
    const his = await running("a", "bob");
    await removePerson(person("b", "olga"), "anna");
    for (const { runId } of hers) expect(await cluster.settled(runId)).toMatchObject(byOlga);
    expect((await person("a", "bob").session(his.sessionId)).runs[0]!.outcome).toBeUndefined();
    await person("b", "bob").sdk.stopSession(his.sessionId, {}, never);
  },
);

test.skipIf(lacksPostgres !== "")(
  `a paused run at a node that was away is stopped when it comes back${lacksPostgres}`,
  async () => {
    const { runId, sessionId } = await running("a", "anna");
    await person("a", "anna").sdk.pause(sessionId, { cut: true }, never);
    await untilAsync(async () => {
      const { runs } = await person("a", "anna").session(sessionId);
      return runs[0]!.pause?.state === "paused";
    }, "its pause");
    await cluster.node("a").stop();
    await removePerson(person("b", "olga"), "anna");
    await cluster.node("a").start();
    expect(await cluster.settled(runId)).toMatchObject(byOlga);
  },
);

test.skipIf(lacksPostgres !== "")(
  `what they have sent to a session of somebody else, by another node, is stopped by the admin${lacksPostgres}`,
  async () => {
    const { sessionId } = await said("a");
    const { token } = await person("a", "anna").sdk.share(sessionId, { role: "steer" }, never);
    await person("b", "bob").sdk.join(sessionId, token, never);
    const runId = await runningAsGuest("b", sessionId);
    await person("b", "bob").sdk.queue(sessionId, { message: "Then this" }, never);
    await removePerson(person("b", "olga"), "bob");
    expect(await cluster.settled(runId)).toMatchObject({ ...byOlga, user: "bob" });
    const { queue } = await person("a", "anna").session(sessionId);
    expect(queue).toMatchObject([{ user: "bob", waitsFor: "person" }]);
  },
);

test.skipIf(lacksPostgres !== "")(
  `a run that ends with its stream is stopped by the admin, also where its node hears of the removal late${lacksPostgres}`,
  async () => {
    const { sessionId } = await said("a");
    const { token } = await person("a", "anna").sdk.share(sessionId, { role: "steer" }, never);
    await person("b", "bob").sdk.join(sessionId, token, never);
    const runId = await runningAsGuest("b", sessionId, "stop");
    const { database, rein } = cluster.node("a");
    database.silence();
    await removePerson(person("b", "olga"), "bob");
    // A stream that the other node had closed by now would have stopped it.
    for (let at = 0; at < 3; at++) await (await fetch(`${rein.url}/api/health`)).text();
    await database.open();
    expect(await cluster.settled(runId)).toMatchObject(byOlga);
  },
);

test.skipIf(lacksPostgres !== "")(
  `links that they have made end at the node of the session, wherever they are removed${lacksPostgres}`,
  async () => {
    const { sessionId } = await said("a");
    const { token } = await person("a", "anna").sdk.share(sessionId, { role: "steer" }, never);
    await person("b", "bob").sdk.join(sessionId, token, never);
    const path = `/api/sessions/${sessionId}`;
    expect(await person("b", "bob").refusal(path)).toBe("200");
    await removePerson(person("b", "olga"), "anna");
    for (const node of ["a", "b"])
      await untilAsync(
        async () => (await person(node, "bob").refusal(path)) === "404 session",
        `the end of the link as ${node} sees it`,
      );
    const body = JSON.stringify({ token });
    for (const node of ["a", "b"])
      expect(await person(node, "otto").refusal(`${path}/join`, { method: "POST", body })).toBe(
        "404 session",
      );
  },
);

test.skipIf(lacksPostgres !== "")(
  `an import that they have begun by another node makes nothing${lacksPostgres}`,
  async () => {
    const { headers, sdk } = person("b", "ida");
    await sdk.me(never);
    const path = "/api/sessions/import?node=a";
    const words = "# Of who is gone\n\n## You\n\nHello.\n";
    const sent = await beginSending(cluster.node("b").rein, headers, "POST", path, words);
    await untilAsync(async () => (await findByName("ida")) !== undefined, "ida is known");
    await removePerson(person("b", "olga"), "ida");
    await untilAsync(
      async () => (await person("a", "ida").refusal("/api/me")) === "403 role",
      "a knows",
    );
    expect((await sent.finish()).status).toBe(403);
    const { sessions } = await person("a", "olga").sdk.sessions(never);
    expect(sessions.filter(({ title }) => title === "Of who is gone")).toEqual([]);
  },
);

test.skipIf(lacksPostgres !== "").each([
  ["import", "POST", "/api/sessions/import?node=a", "# Of a key\n\n## You\n\nHello.\n"],
  ["upload", "POST", "/api/files?node=a", "Of a key."],
])(
  `an %s that comes by another node with a key that was revoked meanwhile does nothing${lacksPostgres}`,
  async (_what, method, path, body) => {
    const gus = person("b", "gus");
    const { key, entry } = await gus.sdk.newKey({ name: "of gus" }, never);
    const { headers } = visitor(cluster.node("b").rein, { credential: key });
    const sent = await beginSending(cluster.node("b").rein, headers, method, path, body);
    await gus.sdk.revokeKey(entry.id, never);
    const answer = await sent.finish();
    expect([answer.status, answer.body]).toEqual([401, expect.stringContaining("has ended")]);
    const { sessions } = await person("a", "olga").sdk.sessions(never);
    expect(sessions.filter(({ title }) => title === "Of a key")).toEqual([]);
    const kept = readdirSync(join(cluster.node("a").rein.dataDir, "files"));
    expect(kept).toEqual([]);
  },
);

async function findByName(name: string) {
  const { people } = await person("b", "olga").sdk.people(never);
  return people.find((one) => one.name === name);
}
