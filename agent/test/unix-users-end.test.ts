/** What runs for a person ends by their own stop, by an admin's, with their server, and with the server in front, however that ends. */
import { expect } from "bun:test";
import { join } from "node:path";
import { createJobs } from "../server/processes/create-jobs";
import { isDead, readProcess } from "../server/processes/inspect/process-table";
import { PersonServers } from "../server/unix-users/person-servers";
import type { ChatRequest } from "../shared/requests";
import { temporaryDirectory } from "./temporary-directory";
import { processesOf, unixPeople, type UnixPerson } from "./unix-people";
import { hang, text, toolCall } from "./upstream/upstream";
import { until, untilAsync, within } from "./within";

const scene = unixPeople();
const { test } = scene;

/** Leaves its session, its parent and its process group, and ignores what it can. */
const stubborn =
  "trap '' TERM HUP; (setsid sh -c 'trap \"\" TERM; while :; do sleep 1000; done' &) ; setsid sleep 1001 & echo started; sleep 1002";

/** A command of this person that would never end, once it has begun. */
async function started(person: UnixPerson, request: Partial<ChatRequest> = {}) {
  scene.upstream.reset();
  scene.upstream.script([toolCall("bash", { command: stubborn })]);
  const chat = person.chat(request);
  await chat.until((event) => event.type === "part-delta" && event.field === "output");
  await until(() => commandsOf(person.uid).length >= 3);
  return chat;
}

function commandsOf(uid: number): number[] {
  return processesOf(uid).filter((pid) => /sleep/.test(commandLine(pid)));
}

function commandLine(pid: number): string {
  return Bun.spawnSync(["ps", "-o", "args=", "-p", String(pid)]).stdout.toString();
}

test("a person's stop ends every process of the run, proves it, and says who stopped", async () => {
  const { anna } = scene;
  const chat = await started(anna);
  const path = `/api/sessions/${chat.sessionId}/stop`;
  expect(await anna.json<object>(path, { method: "POST", body: "{}" })).toMatchObject({
    stopped: true,
    outcome: "stopped",
  });
  expect(commandsOf(anna.uid)).toEqual([]);
  await chat.ended;
  expect(chat.session.runs.at(-1)).toMatchObject({
    stop: { by: "user", user: "anna" },
    receipt: { proof: "proven" },
  });
});

test("a person's stop of everything leaves what runs for another", async () => {
  const { anna, bob } = scene;
  const [own, other] = [await started(anna), await started(bob)];
  await anna.json("/api/stop", { method: "POST", body: "{}" });
  expect(commandsOf(anna.uid)).toEqual([]);
  expect(commandsOf(bob.uid).length).toBeGreaterThanOrEqual(3);
  await own.ended;
  // By the token of the server: everything of everybody.
  const stopped = await scene.rein.json<{ answers: object[] }>("/api/stop", {
    method: "POST",
    body: "{}",
  });
  expect(stopped.answers).toHaveLength(1);
  expect(commandsOf(bob.uid)).toEqual([]);
  await other.ended;
  const third = await started(anna);
  await scene.admin("/api/stop", { method: "POST", body: "{}" });
  expect(commandsOf(anna.uid)).toEqual([]);
  await third.ended;
  expect(third.session.runs.at(-1)).toMatchObject({ stop: { by: "user", user: "olga" } });
});

test("a person's server that was frozen by a program of theirs is ended with all that it runs", async () => {
  const { anna, rein } = scene;
  const chat = await started(anna);
  const server = serverOf(anna);
  process.kill(server, "SIGSTOP");
  await rein.json("/api/stop", { method: "POST", body: "{}" });
  expect(processesOf(anna.uid)).toEqual([]);
  await chat.ended.catch(() => undefined);
  // The next request starts another one, which says what became of the run.
  const session = await anna.json<{ session: { runs: { stop?: object }[] } }>(
    `/api/sessions/${chat.sessionId}`,
  );
  expect(session.session.runs.at(-1)).toMatchObject({ stop: { by: "crash" } });
});

