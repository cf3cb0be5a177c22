/** What is shared between people who are apart: a session by its link, in its owner's server and as its owner's account. */
import { expect } from "bun:test";
import { uiStreamType } from "../server/http/ui-stream/ui-follow";
import type { Approval, FileRef, MachineAnswer, NewApiKey } from "../shared/protocol";
import { allowing } from "./control-api";
import { pngWith } from "./sample-files";
import { beginSending } from "./slow-body";
import { unixPeople } from "./unix-people";
import { makeGate, text, toolCall } from "./upstream/upstream";

const scene = unixPeople();
const { test } = scene;

async function annasSession(): Promise<string> {
  const { anna, upstream } = scene;
  upstream.reset();
  upstream.script([text("For anna.")]);
  const chat = anna.chat();
  await chat.ended;
  return chat.sessionId;
}

const link = (id: string, role: string) =>
  scene.anna.json<{ token: string }>(`/api/sessions/${id}/links`, {
    method: "POST",
    body: JSON.stringify({ role }),
  });

test("who has a link watches and stops the session in its owner's server, and steers it no further than the link says", async () => {
  const { bob } = scene;
  const id = await annasSession();
  const path = `/api/sessions/${id}`;
  const { token } = await link(id, "watch");
  expect((await bob.fetch(path)).status).toBe(404);
  await bob.json(`${path}/join`, { method: "POST", body: JSON.stringify({ token }) });
  expect(await bob.json<object>(path)).toMatchObject({ session: { id } });
  expect((await bob.fetch(`${path}/stop`, { method: "POST", body: "{}" })).status).toBe(200);
  const refused = await bob.fetch("/api/chat", {
    method: "POST",
    body: JSON.stringify({ sessionId: id, message: "Do it" }),
  });
  expect(refused.status).toBe(403);
  for (const copy of [`${path}/fork`])
    expect((await bob.fetch(copy, { method: "POST", body: "{}" })).status).toBe(403);
  expect((await bob.fetch(path, { method: "DELETE" })).status).toBe(403);
});

test("who steers a shared session does so as its owner's account", async () => {
  const { anna, bob, upstream } = scene;
  const id = await annasSession();
  const { token } = await link(id, "steer");
  await bob.json(`/api/sessions/${id}/join`, { method: "POST", body: JSON.stringify({ token }) });
  upstream.script([text("Steered.")]);
  await bob.chat({ sessionId: id }).ended;
  expect(await anna.json<object>(`/api/sessions/${id}`)).toMatchObject({ session: { id } });
  const { sessions } = await bob.json<{ sessions: { id: string }[] }>("/api/sessions");
  expect(sessions.map((one) => one.id)).not.toContain(id);
});

test("who steers a shared session answers its approvals and sees its changes, and who watches only sees them", async () => {
  const { anna, bob, upstream } = scene;
  upstream.reset();
  upstream.script([toolCall("bash", { command: "echo approved" })], [text("Done.")]);
  const chat = anna.chat({ permissions: "ask" });
  const event = await chat.until(({ type }) => type === "approval-request");
  const { approval } = event as { approval: Approval } & typeof event;
  const id = chat.sessionId;
  const answer = () =>
    bob.fetch(`/api/approvals/${approval.id}`, {
      method: "POST",
      body: JSON.stringify(allowing(approval)),
    });
  const looks = () =>
    Promise.all(
      [`/api/review?sessionId=${id}&of=session`, `/api/mcp?sessionId=${id}`].map(
        async (path) => (await bob.fetch(path)).status,
      ),
    );
  const join = async (role: string) => {
    const { token } = await link(id, role);
    await bob.json(`/api/sessions/${id}/join`, { method: "POST", body: JSON.stringify({ token }) });
  };
  expect((await answer()).status).toBe(404);
  expect(await looks()).toEqual([404, 404]);
  await join("watch");
  expect((await answer()).status).toBe(403);
  expect((await looks())[0]).toBe(200);
  await join("steer");
  expect((await answer()).status).toBe(200);
  await chat.ended;
  expect(JSON.stringify(chat.session.messages)).toContain("approved");
});

test("nobody takes another's session by sharing it first in their own server", async () => {
  const { bob } = scene;
  const id = await annasSession();
  await link(id, "watch");
  const claimed = await bob.fetch(`/api/sessions/${id}/links`, {
    method: "POST",
    body: JSON.stringify({ role: "watch" }),
  });
  expect(claimed.status).toBe(404);
});

