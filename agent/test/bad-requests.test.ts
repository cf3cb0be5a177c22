/** Requests that nobody should send: each gets an answer that says what was expected, and changes nothing. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Rein, startRein } from "./rein";

let rein: Rein;
beforeAll(async () => {
  rein = await startRein();
});
afterAll(() => rein[Symbol.asyncDispose]());

const chat = "POST /api/chat";

test.each<[title: string, call: string, body: unknown, refusal: string]>([
  ["a message that is null", chat, null, "400 input"],
  ["a message that is a number", chat, { message: 5 }, "400 input"],
  ["a message with a key too many", chat, { message: "hi", more: 1 }, "400 input"],
  ["a place that is not there", chat, { message: "hi", cwd: "/no/such/place" }, "400 cwd"],
  ["a provider that is not there", chat, { message: "hi", provider: "nobody" }, "400 provider"],
  ["a session that is not there", chat, { message: "hi", sessionId: "nobody" }, "404 session"],
  ["a session that is no name", chat, { message: "hi", sessionId: "../x" }, "400 input"],
  ["more than a million characters", chat, { message: "x".repeat(1_000_001) }, "400 input"],
  ["a body of more than 16 MB", chat, { message: "x".repeat(16_000_000) }, "413 size"],
  ["a default that is not there", "PUT /api/settings", { provider: "nobody" }, "400 provider"],
  ["a key for nobody", "PUT /api/settings", { providers: { nobody: {} } }, "400 provider"],
  ["a stop of no session", "POST /api/sessions/nobody/stop", {}, "404 session"],
  ["a route that is not there", "POST /api/nothing", {}, "404 route"],
])("%s is refused with its reason", async (_title, call, body, refusal) => {
  await expectRefusal(call, JSON.stringify(body), refusal);
});

test("what is no JSON is refused with its reason", () => expectRefusal(chat, "{bad", "400 json"));

test("an address that is no encoding is the page's own, and a built file that is gone is not there", async () => {
  for (const path of ["/%zz", "/%00", "/%c3%28"]) {
    const response = await rein.fetch(path);
    expect([path, response.status]).toEqual([path, 200]);
    expect(await response.text()).toContain("<!doctype html>");
  }
  expect((await rein.fetch("/assets/of-an-older-build.js")).status).toBe(404);
});

test("no answer can be embedded by a page of another port, be taken for something else, or be kept", async () => {
  for (const path of ["/api/sessions", "/api/nothing", "/api/events?once", "/api/health"]) {
    const { headers } = await rein.fetch(path);
    expect([
      path,
      headers.get("x-content-type-options"),
      headers.get("cross-origin-resource-policy"),
      headers.get("cache-control"),
    ]).toEqual([path, "nosniff", "same-origin", "no-store"]);
  }
});

test("the address with the token leads to this server, however it is written", async () => {
  const response = await fetch(`${rein.url}//elsewhere.example/?token=${rein.token}`, {
    redirect: "manual",
  });
  expect(response.headers.get("location")).toBe("/elsewhere.example/");
});

async function expectRefusal(call: string, body: string, refusal: string): Promise<void> {
  const [method = "", path = ""] = call.split(" ");
  const response = await rein.fetch(path, { method, body });
  const { error } = (await response.json()) as { error: { code: string; message: string } };
  expect(`${response.status} ${error.code}`).toBe(refusal);
  expect(error.message.length).toBeGreaterThan(10);
  expect(await rein.json<object>("/api/sessions")).toEqual({ sessions: [] });
  expect(existsSync(join(rein.dataDir, "settings.json"))).toBe(false);
}