test("a stop in a frozen server is said to be unacknowledged, to its owner and to a guest, and the owner's stop of everything ends it", async () => {
  const { anna, bob } = scene;
  const chat = await started(anna);
  const session = `/api/sessions/${chat.sessionId}`;
  const post = (body: object) => ({ method: "POST", body: JSON.stringify(body) });
  const { token } = await anna.json<{ token: string }>(`${session}/links`, post({ role: "watch" }));
  await bob.json(`${session}/join`, post({ token }));
  process.kill(serverOf(anna), "SIGSTOP");
  const answers = [anna, bob].flatMap((one) => [
    one.fetch(`${session}/stop`, post({})),
    one.fetch("/api/stop", post({ runId: chat.runId })),
  ]);
  for (const answer of await Promise.all(answers)) {
    expect(answer.status).toBe(503);
    expect(await answer.text()).toContain("has not acknowledged the stop");
  }
  expect(commandsOf(anna.uid).length).toBeGreaterThanOrEqual(3);
  await anna.json("/api/stop", post({}));
  expect(processesOf(anna.uid)).toEqual([]);
  await chat.ended.catch(() => undefined);
});

test("a guest stops a shared session's run by its id alone, and no other run of its owner", async () => {
  const { anna, bob } = scene;
  const [shared, other] = [await started(anna), await started(anna)];
  const post = (body: object) => ({ method: "POST", body: JSON.stringify(body) });
  const session = `/api/sessions/${shared.sessionId}`;
  const { token } = await anna.json<{ token: string }>(`${session}/links`, post({ role: "watch" }));
  await bob.json(`${session}/join`, post({ token }));
  const stop = (runId: string) => bob.json<object>("/api/stop", post({ runId }));
  expect(await stop(other.runId)).toMatchObject({ answers: [{ stopped: false }] });
  expect(await stop(shared.runId)).toMatchObject({ answers: [{ stopped: true }] });
  await shared.ended;
  expect(shared.session.runs.at(-1)).toMatchObject({ stop: { by: "user", user: "bob" } });
  expect(commandsOf(anna.uid).length).toBeGreaterThanOrEqual(3);
  await anna.json("/api/stop", post({}));
  await other.ended;
});

test("a person who is removed: their run is stopped by the admin, their server ends, and none is started again", async () => {
  const { anna, bob, rein } = scene;
  const chat = await started(anna, { onDisconnect: "continue" });
  const path = `/api/sessions/${chat.sessionId}`;
  const post = (body: object) => ({ method: "POST", body: JSON.stringify(body) });
  const { token } = await anna.json<{ token: string }>(`${path}/links`, post({ role: "watch" }));
  await bob.json(`${path}/join`, post({ token }));
  const people = () => rein.json<{ people: { id: string; name: string }[] }>("/api/people");
  const { id } = (await people()).people.find(({ name }) => name === "anna")!;
  const remove = (removed: boolean) => {
    const headers = { "X-Forwarded-User": "olga" };
    const init = { method: "PATCH", headers, body: JSON.stringify({ removed }) };
    return fetch(`${rein.url}/api/people/${id}`, init);
  };
  expect((await remove(true)).status).toBe(200);
  await within(
    "no process of anna",
    until(() => processesOf(anna.uid).length === 0),
  );
  await chat.ended.catch(() => undefined);
  expect((await anna.fetch("/api/sessions")).status).toBe(403);
  // Nor for others, with whom they have shared: in it schedules and paused runs would go on.
  expect((await scene.admin(path)).ok).toBe(false);
  expect((await bob.fetch(path)).ok).toBe(false);
  expect(processesOf(anna.uid)).toEqual([]);
  expect((await remove(false)).status).toBe(200);
  const { session } = await anna.json<{ session: { runs: object[] } }>(path);
  expect(session.runs.at(-1)).toMatchObject({ stop: { by: "user", user: "olga" } });
});

