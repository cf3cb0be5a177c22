/** People have names where a trusted proxy says them: their sessions are their own, and nobody else is believed. */
import { describe, expect, test } from "bun:test";
import { request } from "node:http";
import { readFileSync, realpathSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { parseProxies } from "../server/config/trusted-proxies";
import type { Session } from "../shared/protocol";
import { apiScene, everyWire } from "./api-scene";
import { commandEnvironment, spawnCommand } from "./command-line";
import { model, userHeader, visitor, type Visitor, withPeople } from "./people-scene";
import { rejectionOf } from "./provider-wires";
import { type Rein, startRein } from "./rein";
import { temporaryDirectory } from "./temporary-directory";
import { makeGate, text, toolCall } from "./upstream/upstream";
import { untilAsync } from "./within";

const scene = apiScene({ environment: withPeople });
const { rein, upstream } = scene;
const never = new AbortController().signal;
const person = (name: string) => visitor(rein, { name });

describe("a name", () => {
  test("is taken from the proxy's header, and the person is noted at first sight", async () => {
    expect(await person("anna").sdk.me(never)).toEqual({
      name: "anna",
      role: "member",
      hasPeople: true,
    });
    expect(await person("olga").sdk.me(never)).toMatchObject({ role: "admin" });
    expect(await person("Jürgen Müßig").sdk.me(never)).toMatchObject({ name: "Jürgen Müßig" });
    const { people } = await person("olga").sdk.people(never);
    expect(people).toContainEqual(
      expect.objectContaining({ name: "anna", role: "member", signIns: 0, keys: 0 }),
    );
    expect(people.find(({ name }) => name === "olga")).toMatchObject({ isFixed: true });
  });

  test("that could be anything but a name is refused", async () => {
    for (const name of [
      "",
      " ",
      "a,b",
      "x".repeat(201),
      "a\u202eb",
      "a\u00adb",
      "a\u3164",
      "a\u2800",
      "a\ufe0f",
    ])
      expect([name, await statusWith({ [userHeader]: utf8(name) })]).toEqual([
        name,
        name.trim() === "" ? expect.any(Number) : 400,
      ]);
    // Twice.
    expect(await statusWith([userHeader, "anna", userHeader, "olga"])).toBe(400);
    // It leads nowhere: it is a name like any other.
    expect(await person("../../etc/passwd").sdk.me(never)).toMatchObject({
      name: "../../etc/passwd",
      role: "member",
    });
  });

  test("is believed from no other address, and the script token stays an admin's", async () => {
    const own = await scene.start({
      dataDir: scratch().path,
      environment: { REIN_TRUSTED_PROXIES: "10.0.0.0/8, fd00::/8" },
    });
    const forged = visitor(own, { name: "olga" });
    expect(await forged.refusal("/api/me")).toBe("401 token");
    expect(await forged.refusal("/api/sessions")).toBe("401 token");
    const withToken = visitor(own, { name: "anna", credential: own.token });
    expect(await withToken.sdk.me(never)).toEqual({ role: "admin", hasPeople: true });
    // What nodes say to each other is nothing that a client can say.
    for (const header of ["X-Rein-User", "X-Rein-Hop"]) {
      const headers = { [header]: JSON.stringify({ name: "olga", role: "admin" }) };
      expect((await fetch(`${own.url}/api/me`, { headers })).status).toBe(401);
    }
  });

  test("of a page of another site is refused though the proxy adds who it is", async () => {
    const headers = { ...person("anna").headers, "Sec-Fetch-Site": "cross-site" };
    expect((await fetch(`${rein.url}/api/sessions`, { headers })).status).toBe(403);
    const origin = { ...person("anna").headers, Origin: "http://evil.example" };
    const stop = { method: "POST", headers: origin, body: "{}" };
    expect((await fetch(`${rein.url}/api/stop`, stop)).status).toBe(403);
  });
});

describe("without people", () => {
  test("a header says nothing, nobody has a name, and sign-ins of people are not valid", async () => {
    const { path: dataDir } = scratch();
    const named = await scene.start({ dataDir });
    const credential = await browserOf(named, "anna");
    const { key } = await visitor(named, { name: "anna" }).sdk.newKey({ name: "build" }, never);
    expect(await visitor(named, { credential: key }).sdk.me(never)).toMatchObject({ name: "anna" });
    named.signal("SIGTERM");
    await named.exited;
    await using plain = await startRein({ dataDir, environment: everyWire(upstream) });
    expect(await visitor(plain, { name: "olga" }).refusal("/api/sessions")).toBe("401 token");
    for (const one of [credential, key])
      expect(await visitor(plain, { credential: one }).refusal("/api/me")).toBe("401 token");
    expect(await visitor(plain, { credential: plain.token }).sdk.me(never)).toEqual({
      role: "admin",
      hasPeople: false,
    });
  });

  test.each([
    [{ REIN_USER_HEADER: "X-User" }, "REIN_TRUSTED_PROXIES"],
    [{ REIN_TRUSTED_PROXIES: "127.0.0.1" }, "REIN_USER_HEADER"],
    [{ REIN_ADMINS: "anna" }, "REIN_USER_HEADER"],
    [{ REIN_USER_HEADER: "Authorization", REIN_TRUSTED_PROXIES: "::1" }, "expected the name"],
    [{ REIN_USER_HEADER: "X-User", REIN_TRUSTED_PROXIES: "0.0.0.0/0" }, "expected addresses"],
    [{ REIN_OIDC_ISSUER: "https://a.example" }, "REIN_OIDC_CLIENT_ID"],
    [{ REIN_OIDC_ISSUER: "http://a.example", REIN_OIDC_CLIENT_ID: "x" }, "expected an https"],
  ])("a start with %p is refused with what is missing", async (environment, words) => {
    const dataDir = scratch().path;
    const started = startRein({ dataDir, environment });
    expect(String(await rejectionOf(started))).toContain(words);
  });

  test("a start with people and no admin says so", async () => {
    const environment = { REIN_ADMINS: "" };
    const own = await scene.start({ dataDir: scratch().path, environment });
    expect(own.output()).toContain("Nobody is an admin of this server");
  });
});

test.each([
  [["127.0.0.1"], ["127.0.0.1", "::ffff:127.0.0.1"], ["127.0.0.2", "::1", ""]],
  [
    ["10.0.0.0/8"],
    ["10.1.2.3", "::ffff:10.1.2.3", "::ffff:a01:203"],
    ["11.0.0.1", "::ffff:11.0.0.1"],
  ],
  [["::ffff:10.0.0.0/104"], ["10.200.0.1"], ["11.0.0.1"]],
  [
    ["fd00::/8", "::1"],
    ["fd12::1", "::1", "fd12::1%eth0"],
    ["fe80::1", "127.0.0.1"],
  ],
])("of proxies at %p those at %p are believed, and those at %p not", (texts, those, others) => {
  const proxies = parseProxies(texts)!;
  for (const one of those) expect([one, proxies.has(one)]).toEqual([one, true]);
  for (const one of others) expect([one, proxies.has(one)]).toEqual([one, false]);
});

test.each(["", "x", "10.0.0.0/33", "10.0.0.0/8/8", "::/0", "10.0.0.0/-1", "example.com"])(
  "%p is no address of a proxy",
  (one) => expect(parseProxies([one])).toBeUndefined(),
);

describe("a session", () => {
  test("is its owner's, and an admin's, in every list, stream and search", async () => {
    const [anna, bob, olga] = ["anna", "bob", "olga"].map(person) as [Visitor, Visitor, Visitor];
    const lists = [anna, bob, olga].map((one) => one.list());
    await Promise.all(lists.map(({ response }) => response));
    upstream.script([text("The wombat sleeps.")]);
    const chat = anna.chat({ message: "Tell me of wombats" });
    await chat.ended;
    const id = chat.sessionId;
    expect((await anna.session(id)).user).toBe("anna");
    await lists[0]!.until((event) => (event.type as string) === "session-changed");
    await lists[2]!.until((event) => (event.type as string) === "session-changed");
    expect(JSON.stringify(lists[1]!.events)).not.toContain(id);
    expect((await listed(anna)).map((one) => one.id)).toContain(id);
    expect(await listed(bob)).toEqual([]);
    expect((await listed(olga)).map(({ user }) => user)).toContain("anna");
    expect(await listed(olga, "?own=1")).toEqual([]);
    const found = (by: Visitor) => by.sdk.search({ q: "wombat" }, never);
    await untilFound(found, anna);
    expect(await found(bob)).toMatchObject({ sessions: [], messages: [] });
    expect((await found(olga)).messages).not.toEqual([]);
    const projects = await bob.fetch("/api/projects");
    expect(await projects.text()).not.toContain(rein.cwd);
    for (const one of lists) one.hangUp();
  });

  test("is not read by a mention of it, nor its files by their hash", async () => {
    const [anna, bob] = ["anna", "bob"].map(person) as [Visitor, Visitor];
    upstream.script([text("Hidden.")]);
    const secret = "only anna knows";
    const upload = await anna.fetch("/api/files", { method: "POST", body: secret });
    const { hash } = (await upload.json()) as { hash: string };
    // Not sent yet, it is hers alone.
    expect(await bob.refusal(`/api/files/${hash}`)).toBe("404 file");
    expect(await bob.refusal(`/api/files/${hash}`, { method: "DELETE" })).toBe("200");
    const chat = anna.chat({ message: "The password is swordfish", files: [{ hash, name: "a" }] });
    await chat.ended;
    expect(await (await anna.fetch(`/api/files/${hash}`)).text()).toBe(secret);
    expect(await bob.refusal(`/api/files/${hash}`)).toBe("404 file");
    const stolen = { message: "Read it", files: [{ hash, name: "a" }], cwd: rein.cwd };
    const body = JSON.stringify(stolen);
    expect(await bob.refusal("/api/chat", { method: "POST", body })).toBe("400 file");
    upstream.script([text("I cannot see it.")]);
    const mention = bob.chat({ message: `See @session:${chat.sessionId} there` });
    await mention.ended;
    expect(JSON.stringify(await bob.session(mention.sessionId))).not.toContain("swordfish");
    expect(JSON.stringify(upstream.requests.at(-1)?.body)).not.toContain("swordfish");
    upstream.script([text("I see it.")]);
    const own = anna.chat({ message: `See @session:${chat.sessionId} there` });
    await own.ended;
    expect(JSON.stringify(upstream.requests.at(-1)?.body)).toContain("swordfish");
  });

  test("is stopped by its owner and not with everything of another member; the stop says by whom", async () => {
    const [anna, bob, olga] = ["anna", "bob", "olga"].map(person) as [Visitor, Visitor, Visitor];
    const gate = makeGate();
    upstream.script([text("Slow", gate)], [text("Slow", gate)]);
    const hers = anna.chat({});
    await hers.until(({ type }) => type === "run-start");
    const his = bob.chat({});
    await his.until(({ type }) => type === "run-start");
    const { answers } = await bob.sdk.stopEverything(never);
    expect(answers).toMatchObject([{ stopped: true }]);
    await his.ended;
    expect((await anna.session(hers.sessionId)).runs[0]?.state).toBe("running");
    const foreign = await bob.sdk.stopRun(hers.runId, never);
    expect(foreign.answers).toMatchObject([{ stopped: false }]);
    expect((await anna.session(hers.sessionId)).runs[0]?.state).toBe("running");
    await olga.sdk.stopEverything(never);
    await hers.ended;
    const run = (await anna.session(hers.sessionId)).runs[0]!;
    expect(run.stop).toMatchObject({ by: "user", user: "olga" });
    const stops = (by: Visitor) => by.sdk.stops("", never);
    expect((await stops(anna)).stops.map(({ stop }) => stop.user)).toEqual(["olga"]);
    expect((await stops(bob)).stops.map(({ stop }) => stop.user)).toEqual(["bob"]);
    const csv = await (await olga.fetch("/api/stops?format=csv&user=olga")).text();
    expect(csv.trim().split("\r\n")).toHaveLength(2);
    expect(csv).toContain("olga");
    gate.open();
  });

  test("is not stopped ahead by somebody who may not see it", async () => {
    const [anna, bob] = ["anna", "bob"].map(person) as [Visitor, Visitor];
    await bob.sdk.stopRun("a-run-to-come", never);
    upstream.script([text("Done.")]);
    const chat = anna.chat({ runId: "a-run-to-come" });
    await chat.ended;
    expect((await anna.session(chat.sessionId)).runs[0]?.outcome).toBe("done");
    // Its id is taken, and nothing else is told.
    const body = JSON.stringify({ message: "x", runId: "a-run-to-come", cwd: rein.cwd });
    const taken = await bob.fetch("/api/chat", { method: "POST", body });
    expect(taken.status).toBe(409);
    expect(await taken.text()).not.toContain(chat.sessionId);
  });

  test("waits for its owner's approval, and a rule for all is an admin's to give", async () => {
    const [anna, bob, olga] = ["anna", "bob", "olga"].map(person) as [Visitor, Visitor, Visitor];
    upstream.script([toolCall("bash", { command: "touch made" })], [text("Done.")]);
    const chat = anna.chat({});
    const asked = await chat.until(({ type }) => type === "approval-request");
    if (asked.type !== "approval-request") throw new Error("expected an approval");
    const { id, digest } = asked.approval;
    const reply = (by: Visitor, body: object) =>
      by.refusal(`/api/approvals/${id}`, { method: "POST", body: JSON.stringify(body) });
    expect(await reply(bob, { decision: "once", digest })).toBe("404 approval");
    expect(await reply(anna, { decision: "project", digest, rule: 0 })).toBe("403 role");
    expect(await reply(olga, { decision: "once", digest })).toBe("200");
    await chat.ended;
  });
});

test("a member who chooses a directory is not shown Rein's own data; an admin is", async () => {
  const data = realpathSync(scene.dataDir());
  const list = async (name: string, path: string, find = "") => {
    const query = new URLSearchParams({ path, find });
    const answer = await person(name).fetch(`/api/directories?${query}`);
    return (await answer.json()) as { directories?: { name: string }[]; error?: object };
  };
  for (const path of [data, join(data, "undo"), `${data}/../${basename(data)}`])
    expect(await list("anna", path)).toMatchObject({ error: { code: "directory" } });
  // Beside it are the directories of many other tests.
  const beside = await list("anna", dirname(data), basename(data));
  const names = (found: typeof beside) => found.directories?.map(({ name }) => name);
  expect(names(beside)).toEqual([]);
  expect(names(await list("olga", dirname(data), basename(data)))).toEqual([basename(data)]);
  expect(names(await list("olga", data))).toContain("undo");
});

describe("a person who is removed", () => {
  test("is refused at once, with every browser, key and stream, until let in again", async () => {
    const anna = person("anna");
    const browser = visitor(rein, { name: "anna", credential: await browserOf(rein, "anna") });
    const { key } = await anna.sdk.newKey({ name: "nightly" }, never);
    const program = visitor(rein, { credential: key });
    const streams = [anna, browser, program].map((one) => one.list());
    await Promise.all(streams.map(({ response }) => response));
    const olga = person("olga");
    const { people } = await olga.sdk.people(never);
    const { id } = people.find(({ name }) => name === "anna")!;
    await olga.sdk.patchPerson(id, { removed: true }, never);
    await Promise.all(streams.map(({ ended }) => ended));
    expect(await anna.refusal("/api/sessions")).toBe("403 role");
    expect(await browser.refusal("/api/sessions")).toBe("401 token");
    expect(await program.refusal("/api/sessions")).toBe("401 token");
    await olga.sdk.patchPerson(id, { removed: false }, never);
    expect(await anna.refusal("/api/sessions")).toBe("200");
    expect(await browser.refusal("/api/sessions")).toBe("401 token");
    // The configuration's admins are not to be removed here.
    const fixed = people.find(({ name }) => name === "olga")!;
    const body = JSON.stringify({ removed: true });
    const path = `/api/people/${fixed.id}`;
    expect(await olga.refusal(path, { method: "PATCH", body })).toBe("409 person");
  });

  test("is still refused after a restart, and a damaged list of people stops the start", async () => {
    const own = await scene.restart();
    const olga = visitor(own, { name: "olga" });
    await visitor(own, { name: "anna" }).sdk.me(never);
    const { id } = (await olga.sdk.people(never)).people.find(({ name }) => name === "anna")!;
    await olga.sdk.patchPerson(id, { removed: true }, never);
    const again = await scene.restart();
    expect(await visitor(again, { name: "anna" }).refusal("/api/me")).toBe("403 role");
    again.signal("SIGTERM");
    await again.exited;
    const path = join(scene.dataDir(), "people.json");
    writeFileSync(path, readFileSync(path, "utf8").slice(0, 20));
    expect(String(await rejectionOf(scene.start()))).toContain(
      "people.json is not what Rein writes",
    );
  });
});

describe("a browser behind the proxy", () => {
  test("signs in as whom the proxy names, and its credential is worth nothing without it", async () => {
    const credential = await browserOf(rein, "anna");
    const both = visitor(rein, { name: "anna", credential });
    expect(await both.sdk.me(never)).toMatchObject({ name: "anna", signInId: expect.any(String) });
    expect(await visitor(rein, { credential }).refusal("/api/me")).toBe("401 token");
    expect(await visitor(rein, { name: "bob", credential }).refusal("/api/me")).toBe("401 token");
    expect(await visitor(rein, { name: "bob" }).sdk.signIns(never)).toEqual({ signIns: [] });
    expect((await both.sdk.signIns(never)).signIns).toMatchObject([{ user: "anna" }]);
    await both.sdk.signOutEverywhere(never);
    expect(await both.refusal("/api/me")).toBe("401 token");
  });

  test("another one that a member signs in is that member's", async () => {
    const { token } = await person("anna").sdk.newSignInToken(never);
    const { credential } = await visitor(rein, {}).sdk.signIn({ token }, never);
    expect(await visitor(rein, { credential }).sdk.me(never)).toMatchObject({
      name: "anna",
      role: "member",
    });
  });
});

describe("an API key", () => {
  test("is its owner's, is shown once and kept as a hash, and ends when it is revoked", async () => {
    const [anna, bob, olga] = ["anna", "bob", "olga"].map(person) as [Visitor, Visitor, Visitor];
    const { key, entry } = await anna.sdk.newKey({ name: "nightly" }, never);
    expect(key).toMatch(/^rein_[\w-]{32}$/);
    const program = visitor(rein, { credential: key });
    expect(await program.sdk.me(never)).toEqual({ name: "anna", role: "member", hasPeople: true });
    // When it was last used is saved a moment after the answer.
    await untilAsync(
      async () => (await program.sdk.keys(never)).keys[0]?.usedAt !== undefined,
      "the key was used",
    );
    expect((await program.sdk.keys(never)).keys).toMatchObject([{ id: entry.id, name: "nightly" }]);
    expect(readFileSync(join(scene.dataDir(), "api-keys.json"), "utf8")).not.toContain(key);
    expect((await bob.sdk.keys(never)).keys).toEqual([]);
    const revoke = { method: "DELETE" };
    expect(await bob.refusal(`/api/keys/${entry.id}`, revoke)).toBe("404 key");
    for (const wrong of [key.slice(0, -1), `${key}x`, "rein_"])
      expect(await visitor(rein, { credential: wrong }).refusal("/api/me")).toBe("401 token");
    const stream = program.list();
    await stream.response;
    await olga.sdk.revokeKey(entry.id, never);
    await stream.ended;
    expect(await program.refusal("/api/me")).toBe("401 token");
  });

  test("gives nothing that stays when it is revoked", async () => {
    const { key } = await person("olga").sdk.newKey({ name: "leaked" }, never);
    const program = visitor(rein, { credential: key });
    const another = { method: "POST", body: JSON.stringify({ name: "stays" }) };
    expect(await program.refusal("/api/keys", another)).toBe("403 key");
    expect(await program.refusal("/api/sign-ins/token", { method: "POST" })).toBe("403 key");
  });

  test("lets the command line work", async () => {
    const { key } = await person("anna").sdk.newKey({ name: "shell" }, never);
    upstream.script([text("From a program.")]);
    const environment = commandEnvironment({ url: rein.url, token: key });
    await using asked = spawnCommand(
      ["-p", "--provider", model.provider, "--model", model.model, "Say it"],
      { cwd: rein.cwd, environment },
    );
    const [code, stdout] = await Promise.all([asked.exited, asked.stdout]);
    expect([code, stdout.trim()]).toEqual([0, "From a program."]);
  });
});

/** Removed with what the test defers. */
function scratch(): { path: string } {
  const directory = temporaryDirectory();
  scene.defer(() => directory[Symbol.dispose]());
  return directory;
}

async function listed(by: Visitor, query = ""): Promise<Session[]> {
  const answer = await by.fetch(`/api/sessions${query}`);
  return ((await answer.json()) as { sessions: Session[] }).sessions;
}

/** The index is written behind. */
async function untilFound(
  found: (by: Visitor) => Promise<{ messages: unknown[] }>,
  by: Visitor,
): Promise<void> {
  while ((await found(by)).messages.length === 0) await Bun.sleep(20);
}

/** The credential of a browser that the proxy lets in. */
async function browserOf(server: Rein, name: string): Promise<string> {
  return (await visitor(server, { name }).sdk.signIn({ proxy: true }, never)).credential;
}

/** As most proxies send it: a byte for a character. */
function utf8(name: string): string {
  return Buffer.from(name, "utf8").toString("latin1");
}

/** Node's client sends headers as they are. */
function statusWith(headers: Record<string, string> | string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const { hostname, port, host } = new URL(rein.url);
    const all = Array.isArray(headers) ? ["Host", host, ...headers] : { Host: host, ...headers };
    const call = request({ hostname, port, path: "/api/me", headers: all }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    call.on("error", reject);
    call.end();
  });
}
