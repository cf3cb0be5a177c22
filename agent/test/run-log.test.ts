/** The log says how runs ended and why, and contains nothing that people and models wrote. */
import { expect, test } from "bun:test";
import type { ChatRequest } from "../shared/requests";
import { apiScene } from "./api-scene";
import { type Chat, startRein } from "./rein";
import { failure, makeGate, text, toolCall } from "./upstream/upstream";
import { until } from "./within";

// Each test reads the log of a server of its own.
const { upstream, rein, ...scene } = apiScene({ shares: false });

/** Occurs in everything that people, models and services write here. */
const content = "apricot";

test("a run that ended is one log line with its ids, outcome, cause and counts", async () => {
  upstream.script(
    [text(content), toolCall("bash", { command: `echo ${content}` })],
    [text(content, makeGate())],
  );
  const chat = send();
  await chat.until(({ type }) => type === "tool-end");
  await chat.until(() => chat.session.messages[2]?.parts[0] !== undefined);
  await rein.stop(chat.sessionId);
  await chat.ended;
  expect(await lines("Run ended")).toMatchObject([
    {
      level: "info",
      sessionId: chat.sessionId,
      runId: chat.runId,
      outcome: "stopped",
      by: "user",
      point: "text",
      ms: expect.any(Number),
      settledMs: expect.any(Number),
      turns: 2,
      tokens: expect.any(Number),
      provider: "openai-chat",
      model: "m",
    },
  ]);
  expect(rein.output()).not.toContain(content);
});

test("a failure of the provider is logged as a warning with its code and without its message", async () => {
  upstream.script([failure("authentication", { message: `No key ${content}` })]);
  const chat = send();
  await chat.ended;
  expect(await lines("The provider failed")).toMatchObject([
    { level: "warn", runId: chat.runId, provider: "openai-chat", model: "m", status: 401 },
  ]);
  expect(await lines("Run ended")).toMatchObject([{ outcome: "failed", code: "authentication" }]);
  expect(rein.output()).not.toContain(content);
});

test("a limit that was reached is one log line", async () => {
  upstream.script([toolCall("bash", { command: "true" })]);
  const chat = send({ limits: { turns: 1 } });
  await chat.until(({ type }) => type === "run-pause");
  expect(await lines("Limit reached")).toMatchObject([
    { level: "info", runId: chat.runId, scope: "run", kind: "turns", used: 1, of: 1 },
  ]);
  await rein.stop(chat.sessionId);
});

test("a start after a crash logs each run that it settles, by its ids", async () => {
  upstream.script([text("Half ", makeGate())]);
  const chat = send();
  await chat.until(({ type }) => type === "part-delta");
  rein.signal("SIGKILL");
  await rein.exited;
  await using second = await startRein({ dataDir: rein.dataDir });
  expect(await lines("A run cut by a crash was settled", second)).toMatchObject([
    { level: "warn", sessionId: chat.sessionId, runId: chat.runId },
  ]);
});

function send(more: Partial<ChatRequest> = {}): Chat {
  return scene.send(content, { model: "m", permissions: "all", ...more });
}

/** The lines of the log with this message, once at least one exists. */
async function lines(message: string, of = rein): Promise<unknown[]> {
  const found = () =>
    of
      .output()
      .split("\n")
      .filter((line) => line.startsWith("{") && line.includes(JSON.stringify(message)));
  await until(() => found().length > 0, `a line that says ${message}`);
  return found().map((line) => JSON.parse(line) as unknown);
}
