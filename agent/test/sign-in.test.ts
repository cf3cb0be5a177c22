/** A browser signs in once by an address, is known by a credential of its own, and can be signed out at any time. */
import { expect, test } from "bun:test";
import { chmodSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { askForAddress, noteOrigin } from "../server/access/sign-in-address";
import { openFileEntries } from "../server/access/shared-entries";
import { SignIns } from "../server/access/sign-ins";
import { lockDataDir } from "../server/store/data-dir-lock";
import type { SignInsAnswer } from "../shared/protocol";
import { apiScene } from "./api-scene";
import { everyServerIsNode } from "./given-cluster";
import { rejectionOf } from "./provider-wires";
import type { Rein } from "./rein";
import { temporaryDirectory } from "./temporary-directory";
import { makeGate, text, toolCall } from "./upstream/upstream";
import { until } from "./within";

const scene = apiScene();
const { rein, upstream, send } = scene;

test("a one-time token works once", async () => {
  const token = tokenIn(rein.printedAddress);
  expect((await signIn(token)).status).toBe(200);
  expect((await signIn(token)).status).toBe(401);
});

test("a credential is valid at the host that it was made for, and not at another name or port of the machine", async () => {
  const credential = await credentialOf(rein);
  const { host, port } = new URL(rein.url);
  for (const [name, status] of [
    [host, 200],
    [`localhost:${port}`, 401],
    [`127.0.0.1:${Number(port) + 1}`, 401],
  ] as const)
    expect([name, await statusOf(credential, { Host: name })]).toEqual([name, status]);
});

test("the script token signs a browser in too, and a credential does not", async () => {
  expect((await signIn(rein.token)).status).toBe(200);
  expect((await signIn(await credentialOf(rein))).status).toBe(401);
});

test("the file of sign-ins is its owner's and holds no credential and no token", async () => {
  const credential = await credentialOf(rein);
  const path = join(scene.dataDir(), "sign-ins.json");
  const kept = readFileSync(path, "utf8");
  expect(statSync(path).mode & 0o777).toBe(0o600);
  for (const secret of [credential, rein.token, tokenIn(rein.printedAddress)])
    expect(kept).not.toContain(secret);
  expect(rein.output()).not.toContain(credential);
  expect(rein.output()).not.toContain(rein.token);
});

test("a restart keeps the sign-ins, and ends the one-time tokens", async () => {
  const credential = await credentialOf(rein);
  const before = new URL(rein.url);
  const unused = tokenIn(await rein.signInAddress());
  await scene.restart({ environment: { PORT: before.port } });
  expect(await statusOf(credential)).toBe(200);
  // Those of a cluster are good at each of its nodes, so they are in its database.
  expect((await signIn(unused)).status).toBe(everyServerIsNode ? 200 : 401);
  expect((await signIn(unused)).status).toBe(401);
});

test("a damaged file of sign-ins costs the sign-ins, and not the start", async () => {
  const credential = await credentialOf(rein);
  writeFileSync(join(scene.dataDir(), "sign-ins.json"), `[{"id": 5`);
  await scene.restart();
  expect(await statusOf(credential)).toBe(401);
  expect(await statusOf(await credentialOf(rein))).toBe(200);
});

test("a browser that is signed out is refused at once, and its open streams end", async () => {
  const [first, second] = [await credentialOf(rein), await credentialOf(rein)];
  const streams = await Promise.all([first, second].map(openStream));
  const { signIns, currentId } = await listFor(first);
  expect(signIns).toHaveLength(2);
  await withCredential(first, `/api/sign-ins/${currentId}`, "DELETE");
  await streams[0]!.ended;
  expect([await statusOf(first), await statusOf(second)]).toEqual([401, 200]);
  expect(streams[1]!.isOpen()).toBe(true);
  await rein.json("/api/sign-ins", { method: "DELETE" });
  await streams[1]!.ended;
  expect(await statusOf(second)).toBe(401);
  expect((await rein.json<SignInsAnswer>("/api/sign-ins")).signIns).toEqual([]);
});

test("signing out everywhere ends unused addresses too", async () => {
  const unused = tokenIn(await rein.signInAddress());
  await rein.json("/api/sign-ins", { method: "DELETE" });
  expect((await signIn(unused)).status).toBe(401);
});

test("a run goes on when the browser that watches it is signed out", async () => {
  const gate = makeGate();
  upstream.script([text("The answer is ", gate, "forty-two.")]);
  const credential = await credentialOf(rein);
  const authorization = { Authorization: `Bearer ${credential}` };
  const chat = rein.chat(
    { message: "Do it", provider: "openai-chat", model: "local-model" },
    authorization,
  );
  await chat.until((event) => event.type === "part-delta");
  await rein.json("/api/sign-ins", { method: "DELETE" });
  await chat.ended;
  expect((await rein.session(chat.sessionId)).runs[0]!.state).toBe("running");
  gate.open();
  const viewer = rein.follow(chat.sessionId);
  await viewer.until(() => viewer.session.runs[0]?.state === "settled");
  expect(viewer.session.runs[0]).toMatchObject({ outcome: "done" });
  viewer.hangUp();
});

test("signing in again replaces the credential that the browser sends along", async () => {
  const earlier = await credentialOf(rein);
  const next = await credentialOf(rein, earlier);
  expect([await statusOf(earlier), await statusOf(next)]).toEqual([401, 200]);
});

test("a wrong token is answered late, later after many, and the right one at once", async () => {
  const wrong = async () => {
    const begun = performance.now();
    const status = await statusOf("a-wrong-credential");
    return { status, ms: performance.now() - begun };
  };
  const first = await wrong();
  expect(first.status).toBe(401);
  expect(first.ms).toBeGreaterThan(240);
  let answered = 0;
  const many = Array.from({ length: 200 }, async () => {
    const answer = await wrong();
    if (answer.status === 401) answered++;
    return answer;
  });
  expect((await rein.fetch("/api/sessions")).status).toBe(200);
  expect(answered).toBeLessThan(50);
  const answers = await Promise.all(many);
  const late = answers.filter((answer) => answer.status === 401);
  // Those that wait are bounded; the others are refused.
  expect(answers.filter((answer) => answer.status === 429)).toHaveLength(150);
  expect(late).toHaveLength(50);
  expect(Math.max(...late.map(({ ms }) => ms))).toBeGreaterThan(1900);
});

test("a sign-in may open 100 streams, and one more is refused without a change", async () => {
  const credential = await credentialOf(rein);
  await using open = await openMany(credential, 100);
  expect(await statusOf(credential, {}, "/api/events")).toBe(429);
  const body = JSON.stringify({ message: "hi" });
  expect((await withCredential(credential, "/api/chat", "POST", body)).status).toBe(429);
  expect(await rein.json<object>("/api/sessions")).toEqual({ sessions: [] });
  open.end(0);
  await open.ended(0);
  await using again = await openMany(credential, 1);
  expect(again.isOpen(0)).toBe(true);
});

test("a second start names a new sign-in address of the running server", async () => {
  const refused = await rejectionOf(scene.start());
  const [address] = /http:\/\/\S+#token=\S+/.exec(String(refused)) ?? [];
  expect(new URL(address!).origin).toBe(rein.url);
  expect((await signIn(tokenIn(address!))).status).toBe(200);
});

test("a second start that gets no address says what to do", async () => {
  const environment = { REIN_TOKEN: "another-token-than-the-first" };
  expect(String(await rejectionOf(scene.start({ environment })))).toContain("set the same here");
});

test("a second start waits for the address of a server that is starting, and says so when none comes", async () => {
  using directory = temporaryDirectory();
  chmodSync(directory.path, 0o700);
  using _held = lockDataDir(directory.path);
  const late = scene.start({ dataDir: directory.path });
  expect(String(await rejectionOf(late))).toContain("may still be starting");
  using starting = temporaryDirectory();
  const answer = askForAddress(starting.path, rein.token);
  noteOrigin(starting.path, rein.url);
  expect(await answer).toMatchObject({ origin: rein.url });
});

test("a server that other machines can reach says how they sign in", async () => {
  using directory = temporaryDirectory();
  const environment = { HOST: "0.0.0.0", REIN_TOKEN: "a-secret-of-the-operator" };
  const open = await scene.start({ dataDir: directory.path, environment });
  await until(() => open.output().includes("REIN_HOSTS"));
  expect(open.output()).toMatch(/machine's own in the place of localhost.*sign-in form/);
});

test("the token of a data directory from before there were sign-ins is replaced", async () => {
  using directory = temporaryDirectory();
  chmodSync(directory.path, 0o700);
  writeFileSync(join(directory.path, "token"), "a-token-that-was-a-cookie\n");
  const first = await scene.start({ dataDir: directory.path });
  expect(first.token).not.toBe("a-token-that-was-a-cookie");
  // A node takes that of its cluster, whatever was there.
  if (!everyServerIsNode) expect(first.output()).toContain("The token for scripts was replaced");
  first.signal("SIGTERM");
  await first.exited;
  const second = await scene.start({ dataDir: directory.path });
  expect(second.token).toBe(first.token);
});

test("a command does not see the token that was set in the environment", async () => {
  const own = await scene.restart({ environment: { REIN_TOKEN: "a-secret-of-the-operator" } });
  const command = `env; cat /proc/self/environ /proc/$PPID/environ | tr '\\0' '\\n'`;
  upstream.script([toolCall("bash", { command })], [text("Done.")]);
  const chat = send({ permissions: "all" });
  await chat.ended;
  const seen = JSON.stringify(await own.session(chat.sessionId));
  expect(seen).toContain("PATH=");
  expect(seen).not.toContain("a-secret-of-the-operator");
});

test("of more than 100 sign-ins of one person the one unused for longest ends, and after 30 days each", async () => {
  using directory = temporaryDirectory();
  const path = join(directory.path, "sign-ins.json");
  const removed: string[] = [];
  const open = () =>
    new SignIns({
      openEntries: openFileEntries(directory.path),
      hasPeople: true,
      onRemoved: (id) => removed.push(id),
    });
  const place = { host: "a:1", browser: "", user: undefined };
  const signIns = open();
  const first = await signIns.admit(place);
  const { id } = signIns.list()[0]!;
  const aged = readFileSync(path, "utf8").replace(/"usedAt": \d+/, `"usedAt": ${daysAgo(29)}`);
  writeFileSync(path, aged);
  const again = open();
  for (let count = 0; count < 99; count++) await again.admit(place);
  expect(again.list()).toHaveLength(100);
  await again.admit({ ...place, user: "anna" });
  expect(removed).toEqual([]);
  await again.admit(place);
  expect(again.list()).toHaveLength(101);
  expect(removed).toEqual([id]);
  expect(await again.use(first, "a:1")).toBeUndefined();
  writeFileSync(path, aged.replace(/"usedAt": \d+/, `"usedAt": ${daysAgo(31)}`));
  expect(await open().use(first, "a:1")).toBeUndefined();
});

function daysAgo(days: number): number {
  return Date.now() - days * 24 * 60 * 60 * 1000;
}

function tokenIn(address: string): string {
  return address.slice(address.indexOf("#token=") + "#token=".length);
}

function signIn(token: string, headers: Record<string, string> = {}): Promise<Response> {
  const body = JSON.stringify({ token });
  return fetch(`${rein.url}/api/sign-in`, { method: "POST", body, headers });
}

async function credentialOf(server: Rein, earlier?: string): Promise<string> {
  const headers: Record<string, string> = {};
  if (earlier !== undefined) headers["Authorization"] = `Bearer ${earlier}`;
  const answer = await signIn(tokenIn(await server.signInAddress()), headers);
  return ((await answer.json()) as { credential: string }).credential;
}

function withCredential(credential: string, path: string, method = "GET", body?: string) {
  const headers = { Authorization: `Bearer ${credential}` };
  return fetch(rein.url + path, { method, headers, ...(body !== undefined && { body }) });
}

async function statusOf(
  credential: string,
  headers: Record<string, string> = {},
  path = "/api/sessions",
): Promise<number> {
  const all = { Authorization: `Bearer ${credential}`, ...headers };
  const answer = await fetch(rein.url + path, { headers: all });
  await answer.body?.cancel();
  return answer.status;
}

async function listFor(credential: string): Promise<SignInsAnswer> {
  return (await (await withCredential(credential, "/api/sign-ins")).json()) as SignInsAnswer;
}

async function openStream(credential: string) {
  const controller = new AbortController();
  const headers = { Authorization: `Bearer ${credential}` };
  const { signal } = controller;
  const answer = await fetch(`${rein.url}/api/events`, { headers, signal });
  expect(answer.status).toBe(200);
  let isOpen = true;
  const ended = answer.text().then(
    () => void (isOpen = false),
    () => void (isOpen = false),
  );
  return { ended, isOpen: () => isOpen, end: () => controller.abort() };
}

async function openMany(credential: string, count: number) {
  const streams = await Promise.all(Array.from({ length: count }, () => openStream(credential)));
  return {
    end: (index: number) => streams[index]!.end(),
    /** Resolves when the server has counted it out. */
    async ended(index: number) {
      await streams[index]!.ended;
      while ((await statusOf(credential, {}, "/api/events?once")) === 429) await Bun.sleep(5);
    },
    isOpen: (index: number) => streams[index]!.isOpen(),
    async [Symbol.asyncDispose]() {
      for (const stream of streams) stream.end();
      await Promise.all(streams.map((stream) => stream.ended));
    },
  };
}
