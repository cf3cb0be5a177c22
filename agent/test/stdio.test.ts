/** `rein stdio`: each line in is answered once, and the events of the session come as they are. */
import { expect, test } from "bun:test";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { apiScene, chatCompletionsOnly, withoutChanges } from "./api-scene";
import { pidsWith } from "./machine-facts";
import { type OutputOf, startStdio } from "./stdio-process";
import { newCookie, runEnd, stubborn, untilOutput, userLine } from "./stdio-scene";
import { hang, makeGate, text, toolCall } from "./upstream/upstream";
import { untilAsync } from "./within";

const { upstream, rein, send } = apiScene({ environment: chatCompletionsOnly });

test("a message makes a session whose events come as they are, and the end of the input exits with 0", async () => {
  upstream.script([text("Hel", "lo.")]);
  await using stdio = startStdio(rein);
  stdio.send(userLine({ id: "a", runId: "run-1" }));
  const answer = await stdio.answer("a");
  await runEnd(stdio);
  stdio.endInput();
  expect(await stdio.exited).toBe(0);
  const { id } = stdio.session;
  expect(answer).toEqual({
    type: "response",
    id: "a",
    to: "user",
    answer: { sessionId: id, runId: "run-1" },
  });
  const viewer = rein.follow(id, 0);
  await viewer.until(({ type }) => type === "snapshot");
  viewer.hangUp();
  expect(withoutChanges(stdio.session)).toEqual(withoutChanges(viewer.session));
  expect(viewer.session.cwd).toBe(rein.cwd);
  expect(stdio.lines[0]).toMatchObject({ type: "ready", wire: expect.any(Number) });
  expect(stdio.lines.map(({ type }) => type).slice(1, 4)).toContain("snapshot");
});

test("an existing session is named by a flag or by its first message, and no other is accepted after that", async () => {
  upstream.script([text("One.")], [text("Two.")], [text("Three.")]);
  const chat = send();
  await chat.ended;
  const { sessionId } = chat;
  await using byFlag = startStdio(rein, { args: ["--session", sessionId] });
  expect(await byFlag.until(({ type }) => type === "ready")).toMatchObject({ sessionId });
  await byFlag.until(({ type }) => type === "snapshot");
  byFlag.send(userLine({ id: "a" }));
  await runEnd(byFlag);
  await using byLine = startStdio(rein);
  byLine.send(userLine({ sessionId }), userLine({ id: "b", sessionId: "another" }));
  expect(await byLine.answer("b")).toMatchObject({ type: "error", code: "session" });
  await runEnd(byLine);
  byLine.endInput();
  // The refused message was its last.
  expect(await byLine.exited).toBe(1);
  expect(byLine.session.runs).toHaveLength(3);
});

test("a first message that names no session of the server is an error, and the next one makes its own", async () => {
  upstream.script([text("Here.")]);
  await using stdio = startStdio(rein);
  stdio.send(userLine({ id: 1, sessionId: "none" }), userLine({ id: 2 }));
  expect(await stdio.answer(1)).toMatchObject({ type: "error", code: "session" });
  expect(await stdio.answer(2)).toMatchObject({ type: "response", id: 2 });
  expect(await runEnd(stdio)).toMatchObject({ outcome: "done" });
  stdio.endInput();
  expect(await stdio.exited).toBe(0);
});

test("a session that does not exist is an error, and the exit code is 1", async () => {
  await using stdio = startStdio(rein, { args: ["--session", "none"] });
  expect(await stdio.exited).toBe(1);
  expect(stdio.lines.map(({ type }) => type)).toEqual(["ready", "error"]);
  expect(stdio.lines[1]).toMatchObject({ code: "session" });
});

test("a cancel is answered after the end of the run, when every process of it is dead", async () => {
  const cookie = newCookie();
  upstream.script([toolCall("bash", { command: stubborn(cookie) })]);
  await using stdio = startStdio(rein);
  stdio.send(userLine({ permissions: "all" }));
  await untilOutput(stdio, "ready");
  stdio.send({ type: "cancel_request", id: "c", hard: true }, { type: "cancel_request" });
  const answer = await stdio.answer("c");
  expect(pidsWith(cookie)).toEqual([]);
  const types = stdio.lines.map(({ type }) => type);
  expect(types.indexOf("run-end")).toBeLessThan(types.indexOf("cancel_response"));
  const { receipt } = await runEnd(stdio);
  expect(answer).toMatchObject({ stopped: true, outcome: "stopped" });
  expect(answer as OutputOf<"cancel_response">).toHaveProperty("receipt", receipt);
  expect(receipt?.stop).toMatchObject({ by: "user", from: "api", point: "tool" });
  stdio.endInput();
  expect(await stdio.exited).toBe(130);
  expect(stdio.lines.filter(({ type }) => type === "cancel_response")).toHaveLength(2);
});

