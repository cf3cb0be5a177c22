/** A conversation that nearly fills its model's context window is summarised: visibly, stoppably, and without loss. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { toolCallsOf } from "../shared/message-parts";
import { transcript } from "../server/agent/transcript";
import { type Message, interruptionText } from "../shared/protocol";
import { pause, queue, replyTo, resume, untilSession } from "./control-api";
import type { Chat } from "./rein";
import { begun, full, little, openCompactionScene, type CompactionScene } from "./compaction-scene";
import { violationsOf } from "./sweep/invariants";
import { failure, makeGate, type Step, text, toolCall, usage } from "./upstream/upstream";

let scene: CompactionScene;
beforeAll(async () => {
  scene = await openCompactionScene();
});
afterAll(() => scene[Symbol.asyncDispose]());
beforeEach(() => scene.clear());

describe("before that limit, old outputs of tools are left out", () => {
  // No two are the same: a model that repeats itself is ended.
  const look = (nth: number) => toolCall("read", { path: "long.txt", offset: nth + 1 });
  const dropped = ({ session }: Chat) =>
    session.messages.flatMap(toolCallsOf).map(({ outputDropped = false }) => outputDropped);

  /** A run of five turns that each read a long file; the last of them is counted so. */
  async function reading(counted: Step, ...rest: Step[][]): Promise<Chat> {
    writeFileSync(
      join(scene.rein.cwd, "long.txt"),
      Array.from({ length: 900 }, (_, n) => `${n} ${"x".repeat(90)}`).join("\n"),
    );
    const turns = [0, 1, 2, 3].map((nth) => [look(nth), little]);
    scene.upstream.script(...turns, [look(4), counted], ...rest);
    return scene.send({ permissions: "all" });
  }

  test("but not those of the last three answers, nothing is summed up, and they can be read again", async () => {
    const { upstream, rein } = scene;
    const chat = await reading(usage(110_000, 10), [text("Done."), usage(90_000, 10)]);
    expect(dropped(chat)).toEqual([true, true, false, false, false]);
    expect(kinds(chat)).not.toContain("summary");
    const [first] = chat.session.messages.flatMap(toolCallsOf);
    const last = scene.requestText(upstream.requests.at(-1));
    expect(last.match(/\[output left out; read output:[\w-]+\]/g)).toHaveLength(2);
    expect(last.match(/899 x{90}/g)).toHaveLength(3);
    // A person still has it, and a restart too.
    expect(first?.output).toContain("899 x");
    expect(await rein.session(chat.sessionId)).toEqual(chat.session);

    const again = toolCall("read", { path: `output:${first!.id}`, offset: 900, limit: 1 });
    upstream.script([again], [text("Read.")]);
    await scene.send({ sessionId: chat.sessionId, permissions: "all" });
    expect(scene.requestText(upstream.requests.at(-1))).toContain("900\\t900\\t899 xxx");
  });

  test("but never a plan as a person has approved it", async () => {
    const { upstream, rein } = scene;
    const edited = "1. Only what I say. ".repeat(2000).trim();
    writeFileSync(join(rein.cwd, "long.txt"), `${"x".repeat(90)}\n`.repeat(900));
    upstream.script(
      [toolCall("plan", { title: "Go", plan: "1. Everything" }), little],
      ...[0, 1, 2, 3].map((nth) => [look(nth), little]),
      [look(4), usage(110_000, 10)],
      [text("Done."), little],
    );
    const chat = await scene.open({ permissions: "plan" });
    await chat.until(({ type }) => type === "approval-request");
    const { id, digest } = callOf(chat)!.approval!;
    const reply = { decision: "plan", digest, permissions: "all", text: edited } as const;
    await replyTo(rein, { id }, reply);
    await chat.ended;
    expect(dropped(chat)).toEqual([false, true, true, false, false, false]);
    expect(scene.requestText(upstream.requests.at(-1))).toContain(edited);
  });

  test("what was left out counts no more, so that no summary is due", async () => {
    const chat = await reading(usage(140_000, 10), [text("Done."), little]);
    expect([dropped(chat)[0], kinds(chat).includes("summary")]).toEqual([true, false]);
  });

  test("but not below that, nor when too little would be freed", async () => {
    const { upstream } = scene;
    const chat = await reading(usage(80_000, 10), [text("Done."), usage(80_000, 10)]);
    expect(dropped(chat)).toEqual(Array(5).fill(false));
    const few = [0, 1, 2, 3].map((nth) => [
      toolCall("bash", { command: `seq ${nth} 2000` }),
      usage(130_000, 10),
    ]);
    upstream.script(...few, [text("Done.")]);
    expect(dropped(await scene.send({ permissions: "all" }))).toEqual(Array(4).fill(false));
  });
});

