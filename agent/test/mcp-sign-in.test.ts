/** Signing in to MCP servers: the whole way with a real authorization server, and what one that attacks it gets. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { boundedFetch } from "../server/mcp/bounded-fetch";
import { toolCallsOf } from "../shared/message-parts";
import { McpSignIns } from "../server/mcp/mcp-sign-ins";
import { signInFetch } from "../server/mcp/sign-in-fetch";
import type { McpConfigurationAnswer, McpServerView, McpSignInAddress } from "../shared/protocol";
import { apiScene } from "./api-scene";
import { type ProtectedMcp, type SignInFault, startProtectedMcp } from "./protected-mcp";
import { toolCall } from "./upstream/upstream";
import { until } from "./within";
import { temporaryDirectory } from "./temporary-directory";

const { rein, upstream, send, stop } = apiScene();
const name = "protected";
let service: ProtectedMcp;
beforeEach(() => void (service = startProtectedMcp()));
afterEach(() => service[Symbol.dispose]());

const post = (path: string, body: object = { name }) =>
  rein.fetch(path, { method: "POST", body: JSON.stringify(body) });

async function save(change: object): Promise<void> {
  const mcp = { servers: { [name]: change } };
  const answer = await rein.fetch("/api/settings", {
    method: "PUT",
    body: JSON.stringify({ mcp }),
  });
  expect(answer.status).toBe(200);
}

const configure = (more: object = {}) =>
  save({ server: { type: "http", url: service.mcpUrl, headers: {} }, ...more });

async function restarted(): Promise<McpServerView> {
  const answer = await post("/api/mcp/restart");
  expect(answer.status).toBe(200);
  return (await answer.json()) as McpServerView;
}

async function begin(): Promise<string> {
  const answer = await post("/api/mcp/sign-in");
  const body = await answer.text();
  expect([answer.status, body]).toEqual([200, expect.any(String)]);
  return (JSON.parse(body) as McpSignInAddress).url;
}

/** As the browser that comes from the service's page, without a credential. */
const comeBack = (address: string) =>
  fetch(address, { headers: { "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate" } });

async function signIn(): Promise<string> {
  const address = service.consent(await begin());
  const answer = await comeBack(address);
  expect([answer.status, await answer.text()]).toEqual([
    200,
    "You are signed in. You can close this tab.",
  ]);
  return address;
}

async function signInError(): Promise<string> {
  const answer = await post("/api/mcp/sign-in");
  expect(answer.status).toBe(502);
  return ((await answer.json()) as { error: { message: string } }).error.message;
}

async function sinceOf(): Promise<number | undefined> {
  const { entries } = await rein.json<McpConfigurationAnswer>("/api/mcp");
  return entries.find((entry) => entry.name === name)?.signIn?.since;
}

test("a server says that it wants a sign-in; after it its tools are there, and after a sign-out they are not", async () => {
  await configure();
  expect(await restarted()).toMatchObject({ state: "sign-in", tools: [] });
  // A look registers nothing.
  expect(service.asked.filter((one) => one.includes("register"))).toEqual([]);
  const address = await signIn();
  expect(new URL(address).pathname).toBe("/api/mcp/callback");
  expect(await restarted()).toMatchObject({ state: "ready", tools: [{ name: "look" }] });
  expect(await sinceOf()).toBeNumber();
  expect((await post("/api/mcp/sign-out")).status).toBe(200);
  expect(await sinceOf()).toBeUndefined();
  expect(await restarted()).toMatchObject({ state: "sign-in" });
});

test("a look at the address to which the service answers does not use the answer up", async () => {
  await configure();
  const address = service.consent(await begin());
  expect((await fetch(address, { method: "HEAD" })).status).toBe(200);
  expect((await comeBack(address)).status).toBe(200);
});

test("an access token that has ended is renewed once, without a person", async () => {
  await configure();
  await signIn();
  service.expire();
  expect(await restarted()).toMatchObject({ state: "ready" });
  expect(service.tokenRequests.map((one) => one["grant_type"])).toEqual([
    "authorization_code",
    "refresh_token",
  ]);
});

test("the answer's page is words alone, under a policy that lets nothing load", async () => {
  await configure();
  const answer = await comeBack(service.consent(await begin()));
  expect(answer.headers.get("content-type")).toStartWith("text/plain");
  expect(answer.headers.get("content-security-policy")).toStartWith("default-src 'none'");
  expect(answer.headers.get("referrer-policy")).toBe("no-referrer");
  expect(answer.headers.get("cache-control")).toBe("no-store");
  expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
});

