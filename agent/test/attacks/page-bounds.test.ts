/** Requests beyond what is sensible: each is refused with a status below 500 and in bounded time, and changes nothing. */
import { expect, test } from "bun:test";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { Hono } from "hono";
import { body } from "../../server/http/body";
import { answerError } from "../../server/http/error-answer";
import { apiScene } from "../api-scene";
import { makeGate, text } from "../upstream/upstream";
import { RawConnection } from "./raw-http";

const scene = apiScene();
const { rein, upstream, send } = scene;

const long = "x".repeat(100_000);
const longPath = "/a".repeat(50_000);

test("names and paths that are too long or no text are refused, and never fail", async () => {
  upstream.script([text("Hello.")]);
  const chat = send();
  await chat.ended;
  const session = `/api/sessions/${chat.sessionId}`;
  const before = await rein.session(chat.sessionId);
  const settings = (provider: object) => ({ providers: { openai: provider } });
  for (const [method, path, value] of [
    ["POST", "/api/chat", { message: "hi", cwd: longPath }],
    ["POST", "/api/chat", { message: "hi", cwd: "/tmp/\0" }],
    ["POST", "/api/chat", { message: "hi", cwd: `/${"x".repeat(300)}` }],
    ["POST", "/api/chat", { message: "hi", model: long }],
    ["POST", "/api/chat", { message: "hi", provider: long }],
    ["POST", "/api/chat", { message: "hi", sessionId: long }],
    ["POST", "/api/chat", { message: "hi", runId: long }],
    ["PATCH", session, { cwd: longPath }],
    ["PATCH", session, { cwd: "\0" }],
    ["PATCH", session, { model: long }],
    ["PATCH", session, { title: long }],
    ["PUT", "/api/settings", { provider: long }],
    ["PUT", "/api/settings", { model: long }],
    ["PUT", "/api/settings", settings({ apiKey: long })],
    ["PUT", "/api/settings", settings({ baseUrl: `http://${long}` })],
    ["POST", "/api/sign-in", { token: long }],
  ] as const) {
    const answer = await rein.fetch(path, { method, body: JSON.stringify(value) });
    const named = [method, path, JSON.stringify(value).slice(0, 60)];
    expect([...named, answer.status]).toEqual([...named, path === "/api/sign-in" ? 413 : 400]);
    expect((await answer.text()).length).toBeLessThan(5000);
  }
  for (const path of [`/api/sessions/${"x".repeat(10_000)}`, "/api/sessions/%00/export"])
    expect((await rein.fetch(path)).status).toBe(404);
  expect(await rein.session(chat.sessionId)).toEqual(before);
});

test("a session whose title is cut in the middle of a letter can be exported", async () => {
  upstream.script([text("Hello.")]);
  const chat = send();
  await chat.ended;
  const path = `/api/sessions/${chat.sessionId}`;
  const title = `x${"𝒳".repeat(60)}`;
  await rein.json(path, { method: "PATCH", body: JSON.stringify({ title }) });
  expect((await rein.fetch(`${path}/export`)).status).toBe(200);
});

test("no refusal of a message changes its session, or makes one", async () => {
  const gate = makeGate();
  upstream.script([text("The answer is ", gate, "forty-two.")]);
  const chat = send();
  await chat.until((event) => event.type === "part-delta");
  const { sessionId, runId } = chat;
  const before = {
    session: await rein.session(sessionId),
    list: await rein.json<object>("/api/sessions"),
  };
  const chosen = { permissions: "all", model: "another", cwd: rein.dataDir };
  for (const [status, request] of [
    [400, { message: "" }],
    [400, { message: "hi", provider: "nobody" }],
    [400, { message: "hi", provider: "nobody", sessionId: undefined }],
    [400, { message: "hi", cwd: "/no/such/place" }],
    [400, { message: "hi", limits: { turns: -1 } }],
    [400, { message: "hi", limits: { minutes: "1e309" } }],
    [400, { message: "hi", after: -1 }],
    [400, { message: "hi", onDisconnect: "perhaps" }],
    [400, { message: "hi", another: 1 }],
    [400, {}],
    [404, { message: "hi", sessionId: "nobody" }],
    [409, { message: "hi" }],
    [409, { retryOf: runId }],
    [409, { retryOf: "another-run", interrupt: true }],
  ] as const) {
    const message = JSON.stringify({ sessionId, ...chosen, ...request });
    const answer = await rein.fetch("/api/chat", { method: "POST", body: message });
    expect([message, answer.status]).toEqual([message, status]);
  }
  expect(await rein.session(sessionId)).toEqual(before.session);
  expect(await rein.json<object>("/api/sessions")).toEqual(before.list);
  gate.open();
  await chat.ended;
});

test("a failure of the server does not show what failed", async () => {
  mkdirSync(join(rein.dataDir, "settings.json.new"));
  const answer = await rein.fetch("/api/settings", { method: "PUT", body: `{"model":"m"}` });
  const { error } = (await answer.json()) as { error: { message: string } };
  expect([answer.status, error.message]).toEqual([
    500,
    "Internal error. The server’s log says more.",
  ]);
});

test("a request with two names of the host, or with two credentials, is refused", async () => {
  const { host, port } = new URL(rein.url);
  const own = `Authorization: Bearer ${rein.token}\r\n`;
  for (const [headers, status] of [
    [`Host: ${host}\r\n${own}`, 200],
    [`Host: ${host}\r\nHost: evil.example\r\n${own}`, 403],
    [`Host: evil.example\r\nHost: ${host}\r\n${own}`, 403],
    [`Host: ${host}\r\nAuthorization: Bearer x\r\n${own}`, 401],
    [`Host: ${host}\r\n${own}Authorization: Bearer x\r\n`, 401],
  ] as const) {
    const connection = new RawConnection(Number(port));
    const answer = await connection.send(`GET /api/sessions HTTP/1.1\r\n${headers}\r\n`);
    expect([headers, answer.status]).toEqual([headers, status]);
    connection.close();
  }
});

test("a request for the head of a stream leaves none open", async () => {
  const signedIn = await rein.json<{ credential: string }>("/api/sign-in", {
    method: "POST",
    body: JSON.stringify({ token: rein.token }),
  });
  const headers = { Authorization: `Bearer ${signedIn.credential}` };
  // More than a sign-in may have open.
  for (let count = 0; count <= 100; count++) {
    const { status } = await fetch(`${rein.url}/api/events`, { method: "HEAD", headers });
    expect([count, status]).toEqual([count, 200]);
  }
});

test("a body that does not end is refused after a time, however it is sent", async () => {
  const app = new Hono();
  app.onError(answerError);
  app.post("/api/x", async (c) => c.json(await body(c, { maxMs: 50, maxBytes: 100 })));
  const server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: app.fetch });
  const request = (rest: string) => `POST /api/x HTTP/1.1\r\nHost: x\r\n${rest}`;
  for (const [rest, status] of [
    ["Content-Length: 2\r\n\r\n{}", 200],
    ['Content-Length: 10\r\n\r\n{"a":', 408],
    ['Transfer-Encoding: chunked\r\n\r\n5\r\n{"a":\r\n', 408],
    [`Transfer-Encoding: chunked\r\n\r\n66\r\n${" ".repeat(102)}\r\n`, 413],
    ["Content-Length: 101\r\n\r\n", 413],
  ] as const) {
    const connection = new RawConnection(server.port!);
    const answer = await connection.send(request(rest));
    expect([rest, answer.status]).toEqual([rest, status]);
    connection.close();
  }
  await server.stop(true);
});