describe("near the limit of the context window", () => {
  test("the conversation is summarised before the next question, which the model gets in full", async () => {
    const { upstream, rein } = scene;
    const { sessionId } = await begun(scene);
    upstream.script([text("In short: ", "blue.")], [text("Green.")]);
    const next = await scene.send({ sessionId, message: "And then?" });
    expect(next.session.runs.at(-1)).toMatchObject({ outcome: "done" });
    const [, asked, answered] = upstream.requests;
    expect(scene.requestText(asked)).toContain("My question");
    expect(scene.requestText(asked)).toContain("Blue it is.");
    expect(asked!.body.tools ?? []).toEqual([]);
    expect(scene.requestText(answered)).toContain("In short: blue.");
    expect(scene.requestText(answered)).toContain("And then?");
    expect(scene.requestText(answered)).not.toContain("Blue it is.");
    // The conversation on screen keeps all messages.
    expect(kinds(next)).toEqual(["user", "assistant", "user", "summary", "assistant"]);
    expect(await rein.session(sessionId)).toEqual(next.session);
    expect(violationsOf(next.session)).toEqual([]);
  });

  test("the conversation is summarised during a run too, and the run continues", async () => {
    const { upstream } = scene;
    upstream.script(
      [toolCall("bash", { command: "echo from-the-shell" }), full],
      [text("In short: the shell spoke.")],
      [text("Done.")],
    );
    const chat = await scene.send({ permissions: "all" });
    expect(chat.session.runs[0]).toMatchObject({ outcome: "done" });
    const [, asked, went] = upstream.requests;
    expect(scene.requestText(asked)).toContain("from-the-shell");
    expect(scene.requestText(went)).toContain("the shell spoke");
    expect(scene.requestText(went)).not.toContain("from-the-shell");
    expect(went!.refusal).toBeUndefined();
  });

  test("an open to-do list stands beside the summary, as it was then", async () => {
    const { upstream } = scene;
    const entries = [
      { text: "Look", state: "completed" },
      { text: "Paint it", state: "in_progress" },
    ];
    upstream.script([toolCall("todo", { entries }), full], [text("In short: red.")], [text("Ok.")]);
    const chat = await scene.send();
    const went = scene.requestText(upstream.requests.at(-1));
    expect(went).toContain("In short: red.");
    expect(went).toContain(
      "[Your to-do list, as it was then:]\n- done: Look\n- under way: Paint it",
    );
    const summary = chat.session.messages.find((one) => one.summary);
    expect(summary?.summary?.todo).toMatchObject(entries);
    expect(await scene.rein.session(chat.sessionId)).toEqual(chat.session);
  });

  test("messages after a summary are sent in full in later runs, and a second summary includes the first", async () => {
    const { upstream } = scene;
    const { sessionId } = await begun(scene);
    upstream.script([text("In short: blue.")], [text("Green."), full]);
    await scene.send({ sessionId, message: "And then?" });
    upstream.script([text("In short: blue, green.")], [text("Red.")]);
    await scene.send({ sessionId, message: "And now?" });
    const [second, last] = upstream.requests.slice(-2);
    expect(scene.requestText(second)).toContain("In short: blue.");
    expect(scene.requestText(second)).toContain("Green.");
    expect(scene.requestText(last)).toContain("In short: blue, green.");
    expect(scene.requestText(last)).not.toContain("Green.");
  });

  test("a refused request in between does not reset the known context size", async () => {
    const { upstream } = scene;
    const { sessionId } = await begun(scene, usage(155_000, 1000));
    upstream.script([failure("invalid-request")]);
    await scene.send({ sessionId, message: "And then?" });
    upstream.script([text("In short: blue.")], [text("Green.")]);
    const next = await scene.send({ sessionId, message: "Long. ".repeat(4000) });
    expect(kinds(next).slice(-3)).toEqual(["user", "summary", "assistant"]);
  });

  test("a summary's tokens count in its run's usage, and its text counts in the size of the next request", async () => {
    const { upstream } = scene;
    const { sessionId } = await begun(scene);
    const gate = makeGate();
    upstream.script([text("In short: blue."), little], [gate, text("Green."), little]);
    const next = await scene.open({ sessionId, message: "And then?" });
    await gate.reached;
    const { context, runs } = await scene.rein.session(sessionId);
    expect(context).toEqual({ usedTokens: 10, windowTokens: 200_000 });
    expect(runs.at(-1)!.usage).toMatchObject({ inputTokens: 20, outputTokens: 10 });
    gate.open();
    await next.ended;
    expect(next.session.runs.at(-1)!.usage).toMatchObject({ inputTokens: 40, outputTokens: 20 });
  });

  test("a summary counts as a turn, and cannot exceed the limit of turns", async () => {
    const { upstream, rein } = scene;
    const { sessionId } = await begun(scene);
    upstream.script([text("In short: blue.")], [text("Green.")]);
    const next = await scene.open({ sessionId, message: "And then?", limits: { turns: 1 } });
    await untilSession(next, ({ runs }) => runs.at(-1)?.pause?.state === "paused");
    expect(next.session.runs.at(-1)!.pause!.reached).toMatchObject({ kind: "turns", of: 1 });
    expect(upstream.requests.length).toBe(2);
    await resume(rein, sessionId);
    await next.ended;
    expect(next.session.runs.at(-1)).toMatchObject({ outcome: "done" });
  });

  test("a subagent that nearly fills its context window is summarised in its own conversation", async () => {
    const { upstream } = scene;
    const subagentInput = { role: "simple", title: "Looker", task: "Look around." };
    const look = toolCall("bash", { command: "echo seen-by-it" });
    const subagent = [
      [text("I look."), look, full],
      [text("In short: seen.")],
      [text("It is so.")],
    ];
    const own = [[toolCall("subagent", subagentInput)], [text("Reported.")]];
    upstream.route(({ body }) =>
      JSON.stringify(body).includes("My question") ? own.shift() : subagent.shift(),
    );
    const chat = await scene.send({ permissions: "all" });
    expect(kinds(chat)).toEqual(["user", "assistant", "assistant"]);
    const call = callOf(chat);
    expect(call).toMatchObject({ state: "done", output: "It is so." });
    const inner = call!.subagent!.messages.map(({ role, summary }) => (summary ? "summary" : role));
    expect(inner).toEqual(["user", "assistant", "summary", "assistant"]);
    expect(upstream.requests.every(({ refusal }) => refusal === undefined)).toBe(true);
    expect(scene.requestText(upstream.requests.at(-2))).not.toContain("seen-by-it");
  });
});

