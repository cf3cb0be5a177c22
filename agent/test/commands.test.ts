/** A command of a file becomes a message; its lines are calls of the run, asked about, stopped and told like any other. */
import { describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { toolCallsOf } from "../shared/message-parts";
import type { ApprovalReply, Session, ToolCallPart } from "../shared/protocol";
import type { ChatRequest } from "../shared/requests";
import { play, scriptedAgent } from "./agents/agent-script";
import { apiScene, chatCompletionsOnly } from "./api-scene";
import {
  changeQueued,
  pause,
  queue,
  replyTo,
  resume,
  said,
  told,
  untilSession,
  processesLeft,
} from "./control-api";
import { allowProject } from "./definition-scene";
import type { Chat } from "./rein";
import { UiChat } from "./ui-chat";
import { violationsOf } from "./sweep/invariants";
import { makeGate, text, toolCall } from "./upstream/upstream";

const { upstream, rein, send, stop, follow, restart, dataDir } = apiScene({
  environment: chatCompletionsOnly,
});

/** Writes a command of the project, and allows it unless told otherwise. */
async function command(name: string, body: string, isAllowed = true): Promise<void> {
  const path = join(rein.cwd, `.rein/commands/${name}.md`);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, body);
  if (isAllowed) await allowProject(rein);
}

function call(name: string, typed = "", more: Partial<ChatRequest> = {}): Chat {
  return send({ message: undefined, command: { name, arguments: typed }, ...more });
}

function linesOf({ messages }: Session): ToolCallPart[] {
  return messages.filter(({ role }) => role === "user").flatMap(toolCallsOf);
}

async function reply(chat: Chat, decision: "once" | "deny", message?: string): Promise<void> {
  const event = await chat.until(({ type }) => type === "approval-request");
  if (event.type !== "approval-request") throw new Error("It asks nothing.");
  const { approval } = event;
  const said: ApprovalReply =
    decision === "once"
      ? { decision, digest: approval.digest }
      : { decision, ...(message !== undefined && { message }) };
  await replyTo(rein, approval, said);
}