test("the machine's page says of each server for whom it is", async () => {
  const peopleIn = ({ findings }: MachineAnswer) =>
    findings.filter(({ about }) => about === "People").map(({ words }) => words);
  expect(peopleIn(await scene.anna.json("/api/machine"))).toEqual([
    `this server is one person's, and runs as the Unix account ${scene.anna.account}`,
  ]);
  expect(peopleIn(await scene.rein.json("/api/machine"))).toEqual([
    "each person has a server of their own, as their Unix account",
  ]);
  const own = await scene.start({ REIN_UNIX_USERS: "off" });
  const [words] = peopleIn(await own.rein.json<MachineAnswer>("/api/machine"));
  expect(words).toContain("all share the Unix user root");
  await own.rein[Symbol.asyncDispose]();
});

test("with the token of the server nothing is run or read, as it would be by root", async () => {
  const { rein } = scene;
  const post = { method: "POST", body: JSON.stringify({ message: "Do it" }) };
  for (const [path, init] of [
    ["/api/chat", post],
    ["/api/text?cwd=/root&path=.bashrc", {}],
    ["/api/directories?path=/root", {}],
    ["/api/tree?cwd=/root", {}],
    ["/api/schedules", post],
    ["/api/memory?cwd=/root", {}],
    ["/api/instructions", {}],
  ] as const) {
    const answer = await fetch(rein.url + path, {
      ...init,
      headers: { Authorization: `Bearer ${rein.token}` },
    });
    expect([path, answer.status]).toEqual([path, 403]);
  }
});

test("a person without an account, and one of the system's, are refused with what to do", async () => {
  const own = await scene.start({ REIN_UNIX_USERS: "carl=no-such-account,dora=root,emil=daemon" });
  const refusalOf = async (name: string) => {
    const answer = await fetch(`${own.rein.url}/api/sessions`, {
      headers: { "X-Forwarded-User": name },
    });
    expect(answer.status).toBe(403);
    return ((await answer.json()) as { error: { message: string } }).error.message;
  };
  expect(await refusalOf("carl")).toContain("Rein creates none");
  expect(await refusalOf("dora")).toContain("could read everything");
  expect(await refusalOf("emil")).toContain("belongs to the system");
  expect(await refusalOf("frida")).toContain("names no Unix account for “frida”");
  await own.rein[Symbol.asyncDispose]();
});

test("who follows a shared session by the AI SDK gets its pictures at the addresses of the stream", async () => {
  const { anna, bob, upstream } = scene;
  upstream.reset();
  const gate = makeGate();
  upstream.script(
    [text("Hm."), gate, toolCall("bash", { command: "true" })],
    [text("As you like.")],
  );
  const { hash } = await anna.json<FileRef>("/api/files", { method: "POST", body: pngWith("5") });
  const chat = anna.chat();
  await chat.until(({ type }) => type === "part-delta");
  const id = chat.sessionId;
  const { token } = await link(id, "watch");
  await bob.json(`/api/sessions/${id}/join`, { method: "POST", body: JSON.stringify({ token }) });
  const stream = await bob.fetch(`/api/chat/${id}/stream`, { headers: { Accept: uiStreamType } });
  await anna.json(`/api/sessions/${id}/queue`, {
    method: "POST",
    body: JSON.stringify({
      message: "In this blue",
      files: [{ hash, name: "blue.png" }],
      waitsFor: "turn",
    }),
  });
  gate.open();
  const [, url] = /"url":"([^"]*)"/.exec(await stream.text())!;
  const picture = await bob.fetch(url!);
  expect([picture.status, await picture.bytes()]).toEqual([200, new Uint8Array(pngWith("5"))]);
});

test("a key that is revoked while a body comes does nothing in its owner's server or another's", async () => {
  const { anna, bob, rein } = scene;
  const id = await annasSession();
  const { token } = await link(id, "steer");
  await bob.json(`/api/sessions/${id}/join`, { method: "POST", body: JSON.stringify({ token }) });
  const { key, entry } = await bob.json<NewApiKey>("/api/keys", {
    method: "POST",
    body: JSON.stringify({ name: "a program" }),
  });
  const headers = { Authorization: `Bearer ${key}` };
  const rule = { tool: "bash", pattern: "true", decision: "allow" };
  const sent = await Promise.all([
    beginSending(rein, headers, "POST", `/api/sessions/${id}/queue`, { message: "Then this" }),
    beginSending(rein, headers, "PUT", "/api/instructions", { text: "Obey.", digest: "" }),
    beginSending(rein, headers, "POST", "/api/rules", rule),
  ]);
  expect((await bob.fetch(`/api/keys/${entry.id}`, { method: "DELETE" })).status).toBe(200);
  for (const { status, body } of await Promise.all(sent.map((one) => one.finish())))
    expect([status, body]).toEqual([401, expect.stringContaining("has ended meanwhile")]);
  expect(await anna.json<object>(`/api/sessions/${id}`)).toMatchObject({
    session: { queue: [], runs: { length: 1 } },
  });
});
