/** The to-do list of a session follows the work, and stays true however its run ends. */
import { describe, expect, test } from "bun:test";
import type { Session } from "../shared/protocol";
import { toolCallsOf } from "../shared/message-parts";
import { apiScene, chatCompletionsOnly } from "./api-scene";
import { told, untilSession } from "./control-api";
import { failure, hang, makeGate, text, toolCall } from "./upstream/upstream";

const { upstream, rein, send, stop, follow } = apiScene({ environment: chatCompletionsOnly });

const steps = (...states: ("pending" | "in_progress" | "completed")[]) =>
  toolCall("todo", {
    entries: states.map((state, index) => ({ text: `Step ${index + 1}`, state })),
  });

describe("the list", () => {
  test("is what the model wrote last, without being asked, and every viewer sees it", async () => {
    const gate = makeGate();
    upstream.script(
      [steps("in_progress", "pending")],
      [steps("completed", "in_progress")],
      [text("So far ", gate, "so good.")],
    );
    const chat = send();
    await chat.until(() => statesOf(chat.session)?.[0] === "completed");
    const viewer = await follow(chat);
    expect(viewer.session.todo).toMatchObject({
      runId: chat.runId,
      entries: [
        { text: "Step 1", state: "completed" },
        { text: "Step 2", state: "in_progress" },
      ],
    });
    gate.open();
    await chat.ended;
    expect(callsOf(chat.session).map(({ state, approval }) => [state, approval])).toEqual([
      ["done", undefined],
      ["done", undefined],
    ]);
  });

  test("is taken away by a person, and a second time there is none", async () => {
    upstream.script([steps("pending")], [text("Planned.")]);
    const chat = send();
    await chat.ended;
    const clear = () =>
      rein.json<object>(`/api/sessions/${chat.sessionId}/todo`, { method: "DELETE" });
    expect([await clear(), await clear()]).toEqual([{ cleared: true }, { cleared: false }]);
    expect((await rein.session(chat.sessionId)).todo).toBeUndefined();
  });

  test("that is too long, has empty steps or an unknown state is refused, and the last one stays", async () => {
    const entry = { text: "x", state: "pending" };
    upstream.script(
      [steps("pending")],
      [
        toolCall("todo", { entries: Array.from({ length: 51 }, () => entry) }),
        toolCall("todo", { entries: [{ ...entry, text: " " }] }),
        toolCall("todo", { entries: [{ ...entry, text: "x".repeat(301) }] }),
        toolCall("todo", { entries: [{ ...entry, state: "stopped" }] }),
      ],
      [text("Sorry.")],
    );
    const chat = send();
    await chat.ended;
    const states = callsOf(chat.session).map(({ state }) => state);
    expect(states).toEqual(["done", "failed", "failed", "failed", "failed"]);
    expect(chat.session.todo?.entries).toEqual([{ text: "Step 1", state: "pending" }]);
  });

  test("that is done goes when the next run begins", async () => {
    upstream.script([steps("completed")], [text("Done.")], [text("Hello.")]);
    const chat = send();
    await chat.ended;
    expect(statesOf(chat.session)).toEqual(["completed"]);
    const next = send({ sessionId: chat.sessionId });
    await next.ended;
    expect((await rein.session(chat.sessionId)).todo).toBeUndefined();
    expect(told(upstream.requests.at(-1))).not.toContain("Your to-do list");
  });
});

describe("what was under way is stopped", () => {
  test("by a stop, and the next message tells the model", async () => {
    upstream.script([steps("completed", "in_progress", "pending")], [hang]);
    const chat = send();
    await upstream.request(1);
    await stop(chat);
    await chat.ended;
    expect(statesOf(chat.session)).toEqual(["completed", "stopped", "pending"]);
    upstream.script([text("I go on.")]);
    const next = send({ sessionId: chat.sessionId, message: "Go on" });
    await next.ended;
    expect(told(upstream.requests.at(-1))).toContain(
      "[Your to-do list, as it is now:\\n- done: Step 1\\n- stopped: Step 2\\n- to do: Step 3]",
    );
  });

  test("by a hard stop in a command of the step", async () => {
    upstream.script([
      steps("in_progress"),
      toolCall("bash", { command: "trap '' TERM; sleep 300" }),
    ]);
    const chat = send({ permissions: "all" });
    await untilSession(chat, (session) => callsOf(session)[1]?.state === "running");
    await rein.stop(chat.sessionId, { hard: true });
    await chat.ended;
    expect(statesOf(chat.session)).toEqual(["stopped"]);
    expect(callsOf(chat.session)[1]).toMatchObject({ state: "stopped" });
  });

  test("by a failure of the run, and by its end", async () => {
    upstream.script([steps("in_progress")], [failure("invalid-request")]);
    const failed = send();
    await failed.ended;
    upstream.script([steps("in_progress")], [text("Enough.")]);
    const ended = send();
    await ended.ended;
    expect(
      [failed, ended].map(({ session }) => [session.runs[0]!.outcome, statesOf(session)]),
    ).toEqual([
      ["failed", ["stopped"]],
      ["done", ["stopped"]],
    ]);
  });
});

test("a subagent has no list and no plan", async () => {
  upstream.script(
    [toolCall("subagent", { role: "simple", title: "Look", task: "Look." })],
    [text("Seen.")],
    [text("Thanks.")],
  );
  const chat = send();
  await chat.ended;
  const [own, sub] = upstream.requests.map(({ body }) => told({ body } as never));
  expect(own).toContain('"name":"todo"');
  expect(sub).not.toContain('"name":"todo"');
  expect(sub).not.toContain('"name":"plan"');
});

function statesOf({ todo }: Session): string[] | undefined {
  return todo?.entries.map(({ state }) => state);
}

function callsOf({ messages }: Session) {
  return messages.flatMap(toolCallsOf);
}
