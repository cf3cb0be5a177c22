/** A retry replaces the attempt: people keep both, the model is sent only the retry, and which file changes of the attempt remain. */
import { describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { lastSaid, branchOf } from "../shared/branches";
import type { Session } from "../shared/protocol";
import type { ChatRequest } from "../shared/requests";
import { messagesForModel } from "../shared/summary";
import { apiScene } from "./api-scene";
import { pause, queue, said, told, untilSession, wires } from "./control-api";
import { type Chat } from "./rein";
import { openUndoScene } from "./undo-scene";
import { failure, type Gate, makeGate, type Step, text, toolCall } from "./upstream/upstream";

const { upstream, rein, send, start } = apiScene();

const model = { provider: "openai-chat", model: "local-model" };

test("a run to which nothing was said, as when an engine sums up, is not what a retry tries again", () => {
  const of = (runId: string, role: string) => ({ runId, role, parts: [] });
  const messages = [of("said", "user"), of("said", "assistant"), of("summed-up", "assistant")];
  const session = { messages, runs: [] } as unknown as Session;
  expect(lastSaid(session)?.runId).toBe("said");
});

describe("a retry sends the message to the model once, and people keep the attempt", () => {
  const attempts: [name: string, steps: (gate: Gate) => Step[]][] = [
    ["was stopped", (gate) => [text("A first ", gate, "try.")]],
    ["has failed", () => [text("A first "), failure("authentication")]],
    ["is done", () => [text("A first try.")]],
  ];
  for (const wire of wires)
    test.each(attempts)(
      `when the attempt %s, on the wire of ${wire.provider}`,
      async (_name, steps) => {
        upstream.script([text("Hello.")]);
        const chat = send("Hi", wire);
        await chat.ended;
        upstream.script(steps(makeGate()));
        const first = send("Say it", { ...wire, sessionId: chat.sessionId });
        await first.until((event) => event.type === "part-delta" && event.delta.includes("first"));
        if (first.session.runs.at(-1)!.state !== "settled") await rein.stop(chat.sessionId);
        await first.ended;
        upstream.script([text("A second try.")]);
        await retry(first).ended;
        const request = upstream.requests[2]!;
        expect(request.refusal).toBeUndefined();
        expect(told(request)).toContain("Hello.");
        expect(told(request)).not.toContain("A first");
        expect(told(request).match(/Say it/g)).toHaveLength(1);
        const session = await rein.session(chat.sessionId);
        expect(said(session)).toEqual(["Hi", "Say it", "Say it"]);
        expect(JSON.stringify(session.messages)).toContain("A first");
        // The later requests leave the attempt out too.
        upstream.script([text("Fine.")]);
        await send("Next", { ...wire, sessionId: chat.sessionId }).ended;
        expect(told(upstream.requests[3])).not.toContain("A first");
        expect(told(upstream.requests[3])).toContain("A second try.");
      },
    );
});

describe("a retry", () => {
  test("can change the message and the model, and includes the messages sent during the run", async () => {
    upstream.script([toolCall("bash", { command: "until [ -e go ]; do sleep 0.01; done" })]);
    const chat = send("Say it", { permissions: "all" });
    await chat.until(({ type }) => type === "tool-start");
    await queue(rein, chat.sessionId, { message: "In verse", waitsFor: "turn" });
    upstream.script([text("A verse.")]);
    writeFileSync(join(rein.cwd, "go"), "");
    await chat.ended;
    upstream.script([text("Another verse.")]);
    const second = retry(chat, { model: "other-model" });
    await second.ended;
    expect(upstream.requests[2]).toMatchObject({ model: "other-model" });
    expect(told(upstream.requests[2])).toContain("Say it\\n\\nIn verse");
    upstream.script([text("Prose.")]);
    await retry(second, { message: "In prose" }).ended;
    expect(told(upstream.requests[3])).toContain("In prose");
    expect(told(upstream.requests[3])).not.toMatch(/verse|Say it/);
  });

  for (const state of ["running", "paused", "waiting for an answer"] as const)
    test(`of a run that is ${state} stops that run first`, async () => {
      upstream.script([
        text("A first ", state === "waiting for an answer" ? "try." : makeGate()),
        toolCall("bash", { command: "echo" }),
      ]);
      const chat = send("Say it");
      await chat.until(({ type }) => type === "part-delta");
      if (state === "paused") await pause(rein, chat.sessionId, { cut: true });
      await untilSession(chat, ({ runs: [run] }) => state === (run!.pause?.state ?? waitOf(run!)));
      upstream.script([text("A second try.")]);
      await retry(chat).ended;
      const { runs } = await rein.session(chat.sessionId);
      expect(runs.map(({ outcome }) => outcome)).toEqual(["stopped", "done"]);
      expect(told(upstream.requests.at(-1))).not.toContain("A first");
    });

  test("requested by two clients at the same time is made once", async () => {
    upstream.script([text("A first try.")]);
    const chat = send("Say it");
    await chat.ended;
    upstream.script([text("A second try.")]);
    const { sessionId, runId: retryOf } = chat;
    const body = JSON.stringify({ sessionId, retryOf, interrupt: true });
    const answers = await Promise.all(
      [1, 2].map(() => rein.fetch("/api/chat", { method: "POST", body })),
    );
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 409]);
    await Promise.all(answers.map((answer) => answer.text()));
    expect((await rein.session(chat.sessionId)).runs.length).toBe(2);
  });

  test("of a run that does not exist, or of no session, is refused and leaves no trace", async () => {
    upstream.script([text("One.")], [text("Two.")]);
    const chat = send("First");
    await chat.ended;
    await send("Second", { sessionId: chat.sessionId }).ended;
    const refused = async (request: object) => {
      const body = JSON.stringify({ ...model, ...request });
      return (await rein.fetch("/api/chat", { method: "POST", body })).status;
    };
    expect(await refused({ sessionId: chat.sessionId, retryOf: "nobody" })).toBe(409);
    expect(await refused({ retryOf: chat.runId })).toBe(400);
    expect(await refused({ sessionId: chat.sessionId })).toBe(400);
    expect((await rein.json<{ sessions: unknown[] }>("/api/sessions")).sessions.length).toBe(1);
    expect((await rein.session(chat.sessionId)).runs.length).toBe(2);
  });

  test("is still a retry after the server was killed, and in the export", async () => {
    upstream.script([text("A first try.")], [text("A second try.")], [text("Fine.")]);
    const chat = send("Say it");
    await chat.ended;
    await retry(chat).ended;
    await rein.json("/api/sessions");
    rein.signal("SIGKILL");
    await rein.exited;
    const second = await start();
    const session = await second.session(chat.sessionId);
    expect(branchOf(session).map(({ runId }) => runId)).toEqual(
      Array.from({ length: 2 }, () => session.runs[1]!.id),
    );
    const exported = await (await second.fetch(`/api/sessions/${session.id}/export`)).text();
    expect(exported).toMatch(/## You \(tried again below\)[^]*A first try[^]*## You\n[^]*A second/);
  });

  test("undoes a summary that included the attempt", async () => {
    upstream.script([text("A first try.")], [text("Of a first try.")], [text("A second try.")]);
    const chat = send("Say it");
    await chat.ended;
    const viewer = rein.follow(chat.sessionId);
    await viewer.until(({ type }) => type === "snapshot");
    await rein.json(`/api/sessions/${chat.sessionId}/compact`, { method: "POST", body: "{}" });
    await viewer.until(({ type }) => type === "run-end");
    viewer.hangUp();
    expect(messagesForModel((await rein.session(chat.sessionId)).messages).length).toBe(1);
    await retry(chat).ended;
    expect(told(upstream.requests[2])).not.toContain("first try");
  });
});