test("a guest who is removed: what they have sent to a session of somebody else is stopped by the admin in its owner's server, and the owner's own goes on", async () => {
  const { anna, bob, rein, upstream } = scene;
  const own = await started(anna);
  const post = (body: object) => ({ method: "POST", body: JSON.stringify(body) });
  upstream.script([text("Hello.")], [hang]);
  const chat = anna.chat();
  await chat.ended;
  const path = `/api/sessions/${chat.sessionId}`;
  const { token } = await anna.json<{ token: string }>(`${path}/links`, post({ role: "steer" }));
  await bob.json(`${path}/join`, post({ token }));
  const asked = upstream.requests.length;
  const his = bob.chat({ sessionId: chat.sessionId, onDisconnect: "stop" });
  await his.until(({ type }) => type === "run-start");
  await upstream.request(asked);
  const { people } = await rein.json<{ people: { id: string; name: string }[] }>("/api/people");
  const { id } = people.find(({ name }) => name === "bob")!;
  const change = (removed: boolean) => {
    const headers = { "X-Forwarded-User": "olga" };
    const init = { method: "PATCH", headers, body: JSON.stringify({ removed }) };
    return fetch(`${rein.url}/api/people/${id}`, init);
  };
  expect((await change(true)).status).toBe(200);
  type Read = { session: { runs: { outcome?: string }[] } };
  const last = async (sessionId: string) =>
    (await anna.json<Read>(`/api/sessions/${sessionId}`)).session.runs.at(-1)!;
  await untilAsync(async () => (await last(chat.sessionId)).outcome !== undefined, "its end");
  expect(await last(chat.sessionId)).toMatchObject({
    user: "bob",
    outcome: "stopped",
    stop: { by: "user", user: "olga" },
  });
  expect((await last(own.sessionId)).outcome).toBeUndefined();
  expect((await change(false)).status).toBe(200);
  await anna.json("/api/stop", post({}));
  await own.ended;
});

test("a guest's paused run that their removal does not find is stopped by the admin once its owner's server is there again", async () => {
  const { anna, bob, rein, upstream } = scene;
  const post = (body: object) => ({ method: "POST", body: JSON.stringify(body) });
  upstream.reset();
  upstream.script([text("Hello.")], [hang]);
  const chat = anna.chat();
  await chat.ended;
  const path = `/api/sessions/${chat.sessionId}`;
  const { token } = await anna.json<{ token: string }>(`${path}/links`, post({ role: "steer" }));
  await bob.json(`${path}/join`, post({ token }));
  const his = bob.chat({ sessionId: chat.sessionId, onDisconnect: "continue" });
  await his.until(({ type }) => type === "run-start");
  await upstream.request(1);
  await bob.json(`${path}/pause`, post({ cut: true }));
  type Read = { session: { runs: { stop?: object; pause?: { state: string } }[] } };
  const last = async () => (await anna.json<Read>(path)).session.runs.at(-1)!;
  await untilAsync(async () => (await last()).pause?.state === "paused", "its pause");
  for (const pid of processesOf(anna.uid)) process.kill(pid, "SIGKILL");
  await until(() => processesOf(anna.uid).length === 0);
  const { people } = await rein.json<{ people: { id: string; name: string }[] }>("/api/people");
  const { id } = people.find(({ name }) => name === "bob")!;
  const change = (removed: boolean) => {
    const headers = { "X-Forwarded-User": "olga" };
    const init = { method: "PATCH", headers, body: JSON.stringify({ removed }) };
    return fetch(`${rein.url}/api/people/${id}`, init);
  };
  expect((await change(true)).status).toBe(200);
  await untilAsync(async () => (await anna.fetch(path)).ok, "its owner's server");
  await untilAsync(async () => (await last()).stop !== undefined, "its stop");
  expect(await last()).toMatchObject({ stop: { by: "user", user: "olga" } });
  expect((await change(false)).status).toBe(200);
});

