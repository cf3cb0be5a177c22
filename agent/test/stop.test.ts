/** Every kind and point of a stop, over the API: the evidence is the upstream's closed socket and the dead processes. */
import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { interruptionText } from "../shared/protocol";
import type { Message, SessionEvent, SessionSummary, ToolCallPart } from "../shared/protocol";
import { apiScene } from "./api-scene";
import { allowing } from "./control-api";
import { isAlive, untilFile } from "./machine-facts";
import { type Chat } from "./rein";
import { failure, hang, makeGate, reasoning, type Step, text, toolCall } from "./upstream/upstream";

const model = { provider: "openai-chat", model: "claude-scripted" };
const { upstream, rein, send, start, stop } = apiScene({ request: model });

const marker = interruptionText("user");

describe("a stop by name", () => {
  test("closes the upstream socket while the model is silent", async () => {
    upstream.script([hang]);
    const chat = send();
    const request = await upstream.request(0);
    const answer = await stop(chat);
    expect(await request.ended).toBe("client");
    expect(answer).toMatchObject({ outcome: "stopped", receipt: { stop: { point: "model" } } });
    await settledWithMarker(chat);
    await nextMessageWorks(chat, marker);
  });

  test("keeps the text so far for the page and for the model", async () => {
    const gate = makeGate();
    upstream.script([text("The answer is ", gate, "forty-two.")]);
    const chat = send();
    await seen(chat, (e) => e.type === "part-delta");
    const request = await upstream.request(0);
    expect(await stop(chat)).toMatchObject({
      receipt: { stop: { point: "text" }, modelCallsClosed: 1 },
    });
    expect(await request.ended).toBe("client");
    const message = await settledWithMarker(chat);
    expect(message.parts[0]).toMatchObject({ type: "text", text: "The answer is " });
    await nextMessageWorks(chat, `The answer is\n\n${marker}`);
  });

  test("keeps the reasoning so far, and the next message is accepted though it was never signed", async () => {
    const gate = makeGate();
    upstream.script([reasoning("Let me think ", gate, "about it."), text("Done.")]);
    const chat = send();
    await seen(chat, (e) => e.type === "part-delta");
    expect(await stop(chat)).toMatchObject({ receipt: { stop: { point: "reasoning" } } });
    const message = await settledWithMarker(chat);
    expect(message.parts[0]).toMatchObject({ type: "reasoning", text: "Let me think " });
    await nextMessageWorks(chat, marker);
  });

  test("while a tool's input is being written runs no tool", async () => {
    const gate = makeGate();
    const target = join(rein.cwd, "never");
    upstream.script([
      text("I write it."),
      toolCall("write", [`{"path":"${target}",`, gate, '"content":"x"}']),
    ]);
    const chat = send({ permissions: "all" });
    await seen(chat, (e) => e.type === "part-delta" && e.field === "input");
    expect(await stop(chat)).toMatchObject({ receipt: { stop: { point: "tool-input" } } });
    const message = await settledWithMarker(chat);
    expect(toolCallOf(message)).toMatchObject({ state: "stopped" });
    expect(toolCallOf(message).startedAt).toBeUndefined();
    expect(existsSync(target)).toBe(false);
    await nextMessageWorks(chat, `I write it.\n\n${marker}`);
  });

  test("at an approval withdraws the question", async () => {
    upstream.script([toolCall("bash", { command: "touch never" })]);
    const chat = send();
    const event = await seen(chat, (e) => e.type === "approval-request");
    expect(await stop(chat)).toMatchObject({ receipt: { stop: { point: "approval" } } });
    await settledWithMarker(chat);
    const { approval } = event as Extract<typeof event, { type: "approval-request" }>;
    const late = await rein.fetch(`/api/approvals/${approval.id}`, {
      method: "POST",
      body: JSON.stringify(allowing(approval)),
    });
    expect(late.status).toBe(404);
    expect(existsSync(join(rein.cwd, "never"))).toBe(false);
    await nextMessageWorks(chat, marker);
  });

  test("in a tool ends its processes, keeps its output, and does not run the script's next command", async () => {
    upstream.script([
      toolCall("bash", {
        command: "sleep 1000 & echo $! > pid; echo begun; sleep 1000; touch never",
      }),
    ]);
    const chat = send({ permissions: "all" });
    await seen(chat, (e) => e.type === "part-delta" && e.field === "output");
    const pid = Number(readFileSync(join(rein.cwd, "pid"), "utf8"));
    expect(isAlive(pid)).toBe(true);
    const answer = await stop(chat);
    expect(isAlive(pid)).toBe(false);
    expect(answer).toMatchObject({
      receipt: {
        stop: { point: "tool" },
        toolCalls: [{ name: "bash", outcome: "stopped" }],
        survivors: [],
      },
    });
    const ended = answer.stopped ? answer.receipt!.processes.map((one) => one.pid) : [];
    expect(ended).toContain(pid);
    const message = await settledWithMarker(chat);
    expect(toolCallOf(message)).toMatchObject({
      state: "stopped",
      output: expect.stringContaining("begun"),
    });
    expect(existsSync(join(rein.cwd, "never"))).toBe(false);
    await nextMessageWorks(chat, `begun`, marker);
  });

  test("in a retry's countdown sends nothing more", async () => {
    upstream.script([failure("rate-limit", { headers: { "retry-after": "119" } })]);
    const chat = send();
    await seen(chat, (e) => e.type === "retry-start");
    expect(await stop(chat)).toMatchObject({ receipt: { stop: { point: "retry" } } });
    await settledWithMarker(chat);
    expect(upstream.requests.length).toBe(1);
    await nextMessageWorks(chat, marker);
  });

  test("in the middle of subagents ends them all, and none sends another request", async () => {
    const gate = makeGate();
    subagents({
      one: [text("One has ", gate, "finished.")],
      two: [text("Two has ", gate, "finished.")],
    });
    const chat = send();
    await Promise.all(["One has", "Two has"].map((piece) => seenText(chat, piece)));
    const answer = await stop(chat);
    expect(answer).toMatchObject({
      receipt: {
        stop: { point: "subagent" },
        modelCallsClosed: 2,
        subagents: [
          { title: "one", outcome: "stopped" },
          { title: "two", outcome: "stopped" },
        ],
      },
    });
    expect(await Promise.all(upstream.requests.slice(1).map((one) => one.ended))).toEqual([
      "client",
      "client",
    ]);
    const message = await settledWithMarker(chat);
    for (const part of message.parts)
      if (part.type === "tool-call")
        expect(part.subagent!.messages.at(-1)!.parts.at(-1)!.type).toBe("interruption");
    gate.open();
    expect(upstream.requests.length).toBe(3);
    await nextMessageWorks(chat, "One has", marker);
  });

  test("of one subagent leaves its siblings and its parent alone, and the parent gets the work so far", async () => {
    const gate = makeGate();
    const other = makeGate();
    subagents({
      one: [text("One has ", gate, "finished.")],
      two: [text("Two has ", other, "finished.")],
    });
    const chat = send();
    await Promise.all(["One has", "Two has"].map((piece) => seenText(chat, piece)));
    const one = toolCallOf(chat.session.messages[1]!);
    upstream.script([text("I carry on with what I have.")]);
    const answer = await rein.stop(chat.sessionId, { subagentId: one.id });
    expect(answer).toMatchObject({ stopped: true, outcome: "stopped" });
    other.open();
    await chat.ended;
    expect(chat.session.runs[0]).toMatchObject({ outcome: "done" });
    const [first, second] = chat.session.messages[1]!.parts as ToolCallPart[];
    expect(first).toMatchObject({ state: "stopped", stop: { by: "user" }, output: "One has" });
    expect(second).toMatchObject({ state: "done", output: "Two has finished." });
    const sent = JSON.stringify(upstream.requests[3]!.body);
    expect(sent).toContain(`One has\\n\\n${marker}`);
    expect(sent).toContain("Two has finished.");
  });

  test("of one tool call lets the agent continue, and tells it", async () => {
    upstream.script(
      [toolCall("bash", { command: "echo begun; sleep 1000" })],
      [text("Then without it.")],
    );
    const chat = send({ permissions: "all" });
    await seen(chat, (e) => e.type === "part-delta" && e.field === "output");
    const call = toolCallOf(chat.session.messages[1]!);
    expect(await rein.stop(chat.sessionId, { toolCallId: call.id })).toMatchObject({
      outcome: "stopped",
    });
    await chat.ended;
    expect(chat.session.runs[0]).toMatchObject({ outcome: "done" });
    expect(JSON.stringify(upstream.requests[1]!.body)).toContain(`begun\\n\\n${marker}`);
  });

  test("from another connection reaches every viewer, and each shows the same", async () => {
    const gate = makeGate();
    upstream.script([text("Part of ", gate, "it.")]);
    const chat = send();
    await seen(chat, (e) => e.type === "part-delta");
    const viewer = rein.follow(chat.sessionId);
    await viewer.until((e) => e.type === "snapshot");
    await stop(chat);
    await viewer.until((e) => e.type === "run-end");
    await chat.ended;
    viewer.hangUp();
    expect(viewer.session).toEqual(chat.session);
    expect(await rein.session(chat.sessionId)).toEqual(chat.session);
  });
});