test("a cancel that comes before the message stops its run before the model is asked, and one with it stops it", async () => {
  await using stdio = startStdio(rein);
  stdio.send(
    { type: "cancel_request", id: "first" },
    { type: "cancel_request", id: "early", runId: "run-1" },
  );
  expect(await stdio.answer("first")).toMatchObject({ stopped: false });
  expect(await stdio.answer("early")).toMatchObject({ stopped: false });
  stdio.send(userLine({ id: "a", runId: "run-1" }));
  expect(await runEnd(stdio, "run-1")).toMatchObject({ outcome: "stopped" });
  expect(upstream.requests).toEqual([]);
  // Each goes over a connection of its own: the server may accept the message first.
  upstream.route(() => [hang]);
  stdio.send(userLine({ runId: "run-2" }), { type: "cancel_request", id: "b", runId: "run-2" });
  expect(await stdio.answer("b")).toMatchObject({ stopped: true, runId: "run-2" });
  stdio.send(userLine({ runId: "run-3" }), { type: "cancel_request", id: "c" });
  expect(await stdio.answer("c")).toMatchObject({ stopped: true, runId: "run-3" });
});

test("a cancel stops the messages of all lines before it, also of those that wait for others", async () => {
  // The message of a run may be accepted before its stop: only the stop ends it.
  upstream.route(() => [hang]);
  await using stdio = startStdio(rein);
  stdio.send(
    userLine({ runId: "run-1" }),
    userLine({ id: "b", runId: "run-1" }),
    userLine({ runId: "run-2", interrupt: true }),
    { type: "cancel_request", id: "c" },
  );
  expect(await stdio.answer("b")).toMatchObject({ type: "error", code: "run" });
  expect(await stdio.answer("c")).toMatchObject({ stopped: true });
  expect(await runEnd(stdio, "run-1")).toMatchObject({ outcome: "stopped" });
  expect(await runEnd(stdio, "run-2")).toMatchObject({ outcome: "stopped" });
});

test("a cancel in one write with a line that queues a message stops its run, also when nothing ran", async () => {
  for (const args of [[], ["--detach"]]) {
    upstream.route(() => [text("One.")]);
    await using stdio = startStdio(rein, { args });
    stdio.send(userLine());
    await runEnd(stdio);
    upstream.route(() => [hang]);
    const runId = `queued${args.length}`;
    stdio.send(
      { type: "queue", id: "q", text: "Next", runId },
      { type: "cancel_request", id: "c" },
    );
    expect(await stdio.answer("c")).toMatchObject({ stopped: true, runId });
    expect(await runEnd(stdio, runId)).toMatchObject({ outcome: "stopped" });
    expect(await stdio.answer("q")).toMatchObject({ type: "response" });
    // The next one is kept behind the stop: no run comes of it.
    const behind = { type: "queue", text: "Kept", runId: `kept${args.length}` };
    stdio.send(behind, { type: "cancel_request", id: "d" }, { ...behind, id: "again" });
    expect(await stdio.answer("d")).toMatchObject({ stopped: false });
    expect(await stdio.answer("again")).toMatchObject({ type: "error", code: "run" });
    const isKept = () =>
      stdio.session.queue.some((one) => one.id === behind.runId && one.waitsFor === "person");
    await stdio.until(({ type }) => type === "queue-change" && isKept());
    expect(stdio.session.runs).toHaveLength(2);
  }
});

