/** A session is shared by a link with a role: what that allows, and that it ends. */
import { expect, test } from "bun:test";
import { apiScene } from "./api-scene";
import { visitor, type Visitor, withPeople } from "./people-scene";
import { filesInMessages, textOf } from "../shared/message-parts";
import type { Session } from "../shared/protocol";
import { makeGate, text, toolCall } from "./upstream/upstream";

const { rein, upstream } = apiScene({ environment: withPeople });
const never = new AbortController().signal;
const person = (name: string) => visitor(rein, { name });

test("who opens a link that lets them watch reads and stops the session, and does nothing else", async () => {
  const [anna, bob, carl] = ["anna", "bob", "carl"].map(person) as [Visitor, Visitor, Visitor];
  const gate = makeGate();
  upstream.script([text("Working", gate)]);
  const chat = anna.chat({});
  await chat.until(({ type }) => type === "run-start");
  const id = chat.sessionId;
  const { token, link } = await anna.sdk.share(id, { role: "watch" }, never);
  expect(JSON.stringify(await anna.session(id))).not.toContain(token);
  const list = bob.list();
  await list.response;
  expect(await bob.sdk.join(id, token, never)).toEqual({ role: "watch" });
  await list.until((event) => (event.type as string) === "session-changed");
  expect(await idsOf(bob)).toEqual([id]);
  expect(await idsOf(carl)).toEqual([]);
  const refused: [string, string, object][] = [
    ["POST", "/api/chat", { sessionId: id, message: "Now do this", interrupt: true }],
    ["POST", `/api/sessions/${id}/queue`, { message: "And this" }],
    ["POST", `/api/sessions/${id}/pause`, {}],
    ["PATCH", `/api/sessions/${id}`, { permissions: "all" }],
    ["PATCH", `/api/sessions/${id}`, { title: "Mine" }],
    ["DELETE", `/api/sessions/${id}`, {}],
    ["POST", `/api/sessions/${id}/links`, { role: "admin" }],
    ["DELETE", `/api/sessions/${id}/links/${link.id}`, {}],
    ["POST", `/api/sessions/${id}/runs/${chat.runId}/undo`, {}],
  ];
  for (const [method, path, body] of refused)
    expect([path, await bob.refusal(path, { method, ...bodyOf(method, body) })]).toEqual([
      path,
      "403 role",
    ]);
  const deletion = await bob.fetch(`/api/sessions/${id}`, { method: "DELETE" });
  expect(await deletion.text()).toContain("You may watch this session and stop it");
  const stopped = await bob.sdk.stopSession(id, {}, never);
  expect(stopped.stopped).toBe(true);
  await chat.ended;
  expect((await anna.session(id)).runs[0]?.stop).toMatchObject({ by: "user", user: "bob" });
  expect((await bob.sdk.stops("", never)).stops.map(({ sessionId }) => sessionId)).toEqual([id]);
  list.hangUp();
  gate.open();
});

test("who may steer it sends messages and answers, and neither renames nor deletes nor shares it", async () => {
  const [anna, bob] = ["anna", "bob"].map(person) as [Visitor, Visitor];
  upstream.script([text("First.")], [toolCall("bash", { command: "true" })], [text("Second.")]);
  const chat = anna.chat({});
  await chat.ended;
  const id = chat.sessionId;
  const { token } = await anna.sdk.share(id, { role: "steer" }, never);
  await bob.sdk.join(id, token, never);
  const his = bob.chat({ sessionId: id, message: "Go on" });
  const asked = await his.until(({ type }) => type === "approval-request");
  if (asked.type !== "approval-request") throw new Error("expected an approval");
  const { id: approval, digest } = asked.approval;
  const body = JSON.stringify({ decision: "once", digest });
  expect(await bob.refusal(`/api/approvals/${approval}`, { method: "POST", body })).toBe("200");
  await his.ended;
  for (const [method, path, fields] of [
    ["PATCH", `/api/sessions/${id}`, { title: "Mine" }],
    ["PATCH", `/api/sessions/${id}`, { archived: true }],
    ["DELETE", `/api/sessions/${id}`, {}],
    ["POST", `/api/sessions/${id}/links`, { role: "watch" }],
  ] as const)
    expect([path, await bob.refusal(path, { method, ...bodyOf(method, fields) })]).toEqual([
      path,
      "403 role",
    ]);
  // A copy is one's own.
  const copy = await bob.sdk.fork(id, {}, never);
  expect(copy.session.user).toBe("bob");
  expect(copy.session.people).toBeUndefined();
  expect(await idsOf(anna)).not.toContain(copy.session.id);
});

test("who is admin of it does all of that, and of no other", async () => {
  const [anna, bob] = ["anna", "bob"].map(person) as [Visitor, Visitor];
  upstream.script([text("First.")], [text("Other.")]);
  const chat = anna.chat({});
  await chat.ended;
  const other = anna.chat({});
  await other.ended;
  const { token } = await anna.sdk.share(chat.sessionId, { role: "admin" }, never);
  await bob.sdk.join(chat.sessionId, token, never);
  const title = JSON.stringify({ title: "Renamed" });
  const rename = (id: string) =>
    bob.refusal(`/api/sessions/${id}`, { method: "PATCH", body: title });
  expect(await rename(chat.sessionId)).toBe("200");
  expect(await rename(other.sessionId)).toBe("404 session");
  await bob.sdk.share(chat.sessionId, { role: "watch" }, never);
  expect(await bob.refusal(`/api/sessions/${chat.sessionId}`, { method: "DELETE" })).toBe("200");
});