describe("an answer that is not the one to an open sign-in", () => {
  test("of a wrong, a missing and a replayed state changes nothing", async () => {
    await configure();
    const good = service.consent(await begin());
    const wrong = new URL(good);
    wrong.searchParams.set("state", "x".repeat(43));
    expect((await comeBack(wrong.href)).status).toBe(400);
    wrong.searchParams.delete("state");
    expect((await comeBack(wrong.href)).status).toBe(400);
    expect(await sinceOf()).toBeUndefined();
    expect((await comeBack(good)).status).toBe(200);
    const since = await sinceOf();
    const replayed = await comeBack(good);
    expect([replayed.status, await replayed.text()]).toEqual([
      400,
      "This sign-in is not open, or no longer. Begin it again.",
    ]);
    expect(await sinceOf()).toBe(since);
    expect(service.tokenRequests).toHaveLength(1);
  });

  test("of an earlier sign-in, or of another issuer, is refused before its code is sent", async () => {
    await configure();
    const earlier = service.consent(await begin());
    const other = new URL(service.consent(await begin()));
    expect((await comeBack(earlier)).status).toBe(400);
    other.searchParams.set("iss", "https://other.test");
    expect((await comeBack(other.href)).status).toBe(400);
    expect(service.tokenRequests).toEqual([]);
  });

  test("under a name that is not this machine's is not taken", async () => {
    const answer = await fetch(`${rein.url}/api/mcp/callback?state=x`, {
      headers: { Host: "evil.test" },
    });
    expect(answer.status).toBe(403);
  });
});

test("a service's refusal is said as it is, without control characters", async () => {
  await configure();
  const address = new URL(service.consent(await begin()));
  address.searchParams.delete("code");
  address.searchParams.set("error", "access_denied\u001B[2J");
  const words = await (await comeBack(address.href)).text();
  expect(words).toContain("access_denied");
  expect(words).not.toContain("\u001B");
});

