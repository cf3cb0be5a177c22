/** Invalid requests: each is answered with an error that says what was expected, and changes nothing. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Rein, startRein } from "./rein";

let rein: Rein;
beforeAll(async () => {
  rein = await startRein();
});
afterAll(() => rein[Symbol.asyncDispose]());

const chat = "POST /api/chat";
const addSchedule = "POST /api/schedules";
const when = { everyMinutes: 60 };
const aSchedule = { name: "Nightly", message: "hi", when };
const dist = join(import.meta.dir, "../dist");

test.each<[title: string, call: string, body: unknown, refusal: string]>([
  ["a message that is null", chat, null, "400 input"],
  ["a message that is a number", chat, { message: 5 }, "400 input"],
  ["a message with an unknown key", chat, { message: "hi", more: 1 }, "400 input"],
  [
    "a working directory that does not exist",
    chat,
    { message: "hi", cwd: "/no/such/place" },
    "400 cwd",
  ],
  ["an unknown provider", chat, { message: "hi", provider: "nobody" }, "400 provider"],
  ["an unknown session", chat, { message: "hi", sessionId: "nobody" }, "404 session"],
  ["a session id that is a path", chat, { message: "hi", sessionId: "../x" }, "400 input"],
  [
    "a session that is new and is not",
    chat,
    { message: "hi", sessionId: "one", newSessionId: "two" },
    "400 input",
  ],
  ["more than a million characters", chat, { message: "x".repeat(1_000_001) }, "400 input"],
  ["a body of more than 16 MB", chat, { message: "x".repeat(16_000_000) }, "413 size"],
  ["an unknown default provider", "PUT /api/settings", { provider: "nobody" }, "400 provider"],
  [
    "a key for an unknown provider",
    "PUT /api/settings",
    { providers: { nobody: {} } },
    "400 provider",
  ],
  [
    "an address that is none",
    "PUT /api/settings",
    { providers: { openai: { baseUrl: "ftp://box" } } },
    "400 invalid_request",
  ],
  ["a test of an unknown provider", "POST /api/providers/nobody/test", {}, "400 provider"],
  [
    "a test of an address that is none",
    "POST /api/providers/openai/test",
    { baseUrl: "ftp://box" },
    "400 invalid_request",
  ],
  ["a stop of an unknown session", "POST /api/sessions/nobody/stop", {}, "404 session"],
  ["an unknown route", "POST /api/nothing", {}, "404 route"],
  ["a schedule without a time", addSchedule, { name: "N", message: "hi" }, "400 input"],
  ["a schedule that says nothing", addSchedule, { name: "N", when }, "400 input"],
  [
    "a schedule that says two things",
    addSchedule,
    { ...aSchedule, command: { name: "x" } },
    "400 input",
  ],
  [
    "a schedule of a name with an escape",
    addSchedule,
    { ...aSchedule, name: "\u001b[2J" },
    "400 input",
  ],
  ["a schedule too often", addSchedule, { ...aSchedule, when: { everyMinutes: 0.5 } }, "400 input"],
  ["a schedule in no directory", addSchedule, { ...aSchedule, cwd: "/no/such/place" }, "400 cwd"],
  ["a schedule of no engine", addSchedule, { ...aSchedule, engine: "nobody" }, "400 engine"],
  ["a schedule of no provider", addSchedule, { ...aSchedule, provider: "nobody" }, "400 provider"],
  ["a change of no schedule", "PATCH /api/schedules/nobody", { isOn: false }, "404 schedule"],
  ["a note in no directory", "POST /api/memory", { text: "x", cwd: "/no/such/place" }, "400 cwd"],
  ["a note that is proposed again", "PATCH /api/memory/x", { state: "proposed" }, "400 input"],
])("%s is refused with its reason", async (_title, call, body, refusal) => {
  await expectRefusal(call, JSON.stringify(body), refusal);
});

test.each<[call: string, body: object, words: string]>([
  [
    "PUT /api/limits",
    { retry: { attempts: 5000 } },
    "Attempts (retry.attempts) is 5000: expected 1000 at most.",
  ],
  [
    "PUT /api/limits",
    { run: { turns: 1.5, usd: 0 }, stallMinutes: "soon" },
    "Turns (run.turns) is 1.5: expected a whole number. " +
      "Usd (run.usd) is 0: expected more than 0. " +
      "Stall minutes is “soon”: expected a number or “never”.",
  ],
  [
    "PUT /api/settings",
    { models: { openai: { m: { price: { output: 2 } } } } },
    "Input (models.openai.m.price.input) is missing: expected a number.",
  ],
  [
    "PUT /api/settings",
    { models: { openai: { m: {} } } },
    "M (models.openai.m) is an object: expected a price, a window, or how it changes files.",
  ],
  [
    "PUT /api/settings",
    { providers: { openai: { apiKey: "k".repeat(10_001), more: 1 } } },
    "Api key (providers.openai.apiKey) is a text of 10001 characters: expected 10000 characters at most. " +
      "Openai (providers.openai) has no field more.",
  ],
  [
    "PUT /api/settings",
    { providers: { openai: { apiKey: "sk-“abc”" } } },
    "The key of OpenAI contains a character that no key has: “ (U+201C). " +
      "Copy the key alone, without quotation marks, dots or line breaks, and enter it again.",
  ],
  [
    "PUT /api/settings",
    { providers: { openai: { apiKey: 12_345_678 }, anthropic: { apiKey: "  " } } },
    "Api key (providers.openai.apiKey) is a number: expected text. " +
      "Api key (providers.anthropic.apiKey) is a text of 2 characters: expected some text.",
  ],
  ["POST /api/sign-in", { token: 12_345_678 }, "Token is a number: expected text."],
  [
    chat,
    { message: "", permissions: "some", sessionId: "../x" },
    "Message is empty: expected some text. " +
      "Session id is “../x”: expected an id: letters, digits, - and _. " +
      "Permissions is “some”: expected “plan” or “ask” or “edits” or “all”.",
  ],
  ["GET /api/stops?since=never", {}, "Since is “never”: expected a number."],
])("%s with %j is refused in words", async (call, sent, words) => {
  const [method, path] = call.split(" ") as [string, string];
  const body = method === "GET" ? {} : { body: JSON.stringify(sent) };
  const response = await rein.fetch(path, { method, ...body });
  const { error } = (await response.json()) as { error: { message: string } };
  expect(error.message).toBe(words);
});

test("a body that is not valid JSON is refused with the parse error", () =>
  expectRefusal(chat, "{bad", "400 json"));

test("a chunked body, which has no Content-Length, is refused as soon as it exceeds the limit", async () => {
  const chunk = new Uint8Array(1_000_000).fill(0x20);
  let sent = 0;
  const endless = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (++sent <= 100) controller.enqueue(chunk);
      else controller.close();
    },
  });
  const response = await rein.fetch("/api/chat", { method: "POST", body: endless });
  const { error } = (await response.json()) as { error: { code: string } };
  expect(`${response.status} ${error.code}`).toBe("413 size");
});

test("closing the connection stops a chat whose message was sent as a chunked body", async () => {
  await using own = await startRein();
  const request = JSON.stringify({
    message: "Write a long answer with reasoning, a table and code.",
  });
  const controller = new AbortController();
  const response = await own.fetch("/api/chat", {
    method: "POST",
    body: new Blob([request]).stream(),
    signal: controller.signal,
  });
  const id = response.headers.get("x-rein-session")!;
  // Read, as a page does: Bun closes the connection of a response that nothing refers to any more.
  const read = response.text().catch(() => "cut");
  const follower = own.follow(id);
  await follower.until((event) => event.type === "part-delta");
  controller.abort();
  expect(await read).toBe("cut");
  await follower.until((event) => event.type === "run-end");
  expect(follower.session.runs.at(-1)).toMatchObject({ stop: { by: "disconnect" } });
  follower.hangUp();
});

test("a refused message does not change its session", async () => {
  await using own = await startRein();
  const chat = own.chat({ message: "Write a long answer with reasoning, a table and code." });
  await chat.until((event) => event.type === "part-delta");
  const before = await own.session(chat.sessionId);
  const other = { permissions: "all", model: "another", provider: "openai", cwd: own.dataDir };
  const send = async (more: object) => {
    const body = JSON.stringify({ sessionId: chat.sessionId, message: "hi", ...other, ...more });
    return (await own.fetch("/api/chat", { method: "POST", body })).status;
  };
  expect(await send({})).toBe(409);
  expect(await send({ retryOf: "another-run", interrupt: true })).toBe(409);
  const { permissions, model, provider, cwd, title } = before;
  expect(await own.session(chat.sessionId)).toMatchObject({
    permissions,
    model,
    provider,
    cwd,
    title,
  });
  chat.hangUp();
});

test("a path with an invalid percent-encoding gets the page, and a missing built file is a 404", async () => {
  for (const path of ["/%zz", "/%00", "/%c3%28"]) {
    const response = await rein.fetch(path);
    expect([path, response.status]).toEqual([path, 200]);
    expect(await response.text()).toContain("<!doctype html>");
  }
  expect((await rein.fetch("/assets/of-an-older-build.js")).status).toBe(404);
});

test("the page and its files are served as compressed by the build, and uncompressed to clients without gzip", async () => {
  const index = await (await rein.fetch("/")).text();
  const script = index.match(/src="(\/assets\/[^"]+\.js)"/)![1]!;
  const cases: [path: string, type: string, cache: string][] = [
    ["/", "text/html; charset=utf-8", "no-cache"],
    ["/stops", "text/html; charset=utf-8", "no-cache"],
    [script, "text/javascript; charset=utf-8", "public, max-age=31536000, immutable"],
    ["/theme.js", "text/javascript; charset=utf-8", "no-cache"],
    ["/icon.svg", "image/svg+xml; charset=utf-8", "private, max-age=86400"],
    ["/app.webmanifest", "application/manifest+json", "no-cache"],
  ];
  for (const [path, type, cache] of cases) {
    const file = join(dist, path === "/" || path === "/stops" ? "index.html" : path);
    for (const [accepted, encoding, onDisk] of [
      ["deflate, gzip", "gzip", `${file}.gz`],
      ["identity", null, file],
    ] as const) {
      const { headers, body } = await rein.fetch(path, {
        headers: { "Accept-Encoding": accepted },
        decompress: false,
      } as BunFetchRequestInit);
      expect([path, headers.get("content-encoding")]).toEqual([path, encoding]);
      expect([path, headers.get("content-type"), headers.get("cache-control")]).toEqual([
        path,
        type,
        cache,
      ]);
      expect(headers.get("content-security-policy")).toContain("frame-ancestors 'none'");
      expect(await new Response(body).bytes()).toEqual(new Uint8Array(readFileSync(onDisk)));
    }
  }
});

test("every API response forbids embedding by other origins, content sniffing and caching", async () => {
  for (const path of [
    "/api/sessions",
    "/api/nothing",
    "/api/events?once",
    "/api/health",
    "/metrics",
  ]) {
    const { headers } = await rein.fetch(path);
    expect([
      path,
      headers.get("x-content-type-options"),
      headers.get("cross-origin-resource-policy"),
      headers.get("cache-control"),
    ]).toEqual([path, "nosniff", "same-origin", "no-store"]);
  }
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