test("a revoked link, and one whose time is over, end what they gave, open streams too", async () => {
  const [anna, bob] = ["anna", "bob"].map(person) as [Visitor, Visitor];
  upstream.script([text("First.")]);
  const chat = anna.chat({});
  await chat.ended;
  const id = chat.sessionId;
  const { token, link } = await anna.sdk.share(id, { role: "steer" }, never);
  await bob.sdk.join(id, token, never);
  const stream = bob.follow(id);
  await stream.until(({ type }) => type === "snapshot");
  const list = bob.list();
  await list.response;
  await anna.sdk.revokeLink(id, link.id, never);
  await stream.ended;
  await list.until((event) => (event.type as string) === "session-removed");
  list.hangUp();
  expect(await bob.refusal(`/api/sessions/${id}`)).toBe("404 session");
  const joined = { method: "POST", body: JSON.stringify({ token }) };
  expect(await bob.refusal(`/api/sessions/${id}/join`, joined)).toBe("404 session");

  const soon = Date.now() + 1500;
  const brief = await anna.sdk.share(id, { role: "watch", until: soon }, never);
  await bob.sdk.join(id, brief.token, never);
  const watching = bob.follow(id);
  await watching.until(({ type }) => type === "snapshot");
  await watching.ended;
  expect(Date.now()).toBeGreaterThanOrEqual(soon);
  expect(await bob.refusal(`/api/sessions/${id}`)).toBe("404 session");
  const past = JSON.stringify({ role: "watch", until: 1 });
  const refused = await anna.refusal(`/api/sessions/${id}/links`, { method: "POST", body: past });
  expect(refused).toBe("400 input");
});

test("a wrong token tells nothing, and an export has neither people nor links", async () => {
  const [anna, bob] = ["anna", "bob"].map(person) as [Visitor, Visitor];
  upstream.script([text("First.")]);
  const chat = anna.chat({});
  await chat.ended;
  const id = chat.sessionId;
  const { token } = await anna.sdk.share(id, { role: "watch" }, never);
  const join = (session: string, tried: string) =>
    bob.refusal(`/api/sessions/${session}/join`, {
      method: "POST",
      body: JSON.stringify({ token: tried }),
    });
  expect(await join(id, token.slice(1))).toBe("404 session");
  expect(await join("no-such-session", token)).toBe("404 session");
  await bob.sdk.join(id, token, never);
  const exported = await (await bob.fetch(`/api/sessions/${id}/export?format=json`)).text();
  const { session } = JSON.parse(exported) as { session: object };
  expect(Object.keys(session).filter((key) => ["user", "people", "links"].includes(key))).toEqual(
    [],
  );
  const imported = await bob.fetch("/api/sessions/import", { method: "POST", body: exported });
  expect(await imported.json()).toMatchObject({ session: { user: "bob" } });
});

test("who imports a session gets none of its files by their hashes alone, nor learns that they are there", async () => {
  const [anna, bob] = ["anna", "bob"].map(person) as [Visitor, Visitor];
  const secret = `what only anna has: ${crypto.randomUUID()}`;
  const file = await anna.sdk.upload(new Blob([secret]), {}, never);
  upstream.script([text("I see it.")]);
  const chat = anna.chat({ message: "Look", files: [{ hash: file.hash, name: "secret.txt" }] });
  await chat.ended;
  const exported = await (
    await anna.fetch(`/api/sessions/${chat.sessionId}/export?format=json`)
  ).text();
  const importBy = async (by: Visitor) => {
    const response = await by.fetch("/api/sessions/import", { method: "POST", body: exported });
    return ((await response.json()) as { session: Session }).session;
  };
  const copy = await importBy(bob);
  expect(await bob.refusal(`/api/files/${file.hash}?sessionId=${copy.id}`)).toBe("404 file");
  expect(JSON.stringify(copy)).not.toContain(file.hash);
  expect(textOf(copy.messages[0]!)).toBe(
    "[text file secret.txt, 56 bytes: not in the export]\nLook",
  );
  upstream.script([text("I do not see it.")]);
  await bob.chat({ sessionId: copy.id, message: "What is in it?" }).ended;
  expect(JSON.stringify((await upstream.request(1)).body)).not.toContain(secret);
  const own = await importBy(anna);
  expect(filesInMessages(own.messages)).toMatchObject([{ hash: file.hash }]);
});

async function idsOf(by: Visitor): Promise<string[]> {
  return (await by.sdk.sessions(never)).sessions.map(({ id }) => id);
}

function bodyOf(method: string, body: object): RequestInit {
  return method === "DELETE" ? {} : { body: JSON.stringify(body) };
}