describe("the run that a stop ends", () => {
  test("a stop sent before its message wins, and the message is kept", async () => {
    const runId = "run-that-comes-late";
    await rein.json("/api/stop", { method: "POST", body: JSON.stringify({ runId }) });
    const chat = send({ runId });
    await settledWithMarker(chat);
    expect(upstream.requests.length).toBe(0);
    expect(chat.session.runs[0]).toMatchObject({ outcome: "stopped", stop: { point: "start" } });
    await nextMessageWorks(chat, marker);
  });

  test("a stop of everything that was asked for earlier leaves what has begun since", async () => {
    upstream.script([hang]);
    const chat = send();
    await upstream.request(0);
    const stopAll = (askedMsAgo: number) =>
      rein.json("/api/stop", { method: "POST", body: JSON.stringify({ askedMsAgo }) });
    expect(await stopAll(60_000)).toMatchObject({ answers: [] });
    expect(await stopAll(0)).toMatchObject({ answers: [{ stopped: true }] });
    await settledWithMarker(chat);
  });

  test("a stop in the same tick as the message wins", async () => {
    upstream.script([text("Never ", makeGate(), "said.")]);
    const runId = "run-in-one-tick";
    const chat = send({ runId });
    await rein.json("/api/stop", { method: "POST", body: JSON.stringify({ runId }) });
    await settledWithMarker(chat);
    expect(chat.session.runs[0]!.outcome).toBe("stopped");
  });

  test("a late stop of an earlier run does not stop the next", async () => {
    upstream.script([text("One.")], [text("Two ", makeGate(), "three.")]);
    const chat = send();
    await chat.ended;
    const next = send({ sessionId: chat.sessionId });
    await seen(next, (e) => e.type === "part-delta");
    const { runId, sessionId } = chat;
    for (const named of [{}, { hard: true }, { toolCallId: "call" }, { subagentId: "agent" }])
      expect(await rein.stop(sessionId, { runId, ...named })).toMatchObject({ stopped: false });
    const byName = { method: "POST", body: JSON.stringify({ runId }) };
    expect(await rein.json<object>("/api/stop", byName)).toMatchObject({
      answers: [{ stopped: false }],
    });
    const [row] = (await rein.json<{ sessions: SessionSummary[] }>("/api/sessions")).sessions;
    expect((await rein.session(sessionId)).runs[1]).toMatchObject({
      id: row!.runId,
      state: "running",
    });
    expect(await stop(next)).toMatchObject({ stopped: true });
  });

  test("a stop of a session that does not run says so and changes nothing", async () => {
    upstream.script([text("One.")]);
    const chat = send();
    await chat.ended;
    const before = await rein.session(chat.sessionId);
    expect(await rein.stop(chat.sessionId)).toMatchObject({ stopped: false });
    expect(await rein.stop(chat.sessionId, { toolCallId: "none" })).toMatchObject({
      stopped: false,
    });
    expect(await rein.session(chat.sessionId)).toEqual(before);
  });

  test("a hundred stops at once count as one stop", async () => {
    upstream.script([text("Part of ", makeGate(), "it.")]);
    const chat = send();
    await seen(chat, (e) => e.type === "part-delta");
    const answers = await Promise.all(Array.from({ length: 100 }, () => stop(chat)));
    await chat.ended;
    const receipts = answers.flatMap((one) => (one.stopped ? [one.receipt] : []));
    expect(receipts.length).toBeGreaterThan(0);
    for (const receipt of receipts) expect(receipt).toEqual(chat.session.runs[0]!.receipt!);
    expect(chat.events.filter((e) => e.type === "run-stopping").length).toBe(1);
    expect(chat.events.filter((e) => e.type === "run-end").length).toBe(1);
  });

  test("“stop everything” stops the runs of all sessions", async () => {
    upstream.script([text("A ", makeGate())], [text("B ", makeGate())]);
    const chats = [send(), send()];
    await Promise.all(chats.map((chat) => seen(chat, (e) => e.type === "part-delta")));
    const { answers } = await rein.json<{ answers: unknown[] }>("/api/stop", {
      method: "POST",
      body: "{}",
    });
    expect(answers.length).toBe(2);
    for (const chat of chats) await settledWithMarker(chat);
    expect(await Promise.all(upstream.requests.map((one) => one.ended))).toEqual([
      "client",
      "client",
    ]);
  });
});