test("a person's server that was killed is started again by the next request", async () => {
  const { anna, rein } = scene;
  await started(anna);
  const server = serverOf(anna);
  const supervisor = readProcess(server)!.parent;
  // It does not tell the front of the end.
  process.kill(supervisor, "SIGSTOP");
  process.kill(server, "SIGKILL");
  // Its threads end after its first one, which is a zombie meanwhile; until then it may take a connection.
  await until(() => isDead(readProcess(server)));
  const asked = anna.fetch("/api/sessions");
  await rein.json("/api/people");
  process.kill(supervisor, "SIGCONT");
  const answer = await asked;
  expect([answer.status, answer.ok ? "" : await answer.text()]).toEqual([200, ""]);
});

test("the front killed with -9 leaves no process of anybody", async () => {
  const { anna, bob } = scene;
  const own = await scene.start();
  const people = [own.as(anna), own.as(bob)];
  // Only one server at a time works with a person's data.
  await scene.rein.json("/api/stop", { method: "POST", body: "{}" });
  await endServers(scene.anna, scene.bob);
  const chats = [await started(people[0]!), await started(people[1]!)];
  own.rein.signal("SIGKILL");
  await within(
    "no process of anna or bob",
    until(() => [anna, bob].every(({ uid }) => processesOf(uid).length === 0)),
  );
  for (const chat of chats) await chat.ended.catch(() => undefined);
  await own.rein[Symbol.asyncDispose]();
});

test("the front that ends in order settles what runs, as its own end", async () => {
  const { anna } = scene;
  await endServers(scene.anna, scene.bob);
  const own = await scene.start();
  const chat = await started(own.as(anna));
  own.rein.signal("SIGTERM");
  expect(await own.rein.exited).toBe(0);
  expect(processesOf(anna.uid)).toEqual([]);
  await chat.ended.catch(() => undefined);
  await own.rein[Symbol.asyncDispose]();
  const path = `/api/sessions/${chat.sessionId}`;
  const { session } = await anna.json<{ session: { runs: object[] } }>(path);
  expect(session.runs.at(-1)).toMatchObject({ stop: { by: "shutdown" } });
});

test("a server that nobody uses and in which nothing runs ends by itself; one with an open request does not", async () => {
  const { anna, bob } = scene;
  await endServers(anna, bob);
  using directory = temporaryDirectory();
  const jobs = createJobs({ dataDir: directory.path });
  const people = new PersonServers({
    unixUsers: { accounts: "every", proxyAccounts: [], passedOn: {} },
    proxies: { isNamed: () => Promise.resolve(false) },
    jobs,
    dataDir: directory.path,
    program: [process.execPath, join(import.meta.dir, "../server/index.ts")],
    openGates: () => ({ providers: () => ({}), close() {} }),
    signInsOf: () => [],
    removalOf: () => undefined,
    idleMs: 50,
  });
  const used = await people.of(anna.account);
  const free = used.use();
  const idle = await people.of(bob.account);
  expect(await idle.ended).toMatchObject({ proof: "proven", survivors: [] });
  expect(processesOf(bob.uid)).toEqual([]);
  expect(used.hasEnded).toBe(false);
  free();
  expect(await used.ended).toMatchObject({ exitCode: 0, survivors: [] });
  await people.close();
});

function serverOf({ uid }: UnixPerson): number {
  return processesOf(uid).find((pid) => /server\/index\.ts/.test(commandLine(pid)))!;
}

async function endServers(...people: UnixPerson[]): Promise<void> {
  for (const { uid } of people) {
    const server = processesOf(uid).find((pid) => /server\/index\.ts/.test(commandLine(pid)));
    if (server !== undefined) process.kill(server, "SIGKILL");
    await until(() => processesOf(uid).length === 0);
  }
}