describe("the note about what an attempt left", () => {
  test("is sent with its retry, and with the retry of that retry", async () => {
    upstream.script(
      [
        toolCall("write", { path: "made.txt", content: "x" }),
        toolCall("read", { path: "unseen.txt" }),
      ],
      [text("A first try.")],
      [text("A second try.")],
      [text("A third try.")],
    );
    const chat = send("Make it", { permissions: "all" });
    await chat.ended;
    const second = retry(chat);
    await second.ended;
    await retry(second).ended;
    for (const request of upstream.requests.slice(2)) {
      expect(told(request)).toContain("tried again");
      expect(told(request)).toContain("It finished: write made.txt.");
      expect(told(request)).not.toContain("unseen.txt");
      expect(told(request).match(/Make it/g)).toHaveLength(1);
    }
  });

  test("names the changed files one by one, whatever changed them", async () => {
    await using scene = await openUndoScene();
    const chat = await scene.run("echo x > made.txt");
    await scene.settled(chat);
    scene.upstream.script([text("Two.")]);
    await scene.send({ sessionId: chat.sessionId, retryOf: chat.runId }).ended;
    expect(told(scene.upstream.requests.at(-1))).toContain("Files it had changed: made.txt.");
  });

  test("is left out when nothing was left, or when it was undone", async () => {
    await using scene = await openUndoScene();
    scene.upstream.script([toolCall("write", { path: "made.txt", content: "x" })], [text("One.")]);
    const chat = scene.send();
    await scene.settled(chat);
    await scene.undo(chat);
    scene.upstream.script([text("Two.")], [text("Three.")]);
    const second = scene.send({ sessionId: chat.sessionId, retryOf: chat.runId });
    await second.ended;
    await scene.send({ sessionId: chat.sessionId, retryOf: second.runId }).ended;
    for (const request of scene.upstream.requests.slice(2)) {
      expect(told(request)).not.toContain("made.txt");
      expect(told(request)).not.toContain("tried again");
    }
  });

  test("does not replace the note about an earlier stop that the attempt was sent", async () => {
    upstream.script([toolCall("bash", { command: "sleep 1000" })]);
    const chat = send("First", { permissions: "all" });
    await chat.until(({ type }) => type === "tool-start");
    await rein.stop(chat.sessionId);
    await chat.ended;
    upstream.script([text("A first try.")], [text("A second try.")]);
    const second = send("Second", { sessionId: chat.sessionId });
    await second.ended;
    await retry(second).ended;
    expect(told(upstream.requests[1])).toContain("stopped by the user during sleep 1000");
    expect(told(upstream.requests[2])).toContain("stopped by the user during sleep 1000");
  });
});

function retry(of: Chat, more: Partial<ChatRequest> = {}): Chat {
  const { sessionId, runId: retryOf } = of;
  return rein.chat({ sessionId, retryOf, interrupt: true, onDisconnect: "continue", ...more });
}

function waitOf({ state }: { state: string }): string {
  return state === "waiting" ? "waiting for an answer" : state;
}