test("a subagent that is stopped during its summary returns its work, not the partial summary", async () => {
  const { upstream } = scene;
  const subagentInput = { role: "simple", title: "Looker", task: "Look around." };
  const look = toolCall("bash", { command: "echo seen-by-it" });
  const subagent = [[text("I look."), look, full], [text("In short: ", makeGate())]];
  const own = [[toolCall("subagent", subagentInput)], [text("So be it.")]];
  upstream.route(({ body }) =>
    JSON.stringify(body).includes("My question") ? own.shift() : subagent.shift(),
  );
  const chat = await scene.open({ permissions: "all" });
  const inner = () => callOf(chat)?.subagent?.messages.at(-1);
  await untilSession(chat, () => inner()?.summary !== undefined && inner()!.parts.length > 0);
  const { id } = callOf(chat)!;
  await scene.rein.stop(chat.sessionId, { subagentId: id });
  await chat.ended;
  expect(callOf(chat)).toMatchObject({ state: "stopped" });
  const requestText = scene.requestText(upstream.requests.at(-1));
  expect(requestText).toContain("I look.");
  expect(requestText).not.toContain("In short");
  expect(chat.session.runs[0]).toMatchObject({ outcome: "done" });
});

describe("while a conversation is summarised", () => {
  test("a stop closes the socket, and the next request contains all messages", async () => {
    const { upstream } = scene;
    const { sessionId } = await stoppedInSummary();
    // The same summary is due again, and is made again.
    upstream.script([text("In short: blue.")], [text("Green.")]);
    await scene.send({ sessionId, message: "Go on" });
    const [again, last] = upstream.requests.slice(-2);
    expect(scene.requestText(again)).toContain("Blue it is.");
    expect(scene.requestText(again)).not.toContain("In short: ");
    for (const words of ["In short: blue.", "And then?", interruptionText("user"), "Go on"])
      expect(scene.requestText(last)).toContain(words);
    expect(last!.refusal).toBeUndefined();
  });

  test("the receipt of a stop and the note to the model name the summary", async () => {
    const { upstream } = scene;
    const { sessionId, stopped } = await stoppedInSummary();
    expect(stopped).toMatchObject({ receipt: { during: "summing up", modelCallsClosed: 1 } });
    const { runs } = await scene.rein.session(sessionId);
    expect(runs.at(-1)!.stop).toMatchObject({ by: "user", point: "summary" });
    upstream.script([text("In short: blue.")], [text("Green.")]);
    await scene.send({ sessionId, message: "Go on" });
    const words = "The previous run was stopped by the user during summing up.";
    expect(scene.requestText(upstream.requests.at(-1))).toContain(words);
  });

  test("a stop does not change the size of the next request", async () => {
    const before = await begun(scene);
    const { sessionId } = await stoppedInSummary(before);
    expect((await scene.rein.session(sessionId)).context).toEqual(before.session.context);
  });

  test("an interrupting message stops the summary, and is answered", async () => {
    const { upstream } = scene;
    const { sessionId } = await begun(scene);
    upstream.script([text("In short: ", makeGate())]);
    const cut = await scene.open({ sessionId, message: "And then?" });
    await cut.until(({ type }) => type === "part-delta");
    upstream.script([text("In short: blue.")], [text("At once.")]);
    await scene.send({ sessionId, message: "Now this", interrupt: true });
    expect(await upstream.requests[1]!.ended).toBe("client");
    const { runs } = await scene.rein.session(sessionId);
    expect(runs.map(({ outcome }) => outcome)).toEqual(["done", "stopped", "done"]);
    expect(scene.requestText(upstream.requests.at(-1))).toContain("And then?");
    expect(scene.requestText(upstream.requests.at(-1))).toContain("Now this");
  });

  test("a message for the running model is sent with the next turn, after the summary", async () => {
    const { upstream, rein } = scene;
    const { sessionId } = await begun(scene);
    const gate = makeGate();
    upstream.script([text("In short: ", gate, "blue.")], [text("Green.")]);
    const next = await scene.open({ sessionId, message: "And then?" });
    await gate.reached;
    await queue(rein, sessionId, { message: "Be brief", waitsFor: "turn" });
    gate.open();
    await next.ended;
    const last = scene.requestText(upstream.requests.at(-1));
    expect(last.indexOf("Be brief")).toBeGreaterThan(last.indexOf("In short: blue."));
    expect(upstream.requests.length).toBe(3);
  });

  test("a pause cancels the summary, which is made again when the run is resumed", async () => {
    const { upstream, rein } = scene;
    const { sessionId } = await begun(scene);
    upstream.script([text("In short: ", makeGate())]);
    const next = await scene.open({ sessionId, message: "And then?" });
    await next.until(({ type }) => type === "part-delta");
    await pause(rein, sessionId, { cut: true });
    await untilSession(next, ({ runs }) => runs.at(-1)?.pause?.state === "paused");
    expect(await upstream.requests[1]!.ended).toBe("client");
    upstream.script([text("In short: blue.")], [text("Green.")]);
    await resume(rein, sessionId);
    await next.ended;
    expect(next.session.runs.at(-1)).toMatchObject({ outcome: "done" });
    expect(upstream.requests[2]!.body).toEqual(upstream.requests[1]!.body);
    expect(kinds(next)).toEqual(["user", "assistant", "user", "summary", "summary", "assistant"]);
    expect(upstream.requests.length).toBe(4);
  });
});

