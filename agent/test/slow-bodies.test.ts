/** Whoever is let in no more when the body of a request has come has done nothing with it, whatever the route. */
import { expect, test } from "bun:test";
import { apiScene } from "./api-scene";
import { model, removePerson, type Visitor, visitor, withPeople } from "./people-scene";
import { beginSending } from "./slow-body";
import { text } from "./upstream/upstream";
import { untilAsync } from "./within";

const scene = apiScene({ environment: withPeople, shares: false });
const { rein, upstream } = scene;
const never = new AbortController().signal;
const person = (name: string) => visitor(rein, { name });

/** A session of this one, and what nobody but its owner and admins may do. */
async function begun(visitor: Visitor) {
  upstream.script([text("Hello.")]);
  const { sessionId, ended } = await startedBy(visitor);
  await ended;
  const path = `/api/sessions/${sessionId}`;
  const requests: [method: string, path: string, body: object | string][] = [
    ["POST", `${path}/queue`, { message: "Then this" }],
    ["POST", "/api/chat", { message: "Then this", sessionId, ...model }],
    ["POST", "/api/chat", { message: "Then this", cwd: rein.cwd, ...model }],
    ["PATCH", path, { title: "Mine" }],
    ["POST", `${path}/links`, { role: "watch" }],
    ["POST", `${path}/fork`, {}],
    ["POST", "/api/sessions/import", "# Mine\n\n## You\n\nHello.\n"],
    ["POST", "/api/files", "The words of Anna."],
    ["POST", "/api/keys", { name: "Mine" }],
  ];
  return { path, requests };
}

async function startedBy(visitor: Visitor) {
  const chat = visitor.chat({});
  await chat.until(({ type }) => type === "run-start");
  return { sessionId: chat.sessionId, ended: chat.ended };
}

/** What an admin sees of all that the requests could have done. */
async function seen(path: string) {
  const { sdk } = person("olga");
  const { session } = await person("olga")
    .fetch(path)
    .then((one) => one.json());
  const { sessions } = await sdk.sessions(never);
  const { keys } = await sdk.keys(never);
  return { session, count: sessions.length, keys, asked: upstream.requests.length };
}

test("who was removed while it came", async () => {
  const anna = person("anna");
  const { path, requests } = await begun(anna);
  const before = await seen(path);
  const sent = await Promise.all(
    requests.map(([method, path, body]) => beginSending(rein, anna.headers, method, path, body)),
  );
  await removePerson(person("olga"), "anna");
  const answers = await Promise.all(sent.map((one) => one.finish()));
  expect(answers.map(({ status }, index) => [requests[index]![1], status])).toEqual(
    // An upload is stopped with all else that they have begun.
    requests.map(([, path]) => [path, path === "/api/files" ? 409 : 403]),
  );
  expect(await seen(path)).toEqual(before);
});

test("whose key was revoked while it came", async () => {
  const { key, entry } = await person("anna").sdk.newKey({ name: "a program" }, never);
  const program = visitor(rein, { credential: key });
  const { path, requests } = await begun(program);
  const wanted = requests.filter(([, path]) => path !== "/api/keys");
  const sent = await Promise.all(
    wanted.map(([method, path, body]) => beginSending(rein, program.headers, method, path, body)),
  );
  await person("anna").sdk.revokeKey(entry.id, never);
  const before = await seen(path);
  const answers = await Promise.all(sent.map((one) => one.finish()));
  for (const { status, body } of answers)
    expect([status, body]).toEqual([401, expect.stringContaining("has ended meanwhile")]);
  expect(await seen(path)).toEqual(before);
});

test("who is no admin any more since it began", async () => {
  await person("otto").sdk.me(never);
  const found = async () =>
    (await person("olga").sdk.people(never)).people.find(({ name }) => name === "otto");
  // A node that is busy writes new people down a little later.
  await untilAsync(async () => (await found()) !== undefined, "otto is known");
  const { id } = (await found())!;
  await person("olga").sdk.patchPerson(id, { role: "admin" }, never);
  const { headers } = person("otto");
  const sent = await beginSending(rein, headers, "PUT", "/api/limits", { run: { turns: 3 } });
  await person("olga").sdk.patchPerson(id, { role: "member" }, never);
  const { status, body } = await sent.finish();
  expect([status, body]).toEqual([403, expect.stringContaining("was changed in this moment")]);
  expect(await person("olga").sdk.limits(never)).not.toMatchObject({ run: { turns: 3 } });
});

test("whose link to the session was revoked while it came", async () => {
  const [anna, bob] = [person("anne"), person("bob")];
  const { path } = await begun(anna);
  const id = path.slice(path.lastIndexOf("/") + 1);
  const { token, link } = await anna.sdk.share(id, { role: "steer" }, never);
  await bob.sdk.join(id, token, never);
  const requests: [method: string, path: string, body: object | string][] = [
    ["POST", `${path}/queue`, { message: "In the name of who is gone" }],
    ["POST", `${path}/pause`, {}],
    ["POST", "/api/chat", { message: "Then this", sessionId: id, ...model }],
    ["POST", `/api/files?sessionId=${id}`, "The words of Bob."],
  ];
  const before = await seen(path);
  const sent = await Promise.all(
    requests.map(([method, path, body]) => beginSending(rein, bob.headers, method, path, body)),
  );
  await anna.sdk.revokeLink(id, link.id, never);
  const answers = await Promise.all(sent.map((one) => one.finish()));
  expect(answers.map(({ status }, index) => [requests[index]![1], status])).toEqual(
    requests.map(([, path]) => [path, 404]),
  );
  const { asked, session } = await seen(path);
  expect([asked, session.queue, session.messages.length]).toEqual([
    before.asked,
    [],
    before.session.messages.length,
  ]);
});
