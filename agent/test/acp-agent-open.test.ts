/** `rein acp`: what an editor opens again, beside itself, too late, or in another directory. */
import { expect, test } from "bun:test";
import { type Editor, editorScene, failureOf } from "./acp-editor";
import { apiScene, everyWire } from "./api-scene";
import { hang, text, toolCall } from "./upstream/upstream";

const scene = apiScene({
  environment: everyWire,
  settings: { provider: "openai-chat", model: "local-model" },
});
const { upstream } = scene;
const editors = editorScene(scene);

const load = (editor: Editor, sessionId: string, cwd = scene.rein.cwd) =>
  editor.agent.request("session/load", { sessionId, cwd, mcpServers: [] });

/** A session with one answer, closed again. */
async function closedSession(editor: Editor): Promise<string> {
  const { sessionId } = await editor.newSession();
  upstream.script([text("First.")]);
  await editor.prompt(sessionId, "Hi");
  await editor.agent.request("session/close", { sessionId });
  editor.updates.length = 0;
  return sessionId;
}

test("a session that is loaded twice at once is shown once, asked about once, and closed", async () => {
  const editor = await editors.open();
  const sessionId = await closedSession(editor);
  await Promise.all([load(editor, sessionId), load(editor, sessionId)]);
  editor.updates.length = 0;
  upstream.script([text("Look. "), toolCall("bash", { command: "echo hi" })], [text("Done.")]);
  const chat = scene.send("Second", { sessionId });
  (await editor.untilAsked()).choose("allow_once");
  await chat.ended;
  upstream.script([text("Third.")]);
  await editor.prompt(sessionId, "Third");
  expect(editor.text(sessionId)).toBe("Look. Done.Third.");
  expect(editor.text(sessionId, "user_message_chunk")).toBe("Second");
  expect(editor.asked.length).toBe(1);

  await editor.agent.request("session/close", { sessionId });
  editor.updates.length = 0;
  upstream.script([text("Unseen.")], [text("Seen.")]);
  await scene.send("Fourth", { sessionId }).ended;
  const { sessionId: other } = await editor.newSession();
  await editor.prompt(other, "Fifth");
  expect(editor.kinds(sessionId)).toEqual([]);
});

test("a close right behind a load closes what was loaded", async () => {
  const editor = await editors.open();
  const sessionId = await closedSession(editor);
  const loaded = load(editor, sessionId);
  const closed = editor.agent.request("session/close", { sessionId });
  expect(await loaded).toMatchObject({ modes: { currentModeId: "ask" } });
  expect(await closed).toEqual({});
  expect(await failureOf(editor.prompt(sessionId, "Go"))).toContain("no session");
});

test("of a session that works in another directory nothing is shown", async () => {
  const editor = await editors.open();
  const sessionId = await closedSession(editor);
  const words = `This session works in ${scene.rein.cwd}`;
  expect(await failureOf(load(editor, sessionId, "/"))).toContain(words);
  expect(editor.kinds(sessionId)).toEqual([]);
});

test("a session that the page has deleted cannot be opened again", async () => {
  const editor = await editors.open();
  const { sessionId } = await editor.newSession();
  upstream.script([text("First.")]);
  await editor.prompt(sessionId, "Hi");
  await scene.rein.json(`/api/sessions/${sessionId}`, { method: "DELETE" });
  expect(await failureOf(load(editor, sessionId))).toContain("no session");
  expect(await failureOf(editor.prompt(sessionId, "Again"))).toContain("no session");
});

test("a session in the archive is in no list, is opened by an editor that knows it, and deleted", async () => {
  const editor = await editors.open();
  const sessionId = await closedSession(editor);
  const body = JSON.stringify({ archived: true });
  await scene.rein.json(`/api/sessions/${sessionId}`, { method: "PATCH", body });
  const { sessions } = await editor.agent.request("session/list", {});
  expect(sessions.map((one) => one.sessionId)).not.toContain(sessionId);
  await load(editor, sessionId);
  expect(editor.kinds(sessionId)).not.toEqual([]);
  expect(await editor.agent.request("session/delete", { sessionId })).toEqual({});
  expect((await scene.rein.fetch(`/api/sessions/${sessionId}`)).status).toBe(404);
});

test("a deleted session stops, leaves the list and the page, and is deleted once more without an error", async () => {
  const editor = await editors.open();
  const { sessionId } = await editor.newSession();
  upstream.script([text("First "), hang]);
  const prompt = editor.prompt(sessionId, "Hi");
  await editor.until(() => editor.text(sessionId) || undefined, "its text");
  const remove = (id: string) => editor.agent.request("session/delete", { sessionId: id });
  expect(await remove(sessionId)).toEqual({});
  expect(await prompt).toMatchObject({ stopReason: "cancelled" });
  const { sessions } = await editor.agent.request("session/list", {});
  expect(sessions.map((one) => one.sessionId)).not.toContain(sessionId);
  expect((await scene.rein.fetch(`/api/sessions/${sessionId}`)).status).toBe(404);
  for (const id of [sessionId, "../stop", (await editor.newSession()).sessionId])
    expect(await remove(id)).toEqual({});
  expect(await failureOf(editor.prompt(sessionId, "Again"))).toContain("no session");
});

test("a message beside a run of the page is refused with what an editor can do, and that works", async () => {
  const editor = await editors.open();
  const { sessionId } = await editor.newSession();
  upstream.script([text("First.")], [text("Page. "), hang], [text("Nudged.")]);
  await editor.prompt(sessionId, "Hi");
  const chat = scene.send("From the page", { sessionId });
  await editor.until(() => editor.text(sessionId).includes("Page.") || undefined, "its text");
  expect(await failureOf(editor.prompt(sessionId, "Mine"))).toContain("/nudge");
  expect(await editor.prompt(sessionId, "/nudge Mine")).toMatchObject({ stopReason: "end_turn" });
  await chat.ended;
  expect(editor.text(sessionId)).toEndWith("Nudged.");
});

test("a dismissed question of a run of the page leaves it waiting, and says so", async () => {
  const editor = await editors.open();
  const { sessionId } = await editor.newSession();
  upstream.script([text("First.")], [toolCall("bash", { command: "echo hi" })]);
  await editor.prompt(sessionId, "Hi");
  const chat = scene.send("From the page", { sessionId });
  (await editor.untilAsked()).reply({ outcome: { outcome: "cancelled" } });
  await editor.until(
    () => editor.text(sessionId).includes("The run still waits") || undefined,
    "what it says",
  );
  expect((await scene.rein.session(sessionId)).runs.at(-1)?.state).toBe("waiting");
  await scene.rein.stop(sessionId);
  await chat.ended;
});