test("a message holds a connection no longer than it waits, whatever becomes of it", async () => {
  const gate = makeGate();
  upstream.script([text("Half ", gate), toolCall("bash", { command: "true" })], [text("Done.")]);
  await untilStreams(0, "the connections of the tests before end");
  await using stdio = startStdio(rein);
  stdio.send(userLine({ id: "u", permissions: "all" }));
  await stdio.answer("u");
  const begun = 2;
  await untilStreams(begun, "the message's and the follower's connections are open");
  const lines = ["turn", "run"].flatMap((waitsFor) =>
    [1, 2, 3].map((n) => ({ type: "queue", id: `${waitsFor}${n}`, text: "More", waitsFor })),
  );
  stdio.send(...lines);
  for (const { id } of lines) await stdio.answer(id);
  expect(await openStreams()).toBe(begun + lines.length);
  const { id, queue } = stdio.session;
  for (const message of queue.filter(({ waitsFor }) => waitsFor === "run"))
    await rein.fetch(`/api/sessions/${id}/queue/${message.id}`, { method: "DELETE" });
  gate.open();
  expect(await runEnd(stdio)).toMatchObject({ outcome: "done" });
  // The chat's has ended too.
  await untilStreams(begun - 1, "the connections of the messages end");
});

async function untilStreams(count: number, what: string): Promise<void> {
  await untilAsync(async () => (await openStreams()) === count, what);
}

async function openStreams(): Promise<number> {
  const metrics = await (await rein.fetch("/metrics")).text();
  return Number(/^rein_viewers (\d+)$/m.exec(metrics)?.[1]);
}

test("a cancel of a tool call stops it alone", async () => {
  const cookie = newCookie();
  upstream.script([toolCall("bash", { command: stubborn(cookie) })], [text("Then not.")]);
  await using stdio = startStdio(rein);
  stdio.send(userLine({ permissions: "all" }));
  const { id } = await untilOutput(stdio, "ready");
  stdio.send({ type: "cancel_request", id: "c", toolCallId: id, hard: true });
  expect(await stdio.answer("c")).toMatchObject({ stopped: true, outcome: "stopped" });
  expect(pidsWith(cookie)).toEqual([]);
  expect(await runEnd(stdio)).toMatchObject({ outcome: "done" });
  stdio.send({ type: "cancel_request", id: "d", toolCallId: id });
  expect(await stdio.answer("d")).toMatchObject({ stopped: false });
});

test("approvals, pause, resume, queue, undo and redo are answered as their routes answer", async () => {
  const gate = makeGate();
  upstream.script(
    [toolCall("write", { path: "made", content: "by the model" })],
    [text("Half ", gate, "whole.")],
    [text("Next.")],
  );
  await using stdio = startStdio(rein);
  stdio.send({ type: "pause", id: "none" });
  expect(await stdio.answer("none")).toMatchObject({ type: "error", code: "session" });
  stdio.send(userLine({ runId: "run-1" }));
  const asked = (await stdio.until(
    ({ type }) => type === "approval-request",
  )) as OutputOf<"approval-request">;
  const approvalId = asked.approval.id;
  const allow = { type: "approval", approvalId, decision: "once" };
  stdio.send(
    { ...allow, id: "wrong", digest: "0".repeat(64) },
    { ...allow, id: "right", digest: asked.approval.digest },
  );
  expect(await stdio.answer("wrong")).toMatchObject({ type: "error", code: "digest" });
  expect(await stdio.answer("right")).toMatchObject({ to: "approval", answer: { ok: true } });
  await gate.reached;
  stdio.send({ type: "queue", id: "q", text: "And then" }, { type: "pause", id: "p", cut: true });
  expect(await stdio.answer("q")).toMatchObject({ answer: { queue: [{ text: "And then" }] } });
  expect(await stdio.answer("p")).toMatchObject({ to: "pause", answer: { held: true } });
  await stdio.until((line) => line.type === "run-pause" && line.pause?.state === "paused");
  upstream.script([text("whole.")]);
  stdio.send({ type: "resume", id: "r" });
  expect(await stdio.answer("r")).toMatchObject({ to: "resume", answer: { held: false } });
  await stdio.until((line) => line.type === "run-end" && line.runId !== "run-1");
  const made = join(rein.cwd, "made");
  expect(readFileSync(made, "utf8")).toBe("by the model");
  stdio.send({ type: "undo", id: "u", runId: "run-1" });
  expect(await stdio.answer("u")).toMatchObject({ to: "undo", answer: { restored: 1 } });
  expect(existsSync(made)).toBe(false);
  stdio.send({ type: "redo", id: "v", runId: "run-1" });
  expect(await stdio.answer("v")).toMatchObject({ to: "redo", answer: { restored: 1 } });
  expect(existsSync(made)).toBe(true);
});

