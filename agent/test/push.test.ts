/** Push messages: a browser none of whose pages is open is told when a run waits or ends, and nobody else can read it. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { createRein, type Rein as Sdk } from "../sdk/create-rein";
import { encryptMessage } from "../server/push/encrypt-message";
import { contactAt } from "../server/push/server-token";
import type { PushAnswer } from "../shared/protocol";
import { claimsOf, type PushService, startPushService } from "./push-service";
import { type Chat, type Rein, startRein } from "./rein";
import { anthropicOn } from "./scene";
import { temporaryDirectory } from "./temporary-directory";
import { makeGate, startUpstream, text, toolCall, type Upstream } from "./upstream/upstream";
import { until, untilAsync } from "./within";

const never = new AbortController().signal;
const directory = temporaryDirectory();
let service: PushService;
let upstream: Upstream;
let rein: Rein;

beforeAll(async () => {
  service = await startPushService();
  upstream = startUpstream();
  await start();
  await rein.sdk.saveSettings({ web: { allowedPrivate: [service.host] } }, never);
});
afterAll(async () => {
  await rein[Symbol.asyncDispose]();
  await upstream.close();
  await service[Symbol.asyncDispose]();
  directory[Symbol.dispose]();
});
beforeEach(async () => {
  await rein.sdk.signOutEverywhere(never);
  service.taken.length = 0;
  service.status = 201;
});

test("a message is encrypted as in the example of the standard", () => {
  const bytes = (text: string) => Buffer.from(text, "base64url");
  // RFC 8291, section 5.
  const sent = encryptMessage(
    "When I grow up, I want to be a watermelon",
    {
      p256dh:
        "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
      auth: "BTBZMqHH6r4Tts7J_aSIgg",
    },
    {
      salt: bytes("DGv6ra1nlYgDCS1FRnbzlw"),
      privateKey: bytes("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"),
    },
  );
  expect(sent.toString("base64url")).toBe(
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN",
  );
});

test("a server is known by its own address where that is one of the web, which Apple’s service wants", () => {
  const nobody = "mailto:nobody@example.com";
  for (const host of ["localhost:3000", "127.0.0.1", "[::1]:3000", "nas", "nas.local:3000"])
    expect(contactAt(host)).toBe(nobody);
  expect(contactAt("rein.example.org:8443")).toBe("https://rein.example.org:8443");
});

describe("a browser whose pages are closed", () => {
  test("is told when a run waits and when it has ended, by messages that are signed and short", async () => {
    const { answer } = await subscribed();
    expect((await service.nth(1)).message).toEqual({ state: "first", title: "" });
    upstream.script([toolCall("bash", { command: "true" })], [text("Done.")]);
    const title = `${"🦀 long ".repeat(60)}\u202eend`;
    const chat = rein.chat({ message: title, provider: "anthropic", model: "m" });
    const waiting = await service.nth(2);
    expect(waiting.message).toMatchObject({ state: "waiting", id: chat.sessionId });
    expect(waiting.message.title).toStartWith("🦀 long 🦀");
    expect(waiting.message.title.isWellFormed()).toBe(true);
    expect(waiting.bytes).toBeLessThanOrEqual(300);
    const { aud, sub, exp } = claimsOf(waiting, answer.publicKey);
    expect({ aud, sub }).toEqual({
      aud: `https://${service.host}`,
      sub: "mailto:nobody@example.com",
    });
    expect(Number(exp)).toBeGreaterThan(Date.now() / 1000);
    expect(waiting.headers.get("topic")).toMatch(/^[\w-]{32}$/);
    await allow(chat);
    await chat.ended;
    const ended = await service.nth(3);
    expect(ended.message).toMatchObject({ state: "done", id: chat.sessionId });
    expect(ended.headers.get("topic")).toBe(waiting.headers.get("topic"));
  });

  test("is told nothing while one of its pages is open, and of the next run once that is closed", async () => {
    const { browser } = await subscribed();
    const page = new AbortController();
    const events = browser.listEvents(page.signal);
    const opening = events.next();
    await untilAsync(async () => (await metric("rein_viewers")) === 1, "the page's stream is open");
    await run("Seen");
    page.abort();
    await opening.catch(() => undefined);
    await untilAsync(async () => (await metric("rein_viewers")) === 0, "the stream is closed");
    await run("Unseen");
    const titles = service.taken.map(({ message }) => message.title);
    await service.nth(2);
    expect(service.taken.map(({ message }) => message.title)).toEqual(["", "Unseen"]);
    expect(titles).not.toContain("Seen");
  });

  test("is told once, and nothing while its page is open, also when it has signed in anew", async () => {
    const { browser } = await subscribed();
    const again = await subscribed();
    expect((await browser.push(never)).isOn).toBe(false);
    expect((await again.browser.push(never)).isOn).toBe(true);
    expect(stored()).toEqual([again.subscription.endpoint]);
  });

  test("is forgotten by the server when its service knows it no longer, and when it is signed out", async () => {
    const { browser } = await subscribed();
    service.status = 410;
    await run("Into the void");
    await untilAsync(async () => !(await browser.push(never)).isOn, "it is forgotten");
    service.status = 201;
    const other = await subscribed("/two");
    expect(stored()).toEqual([other.subscription.endpoint]);
    const { currentId } = await other.browser.signIns(never);
    await other.browser.signOut(currentId!, never);
    expect(stored()).toEqual([]);
  });

  test("is told after a kill -9 of the server, too, under the same key", async () => {
    const { browser, answer } = await subscribed();
    rein.signal("SIGKILL");
    await rein.exited;
    await start();
    const again = createRein({ url: rein.url, credential: browser.credential });
    // The port is another one, and a credential is for one alone: this is another sign-in.
    expect(await failureOf(again.push(never))).toMatchObject({ status: 401 });
    await run("After the kill");
    const { message } = await service.nth(2);
    expect(message).toMatchObject({ state: "done", title: "After the kill" });
    claimsOf(service.taken[1]!, answer.publicKey);
    expect(statSync(join(directory.path, "push.json")).mode & 0o777).toBe(0o600);
  });

  test("is told later by a service that does not take it now, of the newest state alone", async () => {
    await subscribed();
    service.status = 503;
    const gate = makeGate();
    upstream.script([toolCall("bash", { command: "true" })], [text("It ", gate, "ends.")]);
    const chat = rein.chat({ message: "Slow", provider: "anthropic", model: "m" });
    await service.nth(2);
    await allow(chat);
    service.status = 201;
    gate.open();
    await chat.ended;
    await until(() => service.taken.at(-1)?.message.state === "done", "the end is told");
    const states = service.taken.map(({ message }) => message.state);
    // A slow machine lets it try again before the answer.
    const changes = states.filter((state, index) => state !== states[index - 1]);
    expect(changes).toEqual(["first", "waiting", "done"]);
  });
});

describe("a subscription is refused, and nothing is kept", () => {
  test("where its service takes no message, redirects, or is in a private network", async () => {
    const browser = await signIn();
    for (const [status, words] of [
      [500, "answered with status 500"],
      [302, "answered with status 302"],
      [404, "does not know the subscription"],
    ] as const) {
      service.status = status;
      const failing = browser.startPush(service.subscription(), never);
      expect(await failureOf(failing)).toMatchObject({ status: 502, code: "push-failed" });
      expect((await failureOf(failing)).message).toContain(words);
    }
    expect(service.taken.map(({ path }) => path)).not.toContain("/elsewhere");
    for (const endpoint of ["https://127.0.0.2:9/x", "https://169.254.169.254/x", "https://[::1]/"])
      expect(
        (await failureOf(browser.startPush({ ...service.subscription(), endpoint }, never)))
          .message,
      ).toContain("of this machine, of a private network or reserved");
    expect(stored()).toEqual([]);
  });

  test("where it is no https address, or has no key of a browser, or the script token asks", async () => {
    const browser = await signIn();
    const { endpoint, keys } = service.subscription();
    for (const given of [
      { endpoint: endpoint.replace("https", "http"), keys },
      { endpoint: endpoint.replace("//", "//user:word@"), keys },
      { endpoint: "nowhere", keys },
      { endpoint, keys: { ...keys, auth: "short" } },
      { endpoint, keys: { ...keys, p256dh: `B${"A".repeat(86)}` } },
    ])
      expect(await failureOf(browser.startPush(given, never))).toMatchObject({ status: 400 });
    expect(await failureOf(rein.sdk.push(never))).toMatchObject({ status: 400, code: "push" });
    expect(service.taken).toEqual([]);
  });

  test("by a request that is given up, whose connection to the service is closed", async () => {
    const browser = await signIn();
    service.status = undefined;
    const stop = new AbortController();
    const asking = browser.startPush(service.subscription(), stop.signal);
    await service.nth(1);
    stop.abort();
    await failureOf(asking);
    await until(() => service.closed === 1, "the connection is closed");
    expect(stored()).toEqual([]);
  });

  test("by the twenty-first browser", async () => {
    const browsers: Sdk[] = [];
    for (let count = 0; count < 20; count++) {
      const browser = await signIn();
      await browser.startPush(service.subscription(`/${count}`), never);
      browsers.push(browser);
    }
    const late = await signIn();
    const refused = late.startPush(service.subscription("/late"), never);
    expect(await failureOf(refused)).toMatchObject({ status: 409, code: "push-full" });
    // One of the twenty may replace its own.
    await browsers[0]!.startPush(service.subscription("/anew"), never);
    await browsers[1]!.stopPush(never);
    await late.startPush(service.subscription("/late"), never);
    expect(stored()).toHaveLength(20);
  });
});

type Browser = Sdk & { credential: string };

async function signIn(): Promise<Browser> {
  const { token } = await rein.sdk.newSignInToken(never);
  const { credential } = await rein.sdk.signIn({ token }, never);
  return { ...createRein({ url: rein.url, credential }), credential };
}

async function subscribed(
  path = "/one",
): Promise<{ browser: Browser; answer: PushAnswer; subscription: { endpoint: string } }> {
  const browser = await signIn();
  const subscription = service.subscription(path);
  return { browser, subscription, answer: await browser.startPush(subscription, never) };
}

async function run(message: string): Promise<void> {
  upstream.script([text("Done.")]);
  await rein.chat({ message, provider: "anthropic", model: "m" }).ended;
}

async function allow(chat: Chat): Promise<void> {
  const asked = await chat.until((one) => one.type === "approval-request");
  const { approval } = asked as Extract<typeof asked, { type: "approval-request" }>;
  await rein.sdk.reply(approval.id, { decision: "once", digest: approval.digest }, never);
}

/** Rejects when it does not fail. */
async function failureOf(asked: Promise<unknown>): Promise<Error> {
  const failure = await asked.then(() => undefined).catch((error: unknown) => error);
  if (failure instanceof Error) return failure;
  throw new Error("expected a failure");
}

async function start(): Promise<void> {
  const environment = { ...anthropicOn(upstream), ...service.environment };
  rein = await startRein({ environment, dataDir: directory.path });
}

function stored(): string[] {
  const { subscriptions } = JSON.parse(readFileSync(join(directory.path, "push.json"), "utf8")) as {
    subscriptions: { endpoint: string }[];
  };
  return subscriptions.map(({ endpoint }) => endpoint);
}

async function metric(name: string): Promise<number> {
  const all = await (await rein.fetch("/metrics")).text();
  return Number(new RegExp(`^${name} (\\d+)`, "m").exec(all)?.[1]);
}