describe("a summary that fails", () => {
  test("does not prevent the answer to the question", async () => {
    const { upstream } = scene;
    const { sessionId } = await begun(scene);
    upstream.script([failure("invalid-request")], [text("Green.")]);
    const next = await scene.send({ sessionId, message: "And then?" });
    expect(next.session.runs.at(-1)).toMatchObject({ outcome: "done" });
    expect(scene.requestText(upstream.requests.at(-1))).toContain("Blue it is.");
  });

  test("is not retried in that run", async () => {
    const { upstream } = scene;
    const { sessionId } = await begun(scene);
    const look = toolCall("glob", { pattern: "*" });
    upstream.script([failure("invalid-request")], [look, full], [text("Green.")]);
    const next = await scene.send({ sessionId, message: "And then?" });
    expect(kinds(next).slice(2)).toEqual(["user", "summary", "assistant", "assistant"]);
  });

  test("because there is nothing to summarise counts as no turn", async () => {
    const { upstream } = scene;
    upstream.script([text("Long.")]);
    const message = "x".repeat(700_000);
    const chat = await scene.send({ message, limits: { turns: 1 } });
    expect(chat.session.runs[0]).toMatchObject({ outcome: "done" });
    expect(upstream.requests.length).toBe(1);
  });

  test("because the model answers with no text replaces no messages", async () => {
    const { upstream } = scene;
    const { sessionId } = await begun(scene);
    upstream.script([text("  ")], [text("Green.")]);
    const next = await scene.send({ sessionId, message: "And then?" });
    expect(next.session.messages.at(-2)).toMatchObject({ error: { code: "no-summary" } });
    expect(scene.requestText(upstream.requests.at(-1))).toContain("Blue it is.");
  });

  test("because the model calls a tool does not run that tool", async () => {
    const { upstream } = scene;
    const { sessionId } = await begun(scene);
    const call = toolCall("write", { path: "made-by-a-summary", content: "" });
    upstream.script([text("I look first."), call], [text("Green.")]);
    const next = await scene.send({ sessionId, message: "And then?", permissions: "all" });
    expect(next.session.messages.at(-2)).toMatchObject({ error: { code: "no-summary" } });
    expect(next.events.map(({ type }) => type)).not.toContain("tool-start");
    expect(scene.requestText(upstream.requests.at(-1))).toContain("Blue it is.");
  });

  test("because its own request is too long is retried with less text", async () => {
    const { upstream } = scene;
    const { sessionId } = await begun(scene, full, "Long ago. ".repeat(20_000));
    upstream.script([failure("context-length")], [text("In short: long.")], [text("Green.")]);
    const next = await scene.send({ sessionId, message: "And then?" });
    expect(next.session.runs.at(-1)).toMatchObject({ outcome: "done" });
    const [first, second] = upstream.requests.slice(1).map((request) => scene.requestText(request));
    expect(second!.length).toBeLessThan(first!.length);
    expect(scene.requestText(upstream.requests.at(-1))).toContain("In short: long.");
  });
});

