/** A message that is written during a run waits visibly in the queue, is sent once, and never by itself after a stop. */
import { toolCallsOf } from "../shared/message-parts";
import type { Session } from "../shared/protocol";
import type { ChatRequest } from "../shared/requests";
import { afterEach, describe, expect, type Mock, spyOn, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { apiScene, everyWire } from "./api-scene";
import { changeQueued, queue, said, told, unqueue, untilSession, wires } from "./control-api";
import { openServerFixture } from "./sweep/server-fixture";
import { Undo, unrecorded } from "../server/undo/undo";
import { type Chat } from "./rein";
import { failure, makeGate, text, toolCall } from "./upstream/upstream";

const { upstream, rein, send, follow, start, restart, defer } = apiScene({
  // A command that cleans up after a stop has unlimited time.
  environment: (upstream) => ({ ...everyWire(upstream), REIN_GRACE_MS: "3600000" }),
});

const model = { provider: "openai-chat", model: "local-model" };

describe("a message that waits", () => {
  test("is sent when the run is done, and the next one after it", async () => {
    const { chat, gate } = await running();
    const viewer = await follow(chat);
    await queue(rein, chat.sessionId, { message: "Second" });
    await queue(rein, chat.sessionId, { message: "Third" });
    await untilSession(viewer, () => waiting(viewer).length === 2);
    expect(waiting(viewer)).toEqual(["Second run", "Third run"]);
    upstream.script([text("Two.")], [text("Three.")]);
    gate.open();
    await untilSession(viewer, ({ runs }) => runs[2]?.outcome === "done");
    expect(said(viewer.session)).toEqual(["First", "Second", "Third"]);
    expect(waiting(viewer)).toEqual([]);
    viewer.hangUp();
  });

  test("can be changed, moved and removed", async () => {
    const { chat } = await running();
    const viewer = await follow(chat);
    const id = chat.sessionId;
    for (const message of ["a", "b", "c"]) await queue(rein, id, { message });
    await untilSession(viewer, () => waiting(viewer).length === 3);
    const [a, b, c] = viewer.session.queue;
    await changeQueued(rein, id, a!.id, { message: "A" });
    await changeQueued(rein, id, c!.id, { position: 0 });
    await unqueue(rein, id, b!.id);
    await untilSession(viewer, () => waiting(viewer).length === 2);
    expect(waiting(viewer)).toEqual(["c run", "A run"]);
    expect((await unqueue(rein, id, b!.id)).status).toBe(404);
    expect((await changeQueued(rein, id, b!.id, { message: "B" })).status).toBe(404);
    viewer.hangUp();
  });

  test("is kept by a stop, and is sent only when a person requests it", async () => {
    const { chat, gate } = await running();
    await queue(rein, chat.sessionId, { message: "Second" });
    await queue(rein, chat.sessionId, { message: "Now", waitsFor: "turn" });
    await rein.stop(chat.sessionId);
    await chat.ended;
    gate.open();
    expect(waiting(chat)).toEqual(["Second person", "Now person"]);
    // A later run that is done does not send them either.
    upstream.script([text("Other.")]);
    const other = rein.chat({ ...model, message: "Other", sessionId: chat.sessionId });
    await other.ended;
    const session = await rein.session(chat.sessionId);
    expect(session.runs.length).toBe(2);
    expect(session.queue.length).toBe(2);
    upstream.script([text("Two.")]);
    const viewer = await follow(chat);
    await changeQueued(rein, session.id, session.queue[0]!.id, { waitsFor: "run" });
    await untilSession(viewer, ({ runs }) => runs[2]?.outcome === "done");
    expect(said(viewer.session)).toEqual(["First", "Other", "Second"]);
    viewer.hangUp();
  });

  test("is kept by a stop by its name, before it comes or after it, and is then sent like any other", async () => {
    const { chat, gate } = await running();
    const { sessionId } = chat;
    const stopNamed = (runId: string) =>
      rein.json("/api/stop", { method: "POST", body: JSON.stringify({ runId }) });
    await stopNamed("early");
    await queue(rein, sessionId, { message: "Early", runId: "early" });
    await queue(rein, sessionId, { message: "Late", runId: "late" });
    await stopNamed("late");
    gate.open();
    await chat.ended;
    // None of them runs, and none waits to be sent by itself.
    await stopNamed("late");
    const viewer = await follow(chat);
    expect(waiting(viewer)).toEqual(["Early person", "Late person"]);
    upstream.script([text("Two.")], [text("Three.")]);
    for (const [index, id] of ["early", "late"].entries()) {
      await changeQueued(rein, sessionId, id, { waitsFor: "run" });
      await untilSession(viewer, ({ runs }) => runs[index + 1]?.state === "settled");
    }
    expect(outcomes(viewer.session)).toEqual(["done", "done", "done"]);
    viewer.hangUp();
  });

  test("is kept by a run that fails", async () => {
    const gate = makeGate();
    upstream.script([gate, failure("authentication")]);
    const chat = send("First");
    await chat.until(({ type }) => type === "run-start");
    await gate.reached;
    await queue(rein, chat.sessionId, { message: "Second" });
    gate.open();
    await chat.ended;
    expect(waiting(chat)).toEqual(["Second person"]);
    expect((await rein.session(chat.sessionId)).runs.length).toBe(1);
  });

  test("is kept when it is written while a stop settles, or after it", async () => {
    const { chat } = await running();
    const id = chat.sessionId;
    const [, during] = await Promise.all([rein.stop(id), queue(rein, id, { message: "During" })]);
    expect(during.length).toBe(1);
    await queue(rein, id, { message: "After" });
    const session = await rein.session(id);
    expect(session.queue.map(({ waitsFor }) => waitsFor)).toEqual(["person", "person"]);
    expect(session.runs.length).toBe(1);
  });

  test("is sent once, though two viewers send it at the same time", async () => {
    const { chat } = await running();
    const [first] = await queue(rein, chat.sessionId, { message: "Second" });
    await rein.stop(chat.sessionId);
    upstream.script([text("Two.")]);
    const sends = [1, 2].map(() =>
      changeQueued(rein, chat.sessionId, first!.id, { waitsFor: "run" }),
    );
    const answers = await Promise.all(sends);
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 404]);
    const viewer = await follow(chat);
    await untilSession(viewer, ({ runs }) => runs.at(-1)?.state === "settled");
    expect(said(viewer.session)).toEqual(["First", "Second"]);
    viewer.hangUp();
  });

  test("is shown after a reload, and kept after the server was killed", async () => {
    const { chat } = await running();
    await queue(rein, chat.sessionId, { message: "Second" });
    const viewer = await follow(chat);
    expect(waiting(viewer)).toEqual(["Second run"]);
    viewer.hangUp();
    // Requesting the list flushes pending writes.
    await rein.json("/api/sessions");
    rein.signal("SIGKILL");
    await rein.exited;
    const second = await start();
    const session = await second.session(chat.sessionId);
    expect(session.queue).toMatchObject([{ text: "Second", waitsFor: "person" }]);
    expect(session.runs.length).toBe(1);
  });
});

