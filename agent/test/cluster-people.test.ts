/** People in a cluster: who is let in at one node is let in at all, and who is removed at one is gone from all. */
import { afterAll, describe, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { clusterKey, clusterToken } from "./cluster-node";
import { clusterScene } from "./cluster-scene";
import { startProvider } from "./oidc-provider";
import { peopleOfOlga, removePerson, visitor } from "./people-scene";
import { lacksPostgres } from "./postgres";
import { hang, text } from "./upstream/upstream";
import { untilAsync } from "./within";

const provider = startProvider();
afterAll(() => provider[Symbol.asyncDispose]());

const { cluster } = clusterScene({
  names: ["a", "b"],
  environment: {
    ...peopleOfOlga,
    REIN_OIDC_ISSUER: provider.issuer,
    REIN_OIDC_CLIENT_ID: "rein",
    REIN_OIDC_CLIENT_SECRET: "the client's secret",
  },
});
const skips = lacksPostgres !== "";
const never = new AbortController().signal;
const at = (node: string, by: Parameters<typeof visitor>[1]) =>
  visitor(cluster.node(node).rein, by);
const person = (node: string, name: string) => at(node, { name });

/** The name under which a balancer would have all nodes. */
const host = { Host: "localhost" };

async function signIn(node: string, body: object): Promise<{ status: number; credential: string }> {
  const { url } = cluster.node(node).rein;
  const request = { method: "POST", headers: host, body: JSON.stringify(body) };
  const response = await fetch(`${url}/api/sign-in`, request);
  const { credential = "" } = (await response.json()) as { credential?: string };
  return { status: response.status, credential };
}

/** The status of a request with this credential. */
async function statusAt(node: string, credential: string, path = "/api/me"): Promise<number> {
  const headers = { ...host, Authorization: `Bearer ${credential}` };
  const response = await fetch(cluster.node(node).rein.url + path, { headers });
  await response.body?.cancel();
  return response.status;
}

async function tokenFor(node: string, name: string): Promise<string> {
  const response = await person(node, name).fetch("/api/sign-ins/token", { method: "POST" });
  return ((await response.json()) as { token: string }).token;
}

describe.skipIf(skips)(`in a cluster${lacksPostgres}`, () => {
  test("a browser that signs in at one node is signed in at the other in its very next request", async () => {
    for (let round = 0; round < 20; round++) {
      const token = await tokenFor("a", "anna");
      const { status, credential } = await signIn("b", { token });
      expect([round, status]).toEqual([round, 200]);
      expect([round, await statusAt("a", credential)]).toEqual([round, 200]);
    }
  });

  test("a node whose connection the database has ended joins again before it refuses anybody", async () => {
    for (let round = 0; round < 5; round++) {
      const token = await tokenFor("b", "anna");
      await cluster.postgres.cut(cluster.databaseUrl, "rein a");
      const { status } = await signIn("a", { token });
      expect([round, status]).toEqual([round, 200]);
    }
  });

  test("a one-time token signs one browser in, wherever several bring it", async () => {
    const token = await tokenFor("a", "anna");
    const tried = await Promise.all(["a", "b", "a", "b"].map((node) => signIn(node, { token })));
    expect(tried.filter(({ status }) => status === 200)).toHaveLength(1);
  });

  test("a sign-in by OpenID Connect begins at one node and ends at another, once", async () => {
    provider.claims = {};
    const { url, secret } = await at("a", {}).sdk.beginOidc(never);
    const answer = await provider.signIn(url);
    const { status, credential } = await signIn("b", { oidc: { answer, secret } });
    expect(status).toBe(200);
    expect(await statusAt("a", credential)).toBe(200);
    expect((await signIn("a", { oidc: { answer, secret } })).status).toBe(400);
  });

  test("an API key works at once at the other node, and ends there when it is revoked", async () => {
    const { key, entry } = await person("a", "anna").sdk.newKey({ name: "ci" }, never);
    expect(await statusAt("b", key)).toBe(200);
    const stream = at("b", { credential: key }).list();
    await stream.response;
    expect((await person("b", "anna").sdk.keys(never)).keys.map(({ id }) => id)).toEqual([
      entry.id,
    ]);
    await person("a", "anna").sdk.revokeKey(entry.id, never);
    await stream.ended;
    expect(await statusAt("b", key)).toBe(401);
    expect(await statusAt("a", key)).toBe(401);
  });

  test("of many keys that a person makes at once at both nodes, as many come to be as may", async () => {
    const made = Array.from({ length: 64 }, async (_, at) => {
      const init = { method: "POST", body: JSON.stringify({ name: `key ${at}` }) };
      return person(at % 2 ? "a" : "b", "anna").refusal("/api/keys", init);
    });
    const answers = Object.groupBy(await Promise.all(made), (one) => one);
    expect(answers["200"]).toHaveLength(50);
    expect(answers["409 keys-full"]).toHaveLength(14);
    expect((await person("a", "anna").sdk.keys(never)).keys).toHaveLength(50);
  });

  test("who is removed at one node is gone from the other, with their streams, browsers and keys", async () => {
    const { credential } = await signIn("a", { token: await tokenFor("a", "anna") });
    const { key } = await person("a", "anna").sdk.newKey({ name: "ci" }, never);
    const streams = [person("a", "anna").list(), at("a", { credential: key }).list()];
    await Promise.all(streams.map((one) => one.response));
    await removePerson(person("b", "olga"), "anna");
    await Promise.all(streams.map((one) => one.ended));
    expect(await person("a", "anna").refusal("/api/me")).toBe("403 role");
    expect(await statusAt("a", credential)).toBe(401);
    expect(await statusAt("a", key)).toBe(401);
    // What a node notes of its own does not bring them back.
    await cluster.node("a").stop();
    await cluster.node("a").start();
    expect(await person("a", "anna").refusal("/api/me")).toBe("403 role");
    expect(await statusAt("a", credential)).toBe(401);
  });

  test("what was removed while a node was away stays removed when it comes back", async () => {
    const { key, entry } = await person("a", "anna").sdk.newKey({ name: "ci" }, never);
    expect(await statusAt("b", key)).toBe(200);
    await cluster.node("b").stop();
    await person("a", "anna").sdk.revokeKey(entry.id, never);
    // As a node that does not know any more with whom it has shared.
    const record = join(cluster.node("b").dataDir, "entries-shared.json");
    expect(readFileSync(record, "utf8")).toContain("api-keys");
    writeFileSync(record, "{}");
    expect(readFileSync(join(cluster.node("b").dataDir, "api-keys.json"), "utf8")).toContain("ci");
    await cluster.node("b").start();
    expect(await statusAt("b", key)).toBe(401);
    expect(await statusAt("a", key)).toBe(401);
  });

  test("a server that joins brings the people and keys that it had", async () => {
    await cluster.add("c");
    const { dataDir } = cluster.node("c");
    await cluster.node("c").stop();
    // As they are on a server that was alone.
    writeFileSync(join(dataDir, "entries-shared.json"), "{}");
    const carl = { id: "carl-0000000000000000000", name: "carl", role: "member" as const };
    const seen = { createdAt: 1, seenAt: Date.now() };
    writeFileSync(join(dataDir, "people.json"), JSON.stringify([{ ...carl, ...seen }]));
    await cluster.node("c").start();
    const { people } = await person("a", "olga").sdk.people(never);
    expect(people.map(({ name }) => name)).toContain("carl");
  });

  test("all nodes have one script token where none is given", async () => {
    for (const name of ["a", "b"]) {
      await cluster.node(name).stop();
      await cluster.node(name).start({ environment: { REIN_TOKEN: "" } });
    }
    const token = readFileSync(join(cluster.node("a").dataDir, "token"), "utf8").trim();
    expect(token).not.toContain(clusterKey);
    expect(await statusAt("a", token)).toBe(200);
    expect(await statusAt("b", token)).toBe(200);
  });

  test("what only a node may say is believed from nobody else", async () => {
    const asker = encodeURIComponent(JSON.stringify({ name: "olga", role: "admin" }));
    const forged = { "X-Rein-User": asker, "X-Rein-Hop": "a" };
    const as = (headers: Record<string, string>) =>
      person("b", "anna").refusal("/api/people", { headers });
    expect(await as({ "X-Rein-User": asker })).toBe("403 role");
    expect(await as(forged)).toBe("401 token");
    expect(await as({ ...forged, Authorization: `Bearer ${clusterToken}` })).toBe("401 token");
  });
});

describe.skipIf(skips)(`while PostgreSQL is gone${lacksPostgres}`, () => {
  test("who was signed in stays signed in, changes are refused with words, and nothing is lost", async () => {
    const { credential } = await signIn("a", { token: await tokenFor("a", "anna") });
    expect(await statusAt("b", credential)).toBe(200);
    const { key, entry } = await person("a", "anna").sdk.newKey({ name: "ci" }, never);
    const token = await tokenFor("b", "anna");
    await cluster.node("b").database.refuse();
    await untilAsync(
      async () => (await signIn("b", { token })).status === 503,
      "b has noticed that the database is gone",
    );
    expect(await statusAt("b", credential)).toBe(200);
    const anna = person("b", "anna");
    const post = { method: "POST", body: JSON.stringify({ name: "another" }) };
    const refused = await anna.fetch("/api/keys", post);
    expect(refused.status).toBe(503);
    expect(await refused.text()).toContain("shared with other machines");
    expect(await anna.refusal(`/api/keys/${entry.id}`, { method: "DELETE" })).toBe("503 unshared");
    // It may be one that b does not know yet.
    const { key: later } = await person("a", "anna").sdk.newKey({ name: "later" }, never);
    expect(await statusAt("b", later)).toBe(503);
    await cluster.node("b").stop();
    await cluster.node("b").start();
    expect(await statusAt("b", credential)).toBe(200);
    await cluster.node("b").database.open();
    await untilAsync(async () => (await statusAt("b", later)) === 200, "b knows the later key");
    expect((await signIn("b", { token })).status).toBe(200);
    expect((await person("a", "anna").sdk.keys(never)).keys).toHaveLength(2);
    expect(await statusAt("b", key)).toBe(200);
  });
});

describe.skipIf(skips)(`a member${lacksPostgres}`, () => {
  test("sees their own sessions alone, wherever they are, and stops one at another node by their name", async () => {
    cluster.upstream.script([text("Of bob.")], [hang]);
    const his = person("a", "bob").chat({ onDisconnect: "continue" });
    await his.ended;
    const hers = person("a", "anna").chat({ onDisconnect: "continue" });
    await hers.until(({ type }) => type === "run-start");
    const [anna, bob] = [person("b", "anna"), person("b", "bob")];
    await untilAsync(async () => (await idsOf(anna)).length === 1, "b lists anna's session");
    expect(await idsOf(anna)).toEqual([hers.sessionId]);
    await untilAsync(async () => (await idsOf(bob)).length === 1, "b lists bob's session");
    expect(await idsOf(bob)).toEqual([his.sessionId]);
    const stop = { method: "POST", body: "{}" };
    expect(await bob.refusal(`/api/sessions/${hers.sessionId}/stop`, stop)).toBe("404 session");
    expect(await bob.refusal(`/api/sessions/${hers.sessionId}`)).toBe("404 session");
    expect(await bob.refusal(`/api/sessions/${hers.sessionId}/events`)).toBe("404 session");
    const answer = await anna.sdk.stopSession(hers.sessionId, {}, never);
    expect(answer).toMatchObject({ stopped: true, receipt: { stop: { user: "anna" } } });
    await hers.ended;
    const { stops } = await person("b", "olga").sdk.stops("", never);
    expect(stops.map(({ sessionId }) => sessionId)).toEqual([hers.sessionId]);
    expect(JSON.stringify(stops)).toContain('"user":"anna"');
    expect((await bob.sdk.stops("", never)).stops).toEqual([]);
  });

  test("learns nothing of another's run from a stop by its id, whose node is dead", async () => {
    const anna = person("a", "anna");
    cluster.upstream.script([text("Done.")]);
    const chat = anna.chat({ message: "Say it" });
    await chat.ended;
    const { runId } = chat;
    await untilAsync(async () => (await cluster.settled(runId)) !== undefined, "the copy");
    await cluster.node("a").kill();
    const body = JSON.stringify({ runId });
    const stop = async (who: typeof anna) =>
      (await who.fetch("/api/stop", { method: "POST", body })).text();
    expect(await stop(person("b", "anna"))).toContain("It has ended");
    expect(await stop(person("b", "bob"))).not.toContain("ended");
  });

  test("who has a link watches and stops at another node, steers where that is allowed, until it is revoked", async () => {
    cluster.upstream.script([hang], [text("More.")]);
    const hers = person("a", "anna").chat({ onDisconnect: "continue" });
    await hers.until(({ type }) => type === "run-start");
    // A run that is stopped before its request leaves the first answer to the second run.
    await cluster.upstream.request(0);
    const id = hers.sessionId;
    const bob = person("b", "bob");
    const watch = await person("b", "anna").sdk.share(id, { role: "watch" }, never);
    expect(await bob.sdk.join(id, watch.token, never)).toEqual({ role: "watch" });
    const stream = bob.follow(id);
    await stream.until(({ type }) => type === "snapshot");
    await untilAsync(async () => (await idsOf(bob)).includes(id), "b lists the shared session");
    const message = { method: "POST", body: JSON.stringify({ sessionId: id, message: "Go on" }) };
    expect(await bob.refusal("/api/chat", message)).toBe("403 role");
    expect(await bob.sdk.stopSession(id, {}, never)).toMatchObject({ stopped: true });
    await hers.ended;
    const steer = await person("a", "anna").sdk.share(id, { role: "steer" }, never);
    expect(await bob.sdk.join(id, steer.token, never)).toEqual({ role: "steer" });
    await bob.chat({ sessionId: id, message: "Go on" }).ended;
    await person("b", "anna").sdk.revokeLink(id, steer.link.id, never);
    await stream.ended;
    expect(await bob.refusal(`/api/sessions/${id}`)).toBe("404 session");
    expect(await bob.refusal(`/api/sessions/${id}/events`)).toBe("404 session");
    await untilAsync(async () => !(await idsOf(bob)).includes(id), "b lists it no longer");
  });
});

describe.skipIf(skips)(`people who look at a session of another node${lacksPostgres}`, () => {
  test("cost its owner one stream, however many they are, and lose it each with their own right", async () => {
    cluster.upstream.script([hang]);
    const hers = person("a", "anna").chat({ onDisconnect: "continue" });
    await hers.until(({ type }) => type === "run-start");
    const id = hers.sessionId;
    const names = Array.from({ length: 50 }, (_, at) => `guest-${at}`);
    const links = await Promise.all(
      [{}, { until: Date.now() + 3_600_000 }].map((extra) =>
        person("b", "anna").sdk.share(id, { role: "watch", ...extra }, never),
      ),
    );
    for (const [at, name] of names.entries())
      await person("b", name).sdk.join(id, links[at % 2]!.token, never);
    const streams = names.map((name) => person("b", name).follow(id));
    await Promise.all(streams.map((one) => one.until(({ type }) => type === "snapshot")));
    // The chat itself, and the relay.
    expect(await viewersOf("a")).toBe(2);
    await person("b", "anna").sdk.revokeLink(id, links[0]!.link.id, never);
    await Promise.all(streams.filter((_, at) => at % 2 === 0).map((one) => one.ended));
    const seq = streams[1]!.session.seq;
    for (const after of ["", `?after=${seq}`]) {
      const events = `/api/sessions/${id}/events${after}`;
      expect(await person("b", names[0]!).refusal(events)).toBe("404 session");
      expect(await person("b", "nobody").refusal(events)).toBe("404 session");
    }
    // The others see it still.
    await person("b", names[1]!).sdk.stopSession(id, {}, never);
    for (const one of streams.filter((_, at) => at % 2 === 1)) {
      await one.until(({ type }) => type === "run-end");
      one.hangUp();
    }
    await hers.ended;
  });

  test("lose it when what was given for a time is over, also one that came back", async () => {
    cluster.upstream.script([text("One.")]);
    const hers = person("a", "anna").chat({});
    await hers.ended;
    const id = hers.sessionId;
    const until = Date.now() + 4000;
    const { token } = await person("b", "anna").sdk.share(id, { role: "watch", until }, never);
    const bob = person("b", "bob");
    await bob.sdk.join(id, token, never);
    // The first stream that the relay has is of one that has seen all: there is no snapshot.
    const seq = (await bob.sdk.session(id, never)).session.seq;
    const stream = bob.follow(id, seq);
    await stream.ended;
    expect(Date.now()).toBeGreaterThanOrEqual(until);
    expect(await bob.refusal(`/api/sessions/${id}/events`)).toBe("404 session");
  });

  test("a session imported at another node has the files that whoever imports it may read, and no others", async () => {
    const [annaAtA, annaAtB, bobAtB] = [
      person("a", "anna"),
      person("b", "anna"),
      person("b", "bob"),
    ];
    const { hash } = await annaAtA.sdk.upload(
      new Blob([`of anna: ${crypto.randomUUID()}`]),
      {},
      never,
    );
    cluster.upstream.script([text("I see it.")]);
    const chat = annaAtA.chat({ message: "Look", files: [{ hash, name: "secret.txt" }] });
    await chat.ended;
    const path = `/api/sessions/${chat.sessionId}/export?format=json`;
    const exported = await (await annaAtA.fetch(path)).text();
    const hasFile = async (by: typeof bobAtB) => {
      const sent = { method: "POST", body: exported };
      const copy = await (await by.fetch("/api/sessions/import", sent)).text();
      return [copy.includes(hash), await by.refusal(`/api/files/${hash}`)];
    };
    expect(await hasFile(bobAtB)).toEqual([false, "404 file"]);
    expect(await hasFile(annaAtB)).toEqual([true, "200"]);
  });
});

/** How many event streams are open at this node, as it says itself. */
async function viewersOf(name: string): Promise<number> {
  const metrics = await (await cluster.node(name).rein.fetch("/metrics")).text();
  return Number(/^rein_viewers (\d+)/m.exec(metrics)?.[1]);
}

async function idsOf(one: ReturnType<typeof visitor>): Promise<string[]> {
  return (await one.sdk.sessions(never)).sessions.map(({ id }) => id);
}