describe("a context-length error of the service", () => {
  test("is followed by a summary and a second request", async () => {
    const { upstream } = scene;
    const { sessionId } = await begun(scene, little);
    upstream.script([failure("context-length")], [text("In short: blue.")], [text("Green.")]);
    const next = await scene.send({ sessionId, message: "And then?" });
    expect(next.session.runs.at(-1)).toMatchObject({ outcome: "done" });
    expect(scene.requestText(upstream.requests.at(-1))).toContain("In short: blue.");
    expect(scene.requestText(upstream.requests.at(-1))).toContain("And then?");
  });

  test("is recovered from more than once in a long run", async () => {
    const { upstream } = scene;
    const work = (words: string) => [text(words), toolCall("glob", { pattern: words })];
    upstream.script(
      work("one"),
      [failure("context-length")],
      [text("In short: one.")],
      work("two"),
      [failure("context-length")],
      [text("In short: one, two.")],
      [text("Done.")],
    );
    const chat = await scene.send({ permissions: "all" });
    expect(chat.session.runs[0]).toMatchObject({ outcome: "done" });
    expect(scene.requestText(upstream.requests.at(-1))).toContain("In short: one, two.");
  });

  test("that repeats after the summary ends the run", async () => {
    const { upstream } = scene;
    const { sessionId } = await begun(scene, little);
    upstream.script([failure("context-length")], [text("In short.")], [failure("context-length")]);
    const next = await scene.send({ sessionId, message: "And then?" });
    expect(next.session.runs.at(-1)).toMatchObject({ error: { code: "context-length" } });
    expect(upstream.requests.length).toBe(4);
  });

  test("is the run's error if the summary fails", async () => {
    const { upstream } = scene;
    const { sessionId } = await begun(scene, little);
    upstream.script([failure("context-length")], [failure("invalid-request")]);
    const next = await scene.send({ sessionId, message: "And then?" });
    expect(next.session.runs.at(-1)).toMatchObject({ error: { code: "context-length" } });
    expect(upstream.requests.length).toBe(3);
  });

  test("of a first question ends the run after one request, as there is nothing to summarise", async () => {
    const { upstream } = scene;
    upstream.script([failure("context-length")]);
    const chat = await scene.send({ limits: { turns: 1 } });
    expect(chat.session.runs[0]).toMatchObject({ error: { code: "context-length" } });
    expect(upstream.requests.length).toBe(1);
  });
});