describe("a message for the running model", () => {
  for (const wire of wires)
    test(`is sent to it before its next turn, on the wire of ${wire.provider}`, async () => {
      upstream.script(
        [toolCall("bash", { command: "until [ -e go ]; do sleep 0.01; done; echo done" })],
        [text("As you wish.")],
      );
      const chat = rein.chat({ ...wire, message: "First", permissions: "all" });
      await chat.until(({ type }) => type === "tool-start");
      await queue(rein, chat.sessionId, { message: "Make it short", waitsFor: "turn" });
      expect(upstream.requests.length).toBe(1);
      writeFileSync(join(rein.cwd, "go"), "");
      await chat.ended;
      expect(upstream.requests[1]!.refusal).toBeUndefined();
      expect(told(upstream.requests[1])).toContain("Make it short");
      expect(chat.session.runs).toMatchObject([{ outcome: "done" }]);
      expect(said(chat.session)).toEqual(["First", "Make it short"]);
      // The whole conversation is accepted again.
      upstream.script([text("Fine.")]);
      const next = rein.chat({ ...wire, message: "Next", sessionId: chat.sessionId });
      await next.ended;
      expect(upstream.requests[2]!.refusal).toBeUndefined();
    });

  test("is answered in the same run though the model had finished its answer", async () => {
    const { chat, gate } = await running();
    await queue(rein, chat.sessionId, { message: "One more thing", waitsFor: "turn" });
    upstream.script([text("That too.")]);
    gate.open();
    await chat.ended;
    expect(chat.session.runs.length).toBe(1);
    expect(told(upstream.requests[1])).toContain("One more thing");
    expect(waiting(chat)).toEqual([]);
  });

  test("skips the subagents and is sent with their parent's next turn", async () => {
    const gate = makeGate();
    const calls = ["one", "two", "three"].map((title) =>
      toolCall("subagent", { role: "simple", title, task: `Be ${title}.` }),
    );
    upstream.script(calls);
    upstream.route(({ body }) => {
      const own = JSON.stringify(body);
      return own.includes("Be ") && !own.includes("First") ? [text("I ", gate, "am.")] : undefined;
    });
    const chat = send("First");
    await untilSession(chat, () => upstream.requests.length === 4);
    await queue(rein, chat.sessionId, { message: "Hurry", waitsFor: "turn" });
    upstream.script([text("All are.")]);
    gate.open();
    await chat.ended;
    expect(upstream.requests.map((request) => told(request).includes("Hurry"))).toEqual([
      false,
      false,
      false,
      false,
      true,
    ]);
  });
});

