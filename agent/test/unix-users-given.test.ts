/** What the front gives a person's server counts while it runs: keys of providers, and in whose browsers they are signed in. */
import { expect } from "bun:test";
import { chmodSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Models, PushAnswer } from "../shared/protocol";
import { type PushService, startPushService } from "./push-service";
import { beginSending } from "./slow-body";
import { unixPeople, type UnixPerson } from "./unix-people";
import { hang, text } from "./upstream/upstream";
import { until } from "./within";

const scene = unixPeople();
const { test } = scene;

const never = new AbortController().signal;

test("a key that is set up while a person's server runs counts there at once, and cuts no run", async () => {
  const { upstream } = scene;
  const { rein, as } = await scene.start({ OPENAI_API_KEY: "", OPENAI_BASE_URL: "" });
  await using _rein = rein;
  const anna = as(scene.anna);
  upstream.reset();
  upstream.script([text("One moment"), hang]);
  const running = anna.chat();
  await running.until(({ type }) => type === "part-delta");
  expect(await stateOf(anna, "openai")).toBe("not-set-up");
  const openai = { apiKey: "later-key", baseUrl: upstream.baseUrls.openai };
  await rein.sdk.saveSettings({ providers: { openai } }, never);
  expect(await stateOf(anna, "openai")).toBe("ready");
  upstream.script([text("By the later key.")]);
  await anna.chat({ provider: "openai", model: "gpt-5.5" }).ended;
  expect(upstream.requests.at(-1)!.key).toBe("later-key");
  expect(running.events.some(({ type }) => type === "run-end")).toBe(false);
  // Taken back, it is worth nothing at once.
  await rein.sdk.saveSettings({ providers: { openai: { apiKey: null, baseUrl: null } } }, never);
  expect(await stateOf(anna, "openai")).toBe("not-set-up");
  await anna.json("/api/stop", { method: "POST", body: "{}" });
  await running.ended;
});

test("a browser whose pages are closed is told by the person's server, until it is signed out", async () => {
  await using service = await startPushService();
  const { rein, as } = await startFor(service);
  await using _rein = rein;
  const [anna, bob] = [as(scene.anna), as(scene.bob)];
  const web = { web: { allowedPrivate: [service.host] } };
  await anna.json("/api/settings", { method: "PUT", body: JSON.stringify(web) });
  const browser = await signedIn(anna);
  const subscription = JSON.stringify(service.subscription());
  const answer = await browser<PushAnswer>("/api/push", { method: "POST", body: subscription });
  expect(answer.isOn).toBe(true);
  await run(bob, "Not for anna");
  await run(anna, "For anna");
  expect((await service.nth(2)).message).toMatchObject({ state: "done", title: "For anna" });
  expect((await browser<PushAnswer>("/api/push")).isOn).toBe(true);
  await anna.json("/api/sign-ins", { method: "DELETE" });
  const stored = join(anna.home, ".rein/push.json");
  await until(() => /"subscriptions":\s*\[\]/.test(readFileSync(stored, "utf8")));
  await run(anna, "Signed out");
  expect(service.taken.map(({ message }) => message.title)).toEqual(["", "For anna"]);
});

test("an import that comes with a key that was revoked meanwhile makes nothing in a person's server", async () => {
  const { anna, rein } = scene;
  const { key, entry } = await anna.json<{ key: string; entry: { id: string } }>("/api/keys", {
    method: "POST",
    body: JSON.stringify({ name: "of anna" }),
  });
  const headers = { Authorization: `Bearer ${key}` };
  const words = "# Of a key\n\n## You\n\nHello.\n";
  const sent = await beginSending(rein, headers, "POST", "/api/sessions/import", words);
  await anna.json(`/api/keys/${entry.id}`, { method: "DELETE" });
  expect((await sent.finish()).status).toBe(401);
  const { sessions } = await anna.json<{ sessions: { title: string }[] }>("/api/sessions");
  expect(sessions.filter(({ title }) => title === "Of a key")).toEqual([]);
});

async function startFor(service: PushService) {
  const { NODE_EXTRA_CA_CERTS: path = "" } = service.environment;
  // The accounts read the certificate too.
  chmodSync(dirname(path), 0o755);
  return scene.start(service.environment);
}

async function stateOf(one: UnixPerson, provider: string): Promise<string | undefined> {
  const { providers } = await one.json<Models>("/api/models");
  return providers.find(({ id }) => id === provider)?.state;
}

/** As a page behind the proxy does it. */
async function signedIn(one: UnixPerson) {
  const { credential } = await one.json<{ credential: string }>("/api/sign-in", {
    method: "POST",
    body: JSON.stringify({ proxy: true }),
  });
  const headers = { Authorization: `Bearer ${credential}` };
  return <Answer>(path: string, init: RequestInit = {}) =>
    one.json<Answer>(path, { ...init, headers });
}

async function run(one: UnixPerson, message: string): Promise<void> {
  scene.upstream.reset();
  scene.upstream.script([text("Done.")]);
  await one.chat({ message }).ended;
}