describe("the text to summarise", () => {
  test("keeps its first and its newest messages when it is too long", () => {
    const messages = Array.from({ length: 50 }, (_, index) =>
      said(`Message ${index}. ${"x".repeat(100)}`),
    );
    const whole = transcript(messages, 1500);
    expect(whole.length).toBeLessThan(1700);
    expect(whole).toContain("Message 0.");
    expect(whole).toContain("Message 49.");
    expect(whole).not.toContain("Message 20.");
    expect(whole).toMatch(/\d+ messages are left out here/);
  });

  test("keeps room for the other messages beside one that would fill it alone", () => {
    const whole = transcript([said("x".repeat(10_000)), said("Then."), said("Now.")], 1000);
    expect(whole.length).toBeLessThan(1100);
    expect(whole).toContain("Then.");
    expect(whole).toContain("Now.");
  });

  test("has a plan that a person has approved whole", () => {
    const plan = `1. Begin\n${"x".repeat(10_000)} in the middle ${"x".repeat(10_000)}`;
    const approval = { id: "a", kind: "plan" as const, subject: plan, digest: "", always: [] };
    const call = { callId: "c", name: "plan", inputText: "", input: { plan }, output: plan };
    const state = "done" as const;
    const part = { type: "tool-call" as const, id: "p", ...call, state, approval };
    const whole = transcript([{ ...said("Plan"), role: "assistant", parts: [part] }], 1_000_000);
    expect(whole.match(/in the middle/g)).toHaveLength(2);
  });

  test("includes the notes to the model about stops", () => {
    const note = "[The previous run was stopped by the user.]";
    expect(transcript([{ ...said("Go on"), note }], 1000)).toContain(note);
  });
});

/** A session whose run was stopped during its initial summary. */
async function stoppedInSummary(chat?: Chat) {
  const { upstream, rein } = scene;
  const { sessionId } = chat ?? (await begun(scene));
  const index = upstream.requests.length;
  upstream.script([text("In short: ", makeGate())]);
  const next = await scene.open({ sessionId, message: "And then?" });
  await next.until((event) => event.type === "part-delta");
  const stopped = await rein.stop(sessionId);
  expect(stopped).toMatchObject({ stopped: true, outcome: "stopped" });
  expect(await upstream.requests[index]!.ended).toBe("client");
  await next.ended;
  return { sessionId, stopped };
}

/** The id of the first summary. */
function callOf({ session }: Chat) {
  return session.messages[1]?.parts.find((part) => part.type === "tool-call");
}

function kinds({ session }: Chat): string[] {
  return session.messages.map(({ role, summary }) => (summary ? "summary" : role));
}

function said(words: string): Message {
  const part = { type: "text" as const, id: words, text: words };
  return { id: words, runId: "run", role: "user", parts: [part], createdAt: 0 };
}