describe("a stop that comes when a run is done, while its changes are still being compared", () => {
  let begin: Mock<Undo["begin"]>;
  afterEach(() => begin.mockRestore());

  test("keeps the queue, and changes nothing of the run", async () => {
    await using fixture = await openServerFixture();
    let act = () => {};
    begin = spyOn(Undo.prototype, "begin").mockImplementation(() => ({
      ...unrecorded,
      hasBegun: true,
      end: async () => {
        act();
        return unrecorded.end();
      },
    }));
    fixture.upstream.script([text("Done.")]);
    const { signal } = new AbortController();
    const chat = fixture.chat("wire", { ...model, message: "First" }, signal);
    const { promise: kept, resolve: keep } = Promise.withResolvers<string[]>();
    act = () => {
      const { sessions, runs } = fixture.server;
      const live = sessions.get(chat.sessionId)!;
      runs.queue(live, { id: "second", text: "Second" }, "run");
      const stop = { by: "user" as const, from: "api" as const, askedAt: Date.now() };
      void runs.stops.stop(chat.sessionId, {}, stop);
      keep(live.session.queue.map(({ waitsFor }) => waitsFor));
    };
    expect(await kept).toEqual(["person"]);
    await chat.ended;
    expect(chat.session.runs.map(({ outcome, stop }) => [outcome, stop])).toEqual([
      ["done", undefined],
    ]);
    expect(chat.events.map(({ type }) => type)).not.toContain("run-stopping");
    expect(waiting(chat)).toEqual(["Second person"]);
    expect(fixture.upstream.requests.length).toBe(1);
  });
});

describe("a message that interrupts", () => {
  test("is sent in the tick in which the interrupted run has settled, and the queue continues after it", async () => {
    const { chat } = await running();
    const viewer = await follow(chat);
    await queue(rein, chat.sessionId, { message: "Last" });
    upstream.script([text("At once.")], [text("At last.")]);
    const next = rein.chat({
      ...model,
      message: "Instead",
      sessionId: chat.sessionId,
      interrupt: true,
    });
    await next.ended;
    await untilSession(viewer, ({ runs }) => runs[2]?.outcome === "done");
    expect(await upstream.requests[0]!.ended).toBe("client");
    expect(viewer.session.runs.map(({ outcome }) => outcome)).toEqual(["stopped", "done", "done"]);
    expect(said(viewer.session)).toEqual(["First", "Instead", "Last"]);
    const types = viewer.events.map(({ type }) => type);
    expect(types.indexOf("run-start")).toBe(types.indexOf("run-end") + 1);
    viewer.hangUp();
  });

  test("starts a run like any other when no run is active", async () => {
    upstream.script([text("One.")]);
    const chat = send("First", { interrupt: true });
    await chat.ended;
    expect(chat.session.runs).toMatchObject([{ outcome: "done" }]);
  });

  test("is stopped by a stop that comes while the interrupted run settles; its text is kept, and a message after that is sent", async () => {
    const { chat, go } = await cleaning();
    const viewer = await follow(chat);
    const { sessionId } = chat;
    const next = send("Instead", { sessionId, interrupt: true });
    await viewer.until(({ type }) => type === "run-stopping");
    const stopping = rein.stop(sessionId);
    upstream.script([text("Here I am.")]);
    const third = send("Me", { sessionId, interrupt: true });
    await accepted(third);
    go();
    await stopping;
    for (const one of [next, third]) await one.ended;
    const session = await rein.session(sessionId);
    expect(said(session)).toEqual(["First", "Instead", "Me"]);
    expect(outcomes(session)).toEqual(["stopped", "stopped", "done"]);
    expect(upstream.requests.length).toBe(2);
    viewer.hangUp();
  });
});