describe("a client that closes its connection", () => {
  test("stops its run when the request asked for it", async () => {
    upstream.script([text("Part of ", makeGate(), "it.")]);
    const chat = send({ onDisconnect: "stop" });
    await seen(chat, (e) => e.type === "part-delta");
    const { sessionId } = chat;
    const viewer = rein.follow(sessionId);
    await viewer.until((e) => e.type === "snapshot");
    chat.hangUp();
    await viewer.until((e) => e.type === "run-end");
    viewer.hangUp();
    expect(await upstream.requests[0]!.ended).toBe("client");
    expect(viewer.session.runs[0]).toMatchObject({
      outcome: "stopped",
      stop: { by: "disconnect" },
    });
    await nextMessageWorks(viewer, `Part of\n\n${interruptionText("disconnect")}`);
  });

  test("does not stop its run when the request asked for that", async () => {
    const gate = makeGate();
    upstream.script([text("Part of ", gate, "it.")]);
    const chat = send({ onDisconnect: "continue" });
    await seen(chat, (e) => e.type === "part-delta");
    const viewer = rein.follow(chat.sessionId);
    await viewer.until((e) => e.type === "snapshot");
    chat.hangUp();
    gate.open();
    await viewer.until((e) => e.type === "run-end");
    viewer.hangUp();
    expect(viewer.session.runs[0]).toMatchObject({ outcome: "done" });
    expect(viewer.session.messages[1]!.parts[0]).toMatchObject({ text: "Part of it." });
  });
});