describe("a command", () => {
  test("is sent as what its file says with its arguments, and runs its lines before the model is asked", async () => {
    writeFileSync(join(rein.cwd, "facts.txt"), "Otters swim.\n");
    await command("team/look", "Look at $1 for $2.\n\nFacts: !`cat facts.txt`");
    upstream.script([text("Seen.")]);
    const chat = call("team/look", "src the whole truth");
    await chat.ended;
    expect(said(chat.session)).toEqual([
      "Look at src for the whole truth.\n\nFacts: [output of `cat facts.txt`: below]",
    ]);
    expect(chat.session.messages[0]?.command).toMatchObject({
      name: "team/look",
      arguments: "src the whole truth",
      origin: "project",
    });
    expect(linesOf(chat.session)).toMatchObject([
      { name: "bash", asked: true, state: "done", output: "Otters swim.\n" },
    ]);
    expect(chat.session.title).toBe("/team/look src the whole truth");
    expect(told(upstream.requests[0])).toContain(
      "Output of `cat facts.txt`, each line after “| ”:\\n| Otters swim.",
    );
    expect(chat.session.runs[0]?.receipt?.toolCalls).toMatchObject([{ outcome: "done" }]);
    expect(violationsOf(chat.session)).toEqual([]);
  });

  test("has its arguments in the shell as words, and never as its text", async () => {
    await command("show", 'Say: !`printf \'<%s>\' "$1" "$ARGUMENTS"`');
    upstream.script([text("Said.")]);
    const typed = '$(touch${IFS}injected);`touch injected` \'"x" y';
    const chat = call("show", typed);
    await chat.ended;
    expect(linesOf(chat.session)[0]?.output).toBe(`<$(touch\${IFS}injected);\`touch><${typed}>`);
    expect(existsSync(join(rein.cwd, "injected"))).toBe(false);
  });

  test("leaves nothing in the session's shell, and finds nothing of it there", async () => {
    await command("shell", "!`echo [$LEFT] $PWD; LEFT=line; cd /`");
    upstream.script(
      [toolCall("bash", { command: "LEFT=model; mkdir -p inner; cd inner" })],
      [text("Done.")],
    );
    const first = send({ permissions: "all" });
    await first.ended;
    upstream.script([toolCall("bash", { command: "echo [$LEFT]" })], [text("Done.")]);
    const second = call("shell", "", { sessionId: first.sessionId });
    await second.ended;
    expect(linesOf(second.session)[0]?.output).toBe(`[] ${rein.cwd}\n`);
    const calls = second.session.messages.flatMap(toolCallsOf);
    expect(calls.at(-1)?.output).toBe("[model]\n");
  });

  test.each([
    ["that nobody has allowed", "waits for an answer", 409],
    ["that is not there", "There is no command", 404],
  ])("%s is refused, and nothing of it is run", async (which, words, status) => {
    if (status === 409) await command("asked", "!`touch ran`", false);
    const body = JSON.stringify({ command: { name: "asked" }, cwd: rein.cwd, ...chosen });
    const response = await rein.fetch("/api/chat", { method: "POST", body });
    expect([response.status, await response.text()]).toEqual([
      status,
      expect.stringContaining(words),
    ]);
    expect(existsSync(join(rein.cwd, "ran"))).toBe(false);
    expect(which).toBeString();
  });

  test("of a text that begins with a slash is none", async () => {
    await command("deploy", "!`touch ran`");
    upstream.script([text("What?")]);
    const chat = send("/deploy");
    await chat.ended;
    expect(existsSync(join(rein.cwd, "ran"))).toBe(false);
    expect(said(chat.session)).toEqual(["/deploy"]);
  });

  test("that has changed since it was sent asks before its lines", async () => {
    await command("change", "!`echo old`");
    const gate = makeGate();
    upstream.script([text("Working", gate)], [text("Done.")]);
    const chat = send();
    await chat.until(({ type }) => type === "part-delta");
    await queue(rein, chat.sessionId, { command: { name: "change" } });
    await command("change", "!`echo old`\n\nMore.");
    const viewer = await follow(chat);
    gate.open();
    await reply(viewer, "once");
    await untilSession(viewer, ({ runs }) => runs[1]?.state === "settled");
    expect(linesOf(viewer.session)).toMatchObject([{ state: "done", output: "old\n" }]);
  });

  test("allows its own tools for its run alone", async () => {
    await command("grant", "---\nallowed-tools: Bash(git status:*)\n---\nLook.");
    upstream.script([toolCall("bash", { command: "git status" })], [text("Done.")]);
    const chat = call("grant");
    await chat.ended;
    expect(chat.session.messages.flatMap(toolCallsOf)[0]?.approval).toBeUndefined();
    upstream.script([toolCall("bash", { command: "git status" })], [text("Done.")]);
    const next = send({ sessionId: chat.sessionId });
    await reply(next, "deny");
    await next.ended;
    expect((await rein.session(chat.sessionId)).allowed).toEqual([]);
  });

  test("is tried again with its lines", async () => {
    await command("again", "!`echo x >>ran; cat ran`");
    upstream.script([text("One.")], [text("Two.")]);
    const chat = call("again");
    await chat.ended;
    const retry = send({ message: undefined, sessionId: chat.sessionId, retryOf: chat.runId });
    await retry.ended;
    const session = await rein.session(chat.sessionId);
    expect(linesOf(session).map(({ output }) => output)).toEqual(["x\n", "x\nx\n"]);
    expect(session.messages.at(-2)?.command?.name).toBe("again");
  });
});

