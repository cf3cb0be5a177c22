/** The log: JSON lines that say what failed and why, without secrets. */
import { expect, test } from "bun:test";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { apiScene } from "./api-scene";
import { type Rein, startRein } from "./rein";
import { failure, text } from "./upstream/upstream";
import { until } from "./within";

const key = "sk-a-secret-key";
// Each test reads the log of a server of its own.
const { upstream, rein } = apiScene({
  shares: false,
  environment: ({ environment }) => ({ ...environment, ANTHROPIC_API_KEY: key, REIN_LOG: "debug" }),
});
// The SDK itself says of this model, on the console, that it is out of date.
const model = { provider: "anthropic", model: "claude-sonnet-4-5" };

test("an SDK writes nothing into the log, and no message text, key or token of a conversation, its failures and refused requests is in it", async () => {
  upstream.route(() => [text("The secret answer")]);
  const chat = rein.chat({ message: "The secret question", ...model });
  await chat.ended;
  upstream.route(() => [failure("authentication", { message: `Wrong key ${key}` })]);
  const body = { message: "The secret rest", sessionId: chat.sessionId };
  await rein.chat(body).ended;
  await fetch(`${rein.url}/api/sessions?token=a-secret-token`);
  await fetch(`${rein.url}/api/sessions`, { headers: { Authorization: "Bearer a-secret-token" } });
  await rein.fetch("/api/chat", { method: "POST", body: `{ "message": "secret" ` });
  mkdirSync(join(rein.dataDir, "settings.json.new"));
  const settings = { providers: { openai: { apiKey: "another-secret-key" } } };
  const put = { method: "PUT", body: JSON.stringify(settings) };
  expect((await rein.fetch("/api/settings", put)).status).toBe(500);

  const failed = await entry(({ status }) => status === 500);
  expect(failed).toMatchObject({
    level: "error",
    method: "PUT",
    path: "/api/settings",
    code: "internal",
    err: { code: "EISDIR" },
  });
  expect(String(failed["err"])).not.toBe("");
  const bad = await entry(({ status }) => status === 400);
  expect(bad).toMatchObject({ level: "debug", path: "/api/chat", code: "json" });
  expect(typeof bad["ms"]).toBe("number");
  const refused = await entry(({ code }) => code === "token");
  expect(refused).toMatchObject({ level: "warn", status: 401, peer: "127.0.0.1" });
  expect(lines().join("\n")).not.toMatch(/secret/);
  expect(lines().join("\n")).not.toContain(rein.token);
  expect(rein.output()).not.toContain("deprecated");
});

test("a flood of wrong tokens is logged up to a limit per minute, and then no more", async () => {
  const calls = Array.from({ length: 200 }, () => fetch(`${rein.url}/api/sessions`));
  await Promise.all(calls);
  await entry(({ msg }) => String(msg).includes("not logged"));
  const refused = lines().filter((line) => line.includes('"code":"token"'));
  // The requests may span two minutes.
  expect(refused.length).toBeLessThanOrEqual(40);
});

test("at the default log level a request for an unknown path is not logged, but one without a token is", async () => {
  await using quiet = await startRein();
  expect((await quiet.fetch("/api/nothing")).status).toBe(404);
  expect((await fetch(`${quiet.url}/api/sessions`)).status).toBe(401);
  await entry(({ status }) => status === 401, quiet);
  expect(quiet.output()).not.toContain("/api/nothing");
});

/** The complete lines, without the printed address, which contains the token. */
function lines(from: Rein = rein): string[] {
  const whole = from.output().split("\n").slice(0, -1);
  return whole.filter((line) => !line.includes("/#token="));
}

type Entry = Record<string, unknown>;

/** Resolves with the first entry that fulfils the condition, once it is logged. Throws on a line that is not JSON. */
async function entry(holds: (entry: Entry) => boolean, from: Rein = rein): Promise<Entry> {
  let found: Entry | undefined;
  await until(() => {
    const json = lines(from).filter((line) => line.startsWith("{"));
    found = json.map((line) => JSON.parse(line) as Entry).find(holds);
    return found !== undefined;
  }, String(holds));
  return found!;
}