describe("what had happened before a stop stays", () => {
  test("a file already written is reported done, though stop came before the turn was over", async () => {
    upstream.script([
      toolCall("write", { path: "kept.txt", content: "kept" }),
      toolCall("bash", { command: "touch begun; sleep 1000" }),
    ]);
    const chat = send({ permissions: "all" });
    await seen(chat, (e) => e.type === "tool-end");
    await untilFile(join(rein.cwd, "begun"));
    const answer = await stop(chat);
    await settledWithMarker(chat);
    const states = chat.session.messages[1]!.parts.flatMap((part) =>
      part.type === "tool-call" ? [part.state] : [],
    );
    expect(states).toEqual(["done", "stopped"]);
    expect(answer).toMatchObject({
      receipt: {
        toolCalls: [
          { name: "write", outcome: "done" },
          { name: "bash", outcome: "stopped" },
        ],
      },
    });
    expect(readFileSync(join(rein.cwd, "kept.txt"), "utf8")).toBe("kept");
  });

  test("a server that gets SIGTERM settles its runs before it exits, and the next server shows them", async () => {
    upstream.script([text("Part of ", makeGate(), "it.")]);
    const chat = send();
    await seen(chat, (e) => e.type === "part-delta");
    rein.signal("SIGTERM");
    expect(await rein.exited).toBe(0);
    await chat.ended;
    expect(chat.session.runs[0]).toMatchObject({ outcome: "stopped", stop: { by: "shutdown" } });
    const second = await start();
    expect(withoutSeq(await second.session(chat.sessionId))).toEqual(withoutSeq(chat.session));
  });

  test("after a server was killed, the text so far is kept and marked, and the next message works", async () => {
    upstream.script([text("Part of ", makeGate(), "it.")]);
    const chat = send();
    await seen(chat, (e) => e.type === "part-delta");
    // Something later that is on disk shows that what came before it is too.
    await rein.json(`/api/sessions/${chat.sessionId}`, {
      method: "PATCH",
      body: '{"title":"Kept"}',
    });
    await rein.json("/api/sessions");
    rein.signal("SIGKILL");
    await rein.exited;
    const second = await start();
    const session = await second.session(chat.sessionId);
    expect(session.title).toBe("Kept");
    expect(session.runs[0]).toMatchObject({
      state: "settled",
      outcome: "stopped",
      stop: { by: "crash" },
    });
    expect(session.messages[1]!.parts).toMatchObject([
      { type: "text", text: "Part of " },
      { type: "interruption", stop: { by: "crash" } },
    ]);
    upstream.script([text("Back again.")]);
    const next = second.chat({ ...model, message: "Go on", sessionId: session.id, ...model });
    await next.ended;
    expect(JSON.stringify(upstream.requests.at(-1)!.body)).toContain(interruptionText("crash"));
  });
});