describe("a line of a command", () => {
  test("that a rule denies is told to the model, and the run goes on", async () => {
    await command("denied", "!`touch ran` !`echo fine`");
    const rule = { kind: "command", match: "prefix", command: "touch" };
    const body = JSON.stringify({ cwd: rein.cwd, effect: "deny", rule });
    await rein.json("/api/rules", { method: "POST", body });
    upstream.script([text("Go on.")]);
    const chat = call("denied", "", { permissions: "all" });
    await chat.ended;
    expect(chat.session.runs[0]?.outcome).toBe("done");
    expect(linesOf(chat.session).map(({ state }) => state)).toEqual(["failed", "done"]);
    expect(told(upstream.requests[0])).toContain("A rule of this project forbids");
    expect(existsSync(join(rein.cwd, "ran"))).toBe(false);
  });

  test("is ended by a stop, and the model is never asked", async () => {
    await command("slow", "!`echo begun; sleep 300` !`touch after; sleep 300`");
    const chat = call("slow");
    await chat.until((event) => event.type === "part-delta" && event.delta.includes("begun"));
    await stop(chat);
    await chat.ended;
    expect(await processesLeft(rein, chat.sessionId)).toEqual([]);
    expect(upstream.requests.length).toBe(0);
    const [run] = chat.session.runs;
    expect(run).toMatchObject({ outcome: "stopped", stop: { point: "tool" } });
    expect(run?.receipt?.toolCalls[0]).toMatchObject({ outcome: "stopped", proof: "proven" });
    expect(run?.receipt?.modelCalls).toBe(0);
    expect(linesOf(chat.session)[0]).toMatchObject({ state: "stopped", output: "begun\n" });
    expect(violationsOf(chat.session)).toEqual([]);
  });

  test("can be stopped alone: the run goes on, and the model is told", async () => {
    await command("alone", "!`echo begun; sleep 300`");
    upstream.script([text("So be it.")]);
    const chat = call("alone");
    await chat.until((event) => event.type === "part-delta" && event.delta.includes("begun"));
    await rein.stop(chat.sessionId, { toolCallId: linesOf(chat.session)[0]!.id });
    await chat.ended;
    expect(chat.session.runs[0]?.outcome).toBe("done");
    expect(told(upstream.requests[0])).toContain("(stopped)");
  });

  test("that a person denies is told to the model with their words", async () => {
    await command("ask", "!`echo old`");
    const gate = makeGate();
    upstream.script([text("Working", gate)], [text("Done.")]);
    const chat = send();
    await chat.until(({ type }) => type === "part-delta");
    await queue(rein, chat.sessionId, { command: { name: "ask", arguments: "one two" } });
    await command("ask", "Other.", false);
    const viewer = await follow(chat);
    gate.open();
    await reply(viewer, "deny", "Not today.");
    await untilSession(viewer, ({ runs }) => runs[1]?.state === "settled");
    expect(told(upstream.requests[1])).toContain("Not today.");
  });

  test("that a paused run has not begun is run once it is resumed", async () => {
    await command("held", "!`touch ran`");
    upstream.script([text("Working", makeGate())], [text("Done.")]);
    const chat = send();
    await chat.until(({ type }) => type === "part-delta");
    await queue(rein, chat.sessionId, { command: { name: "held" }, waitsFor: "turn" });
    await pause(rein, chat.sessionId);
    await pause(rein, chat.sessionId, { cut: true });
    await untilSession(chat, ({ runs }) => runs[0]?.pause?.state === "paused");
    expect(existsSync(join(rein.cwd, "ran"))).toBe(false);
    await resume(rein, chat.sessionId);
    await chat.ended;
    expect(existsSync(join(rein.cwd, "ran"))).toBe(true);
    expect(linesOf(chat.session)).toMatchObject([{ state: "done" }]);
  });
});

describe("a queued command", () => {
  test("runs its lines when it is sent, not before", async () => {
    await command("later", "Then !`touch ran`");
    const gate = makeGate();
    upstream.script([text("Working", gate)], [text("Done.")]);
    const chat = send();
    await chat.until(({ type }) => type === "part-delta");
    const [queued] = await queue(rein, chat.sessionId, { command: { name: "later" } });
    expect(queued).toMatchObject({ command: { name: "later" }, asks: [{ command: "touch ran" }] });
    expect(existsSync(join(rein.cwd, "ran"))).toBe(false);
    const viewer = await follow(chat);
    gate.open();
    await untilSession(viewer, ({ runs }) => runs[1]?.state === "settled");
    expect(linesOf(viewer.session)).toMatchObject([{ state: "done" }]);
    expect(existsSync(join(rein.cwd, "ran"))).toBe(true);
  });

  test("that becomes other words is a message like any other", async () => {
    await command("words", "!`touch ran`");
    const gate = makeGate();
    upstream.script([text("Working", gate)], [text("Done.")]);
    const chat = send();
    await chat.until(({ type }) => type === "part-delta");
    const [queued] = await queue(rein, chat.sessionId, { command: { name: "words" } });
    await changeQueued(rein, chat.sessionId, queued!.id, { message: "Never mind." });
    const viewer = await follow(chat);
    gate.open();
    await untilSession(viewer, ({ runs }) => runs[1]?.state === "settled");
    expect(said(viewer.session)[1]).toBe("Never mind.");
    expect(linesOf(viewer.session)).toEqual([]);
    expect(existsSync(join(rein.cwd, "ran"))).toBe(false);
  });
});

