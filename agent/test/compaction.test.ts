/** A conversation that nearly fills its model's window is summed up: visibly, stoppably, and nothing of it is lost. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { transcript } from "../server/agent/transcript";
import { type Message, interruptionText } from "../shared/protocol";
import { pause, queue, resume, untilSession } from "./control-api";
import type { Chat } from "./rein";
import { begun, full, little, openCompactionScene, type CompactionScene } from "./compaction-scene";
import { violationsOf } from "./sweep/invariants";
import { failure, makeGate, text, toolCall, usage } from "./upstream/upstream";

let table: CompactionScene;
beforeAll(async () => {
  table = await openCompactionScene();
});
afterAll(() => table[Symbol.asyncDispose]());
beforeEach(() => table.clear());

describe("near the limit of the window", () => {
  test("the conversation is summed up before the next question, which the model gets whole", async () => {
    const { upstream, rein } = table;
    const { sessionId } = await begun(table);
    upstream.script([text("In short: ", "blue.")], [text("Green.")]);
    const next = await table.send({ sessionId, message: "And then?" });
    expect(next.session.runs.at(-1)).toMatchObject({ outcome: "done" });
    const [, asked, answered] = upstream.requests;
    expect(table.told(asked)).toContain("My question");
    expect(table.told(asked)).toContain("Blue it is.");
    expect(asked!.body.tools ?? []).toEqual([]);
    expect(table.told(answered)).toContain("In short: blue.");
    expect(table.told(answered)).toContain("And then?");
    expect(table.told(answered)).not.toContain("Blue it is.");
    // For people everything stays.
    expect(kinds(next)).toEqual(["user", "assistant", "user", "summary", "assistant"]);
    expect(await rein.session(sessionId)).toEqual(next.session);
    expect(violationsOf(next.session)).toEqual([]);
  });

  test("it is summed up in the middle of a run too, and the work goes on", async () => {
    const { upstream } = table;
    upstream.script(
      [toolCall("bash", { command: "echo from-the-shell" }), full],
      [text("In short: the shell spoke.")],
      [text("Done.")],
    );
    const chat = await table.send({ permissions: "all" });
    expect(chat.session.runs[0]).toMatchObject({ outcome: "done" });
    const [, asked, went] = upstream.requests;
    expect(table.told(asked)).toContain("from-the-shell");
    expect(table.told(went)).toContain("the shell spoke");
    expect(table.told(went)).not.toContain("from-the-shell");
    expect(went!.refusal).toBeUndefined();
  });

  test("what came after a summary is told whole in later runs, and a second summary holds the first", async () => {
    const { upstream } = table;
    const { sessionId } = await begun(table);
    upstream.script([text("In short: blue.")], [text("Green."), full]);
    await table.send({ sessionId, message: "And then?" });
    upstream.script([text("In short: blue, green.")], [text("Red.")]);
    await table.send({ sessionId, message: "And now?" });
    const [second, last] = upstream.requests.slice(-2);
    expect(table.told(second)).toContain("In short: blue.");
    expect(table.told(second)).toContain("Green.");
    expect(table.told(last)).toContain("In short: blue, green.");
    expect(table.told(last)).not.toContain("Green.");
  });

  test("a request that was refused in between does not hide how much there is", async () => {
    const { upstream } = table;
    const { sessionId } = await begun(table, usage(155_000, 1000));
    upstream.script([failure("invalid-request")]);
    await table.send({ sessionId, message: "And then?" });
    upstream.script([text("In short: blue.")], [text("Green.")]);
    const next = await table.send({ sessionId, message: "Long. ".repeat(4000) });
    expect(kinds(next).slice(-3)).toEqual(["user", "summary", "assistant"]);
  });

  test("a summary counts: its tokens in the run, and its words in what the next request will hold", async () => {
    const { upstream } = table;
    const { sessionId } = await begun(table);
    const gate = makeGate();
    upstream.script([text("In short: blue."), little], [gate, text("Green."), little]);
    const next = await table.open({ sessionId, message: "And then?" });
    await gate.reached;
    const { context, runs } = await table.rein.session(sessionId);
    expect(context).toEqual({ usedTokens: 10, windowTokens: 200_000 });
    expect(runs.at(-1)!.usage).toMatchObject({ inputTokens: 20, outputTokens: 10 });
    gate.open();
    await next.ended;
    expect(next.session.runs.at(-1)!.usage).toMatchObject({ inputTokens: 40, outputTokens: 20 });
  });

  test("a summary is a turn, and no limit is passed by it", async () => {
    const { upstream, rein } = table;
    const { sessionId } = await begun(table);
    upstream.script([text("In short: blue.")], [text("Green.")]);
    const next = await table.open({ sessionId, message: "And then?", limits: { turns: 1 } });
    await untilSession(next, ({ runs }) => runs.at(-1)?.pause?.state === "paused");
    expect(next.session.runs.at(-1)!.pause!.reached).toMatchObject({ kind: "turns", of: 1 });
    expect(upstream.requests.length).toBe(2);
    await resume(rein, sessionId);
    await next.ended;
    expect(next.session.runs.at(-1)).toMatchObject({ outcome: "done" });
  });

  test("a subagent that nearly fills its own window is summed up in its own conversation", async () => {
    const { upstream } = table;
    const errand = { role: "simple", title: "Looker", task: "Look around." };
    const look = toolCall("bash", { command: "echo seen-by-it" });
    const subagent = [
      [text("I look."), look, full],
      [text("In short: seen.")],
      [text("It is so.")],
    ];
    const own = [[toolCall("subagent", errand)], [text("Reported.")]];
    upstream.route(({ body }) =>
      JSON.stringify(body).includes("My question") ? own.shift() : subagent.shift(),
    );
    const chat = await table.send({ permissions: "all" });
    expect(kinds(chat)).toEqual(["user", "assistant", "assistant"]);
    const call = callOf(chat);
    expect(call).toMatchObject({ state: "done", output: "It is so." });
    const inner = call!.subagent!.messages.map(({ role, summary }) => (summary ? "summary" : role));
    expect(inner).toEqual(["user", "assistant", "summary", "assistant"]);
    expect(upstream.requests.every(({ refusal }) => refusal === undefined)).toBe(true);
    expect(table.told(upstream.requests.at(-2))).not.toContain("seen-by-it");
  });
});

test("a subagent that is stopped while it sums up hands in its work, and not half a summary", async () => {
  const { upstream } = table;
  const errand = { role: "simple", title: "Looker", task: "Look around." };
  const look = toolCall("bash", { command: "echo seen-by-it" });
  const subagent = [[text("I look."), look, full], [text("In short: ", makeGate())]];
  const own = [[toolCall("subagent", errand)], [text("So be it.")]];
  upstream.route(({ body }) =>
    JSON.stringify(body).includes("My question") ? own.shift() : subagent.shift(),
  );
  const chat = await table.open({ permissions: "all" });
  const inner = () => callOf(chat)?.subagent?.messages.at(-1);
  await untilSession(chat, () => inner()?.summary !== undefined && inner()!.parts.length > 0);
  const { id } = callOf(chat)!;
  await table.rein.stop(chat.sessionId, { subagentId: id });
  await chat.ended;
  expect(callOf(chat)).toMatchObject({ state: "stopped" });
  const told = table.told(upstream.requests.at(-1));
  expect(told).toContain("I look.");
  expect(told).not.toContain("In short");
  expect(chat.session.runs[0]).toMatchObject({ outcome: "done" });
});

describe("while it is summed up", () => {
  test("a stop closes the socket, and the next message is told everything", async () => {
    const { upstream } = table;
    const { sessionId } = await stoppedInSummary();
    // The same is due again, and is made anew.
    upstream.script([text("In short: blue.")], [text("Green.")]);
    await table.send({ sessionId, message: "Go on" });
    const [again, last] = upstream.requests.slice(-2);
    expect(table.told(again)).toContain("Blue it is.");
    expect(table.told(again)).not.toContain("In short: ");
    for (const words of ["In short: blue.", "And then?", interruptionText("user"), "Go on"])
      expect(table.told(last)).toContain(words);
    expect(last!.refusal).toBeUndefined();
  });

  test("the receipt of a stop says what it was doing, and so does the note to the model", async () => {
    const { upstream } = table;
    const { sessionId, stopped } = await stoppedInSummary();
    expect(stopped).toMatchObject({ receipt: { during: "summing up", modelCallsClosed: 1 } });
    const { runs } = await table.rein.session(sessionId);
    expect(runs.at(-1)!.stop).toMatchObject({ by: "user", point: "summary" });
    upstream.script([text("In short: blue.")], [text("Green.")]);
    await table.send({ sessionId, message: "Go on" });
    const words = "The previous run was stopped by the user during summing up.";
    expect(table.told(upstream.requests.at(-1))).toContain(words);
  });

  test("a stop leaves what the next request will hold as it was", async () => {
    const before = await begun(table);
    const { sessionId } = await stoppedInSummary(before);
    expect((await table.rein.session(sessionId)).context).toEqual(before.session.context);
  });

  test("an interruption stops it, and what interrupts is answered", async () => {
    const { upstream } = table;
    const { sessionId } = await begun(table);
    upstream.script([text("In short: ", makeGate())]);
    const cut = await table.open({ sessionId, message: "And then?" });
    await cut.until(({ type }) => type === "part-delta");
    upstream.script([text("In short: blue.")], [text("At once.")]);
    await table.send({ sessionId, message: "Now this", interrupt: true });
    expect(await upstream.requests[1]!.ended).toBe("client");
    const { runs } = await table.rein.session(sessionId);
    expect(runs.map(({ outcome }) => outcome)).toEqual(["done", "stopped", "done"]);
    expect(table.told(upstream.requests.at(-1))).toContain("And then?");
    expect(table.told(upstream.requests.at(-1))).toContain("Now this");
  });

  test("what is said to the running model is told to it with the next turn, behind the summary", async () => {
    const { upstream, rein } = table;
    const { sessionId } = await begun(table);
    const gate = makeGate();
    upstream.script([text("In short: ", gate, "blue.")], [text("Green.")]);
    const next = await table.open({ sessionId, message: "And then?" });
    await gate.reached;
    await queue(rein, sessionId, { message: "Be brief", waitsFor: "turn" });
    gate.open();
    await next.ended;
    const last = table.told(upstream.requests.at(-1));
    expect(last.indexOf("Be brief")).toBeGreaterThan(last.indexOf("In short: blue."));
    expect(upstream.requests.length).toBe(3);
  });

  test("a pause cuts it, and it is made anew when the run is resumed", async () => {
    const { upstream, rein } = table;
    const { sessionId } = await begun(table);
    upstream.script([text("In short: ", makeGate())]);
    const next = await table.open({ sessionId, message: "And then?" });
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

describe("a summary that does not come about", () => {
  test("does not keep the question from being answered", async () => {
    const { upstream } = table;
    const { sessionId } = await begun(table);
    upstream.script([failure("invalid-request")], [text("Green.")]);
    const next = await table.send({ sessionId, message: "And then?" });
    expect(next.session.runs.at(-1)).toMatchObject({ outcome: "done" });
    expect(table.told(upstream.requests.at(-1))).toContain("Blue it is.");
  });

  test("is not tried again in that run", async () => {
    const { upstream } = table;
    const { sessionId } = await begun(table);
    const look = toolCall("glob", { pattern: "*" });
    upstream.script([failure("invalid-request")], [look, full], [text("Green.")]);
    const next = await table.send({ sessionId, message: "And then?" });
    expect(kinds(next).slice(2)).toEqual(["user", "summary", "assistant", "assistant"]);
  });

  test("since there is nothing to sum up costs no turn", async () => {
    const { upstream } = table;
    upstream.script([text("Long.")]);
    const message = "x".repeat(700_000);
    const chat = await table.send({ message, limits: { turns: 1 } });
    expect(chat.session.runs[0]).toMatchObject({ outcome: "done" });
    expect(upstream.requests.length).toBe(1);
  });

  test("since the model says nothing stands for nothing", async () => {
    const { upstream } = table;
    const { sessionId } = await begun(table);
    upstream.script([text("  ")], [text("Green.")]);
    const next = await table.send({ sessionId, message: "And then?" });
    expect(next.session.messages.at(-2)).toMatchObject({ error: { code: "no-summary" } });
    expect(table.told(upstream.requests.at(-1))).toContain("Blue it is.");
  });

  test("since the model asks for a tool runs none", async () => {
    const { upstream } = table;
    const { sessionId } = await begun(table);
    const call = toolCall("write", { path: "made-by-a-summary", content: "" });
    upstream.script([text("I look first."), call], [text("Green.")]);
    const next = await table.send({ sessionId, message: "And then?", permissions: "all" });
    expect(next.session.messages.at(-2)).toMatchObject({ error: { code: "no-summary" } });
    expect(next.events.map(({ type }) => type)).not.toContain("tool-start");
    expect(table.told(upstream.requests.at(-1))).toContain("Blue it is.");
  });

  test("since it is itself too long is tried with less", async () => {
    const { upstream } = table;
    const { sessionId } = await begun(table, full, "Long ago. ".repeat(20_000));
    upstream.script([failure("context-length")], [text("In short: long.")], [text("Green.")]);
    const next = await table.send({ sessionId, message: "And then?" });
    expect(next.session.runs.at(-1)).toMatchObject({ outcome: "done" });
    const [first, second] = upstream.requests.slice(1).map((request) => table.told(request));
    expect(second!.length).toBeLessThan(first!.length);
    expect(table.told(upstream.requests.at(-1))).toContain("In short: long.");
  });
});

describe("a service that says that it was too much", () => {
  test("is asked again with a summary", async () => {
    const { upstream } = table;
    const { sessionId } = await begun(table, little);
    upstream.script([failure("context-length")], [text("In short: blue.")], [text("Green.")]);
    const next = await table.send({ sessionId, message: "And then?" });
    expect(next.session.runs.at(-1)).toMatchObject({ outcome: "done" });
    expect(table.told(upstream.requests.at(-1))).toContain("In short: blue.");
    expect(table.told(upstream.requests.at(-1))).toContain("And then?");
  });

  test("may say so more than once in a long run", async () => {
    const { upstream } = table;
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
    const chat = await table.send({ permissions: "all" });
    expect(chat.session.runs[0]).toMatchObject({ outcome: "done" });
    expect(table.told(upstream.requests.at(-1))).toContain("In short: one, two.");
  });

  test("again with nothing but the summary is believed", async () => {
    const { upstream } = table;
    const { sessionId } = await begun(table, little);
    upstream.script([failure("context-length")], [text("In short.")], [failure("context-length")]);
    const next = await table.send({ sessionId, message: "And then?" });
    expect(next.session.runs.at(-1)).toMatchObject({ error: { code: "context-length" } });
    expect(upstream.requests.length).toBe(4);
  });

  test("and a summary that fails leave what the service said", async () => {
    const { upstream } = table;
    const { sessionId } = await begun(table, little);
    upstream.script([failure("context-length")], [failure("invalid-request")]);
    const next = await table.send({ sessionId, message: "And then?" });
    expect(next.session.runs.at(-1)).toMatchObject({ error: { code: "context-length" } });
    expect(upstream.requests.length).toBe(3);
  });

  test("of a first question is told once: there is nothing to sum up", async () => {
    const { upstream } = table;
    upstream.script([failure("context-length")]);
    const chat = await table.send({ limits: { turns: 1 } });
    expect(chat.session.runs[0]).toMatchObject({ error: { code: "context-length" } });
    expect(upstream.requests.length).toBe(1);
  });
});

describe("the text that is to be summed up", () => {
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

  test("has room for the others beside a message that would fill it alone", () => {
    const whole = transcript([said("x".repeat(10_000)), said("Then."), said("Now.")], 1000);
    expect(whole.length).toBeLessThan(1100);
    expect(whole).toContain("Then.");
    expect(whole).toContain("Now.");
  });

  test("has what the model was told of a stop besides", () => {
    const note = "[The previous run was stopped by the user.]";
    expect(transcript([{ ...said("Go on"), note }], 1000)).toContain(note);
  });
});

/** A run that was stopped in the middle of the summary that it began with. */
async function stoppedInSummary(chat?: Chat) {
  const { upstream, rein } = table;
  const { sessionId } = chat ?? (await begun(table));
  const index = upstream.requests.length;
  upstream.script([text("In short: ", makeGate())]);
  const next = await table.open({ sessionId, message: "And then?" });
  await next.until((event) => event.type === "part-delta");
  const stopped = await rein.stop(sessionId);
  expect(stopped).toMatchObject({ stopped: true, outcome: "stopped" });
  expect(await upstream.requests[index]!.ended).toBe("client");
  await next.ended;
  return { sessionId, stopped };
}

/** The first one that was made. */
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