function seen(chat: Chat, holds: (event: SessionEvent) => boolean): Promise<SessionEvent> {
  return chat.until(holds);
}

function seenText(chat: Chat, piece: string): Promise<SessionEvent> {
  return chat.until((e) => e.type === "part-delta" && e.delta.includes(piece));
}

/** The first request sends out two subagents; their requests are recognized by their task. */
function subagents(answers: Record<string, Step[]>): void {
  upstream.script(
    Object.keys(answers).map((title) =>
      toolCall("subagent", { role: "simple", title, task: `Be ${title}.` }),
    ),
  );
  upstream.route(({ body }) => {
    const json = JSON.stringify(body);
    const title = Object.keys(answers).find(
      (one) => json.includes(`Be ${one}.`) && !json.includes("Do it"),
    );
    return title === undefined ? undefined : answers[title];
  });
}

/** The run has ended once, stopped, and the last message carries the mark at its end. */
async function settledWithMarker(chat: Chat): Promise<Message> {
  await chat.ended;
  const ends = chat.events.filter((event) => event.type === "run-end");
  expect(ends).toMatchObject([{ outcome: "stopped" }]);
  const message = chat.session.messages.at(-1)!;
  expect(message).toMatchObject({ role: "assistant", outcome: "stopped" });
  expect(message.parts.at(-1)).toMatchObject({ type: "interruption" });
  return message;
}

/** The strict upstream accepts the next message, which shows the model what was kept. */
async function nextMessageWorks(chat: Chat, ...kept: string[]): Promise<void> {
  upstream.script([text("Back again.")]);
  const next = send({ sessionId: chat.sessionId, message: "Go on" });
  await next.ended;
  const request = upstream.requests.at(-1)!;
  expect(request.refusal).toBeUndefined();
  for (const words of kept)
    expect(JSON.stringify(request.body)).toContain(JSON.stringify(words).slice(1, -1));
  expect(next.session.runs.at(-1)).toMatchObject({ outcome: "done" });
}

function toolCallOf(message: Message): ToolCallPart {
  return message.parts.find((part) => part.type === "tool-call")!;
}

function withoutSeq<T extends { seq: number }>(session: T): Omit<T, "seq"> {
  const { seq: _seq, ...rest } = session;
  return rest;
}