describe("a message behind a stop", () => {
  test("is sent in the tick in which the run has settled, and the one after it when that is done", async () => {
    const { chat, go, stopping } = await stoppedWhileCleaning();
    const viewer = await follow(chat);
    const { sessionId } = chat;
    upstream.script([text("One.")], [text("Two.")]);
    const one = send("Behind", { sessionId, runId: "behind" });
    await accepted(one);
    const two = send("Behind that", { sessionId, runId: "second-behind", limits: { usd: 3 } });
    await accepted(two);
    await untilSession(viewer, () => waiting(viewer).join() === "Behind that run");
    expect(await refusal({ message: "Other", runId: "behind" })).toMatch(/^409 run-exists: /);
    // A stop of one call is none of what waits.
    const toolCallId = toolCallsOf(chat.session.messages.at(-1)!)[0]!.id;
    const part = { method: "POST", body: JSON.stringify({ toolCallId }) };
    const stopsPart = rein.json(`/api/sessions/${sessionId}/stop`, part);
    go();
    await Promise.all([stopping, stopsPart]);
    for (const { ended } of [one, two]) await ended;
    await untilSession(viewer, ({ runs }) => runs[2]?.outcome === "done");
    const { session, events } = viewer;
    expect(said(session)).toEqual(["First", "Behind", "Behind that"]);
    expect(outcomes(session)).toEqual(["stopped", "done", "done"]);
    expect(session.runs[2]).toMatchObject({ id: "second-behind", limits: { usd: 3 } });
    const types = events.map(({ type }) => type);
    expect(types.indexOf("run-start")).toBe(types.indexOf("run-end") + 1);
    viewer.hangUp();
  });

  test("tries the stopped run again, once", async () => {
    const { chat, go, stopping } = await stoppedWhileCleaning();
    const again = { sessionId: chat.sessionId, retryOf: chat.runId };
    upstream.script([text("Once more.")]);
    const retry = rein.chat({ ...again, onDisconnect: "continue" });
    await accepted(retry);
    expect(await refusal({ ...again, interrupt: true })).toMatch(/^409 retry: /);
    go();
    await stopping;
    await retry.ended;
    const session = await rein.session(chat.sessionId);
    expect(outcomes(session)).toEqual(["stopped", "done"]);
    expect(session.messages.findLast(({ role }) => role === "user")?.retryOf).toBe(chat.runId);
  });

  test("is in the conversation after a stop of everything, and what waits behind it is kept", async () => {
    const { chat, go, stopping } = await stoppedWhileCleaning();
    const { sessionId } = chat;
    const one = send("Behind", { sessionId });
    await accepted(one);
    const two = send("Behind that", { sessionId });
    await accepted(two);
    const all = rein.json("/api/stop", { method: "POST", body: "{}" });
    // Its answer ends, as it is sent by a person only.
    await two.ended;
    go();
    await Promise.all([stopping, all, one.ended]);
    const session = await rein.session(sessionId);
    expect(said(session)).toEqual(["First", "Behind"]);
    expect(outcomes(session)).toEqual(["stopped", "stopped"]);
    expect(session.queue).toMatchObject([{ text: "Behind that", waitsFor: "person" }]);
    expect(upstream.requests.length).toBe(1);
  });

  test("is not sent when it is removed, or stopped by the name of its run", async () => {
    const { chat, go, stopping } = await stoppedWhileCleaning();
    const { sessionId } = chat;
    upstream.script([text("One.")]);
    const one = send("Behind", { sessionId });
    await accepted(one);
    const two = send("Second", { sessionId, runId: "removed" });
    await accepted(two);
    const three = send("Third", { sessionId, runId: "stopped" });
    await accepted(three);
    expect((await unqueue(rein, sessionId, "removed")).status).toBe(200);
    await rein.json("/api/stop", { method: "POST", body: JSON.stringify({ runId: "stopped" }) });
    for (const { ended } of [two, three]) await ended;
    go();
    await stopping;
    await one.ended;
    const session = await rein.session(sessionId);
    expect(said(session)).toEqual(["First", "Behind"]);
    expect(session.queue).toMatchObject([{ text: "Third", waitsFor: "person" }]);
  });

  test("is kept when the server ends meanwhile, and when it is killed", async () => {
    const { chat, go } = await stoppedWhileCleaning();
    const { sessionId } = chat;
    const one = send("Behind", { sessionId, limits: { usd: 3 } });
    await accepted(one);
    rein.signal("SIGKILL");
    await rein.exited;
    await start();
    const kept = { text: "Behind", limits: { usd: 3 }, waitsFor: "person" } as const;
    expect((await rein.session(sessionId)).queue).toMatchObject([kept]);
    go();
    const again = await stoppedWhileCleaning();
    await accepted(send("Behind this", { sessionId: again.chat.sessionId }));
    again.go();
    await restart();
    const { messages, queue: left } = await rein.session(again.chat.sessionId);
    const texts = messages.flatMap(({ parts }) =>
      parts.flatMap((part) => ("text" in part ? part.text : [])),
    );
    expect([...texts, ...left.map((message) => message.text)]).toContain("Behind this");
  });

  test("is refused while the run is not being stopped, with the ways out", async () => {
    const { chat, gate } = await running();
    const refused = await refusal({ message: "No", sessionId: chat.sessionId });
    for (const word of ["409", "run-active", "Interrupt", "queue", "stop"])
      expect(refused).toContain(word);
    gate.open();
    await chat.ended;
  });
});

