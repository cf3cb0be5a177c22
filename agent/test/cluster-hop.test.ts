/** Only who has the key of the cluster speaks as a node, only as the node that is meant, and a request is passed on once. */
import { describe, expect, test } from "bun:test";
import { proofHeader, type SessionSummary, wireVersion } from "../shared/protocol";
import { hop, provenAnswer, provenRequest } from "./as-node";
import { clusterKey, clusterToken } from "./cluster-node";
import { clusterScene } from "./cluster-scene";
import { lacksPostgres } from "./postgres";
import { text } from "./upstream/upstream";
import { untilAsync } from "./within";

const { cluster } = clusterScene({ names: ["a", "b"] });

type Headers = Record<string, string>;

interface Asked {
  method?: string;
  body?: string;
  key?: string;
  time?: number;
}

const at = (path: string) => cluster.node("b").rein.url + path;

/** With a proof of the key. */
function ask(headers: Headers, path = "/api/limits", asked: Asked = {}) {
  return answerTo(provenRequest(at(path), { ...asked, headers }));
}

async function answerTo(request: Request) {
  const response = await fetch(request);
  const { error } = (await response.json()) as { error?: { code: string; message: string } };
  const isProven = response.headers.has(proofHeader);
  return { status: response.status, code: error?.code, message: error?.message ?? "", isProven };
}

describe.skipIf(lacksPostgres !== "")(`a request from another node${lacksPostgres}`, () => {
  test("is answered with the key, under whatever name the node is called", async () => {
    expect(await ask(hop)).toMatchObject({ status: 200 });
    expect(await ask({ ...hop, Host: "b.internal.example:1" })).toMatchObject({ status: 200 });
    const asClient = { Authorization: `Bearer ${clusterToken}`, Host: "b.internal.example:1" };
    expect(await answerTo(new Request(at("/api/limits"), { headers: asClient }))).toMatchObject({
      status: 403,
      code: "host",
    });
  });

  test("is refused without a proof of the key, with a token or another key, and when anything of it is another", async () => {
    const refused = { status: 401, code: "token", isProven: false };
    const plain = (headers: Headers) => answerTo(new Request(at("/api/limits"), { headers }));
    expect(await plain(hop)).toMatchObject(refused);
    expect(await plain({ ...hop, Authorization: `Bearer ${clusterToken}` })).toMatchObject(refused);
    for (const key of [clusterToken, `${clusterKey}x`, clusterKey.slice(1)])
      expect(await ask(hop, "/api/limits", { key })).toMatchObject(refused);
    const olga = encodeURIComponent(JSON.stringify({ name: "olga", role: "admin" }));
    const proven = provenRequest(at("/api/limits"), { headers: hop });
    proven.headers.set("X-Rein-User", olga);
    expect(await answerTo(proven)).toMatchObject(refused);
  });

  test("is taken once: sent again, it is refused, and the refusal proves nothing", async () => {
    const request = provenRequest(at("/api/limits"), { headers: hop });
    expect(await answerTo(request.clone())).toMatchObject({ status: 200, isProven: true });
    expect(await answerTo(request.clone())).toMatchObject({
      status: 401,
      code: "token",
      isProven: false,
    });
  });

  test("of another time is refused, and of before the node was started, which has forgotten what it took", async () => {
    const stale = { status: 401, code: "token", isProven: true };
    const hourMs = 3_600_000;
    for (const time of [Date.now() - hourMs, Date.now() + hourMs])
      expect(await ask(hop, "/api/limits", { time })).toMatchObject(stale);
    const b = cluster.node("b");
    const request = provenRequest(at("/api/limits"), { headers: hop });
    expect(await answerTo(request.clone())).toMatchObject({ status: 200 });
    await b.stop();
    await b.start();
    expect(await answerTo(request.clone())).toMatchObject(stale);
  });

  test("with another body than was sent is refused", async () => {
    const headers = { ...hop, "Content-Type": "application/json" };
    const asked = provenRequest(at("/api/stop"), { method: "POST", headers, body: "{}" });
    const altered = new Request(asked.url, {
      method: "POST",
      headers: asked.headers,
      body: '{"runId":"x"}',
    });
    expect(await answerTo(altered)).toMatchObject({ status: 400, code: "json" });
    const bare = provenRequest(at("/api/stop"), { method: "POST", headers });
    const filled = new Request(bare.url, { method: "POST", headers: bare.headers, body: "{}" });
    expect(await answerTo(filled)).toMatchObject({ status: 400, code: "json" });
    expect(await ask(headers, "/api/stop", { method: "POST", body: "{}" })).toMatchObject({
      status: 200,
    });
  });

  test("of a version that sends the key is refused in words, and not let in", async () => {
    const older = { ...hop, Authorization: `Bearer ${clusterKey}` };
    const refused = await answerTo(new Request(at("/api/limits"), { headers: older }));
    expect(refused).toMatchObject({ status: 503, code: "undelivered" });
    expect(refused.message).toContain("update “a”");
  });

  test("the key alone lets nobody in: a client has none", async () => {
    const headers = { Authorization: `Bearer ${clusterKey}` };
    expect(await answerTo(new Request(at("/api/limits"), { headers }))).toMatchObject({
      status: 401,
    });
  });

  test("is refused from a page, even with the key", async () => {
    const { url } = cluster.node("b").rein;
    expect(await ask({ ...hop, Origin: url })).toMatchObject({ status: 403, code: "origin" });
    expect(await ask({ ...hop, "Sec-Fetch-Site": "same-origin" })).toMatchObject({ status: 403 });
  });

  test("that means another node, or comes back to its own, is not answered", async () => {
    const elsewhere = await ask({ ...hop, "X-Rein-Node": "c" });
    expect(elsewhere).toMatchObject({ status: 503, code: "undelivered" });
    expect(elsewhere.message).toContain("REIN_NODE_ADDRESS of “c” is wrong");
    const loop = await ask({ ...hop, "X-Rein-Hop": "b" });
    expect(loop).toMatchObject({ status: 503, code: "undelivered" });
    expect(loop.message).toContain("a request is passed on once");
    expect(await ask({ ...hop, "X-Rein-Hop": "a, c" })).toMatchObject({ status: 503 });
  });

  test("of a version that could be misread is refused in words, but for a stop", async () => {
    const older = { ...hop, "X-Rein-Wire": String(wireVersion - 1) };
    const refused = await ask(older);
    expect(refused).toMatchObject({ status: 503, code: "undelivered" });
    expect(refused.message).toContain("update the older one");
    const stop = await ask(older, "/api/stop", { method: "POST", body: "{}" });
    expect(stop).toMatchObject({ status: 200 });
  });

  test("for a session of a third node is not passed on again", async () => {
    const [a, b] = [cluster.node("a"), cluster.node("b")];
    cluster.upstream.script([text("Hello.")]);
    const chat = a.send();
    await chat.ended;
    const { url } = b.rein;
    const path = `/api/sessions/${chat.sessionId}/pause`;
    await untilAsync(async () => {
      const { sessions } = await b.rein.json<{ sessions: SessionSummary[] }>("/api/sessions");
      return sessions.some(({ id }) => id === chat.sessionId);
    }, "“b” knows of the session");
    expect((await b.rein.fetch(path, { method: "POST" })).headers.get("X-Rein-Node")).toBe("a");
    const response = await fetch(
      provenRequest(url + path, { method: "POST", headers: hop, body: "" }),
    );
    expect(response.headers.get("X-Rein-Node")).toBe("b");
    expect(await response.json()).toMatchObject({ error: { code: "undelivered", node: "a" } });
  });
});

