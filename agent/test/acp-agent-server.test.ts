/** `rein acp` with a server that has a long session, another engine, a pause, and processes that get an hour to clean up. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Editor, failureOf, startEditor } from "./acp-editor";
import { play, scriptedAgent } from "./agents/agent-script";
import { everyWire } from "./api-scene";
import { writeLongSession } from "./long-session";
import { isAlive, untilFile } from "./machine-facts";
import { type Rein, startRein } from "./rein";
import { makeGate, startUpstream, text, toolCall } from "./upstream/upstream";

const upstream = startUpstream();
const dataDir = mkdtempSync(join(tmpdir(), "rein-data-"));
const count = 450;
let longSession: string;
let rein: Rein;
let editor: Editor;

beforeAll(async () => {
  longSession = writeLongSession(dataDir, tmpdir(), count);
  const environment = { ...everyWire(upstream), REIN_GRACE_MS: "3600000" };
  rein = await startRein({ dataDir, environment });
  const own = { "own-scripted": scriptedAgent() };
  const settings = { provider: "openai-chat", model: "local-model", engines: { own } };
  await rein.json("/api/settings", { method: "PUT", body: JSON.stringify(settings) });
  editor = await startEditor(rein);
});
afterAll(async () => {
  await editor?.[Symbol.asyncDispose]();
  await rein?.[Symbol.asyncDispose]();
  await upstream.close();
  rmSync(dataDir, { recursive: true, force: true });
});

test("all of a long session is replayed, in order", async () => {
  const place = { sessionId: longSession, cwd: tmpdir(), mcpServers: [] };
  await editor.agent.request("session/load", place);
  const asked = editor.text(longSession, "user_message_chunk").match(/\d+/g)!.map(Number);
  expect(asked).toEqual(Array.from({ length: count / 2 }, (_, index) => 2 * index + 1));
  const answered = editor.text(longSession).match(/Answer (\d+)/g)!;
  expect([answered.length, answered.at(-1)]).toEqual([count / 2, `Answer ${count}`]);
});

test("an engine is chosen for a new session, then it stays; its plan and its context are shown", async () => {
  const { sessionId, configOptions } = await editor.newSession();
  expect(configOptions?.find(({ id }) => id === "engine")).toMatchObject({ currentValue: "rein" });
  const set = (configId: string, value: string) =>
    editor.agent.request("session/set_config_option", { sessionId, configId, value });
  const { configOptions: chosen } = await set("engine", "own-scripted");
  expect(chosen.find(({ id }) => id === "model")).toMatchObject({
    currentValue: "own-scripted/default",
  });
  const entries = [{ content: "Look", status: "in_progress" }];
  await editor.prompt(
    sessionId,
    play({ plan: entries }, { usage: { used: 10, size: 100 } }, { text: "By another." }),
  );
  expect(editor.text(sessionId)).toBe("By another.");
  const plan = await editor.untilUpdate((one) => one.sessionUpdate === "plan");
  expect(plan).toMatchObject({ entries });
  const usage = await editor.untilUpdate((one) => one.sessionUpdate === "usage_update");
  expect(usage).toMatchObject({ used: 10, size: 100 });
  expect((await rein.session(sessionId)).engine?.id).toBe("own-scripted");
  await editor.prompt(sessionId, play({ text: "Again." }));
  const { configOptions: after } = await set("mode", "all");
  expect(after.find(({ id }) => id === "engine")).toMatchObject({
    options: [{ value: "own-scripted" }],
  });
});

test("the answer to a change of the session has the new value", async () => {
  const { sessionId } = await editor.newSession();
  upstream.script([text("Done.")]);
  await editor.prompt(sessionId, "Go");
  const asked = Array.from({ length: 30 }, (_, index) => ["all", "edits", "ask"][index % 3]!);
  const answered: unknown[] = [];
  for (const value of asked) {
    const { configOptions } = await editor.agent.request("session/set_config_option", {
      sessionId,
      configId: "mode",
      value,
    });
    const mode = configOptions.find(({ id }) => id === "mode");
    answered.push(mode?.type === "select" && mode.currentValue);
  }
  expect(answered).toEqual(asked);
});

test("there is no plan mode with an engine, which leaves it", async () => {
  const { sessionId } = await editor.newSession();
  const set = (configId: string, value: string) =>
    editor.agent.request("session/set_config_option", { sessionId, configId, value });
  const setMode = () => editor.agent.request("session/set_mode", { sessionId, modeId: "plan" });
  await setMode();
  const { configOptions } = await set("engine", "own-scripted");
  expect(configOptions.find(({ id }) => id === "mode")).toMatchObject({ currentValue: "ask" });
  expect(await failureOf(setMode())).toContain("no mode");
  expect(await failureOf(set("mode", "plan"))).toContain("no such value");
  await set("engine", "rein");
  await setMode();
});

test("a second cancel gives processes no time to clean up", async () => {
  const { sessionId } = await editor.newSession();
  await editor.agent.request("session/set_mode", { sessionId, modeId: "all" });
  // It cleans up without end on SIGTERM.
  const command =
    "trap 'touch cleaning; while :; do sleep 1; done' TERM; echo pid $$.; while :; do sleep 1; done";
  upstream.script([toolCall("bash", { command })]);
  const prompt = editor.prompt(sessionId, "Go");
  const pid = Number(
    await editor.until(
      () => /```\\npid (\d+)\./.exec(JSON.stringify(editor.updates))?.[1],
      "a running command",
    ),
  );
  await editor.cancel(sessionId);
  await untilFile(join(rein.cwd, "cleaning"));
  expect(isAlive(pid)).toBe(true);
  await editor.cancel(sessionId);
  expect(await prompt).toMatchObject({ stopReason: "cancelled" });
  expect(isAlive(pid)).toBe(false);
});

test("a run is paused by a command beside its prompt, and its stop is an answer of the question", async () => {
  const { sessionId } = await editor.newSession();
  const gate = makeGate();
  upstream.script([text("Wait ", gate), toolCall("glob", { pattern: "*" })], [text("Done.")]);
  const prompt = editor.prompt(sessionId, "Go");
  await editor.until(() => editor.text(sessionId) || undefined, "its text");
  expect(await editor.prompt(sessionId, "/pause")).toMatchObject({ stopReason: "end_turn" });
  expect(editor.text(sessionId)).toContain("Pausing at the next safe point.");
  gate.open();
  (await editor.untilAsked()).choose("reject_once");
  expect(await prompt).toMatchObject({ stopReason: "cancelled" });
  expect(editor.text(sessionId)).toMatch(/Stopped in .+ while paused/);
});
