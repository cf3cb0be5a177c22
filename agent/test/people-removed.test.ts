/** What a person has begun ends when an admin removes them: runs, what waits behind them, processes, and schedules. */
import { expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { PersonRequest } from "../shared/requests";
import { apiScene } from "./api-scene";
import { everyServerIsNode } from "./given-cluster";
import { model, visitor, withPeople } from "./people-scene";
import type { Rein } from "./rein";
import { type Gate, hang, makeGate, text, toolCall } from "./upstream/upstream";
import { untilAsync } from "./within";

const scene = apiScene({ environment: withPeople, shares: false });
const { rein, upstream } = scene;
const never = new AbortController().signal;
const person = (name: string, at: Rein = rein) => visitor(at, { name });

async function change(name: string, request: PersonRequest): Promise<void> {
  const olga = person("olga");
  const { people } = await olga.sdk.people(never);
  await olga.sdk.patchPerson(people.find((one) => one.name === name)!.id, request, never);
}

/** Of this person, with a model that is silent. */
async function running(name: string) {
  const before = upstream.requests.length;
  const chat = person(name).chat({ onDisconnect: "continue", permissions: "all" });
  await chat.until(({ type }) => type === "run-start");
  await upstream.request(before);
  return chat;
}

async function settled(sessionId: string) {
  const read = () => person("olga").session(sessionId);
  await untilAsync(async () => (await read()).runs.every(({ outcome }) => outcome), "its end");
  return read();
}

test("their runs are stopped by the admin, what waits is not sent, their processes end, and others go on", async () => {
  upstream.script(
    [toolCall("bash", { command: "exec sleep 300", background: true })],
    [text("It runs.")],
    [hang],
    [hang],
  );
  const first = person("anna").chat({ permissions: "all" });
  await first.ended;
  const hers = await running("anna");
  const his = await running("bob");
  const { sessionId } = hers;
  await person("anna").sdk.queue(sessionId, { message: "Then this" }, never);
  await change("anna", { removed: true });
  const session = await settled(sessionId);
  expect(session.runs.at(-1)).toMatchObject({
    outcome: "stopped",
    stop: { by: "user", user: "olga" },
  });
  expect(session.queue).toMatchObject([{ text: "Then this", waitsFor: "person" }]);
  await untilAsync(async () => {
    const { processes } = await person("olga").session(first.sessionId);
    return processes?.[0]?.endedAt !== undefined;
  }, "the end of the background process");
  expect((await person("olga").session(his.sessionId)).runs[0]!.outcome).toBeUndefined();
  // Who is let in again finds all of it as it was left.
  await change("anna", { removed: false });
  expect((await person("anna").session(sessionId)).queue).toHaveLength(1);
  await person("bob").sdk.stopSession(his.sessionId, {}, never);
});

test("their schedules are off, and what runs of one is stopped; another admin's go on", async () => {
  await person("otto").sdk.me(never);
  await change("otto", { role: "admin" });
  const fields = { message: "Do it", cwd: rein.cwd, ...model, when: { everyMinutes: 60 } };
  const add = (name: string) => person(name).sdk.addSchedule({ ...fields, name }, never);
  const [his, hers] = [await add("otto"), await add("olga")];
  const read = async (id: string, at: Rein = rein) =>
    (await person("olga", at).sdk.schedules(never)).schedules.find((one) => one.id === id)!;
  upstream.script([hang]);
  await person("otto").sdk.runSchedule(his.id, never);
  await upstream.request(0);
  await change("otto", { removed: true });
  const { last } = await read(his.id);
  expect((await settled(last!.sessionId)).runs).toMatchObject([
    { outcome: "stopped", stop: { by: "user", user: "olga" } },
  ]);
  expect(await read(his.id)).toMatchObject({ isOn: false, user: "otto" });
  expect((await read(his.id)).nextAt).toBeUndefined();
  expect(await read(hers.id)).toMatchObject({ isOn: true, nextAt: expect.any(Number) });
  // It is olga's from then on, also for the next server.
  await person("olga").sdk.changeSchedule(his.id, { isOn: true }, never);
  const again = await scene.restart();
  expect(await read(his.id, again)).toMatchObject({ isOn: true, user: "olga" });
});

const alone = everyServerIsNode
  ? " (skipped: a node goes by what all nodes share, and not by the file that is written here)"
  : "";
test.skipIf(everyServerIsNode)(
  `a paused run that a server killed in that moment has left is stopped by the next one${alone}`,
  async () => {
    upstream.script([hang]);
    const { sessionId } = await running("anna");
    await person("anna").sdk.pause(sessionId, { cut: true }, never);
    await untilAsync(async () => {
      const { runs } = await person("anna").session(sessionId);
      return runs[0]!.pause?.state === "paused";
    }, "its pause");
    rein.signal("SIGKILL");
    await rein.exited;
    const path = join(scene.dataDir(), "people.json");
    const people = JSON.parse(readFileSync(path, "utf8")) as { name: string }[];
    const removal = { removedAt: Date.now(), removedBy: { from: "web", user: "olga" } };
    const removed = people.map((one) => ({ ...one, ...(one.name === "anna" && removal) }));
    writeFileSync(path, JSON.stringify(removed));
    await scene.start();
    expect((await settled(sessionId)).runs).toMatchObject([
      { outcome: "stopped", stop: { by: "user", from: "web", user: "olga" } },
    ]);
  },
);

test("what they have shared is steered and watched by nobody any more, and links of theirs let nobody in", async () => {
  upstream.script([text("Hello.")], [text("Hello.")]);
  const chat = person("anna").chat({});
  await chat.ended;
  const other = person("anna").chat({});
  await other.ended;
  const alone = await person("anna").sdk.share(other.sessionId, { role: "steer" }, never);
  const { sessionId } = chat;
  const link = (name: string) => person(name).sdk.share(sessionId, { role: "steer" }, never);
  const [hers, unopened, admins] = [await link("anna"), await link("anna"), await link("olga")];
  await person("bob").sdk.join(sessionId, hers.token, never);
  await person("otto").sdk.join(sessionId, admins.token, never);
  const path = `/api/sessions/${sessionId}`;
  const queue = { method: "POST", body: JSON.stringify({ message: "More" }) };
  expect(await person("bob").refusal(`${path}/queue`, queue)).toBe("200");
  await change("anna", { removed: true });
  expect(await person("bob").refusal(path)).toBe("404 session");
  expect(await person("bob").refusal(`${path}/queue`, queue)).toBe("404 session");
  for (const { token } of [hers, unopened]) {
    const body = JSON.stringify({ token });
    expect(await person("bob").refusal(`${path}/join`, { method: "POST", body })).toBe(
      "404 session",
    );
  }
  const join = { method: "POST", body: JSON.stringify({ token: alone.token }) };
  const joined = await person("bob").refusal(`/api/sessions/${other.sessionId}/join`, join);
  expect(joined).toBe("404 session");
  // An admin has shared it, too.
  expect(await person("otto").refusal(path)).toBe("200");
});

/** A session of anna's in which this person may steer. */
async function steeredBy(name: string): Promise<string> {
  upstream.script([text("Hello.")]);
  const chat = person("anna").chat({ permissions: "all" });
  await chat.ended;
  const link = await person("anna").sdk.share(chat.sessionId, { role: "steer" }, never);
  await person(name).sdk.join(chat.sessionId, link.token, never);
  return chat.sessionId;
}

/** The next answer goes on when the gate opens. */
async function runningIn(sessionId: string, name: string, gate: Gate): Promise<void> {
  const before = upstream.requests.length;
  upstream.script([text("It goes on.", gate)]);
  const chat = person(name).chat({ sessionId, onDisconnect: "continue" });
  await chat.until(({ type }) => type === "run-start");
  await upstream.request(before);
}

test("what they have sent to sessions of others ends too, and the others’ own goes on", async () => {
  const [his, hers] = [await steeredBy("bob"), await steeredBy("bob")];
  upstream.script([toolCall("bash", { command: "exec sleep 300", background: true })]);
  upstream.script([text("It runs.")]);
  await person("bob").chat({ sessionId: his }).ended;
  await runningIn(his, "bob", makeGate());
  const gate = makeGate();
  await runningIn(hers, "anna", gate);
  const queue = (name: string, message: string) =>
    person(name).sdk.queue(hers, { message, waitsFor: "run" }, never);
  await queue("bob", "By bob");
  await queue("anna", "By anna");
  const { queue: both } = await queue("bob", "By bob, and sent by anna");
  await person("anna").sdk.changeQueued(hers, both[2]!.id, { waitsFor: "run" }, never);
  await change("bob", { removed: true });
  const stopped = await settled(his);
  expect(stopped.runs.at(-1)).toMatchObject({
    user: "bob",
    outcome: "stopped",
    stop: { by: "user", user: "olga" },
  });
  await untilAsync(async () => {
    const { processes } = await person("anna").session(his);
    return processes?.[0]?.endedAt !== undefined;
  }, "the end of the background process");
  upstream.script([text("To anna.")], [text("To anna again.")]);
  gate.open();
  const read = () => person("anna").session(hers);
  await untilAsync(async () => (await read()).runs.length === 4, "what anna has sent");
  const session = await settled(hers);
  expect(session.runs.map(({ user, outcome }) => [user, outcome])).toEqual(
    Array.from({ length: 4 }, () => ["anna", "done"]),
  );
  expect(session.queue).toMatchObject([{ text: "By bob", user: "bob", waitsFor: "person" }]);
  // Anna answers for it when she sends it.
  upstream.script([text("To bob.")]);
  await person("anna").sdk.changeQueued(hers, session.queue[0]!.id, { waitsFor: "run" }, never);
  await untilAsync(async () => (await read()).runs.length === 5, "bob's message");
  expect((await settled(hers)).runs.at(-1)).toMatchObject({ user: "anna", outcome: "done" });
});