describe.skipIf(lacksPostgres !== "")(`a node that passes a request on${lacksPostgres}`, () => {
  test("sends neither the key nor the client's credential and cookies, and reads what proves it", async () => {
    const seen: { url: string; headers: globalThis.Headers }[] = [];
    using other = Bun.serve({
      port: 0,
      fetch(request) {
        seen.push({ url: request.url, headers: new Headers(request.headers) });
        const body = JSON.stringify({ fine: true });
        const asked = request.headers.get(proofHeader);
        return new Response(body, {
          headers: {
            ...provenAnswer(asked, { node: "x", status: 200, body }),
            "Content-Type": "application/json",
          },
        });
      },
    });
    await addNode("x", `http://127.0.0.1:${other.port}`);
    const { url: address } = cluster.node("a").rein;
    const response = await fetch(`${address}/api/models?provider=openai`, {
      headers: {
        Authorization: `Bearer ${clusterToken}`,
        "X-Rein-Node": "x",
        Cookie: "secret=1",
        "X-Rein-Origin": "https://evil.example",
      },
    });
    expect(await response.json()).toEqual({ fine: true });
    const [{ url, headers: sent } = { url: "", headers: new Headers() }] = seen;
    expect(new URL(url).search).toBe("?provider=openai");
    expect(JSON.stringify([...sent])).not.toContain(clusterKey);
    expect(sent.get("Authorization")).toBeNull();
    expect(sent.get("X-Rein-Hop")).toBe("a");
    expect([sent.get("Cookie"), sent.get("X-Rein-Origin")]).toEqual([null, address]);
  });

  test("does not take the answer of something else for the node's", async () => {
    let answer = Response.json({ fine: true });
    using other = Bun.serve({ port: 0, fetch: () => answer.clone() });
    await addNode("x", `http://127.0.0.1:${other.port}`);
    const given = async () => {
      const headers = { "X-Rein-Node": "x" };
      const response = await cluster.node("a").rein.fetch("/api/limits", { headers });
      const { error } = (await response.json()) as { error: { code: string; message: string } };
      return [response.status, error.code, error.message];
    };
    expect(await given()).toEqual([503, "undelivered", expect.stringContaining("is no node")]);
    answer = Response.json({ fine: true }, { headers: { "X-Rein-Node": "y" } });
    expect(await given()).toEqual([503, "undelivered", expect.stringContaining("is node “y”")]);
    answer = Response.json({ fine: true }, { headers: { "X-Rein-Node": "x" } });
    expect(await given()).toEqual([503, "undelivered", expect.stringContaining("not proven")]);
    answer = Response.redirect("http://127.0.0.1:9/");
    expect(await given()).toEqual([503, "undelivered", expect.stringContaining("redirects")]);
  });

  test("does not take a node with another key", async () => {
    const c = await cluster.add("c", {
      environment: { REIN_CLUSTER_KEY: "another-key-of-the-cluster" },
    });
    expect(c.isRunning).toBe(true);
    const headers = { "X-Rein-Node": "c" };
    const response = await cluster.node("a").rein.fetch("/api/limits", { headers });
    expect(response.status).toBe(503);
    expect(await response.text()).toContain("the same REIN_CLUSTER_KEY");
  });
});

/** As one that has joined. */
async function addNode(id: string, address: string): Promise<void> {
  await cluster.sql`
    INSERT INTO rein.nodes (id, address, boot, version) VALUES (${id}, ${address}, 'boot', '0')`;
}
