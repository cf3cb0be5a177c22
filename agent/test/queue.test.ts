/** A message that is written during a run waits visibly in the queue, is sent once, and never by itself after a stop. */
import { afterEach, describe, expect, type Mock, spyOn, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { apiScene } from "./api-scene";
import { changeQueued, queue, said, told, unqueue, untilSession, wires } from "./control-api";
import { openServerFixture } from "./sweep/server-fixture";
import { Undo } from "../server/undo/undo";
import { type Chat } from "./rein";
import { failure, makeGate, text, toolCall } from "./upstream/upstream";

const { upstream, rein, send, follow, start, restart } = apiScene();

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
      ready: async () => {},
      write: () => new DisposableStack(),
      end: async () => {
        act();
        return { state: "known", files: [], count: 0, unseen: [] };
      },
    }));
    fixture.upstream.script([text("Done.")]);
    const { signal } = new AbortController();
    const chat = fixture.chat("wire", { ...model, message: "First" }, signal);
    const { promise: kept, resolve: keep } = Promise.withResolvers<string[]>();
    act = () => {
      const { sessions, runs } = fixture.server;
      const live = sessions.get(chat.sessionId)!;
      runs.queue(live, { text: "Second" }, "run");
      const stop = { by: "user" as const, from: "api" as const, askedAt: Date.now() };
      void runs.stop(chat.sessionId, {}, stop);
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

  test("is stopped by a stop that comes while the interrupted run settles, and its text is kept", async () => {
    // The command that cleans up has unlimited time.
    await restart({ environment: { REIN_GRACE_MS: "3600000" } });
    upstream.script([
      toolCall("bash", {
        command:
          "trap 'until [ -e go ]; do sleep 0.01; done; exit' TERM; echo on; sleep 1000 & wait",
      }),
    ]);
    const chat = send("First", { permissions: "all" });
    await chat.until((event) => event.type === "part-delta" && event.field === "output");
    const viewer = await follow(chat);
    const next = send("Instead", { sessionId: chat.sessionId, interrupt: true });
    await viewer.until(({ type }) => type === "run-stopping");
    const stopping = rein.stop(chat.sessionId);
    const third = await rein.fetch("/api/chat", {
      method: "POST",
      body: JSON.stringify({ message: "Me", sessionId: chat.sessionId, interrupt: true }),
    });
    expect(third.status).toBe(409);
    writeFileSync(join(rein.cwd, "go"), "");
    await stopping;
    await next.ended;
    const session = await rein.session(chat.sessionId);
    expect(said(session)).toEqual(["First", "Instead"]);
    expect(session.runs.map(({ outcome }) => outcome)).toEqual(["stopped", "stopped"]);
    expect(upstream.requests.length).toBe(1);
    viewer.hangUp();
  });
});

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