/** A run whose command, once it is stopped, cleans up until `go` is called. */
async function cleaning() {
  const command =
    "trap 'until [ -e go ]; do sleep 0.01; done; exit' TERM; echo on; sleep 1000 & wait";
  upstream.script([toolCall("bash", { command })]);
  const chat = send("First", { permissions: "all" });
  await chat.until((event) => event.type === "part-delta" && event.field === "output");
  const file = join(rein.cwd, "go");
  const go = () => writeFileSync(file, "");
  defer(go);
  return { chat, go };
}

async function stoppedWhileCleaning() {
  const { chat, go } = await cleaning();
  const stopping = rein.stop(chat.sessionId).catch(() => {});
  await chat.until(({ type }) => type === "run-stopping");
  return { chat, go, stopping };
}

async function accepted({ response }: Chat): Promise<void> {
  expect((await response).status).toBe(200);
}

function outcomes({ runs }: Session) {
  return runs.map(({ outcome }) => outcome);
}

/** "409 code: message" */
async function refusal(body: Partial<ChatRequest>): Promise<string> {
  const answer = await rein.fetch("/api/chat", { method: "POST", body: JSON.stringify(body) });
  const { error } = (await answer.json()) as { error: { code: string; message: string } };
  return `${answer.status} ${error.code}: ${error.message}`;
}

/** A run in the middle of its answer. */
async function running() {
  const gate = makeGate();
  upstream.script([text("One ", gate, "and all.")]);
  const chat = send("First");
  await chat.until(({ type }) => type === "part-delta");
  return { chat, gate };
}

function waiting({ session }: Chat): string[] {
  return session.queue.map(({ text: words, waitsFor }) => `${words} ${waitsFor}`);
}