test("the output of its lines reaches an engine with its text, and a queued one waits for the turn", async () => {
  const engines = { own: { "own-scripted": scriptedAgent() } };
  await rein.json("/api/settings", { method: "PUT", body: JSON.stringify({ engines }) });
  await command("recall", "Recall.\n\n!`echo otters`");
  const chat = call("recall", "", { ...ofEngine, permissions: "all" });
  await chat.ended;
  expect(linesOf(chat.session)).toMatchObject([{ state: "done", output: "otters\n" }]);
  expect(JSON.stringify(chat.session.messages.at(-1)?.parts)).toMatch(/Recall\..*\| otters/);

  const next = send(play({ text: "Waiting" }, { wait: "go" }), {
    provider: undefined,
    model: undefined,
    sessionId: chat.sessionId,
  });
  await next.until(({ type }) => type === "part-delta");
  const later = { command: { name: "recall" }, waitsFor: "turn" } as const;
  const [queued] = await queue(rein, chat.sessionId, later);
  expect(queued?.waitsFor).toBe("run");
  await stop(next);
  expect(violationsOf(await rein.session(chat.sessionId))).toEqual([]);
});

test("its lines are calls of the answer in the form of the AI SDK", async () => {
  await command("ui", "!`echo line`");
  upstream.script([text("Seen.", makeGate())]);
  const chat = call("ui", "", { onDisconnect: "continue" });
  await chat.until(({ type }) => type === "part-delta" && upstream.requests.length > 0);
  const ui = new UiChat(rein, {}, chat.sessionId, [
    { id: "asked", role: "user", parts: [{ type: "text", text: "/ui" }] },
  ]);
  const resumed = ui.resumeStream();
  await ui.until(({ text }) => text === "Seen.");
  await stop(chat);
  await resumed;
  expect(ui.errors).toEqual([]);
  expect(ui.parts[0]).toMatchObject({
    type: "dynamic-tool",
    toolName: "bash",
    state: "output-available",
    output: { output: "line\n" },
  });
});

test("a line that a paused run has not begun is run by the next server, unasked while its file is the same", async () => {
  dataDir();
  await command("kept", "!`echo x >>ran`");
  upstream.script([text("Working", makeGate())]);
  const chat = send();
  await chat.until(({ type }) => type === "part-delta");
  await queue(rein, chat.sessionId, { command: { name: "kept" }, waitsFor: "turn" });
  await pause(rein, chat.sessionId);
  await pause(rein, chat.sessionId, { cut: true });
  await untilSession(chat, ({ runs }) => runs[0]?.pause?.state === "paused");
  const { cwd } = rein;
  await restart();
  upstream.script([text("Done.")]);
  const viewer = rein.follow(chat.sessionId);
  await viewer.until(({ type }) => type === "snapshot");
  await resume(rein, chat.sessionId);
  await untilSession(viewer, ({ runs }) => runs[0]?.state === "settled");
  expect(linesOf(viewer.session)).toMatchObject([{ state: "done" }]);
  expect(readFileSync(join(cwd, "ran"), "utf8")).toBe("x\n");
});

test("a line that a crash has cut is settled, and not run again", async () => {
  dataDir();
  await command("crash", "!`echo begun; sleep 300`");
  const chat = call("crash");
  await chat.until((event) => event.type === "part-delta" && event.delta.includes("begun"));
  await rein.json("/api/sessions");
  const { cwd } = rein;
  rein.signal("SIGKILL");
  await rein.exited;
  await restart();
  const session = await rein.session(chat.sessionId);
  expect(session.runs[0]).toMatchObject({
    outcome: "stopped",
    stop: { by: "crash", point: "tool" },
  });
  expect(linesOf(session)).toMatchObject([{ state: "stopped", stop: { by: "crash" } }]);
  expect(violationsOf(session)).toEqual([]);
  expect(await processesLeft(rein, session.id, cwd)).toEqual([]);
  expect(upstream.requests.length).toBe(0);
});

const ofEngine = { engine: "own-scripted", provider: undefined, model: undefined };

const chosen = { provider: "openai-chat", model: "local-model" };