describe("metadata of a service that attacks", () => {
  const faults: [SignInFault, string][] = [
    ["endless-metadata", "more than Rein takes"],
    ["redirecting-metadata", "leads elsewhere, to http://localhost:1"],
    ["other-issuer", "Issuer mismatch"],
    ["plain-elsewhere", "not https"],
    ["script-address", "not https"],
    ["javascript-address", "did not answer as the protocol says (authorization_endpoint"],
    ["no-registration", "registration"],
    ["refused-registration", "Registration rejected (HTTP 403)."],
    ["plain-challenge", "does not support code challenge method"],
    ["other-resource", "https://other.test/mcp does not match"],
  ];
  for (const [fault, words] of faults)
    test(`${fault}: the sign-in is refused with the reason`, async () => {
      await configure();
      service.fault = fault;
      const said = await signInError();
      expect(said).toContain(words);
      expect(said).not.toMatch(/[[{<]/);
      expect(said).not.toContain("\u001B");
      // What the sockets hold besides is the system's to say.
      expect(service.sent).toBeLessThan(50_000_000);
      expect(await sinceOf()).toBeUndefined();
    });
});

describe("a token endpoint that attacks", () => {
  const faults: [SignInFault, string][] = [
    ["endless-token", "more than Rein takes"],
    ["text-token", "not JSON"],
    ["echoing-token", "answered with status 500"],
  ];
  for (const [fault, words] of faults)
    test(`${fault}: nothing is kept, and neither the page nor the log has what it was sent`, async () => {
      await configure({ client: { clientId: "mine", clientSecret: "client-secret" } });
      const address = service.consent(await begin());
      service.fault = fault;
      const answer = await comeBack(address);
      const said = await answer.text();
      expect([answer.status, said]).toEqual([400, expect.stringContaining(words)]);
      expect(await sinceOf()).toBeUndefined();
      const [{ code, code_verifier: verifier } = {}] = service.tokenRequests;
      for (const secret of ["client-secret", code!, verifier!])
        expect(said + rein.output()).not.toContain(secret);
    });

  test("a sign-out ends a sign-in and a renewal that hang: what they bring later is not kept", async () => {
    await configure();
    const address = service.consent(await begin());
    service.fault = "hanging-token";
    const signingIn = comeBack(address);
    await until(() => service.tokenRequests.length === 1);
    expect((await post("/api/mcp/sign-out")).status).toBe(200);
    expect([(await signingIn).status, await (await signingIn).text()]).toEqual([
      400,
      "It was signed out meanwhile.",
    ]);
    service.release();
    await signIn();
    service.expire();
    service.fault = "hanging-token";
    const restarting = restarted();
    await until(() => service.tokenRequests.length === 3);
    expect((await post("/api/mcp/sign-out")).status).toBe(200);
    service.release();
    expect(await restarting).toMatchObject({ state: "sign-in" });
    expect(await sinceOf()).toBeUndefined();
    expect(readFileSync(join(rein.dataDir, "mcp-sign-ins.json"), "utf8")).not.toContain("access-");
  });

  test("a stop of a call that waits for a newer token: the call is not sent after it", async () => {
    await configure();
    await signIn();
    upstream.script([toolCall("mcp__protected__look", {})]);
    const chat = send({ permissions: "ask" });
    await chat.until((event) => event.type === "approval-request");
    const [asked] = chat.session.messages.flatMap(toolCallsOf);
    service.expire();
    service.fault = "hanging-token";
    const { id, digest } = asked!.approval!;
    const before = service.tokenRequests.length;
    await post(`/api/approvals/${id}`, { decision: "once", digest });
    await until(() => service.tokenRequests.length > before);
    await stop(chat);
    await chat.ended;
    service.release();
    // With the newer token: all that waited for it has been sent by then.
    expect(await restarted()).toMatchObject({ state: "ready" });
    expect(service.calls).toEqual([]);
  });
});

test("a renewal by a client that the service has forgotten registers no other, and asks for a sign-in", async () => {
  await configure();
  await signIn();
  service.expire();
  service.fault = "unknown-client";
  expect(await restarted()).toMatchObject({ state: "sign-in" });
  expect(service.asked.filter((one) => one.includes("register"))).toHaveLength(1);
  service.fault = undefined;
  await signIn();
  expect(await restarted()).toMatchObject({ state: "ready" });
});

test("a refusal of an older token uses no newer one up", async () => {
  const refused = { method: "POST", headers: { Authorization: "Bearer older" } };
  const response = await boundedFetch(service.mcpUrl, refused);
  expect(response.status).toBe(401);
  using directory = temporaryDirectory();
  const path = join(directory.path, "own.json");
  const tokens = { access_token: "newer", token_type: "Bearer", refresh_token: "refresh-1" };
  await Bun.write(path, JSON.stringify({ one: { url: service.mcpUrl, tokens } }));
  const { provider } = new McpSignIns(path).of({ key: "one", url: service.mcpUrl });
  const serverUrl = new URL(service.mcpUrl);
  await provider.onUnauthorized?.({ response, serverUrl, fetchFn: fetch });
  expect(await provider.token()).toBe("newer");
  expect(service.tokenRequests).toEqual([]);
});

test("a server of the internet has this machine ask nothing of a private network", async () => {
  const { signal } = new AbortController();
  const asked = signInFetch("https://127.0.0.1:1/", undefined, "https://192.88.98.1/mcp", signal);
  expect(await asked.catch(String)).toContain("is in a private network");
});

test("a client of the settings is used where the service registers none, and its secret never comes back", async () => {
  service.fault = "no-registration";
  await configure({ client: { clientId: "mine", clientSecret: "client-secret" } });
  const address = await begin();
  expect(new URL(address).searchParams.get("client_id")).toBe("mine");
  expect((await comeBack(service.consent(address))).status).toBe(200);
  const answer = await (await rein.fetch("/api/mcp")).text();
  expect(answer).toContain('"clientId":"mine"');
  expect(answer).not.toContain("client-secret");
  const moved = { type: "http", url: "https://b.test/mcp", headers: {} };
  const mcp = { servers: { [name]: { server: moved } } };
  const refused = await rein.fetch("/api/settings", {
    method: "PUT",
    body: JSON.stringify({ mcp }),
  });
  expect(refused.status).toBe(400);
});

test("tokens are in a file of their owner's alone, in no answer, and go with the entry's address", async () => {
  await configure();
  await signIn();
  const path = join(rein.dataDir, "mcp-sign-ins.json");
  const stored = readFileSync(path, "utf8");
  expect(stored).toContain("access-");
  expect(statSync(path).mode & 0o777).toBe(0o600);
  for (const route of ["/api/mcp", "/api/models", "/api/sessions"])
    expect(await (await rein.fetch(route)).text()).not.toMatch(/access-|refresh-/);
  const files = readdirSync(rein.dataDir).filter((file) => file.endsWith(".json"));
  const others = files.filter((file) => file !== "mcp-sign-ins.json");
  expect(rein.output()).not.toMatch(/access-|refresh-/);
  for (const file of others)
    expect(readFileSync(join(rein.dataDir, file), "utf8")).not.toMatch(/access-|refresh-/);
  await save({ server: { type: "http", url: `${service.url}/other`, headers: {} } });
  expect(readFileSync(path, "utf8")).not.toMatch(/access-|refresh-/);
});

test("what is kept for one address is not used for another, and a damaged file is refused at the start", async () => {
  const directory = mkdtempSync(join(tmpdir(), "rein-sign-ins-"));
  try {
    const path = join(directory, "sign-ins.json");
    const kept = { url: "https://a.test", tokens: { access_token: "t", token_type: "Bearer" } };
    await Bun.write(path, JSON.stringify({ one: kept }));
    const signIns = new McpSignIns(path);
    const tokenAt = (url: string) => signIns.of({ key: "one", url }).provider.token();
    expect(await tokenAt("https://a.test")).toBe("t");
    expect(await tokenAt("https://b.test")).toBeUndefined();
    await Bun.write(path, "[]");
    expect(() => new McpSignIns(path)).toThrow("Repair it, or move it away");
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});
