/** Where each person has a server of their own, an admin has all people whose servers run in one list, search and history. */
import { expect } from "bun:test";
import type { ListEvent, SessionSummary, StopRecord, UnreachedNode } from "../shared/protocol";
import { Chat } from "./rein";
import { unixPeople } from "./unix-people";
import { hang, text } from "./upstream/upstream";

const scene = unixPeople();
const { test } = scene;

interface Listed {
  sessions: SessionSummary[];
  next?: string;
  unreached?: UnreachedNode[];
}

const asAdmin = async <Answer>(path: string, init?: RequestInit): Promise<Answer> => {
  const answer = await scene.admin(path, init);
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as Answer;
};

async function saidBy(name: "anna" | "bob", words: string): Promise<string> {
  const { upstream } = scene;
  upstream.reset();
  upstream.script([text(words)]);
  const chat = scene[name].chat({ message: `${words} please` });
  await chat.ended;
  return chat.sessionId;
}

test("an admin's list has the sessions of all whose servers run, with whose they are, page by page", async () => {
  const ids = [await saidBy("anna", "First"), await saidBy("bob", "Second")];
  const { sessions } = await asAdmin<Listed>("/api/sessions");
  const owners = ids.map((id) => sessions.find((one) => one.id === id)?.user);
  expect(owners).toEqual(["anna", "bob"]);
  const paged: string[] = [];
  for (let before: string | undefined = ""; before !== undefined;) {
    const page: Listed = await asAdmin(`/api/sessions?limit=1${before && `&before=${before}`}`);
    paged.push(...page.sessions.map(({ id }) => id));
    before = page.next;
  }
  expect(paged).toEqual(sessions.map(({ id }) => id));
  const bobs = await scene.bob.json<Listed>("/api/sessions");
  expect(bobs.sessions.map(({ id }) => id)).not.toContain(ids[0]!);
});

test("an admin searches in all of them, page by page, and opens what was found", async () => {
  const annas = await saidBy("anna", "A walrus of anna");
  const bobs = await saidBy("bob", "A walrus of bob");
  const found: string[] = [];
  for (let before: string | undefined = ""; before !== undefined;) {
    const page: { messages: { sessionId: string }[]; next?: string } = await asAdmin(
      `/api/search?q=walrus&limit=1${before && `&before=${encodeURIComponent(before)}`}`,
    );
    found.push(...page.messages.map(({ sessionId }) => sessionId));
    before = page.next;
  }
  expect(new Set(found)).toEqual(new Set([annas, bobs]));
  expect(await asAdmin<object>(`/api/sessions/${annas}`)).toMatchObject({ session: { id: annas } });
  expect((await scene.bob.fetch(`/api/sessions/${annas}`)).status).toBe(404);
  const members = await scene.bob.json<{ messages: { sessionId: string }[] }>(
    "/api/search?q=walrus",
  );
  expect(members.messages.map(({ sessionId }) => sessionId)).not.toContain(annas);
});

test("an admin stops another's session by its id, the receipt says so, and it is in the admin's history of stops", async () => {
  const { anna, upstream } = scene;
  upstream.reset();
  upstream.script([text("One moment"), hang]);
  const chat = anna.chat();
  await chat.until(({ type }) => type === "part-delta");
  await asAdmin(`/api/sessions/${chat.sessionId}/stop`, { method: "POST", body: "{}" });
  await chat.ended;
  expect(chat.session.runs.at(-1)).toMatchObject({ stop: { by: "user", user: "olga" } });
  const { stops } = await asAdmin<{ stops: StopRecord[] }>("/api/stops?user=olga");
  expect(stops.map(({ sessionId }) => sessionId)).toContain(chat.sessionId);
  const csv = await (await scene.admin("/api/stops?format=csv")).text();
  expect(csv).toContain(chat.sessionId);
});

test("who has the server's token opens a session as an admin without a name", async () => {
  const id = await saidBy("bob", "For the operator");
  const { sessions } = await scene.rein.json<Listed>("/api/sessions");
  expect(sessions.find((one) => one.id === id)?.user).toBe("bob");
  expect(await scene.rein.json<object>(`/api/sessions/${id}`)).toMatchObject({ session: { id } });
});

test("an admin's page is told of the changes of all lists, beside those of the session that it shows", async () => {
  const shown = await saidBy("bob", "Shown");
  const all = ["/api/events?list=1", `/api/sessions/${shown}/events?list=1`].map(
    (path) => new Chat((signal) => scene.admin(path, { signal })),
  );
  await Promise.all(all.map(({ response }) => response));
  const made = await saidBy("anna", "Made meanwhile");
  for (const stream of all) {
    const isIt = (event: ListEvent) =>
      event.type === "session-changed" && event.summary.id === made;
    const told = await stream.until((event) => isIt(event as never));
    expect(told).toMatchObject({ summary: { user: "anna" } });
  }
  await all[1]!.until(({ type }) => type === "snapshot");
  await scene.anna.json(`/api/sessions/${made}`, { method: "DELETE" });
  for (const stream of all) {
    const isGone = (event: ListEvent) => event.type === "session-removed" && event.id === made;
    await stream.until((event) => isGone(event as never));
    stream.hangUp();
  }
});

test("an admin without an account is told that no server has the session, not of the account", async () => {
  await saidBy("anna", "Here");
  const refused = await scene.admin(`/api/sessions/${crypto.randomUUID()}`);
  expect(refused.status).toBe(403);
  expect(await refused.text()).toContain("No server that runs has this session");
});

test("a server that is silent is named, and the others are shown", async () => {
  const { anna, bob } = scene;
  const annas = await saidBy("anna", "Frozen soon");
  const bobs = await saidBy("bob", "Shown all the same");
  const pids = anna.processes();
  for (const pid of pids) process.kill(pid, "SIGSTOP");
  try {
    const { sessions, unreached } = await asAdmin<Listed>("/api/sessions");
    expect(sessions.map(({ id }) => id)).toContain(bobs);
    expect(unreached).toMatchObject([
      { node: "anna", reason: expect.stringContaining(anna.account) },
    ]);
    for (const path of ["/api/search?q=soon", "/api/stops"])
      expect(await asAdmin<object>(path)).toMatchObject({ unreached: [{ node: "anna" }] });
    const answer = await scene.admin(`/api/sessions/${annas}/stop`, { method: "POST", body: "{}" });
    expect(answer.status).toBe(503);
    expect(bob.processes().length).toBeGreaterThan(0);
  } finally {
    for (const pid of pids) process.kill(pid, "SIGCONT");
  }
});