test("a message during a run is refused, and interrupts it when it says so", async () => {
  upstream.script([hang], [text("Second.")]);
  await using stdio = startStdio(rein);
  stdio.send(userLine({ runId: "run-1" }), userLine({ id: "b" }));
  expect(await stdio.answer("b")).toMatchObject({
    type: "error",
    code: "run-active",
    message: expect.stringContaining("is running"),
  });
  await upstream.request(0);
  stdio.send(userLine({ id: "c", runId: "run-3", interrupt: true }));
  expect(await runEnd(stdio, "run-1")).toMatchObject({ outcome: "stopped" });
  expect(await runEnd(stdio, "run-3")).toMatchObject({ outcome: "done" });
  stdio.endInput();
  expect(await stdio.exited).toBe(0);
});

test("a line brings files by their hashes, and what names none that is there is refused and sends nothing", async () => {
  upstream.script([text("Read.")]);
  const stored = await rein.fetch("/api/files", { method: "POST", body: "Remember the milk." });
  const { hash } = (await stored.json()) as { hash: string };
  await using stdio = startStdio(rein);
  const asked = upstream.requests.length;
  stdio.send(userLine({ id: "a", files: [{ hash: "0".repeat(64), name: "none.txt" }] }));
  expect(await stdio.answer("a")).toMatchObject({ type: "error", code: "file" });
  expect(upstream.requests.length).toBe(asked);
  stdio.send(userLine({ id: "b", text: undefined, files: [{ hash, name: "notes.md" }] }));
  expect(await stdio.answer("b")).toMatchObject({ type: "response" });
  await runEnd(stdio);
  expect(JSON.stringify(upstream.requests.at(-1)!.body)).toContain("Remember the milk.");
  expect(stdio.session.messages[0]?.parts).toMatchObject([
    { type: "file", name: "notes.md", hash },
  ]);
});

test("a plan is approved by a line, and one that is refused keeps the session in plan mode", async () => {
  const plan = (words: string) => toolCall("plan", { title: "Write", plan: words });
  upstream.script([plan("1. Delete it")], [plan("1. Write it")], [text("I begin.")]);
  await using stdio = startStdio(rein);
  stdio.send(userLine({ permissions: "plan" }));
  const asked = async (words: string) => {
    const line = await stdio.until(
      (one) => one.type === "approval-request" && one.approval.subject === words,
    );
    if (line.type !== "approval-request") throw new Error("It is another line");
    const { id: approvalId, digest } = line.approval;
    return { approvalId, digest };
  };
  const { approvalId } = await asked("1. Delete it");
  stdio.send({ type: "approval", id: "no", approvalId, decision: "deny", message: "Keep it" });
  expect(await stdio.answer("no")).toMatchObject({ type: "response" });
  const named = await asked("1. Write it");
  expect(stdio.session.permissions).toBe("plan");
  stdio.send({ type: "approval", id: "yes", ...named, decision: "plan", permissions: "edits" });
  expect(await stdio.answer("yes")).toMatchObject({ type: "response" });
  await runEnd(stdio);
  expect(stdio.session.permissions).toBe("edits");
});

test("a command of a file is sent in the place of a text, and not beside one", async () => {
  mkdirSync(join(rein.cwd, ".claude/commands"), { recursive: true });
  writeFileSync(join(rein.cwd, ".claude/commands/look.md"), "Look at $1 closely.");
  const { sdk, cwd } = rein;
  const signal = AbortSignal.timeout(20_000);
  const { definitions } = await sdk.project(cwd, signal);
  const { kind, name, digest } = definitions.find((one) => one.name === "look")!;
  await sdk.answerProject({ cwd, answers: [{ kind, name, digest, answer: "allow" }] }, signal);
  upstream.script([text("I looked.")]);
  await using stdio = startStdio(rein);
  const command = { name: "look", arguments: "main.ts" };
  stdio.send(userLine({ id: "both", command, text: "Hello" }));
  expect(await stdio.answer("both")).toMatchObject({ type: "error", code: "line" });
  // Left out of the line.
  stdio.send(userLine({ id: "a", command, text: undefined }));
  await runEnd(stdio);
  expect(JSON.stringify(upstream.requests.at(-1)?.body)).toContain("Look at main.ts closely.");
});
