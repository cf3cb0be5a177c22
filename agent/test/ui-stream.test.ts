/** The AI SDK's chat on a real server: its own transport checks every chunk, and its own reader makes the message of them. */
import { describe, expect, test } from "bun:test";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { UIMessage } from "ai";
import { uiStreamType } from "../server/http/ui-stream/ui-follow";
import { branchOf } from "../shared/branches";
import { textOf } from "../shared/message-parts";
import type { Receipt } from "../shared/protocol";
import { play, scriptedAgent } from "./agents/agent-script";
import { apiScene } from "./api-scene";
import { adversaries } from "./adversaries/adversaries";
import { queue, replyTo, told } from "./control-api";
import { pidsWith } from "./machine-facts";
import { aModel, UiChat } from "./ui-chat";
import {
  failure,
  type Gate,
  hang,
  makeGate,
  reasoning,
  reset,
  text,
  toolCall,
} from "./upstream/upstream";
import { within } from "./within";

const { upstream, rein } = apiScene();

describe("a message", () => {
  test("is answered with reasoning, text and tool calls, each turn a step", async () => {
    upstream.script(
      [reasoning("Let me ", "see."), text("I look."), toolCall("bash", { command: "echo found" })],
      [text("It is ", "there.")],
    );
    const chat = new UiChat(rein, { permissions: "all" });
    await chat.sendMessage({ text: "Look" });
    expect(chat.errors).toEqual([]);
    expect(chat.parts).toMatchObject([
      { type: "step-start" },
      { type: "reasoning", text: "Let me see.", state: "done" },
      { type: "text", text: "I look.", state: "done" },
      {
        type: "dynamic-tool",
        toolName: "bash",
        state: "output-available",
        input: { command: "echo found" },
        output: { state: "done", output: expect.stringContaining("found") },
        providerExecuted: true,
      },
      { type: "step-start" },
      { type: "text", text: "It is there.", state: "done" },
      { type: "data-receipt" },
    ]);
    const session = await chat.session();
    expect(chat.lastMessage).toMatchObject({
      id: session.runs[0]!.id,
      metadata: { sessionId: chat.id, runId: session.runs[0]!.id, outcome: "done" },
    });
    expect(chat.chunks.at(-1)).toMatchObject({ type: "finish", finishReason: "stop" });
  });

  test("goes to the session of the chat, whose earlier messages the model still sees", async () => {
    upstream.script([text("First.")], [text("Second.")]);
    const chat = new UiChat(rein);
    await chat.sendMessage({ text: "One" });
    await chat.sendMessage({ text: "Two" });
    expect(chat.messages.map(({ role }) => role)).toEqual([
      "user",
      "assistant",
      "user",
      "assistant",
    ]);
    expect((await chat.session()).runs).toHaveLength(2);
    expect(told(upstream.requests[1])).toContain("First.");
  });

  test("that came during the run is a steering message", async () => {
    const gate = makeGate();
    upstream.script(
      [text("Hm."), gate, toolCall("bash", { command: "true" })],
      [text("As you like.")],
    );
    const chat = new UiChat(rein, { permissions: "all" });
    const sent = chat.sendMessage({ text: "Do it" });
    await chat.until(({ text }) => text === "Hm.");
    await queue(rein, chat.id, { message: "In blue", waitsFor: "turn" });
    gate.open();
    await sent;
    expect(chat.parts).toContainEqual(
      expect.objectContaining({
        type: "steering-message",
        parts: [{ type: "text", text: "In blue" }],
      }),
    );
    expect(chat.text).toBe("Hm.As you like.");
  });

  test("brings a picture, which the model gets", async () => {
    upstream.script([text("A dot.")]);
    const chat = new UiChat(rein);
    await chat.sendMessage({
      text: "See",
      files: [{ type: "file", mediaType: "image/png", filename: "a.png", url: dot }],
    });
    expect(chat.errors).toEqual([]);
    expect((await chat.session()).messages[0]!.parts).toContainEqual(
      expect.objectContaining({ type: "file", name: "a.png", mediaType: "image/png" }),
    );
  });

  test("whose model fails ends as an error, with the receipt before it", async () => {
    upstream.script([failure("invalid-request", { message: "No such thing." })]);
    const chat = new UiChat(rein);
    await chat.sendMessage({ text: "Do it" });
    expect(chat.status).toBe("error");
    expect(chat.errors[0]?.message).toContain("No such thing.");
    expect(chat.lastMessage?.metadata).toMatchObject({ outcome: "failed" });
  });

  test("whose model fails at first says that it is tried again, and goes on where it was cut", async () => {
    const gate = makeGate();
    upstream.script([text("Half of "), gate, reset], [text("the whole.")]);
    const chat = new UiChat(rein);
    const sent = chat.sendMessage({ text: "Do it" });
    await chat.until(({ text }) => text === "Half of ");
    gate.open();
    const retry = expect.objectContaining({ attempt: 2 });
    const told = { type: "data-run", data: expect.objectContaining({ retry }) };
    await chat.until(({ chunks }) => JSON.stringify(chunks.at(-1)).includes('"retry"'));
    expect(chat.chunks).toContainEqual(expect.objectContaining(told));
    await rein.json(`/api/sessions/${chat.id}/ask-again`, { method: "POST", body: "{}" });
    await sent;
    expect(chat.errors).toEqual([]);
    expect(chat.parts).toMatchObject([
      { type: "step-start" },
      { type: "text", text: "Half of " },
      { type: "data-interruption", data: { text: expect.stringContaining("[cut off: ") } },
      { type: "step-start" },
      { type: "text", text: "the whole." },
      { type: "data-receipt" },
    ]);
  });

  test("whose tool fails has the output and the reason", async () => {
    upstream.script([toolCall("read", { path: "nowhere" })], [text("Not there.")]);
    const chat = new UiChat(rein);
    await chat.sendMessage({ text: "Do it" });
    expect(chat.parts).toContainEqual(
      expect.objectContaining({
        state: "output-error",
        errorText: expect.stringContaining("nowhere"),
      }),
    );
  });
});

describe("stop()", () => {
  test("in the middle of a tool ends its processes, keeps the text, and the next message is answered", async () => {
    const cookie = newCookie();
    const daemon = adversaries.find(({ name }) => name === "a daemon without environment")!;
    upstream.script(
      [text("I begin."), toolCall("bash", { command: daemon.script(cookie) })],
      [text("Back again.")],
    );
    const chat = new UiChat(rein, { permissions: "all" });
    const sent = chat.sendMessage({ text: "Do it" });
    await chat.until(({ parts }) => outputIn(parts).includes("ready"));
    expect(pidsWith(cookie).length).toBeGreaterThan(0);
    await chat.stop();
    await sent;
    expect(chat.status).toBe("ready");
    expect(chat.text).toBe("I begin.");
    await chat.sendMessage({ text: "Go on" });
    expect(chat.text).toBe("Back again.");
    expect(pidsWith(cookie)).toEqual([]);
    const [stopped] = (await chat.session()).runs;
    expect(stopped).toMatchObject({ outcome: "stopped", receipt: { survivors: [] } });
    expect(stopped?.receipt?.processes.length).toBeGreaterThan(0);
    expect(told(upstream.requests[1])).toContain("I begin.");
  });

  test("leaves the way free for a message that comes at the same time, in a session that is only now made", async () => {
    upstream.route(() => [text("Here.")]);
    const id = crypto.randomUUID();
    const bodies = ["One", "Two"].map((words) => ({ ...aModel, id, messages: [said(words)] }));
    const answers = await Promise.all(bodies.map(postAndClose));
    for (const answer of answers) expect(answer).toContain("data: [DONE]");
    expect((await rein.session(id)).runs).toHaveLength(2);
  });

  test("of a message that is taken late does not end the run of the one behind it", async () => {
    const gate = makeGate();
    upstream.script([text("Half of "), gate, text("the whole.")]);
    const chat = new UiChat(rein);
    const late = {
      ...aModel,
      id: chat.id,
      cwd: rein.cwd,
      runId: "stopped-ahead",
      onDisconnect: "continue",
      messages: [said("Too late")],
    };
    await rein.sdk.stopRun("stopped-ahead", new AbortController().signal);
    using connection = await holdBack(late);
    const sent = chat.sendMessage({ text: "Do it" });
    await chat.until(({ text }) => text === "Half of ");
    await connection.finishAndClose();
    // The late one looks at the same directory before it is taken.
    await rein.sdk.directory(rein.cwd, new AbortController().signal);
    gate.open();
    await sent;
    expect(chat.text).toBe("Half of the whole.");
    expect((await chat.session()).runs).toHaveLength(1);
  });

  test("before the first byte closes the request to the model", async () => {
    upstream.script([hang]);
    const chat = new UiChat(rein);
    const sent = chat.sendMessage({ text: "Do it" });
    const request = await upstream.request(0);
    await chat.stop();
    await sent;
    expect(await request.ended).toBe("client");
  });

  test("by another client ends the message as interrupted, with the receipt", async () => {
    upstream.script([text("The answer is "), makeGate()]);
    const chat = new UiChat(rein);
    const sent = chat.sendMessage({ text: "Do it" });
    await chat.until(({ text }) => text === "The answer is ");
    await rein.stop(chat.id);
    await sent;
    expect(chat.chunks.slice(-2)).toMatchObject([
      { type: "abort", reason: "[interrupted by user]" },
      { type: "finish", finishReason: "interrupted" },
    ]);
    expect(chat.parts).toContainEqual(
      expect.objectContaining({
        type: "data-interruption",
        data: expect.objectContaining({ text: "[interrupted by user]" }),
      }),
    );
    const receipt = chat.parts.find(({ type }) => type === "data-receipt") as { data: Receipt };
    expect(receipt.data).toMatchObject({
      stop: { by: "user", point: "text" },
      modelCallsClosed: 1,
    });
    expect(chat.text).toBe("The answer is ");
  });

  test("of one tool call leaves the run alone, and the call keeps its output", async () => {
    upstream.script([toolCall("bash", { command: "echo begun; sleep 300" })], [text("Stopped.")]);
    const chat = new UiChat(rein, { permissions: "all" });
    const sent = chat.sendMessage({ text: "Do it" });
    await chat.until(({ parts }) => outputIn(parts).includes("begun"));
    const call = chat.parts.find((part) => part.type === "dynamic-tool")!;
    expect(call).toMatchObject({ state: "output-available", preliminary: true });
    await rein.stop(chat.id, { toolCallId: call.toolCallId });
    await sent;
    expect(chat.parts).toContainEqual(
      expect.objectContaining({
        state: "output-available",
        output: expect.objectContaining({
          state: "stopped",
          interruption: "[interrupted by user]",
          output: expect.stringContaining("begun"),
        }),
      }),
    );
    expect(chat.text).toBe("Stopped.");
  });
});

describe("an approval", () => {
  test("ends the stream and leaves the run; the reply continues the same message", async () => {
    upstream.script(
      [reasoning("Hm."), text("May I?"), toolCall("bash", { command: "touch made" })],
      [text("Made.")],
    );
    const chat = new UiChat(rein);
    await chat.sendMessage({ text: "Do it" });
    expect(chat.chunks.at(-1)).toMatchObject({ type: "finish", finishReason: "tool-calls" });
    expect((await chat.session()).runs[0]?.state).toBe("waiting");
    const asked = askedIn(chat);
    expect(asked.approval.descriptor).toMatchObject({ kind: "command", subject: "touch made" });
    await chat.addToolApprovalResponse({ id: asked.approval.id, approved: true });
    await chat.until(
      ({ chunks, status }) =>
        status === "ready" && chunks.at(-1)?.type === "finish" && chat.text !== "May I?",
    );
    expect(chat.messages).toHaveLength(2);
    expect(chat.parts).toMatchObject([
      { type: "step-start" },
      { type: "reasoning", text: "Hm." },
      { type: "text", text: "May I?" },
      { type: "dynamic-tool", state: "output-available", approval: { approved: true } },
      { type: "step-start" },
      { type: "text", text: "Made." },
      { type: "data-receipt" },
    ]);
    expect(existsSync(join(rein.cwd, "made"))).toBe(true);
    expect((await chat.session()).runs).toHaveLength(1);
  });

  test("waits on when the connection of the ended stream is closed", async () => {
    upstream.script([toolCall("bash", { command: "touch made" })]);
    const id = crypto.randomUUID();
    const answer = await postAndClose({ ...aModel, id, messages: [said("Do it")] });
    expect(answer).toContain("tool-approval-request");
    expect(answer).toContain("data: [DONE]\n\n");
    // What the server sees first is the end of the first connection.
    expect((await rein.session(id)).runs[0]?.state).toBe("waiting");
  });

  test("that is refused is a denied call, and the model is told why", async () => {
    upstream.script([toolCall("bash", { command: "touch made" })], [text("As you like.")]);
    const chat = new UiChat(rein);
    await chat.sendMessage({ text: "Do it" });
    const { id } = askedIn(chat).approval;
    await chat.addToolApprovalResponse({ id, approved: false, reason: "Not here." });
    await chat.until(({ text, status }) => status === "ready" && text === "As you like.");
    expect(chat.parts).toContainEqual(expect.objectContaining({ state: "output-denied" }));
    expect(told(upstream.requests[1])).toContain("Not here.");
    expect(existsSync(join(rein.cwd, "made"))).toBe(false);
  });

  test("of two calls is answered for both at once", async () => {
    upstream.script(
      [toolCall("bash", { command: "touch one" }), toolCall("bash", { command: "touch two" })],
      [text("Both.")],
    );
    const chat = new UiChat(rein);
    await chat.sendMessage({ text: "Do it" });
    const ids = chat.parts.flatMap((part) =>
      part.type === "dynamic-tool" && part.approval ? [part.approval.id] : [],
    );
    expect(ids).toHaveLength(2);
    for (const id of ids) await chat.addToolApprovalResponse({ id, approved: true });
    await chat.until(({ text, status }) => status === "ready" && text === "Both.");
    expect(["one", "two"].map((name) => existsSync(join(rein.cwd, name)))).toEqual([true, true]);
  });

  test("given in another client is no obstacle to the reply that comes later", async () => {
    upstream.script([toolCall("bash", { command: "touch made" })], [text("Made.")]);
    const chat = new UiChat(rein);
    await chat.sendMessage({ text: "Do it" });
    const { approval } = askedIn(chat);
    const { digest } = approval.descriptor as { digest: string };
    await replyTo(rein, approval, { decision: "once", digest });
    await chat.addToolApprovalResponse({ id: approval.id, approved: true });
    await chat.until(({ text, status }) => status === "ready" && text === "Made.");
    expect(chat.errors).toEqual([]);
    expect(existsSync(join(rein.cwd, "made"))).toBe(true);
  });

  test("of another digest than the shown one allows nothing, and is asked again", async () => {
    upstream.script([toolCall("bash", { command: "touch made" })]);
    const chat = new UiChat(rein);
    await chat.sendMessage({ text: "Do it" });
    const asked = askedIn(chat);
    (asked.approval.descriptor as { digest: string }).digest = "0".repeat(64);
    const before = chat.chunks.length;
    await chat.addToolApprovalResponse({ id: asked.approval.id, approved: true });
    await chat.until(({ chunks, status }) => status === "ready" && chunks.length > before);
    expect(askedIn(chat).approval.id).toBe(asked.approval.id);
    expect(existsSync(join(rein.cwd, "made"))).toBe(false);
  });

  test("that waits gives way to the next message", async () => {
    upstream.script([toolCall("bash", { command: "touch made" })], [text("Something else.")]);
    const chat = new UiChat(rein);
    await chat.sendMessage({ text: "Do it" });
    await chat.sendMessage({ text: "No, something else" });
    expect(chat.text).toBe("Something else.");
    expect((await chat.session()).runs.map(({ outcome }) => outcome)).toEqual(["stopped", "done"]);
  });

  test("of a subagent is asked at the call that sent it out, which shows what the subagent does", async () => {
    upstream.script(
      [toolCall("subagent", { role: "simple", title: "alpha", task: "Be alpha." })],
      [text("I am."), toolCall("bash", { command: "touch made" })],
      [text("Alpha has been.")],
      [text("Reported.")],
    );
    const chat = new UiChat(rein);
    await chat.sendMessage({ text: "Do it" });
    const asked = askedIn(chat);
    expect(asked).toMatchObject({
      toolName: "subagent",
      approval: { requestReason: "The subagent asks: touch made" },
    });
    await chat.addToolApprovalResponse({ id: asked.approval.id, approved: true });
    await chat.until(({ text, status }) => status === "ready" && text === "Reported.");
    expect(existsSync(join(rein.cwd, "made"))).toBe(true);
    expect(chat.errors).toEqual([]);
    expect(chat.parts).toContainEqual(
      expect.objectContaining({
        toolName: "subagent",
        state: "output-available",
        output: expect.objectContaining({
          state: "done",
          subagent: expect.objectContaining({
            title: "alpha",
            text: "I am.\n\nAlpha has been.",
            calls: [expect.objectContaining({ name: "bash", state: "done" })],
          }),
        }),
      }),
    );
  });

  test("of one subagent does not end the stream while another works", async () => {
    const gate = makeGate();
    upstream.script(
      ["alpha", "beta"].map((title) =>
        toolCall("subagent", { role: "simple", title, task: `Be ${title}.` }),
      ),
    );
    upstream.route(({ body }) => {
      const json = JSON.stringify(body);
      if (json.includes("Do it")) return undefined;
      return json.includes("Be alpha.")
        ? [toolCall("bash", { command: "touch made" })]
        : [text("Half of "), gate, text("beta.")];
    });
    const chat = new UiChat(rein);
    const sent = chat.sendMessage({ text: "Do it" });
    await chat.until(({ chunks }) => chunks.some(({ type }) => type === "tool-approval-request"));
    await chat.until(({ parts }) => JSON.stringify(parts).includes("Half of"));
    expect(chat.status).toBe("streaming");
    gate.open();
    await sent;
    expect(chat.chunks.at(-1)).toMatchObject({ type: "finish", finishReason: "tool-calls" });
    expect(askedIn(chat).approval.requestReason).toBe("The subagent asks: touch made");
  });
});

describe("regenerate()", () => {
  test("tries the last run again, which the model no longer sees", async () => {
    upstream.script([text("First.")], [text("Second.")]);
    const chat = new UiChat(rein);
    await chat.sendMessage({ text: "Do it" });
    await chat.regenerate();
    expect(chat.text).toBe("Second.");
    expect(chat.messages).toHaveLength(2);
    expect(told(upstream.requests[1])).not.toContain("First.");
    const { messages } = await chat.session();
    expect(messages.map(({ retryOf }) => retryOf).filter(Boolean)).toHaveLength(1);
  });

  test("of a client that sends its last message alone tries the last run again", async () => {
    upstream.script([text("First.")], [text("Second.")], [text("Third.")]);
    const chat = new UiChat(rein);
    await chat.sendMessage({ text: "One" });
    await chat.sendMessage({ text: "Two" });
    const body = { ...aModel, id: chat.id, trigger: "regenerate-message", messages: [said("Two")] };
    await postAndClose(body);
    expect(told(upstream.requests[2])).toContain("First.");
    expect(told(upstream.requests[2])).not.toContain("Second.");
  });

  test("of an earlier message begins a branch there, which has nothing of what came after", async () => {
    upstream.script([text("First.")], [text("Second.")], [text("Anew.")]);
    const chat = new UiChat(rein);
    await chat.sendMessage({ text: "One" });
    const first = chat.lastMessage!.id;
    await chat.sendMessage({ text: "Two" });
    await chat.regenerate({ messageId: first });
    expect(chat.messages.map(({ role }) => role)).toEqual(["user", "assistant"]);
    expect(chat.text).toBe("Anew.");
    expect(told(upstream.requests[2])).toContain("One");
    expect(told(upstream.requests[2])).not.toContain("Two");
    const session = await chat.session();
    expect(session.runs).toHaveLength(3);
    expect(branchOf(session).map((one) => textOf(one))).toEqual(["One", "Anew."]);
  });

  test("with a changed message replaces that one, and leaves out what came after", async () => {
    upstream.script([text("First.")], [text("Second.")], [text("Third.")], [text("Fourth.")]);
    const chat = new UiChat(rein);
    await chat.sendMessage({ text: "One" });
    await chat.sendMessage({ text: "Two" });
    await chat.sendMessage({ text: "Another two", messageId: chat.messages[2]!.id });
    expect(chat.text).toBe("Third.");
    expect(told(upstream.requests[2])).toContain("Another two");
    expect(told(upstream.requests[2])).not.toContain("Second.");
    await chat.sendMessage({ text: "Another one", messageId: chat.messages[0]!.id });
    expect(chat.text).toBe("Fourth.");
    expect(told(upstream.requests[3])).not.toContain("Another two");
  });
});

describe("resumeStream()", () => {
  test("finds nothing where nothing runs", async () => {
    const chat = new UiChat(rein);
    await chat.resumeStream();
    expect(chat.status).toBe("ready");
    expect(chat.messages).toEqual([]);
  });

  test("gives the whole message of the run that goes on, and what follows", async () => {
    const gate = makeGate();
    upstream.script(
      [text("I look."), toolCall("bash", { command: "echo found" })],
      [text("It is "), gate, text("there.")],
    );
    const id = crypto.randomUUID();
    const chat = new UiChat(rein, { permissions: "all", onDisconnect: "continue" }, id);
    const sent = chat.sendMessage({ text: "Look" });
    await chat.until(({ text }) => text.endsWith("It is "));
    await chat.stop();
    await sent;
    const later = new UiChat(rein, {}, id, [chat.messages[0]!]);
    const resumed = later.resumeStream();
    await later.until(({ text }) => text.endsWith("It is "));
    gate.open();
    await resumed;
    expect(later.text).toBe("I look.It is there.");
    expect(later.parts.map(({ type }) => type)).toEqual([
      "step-start",
      "text",
      "dynamic-tool",
      "step-start",
      "text",
      "data-receipt",
    ]);
    expect(later.errors).toEqual([]);
  });
});

test("a message that is resumed at any moment is in the end the same as the one that was there from the start", async () => {
  const gates = Array.from({ length: 5 }, makeGate);
  const [one, two, three, four, five] = gates as [Gate, Gate, Gate, Gate, Gate];
  const command = "echo begun; while [ ! -e go ]; do sleep 0.01; done; echo ended";
  upstream.script(
    [
      reasoning("Let me ", one, "see."),
      text("I ", two, "look."),
      toolCall("bash", ['{"comm', three, `and":${JSON.stringify(command)}}`]),
      toolCall("read", { path: "nowhere" }),
    ],
    [text("It is ", four, "there."), toolCall("bash", { command: "true" })],
    [text("So ", five, "be it.")],
  );
  const chat = new UiChat(rein, { permissions: "all" });
  const sent = chat.sendMessage({ text: "Look" });
  const others: UiChat[] = [];
  const ends: Promise<void>[] = [];
  const resume = async () => {
    const other = new UiChat(rein, {}, chat.id, [chat.messages[0]!]);
    ends.push(other.resumeStream());
    await other.until(({ chunks }) => chunks.length > 0);
    others.push(other);
  };
  for (const gate of [one, two, three]) {
    await gate.reached;
    await resume();
    gate.open();
  }
  await chat.until(({ parts }) => JSON.stringify(parts).includes("begun\\n"));
  await resume();
  writeFileSync(join(rein.cwd, "go"), "");
  for (const gate of [four, five]) {
    await gate.reached;
    await resume();
    gate.open();
  }
  await Promise.all([sent, ...ends]);
  expect(others).toHaveLength(6);
  for (const other of others) expect(plain(other.lastMessage)).toEqual(plain(chat.lastMessage));
  expect(chat.text).toBe("I look.It is there.So be it.");
});

test("an engine's plan, calls, questions and subagents are parts of the message too", async () => {
  await rein.sdk.saveSettings(
    { engines: { own: { "own-scripted": scriptedAgent() } } },
    new AbortController().signal,
  );
  const chat = new UiChat(rein, { engine: "own-scripted", provider: undefined, model: undefined });
  const script = play(
    { thought: "Hm." },
    { plan: [{ content: "Look", status: "in_progress" }] },
    { text: "I begin." },
    { tool: { id: "asks", title: "Run", command: "echo ran", ask: true } },
    { tool: { id: "agent", name: "Agent", title: "Look", kind: "think", status: "open" } },
    { text: "inner", parent: "agent" },
    { tool: { id: "in", command: "echo in", parent: "agent" } },
    { update: { sessionUpdate: "tool_call_update", toolCallId: "agent", status: "completed" } },
    { text: "Done." },
  );
  await chat.sendMessage({ text: script });
  await chat.addToolApprovalResponse({ id: askedIn(chat).approval.id, approved: true });
  await chat.until(({ text, status }) => status === "ready" && text.endsWith("Done."));
  expect(chat.errors).toEqual([]);
  expect(chat.parts).toMatchObject([
    { type: "step-start" },
    { type: "reasoning", text: "Hm." },
    { type: "data-plan", data: [{ text: "Look", state: "in_progress" }] },
    { type: "text", text: "I begin." },
    { type: "dynamic-tool", state: "output-available", output: { output: "ran\n" } },
    {
      type: "dynamic-tool",
      state: "output-available",
      output: { subagent: { title: "Look", text: "inner", calls: [{ state: "done" }] } },
    },
    { type: "text", text: "Done." },
    { type: "data-receipt" },
  ]);
});

test("the output of a command that floods is sent in its end only, again and again", async () => {
  const command = "for i in $(seq 30000); do echo line $i; done; echo ended";
  upstream.script([toolCall("bash", { command })], [text("A lot.")]);
  const chat = new UiChat(rein, { permissions: "all" });
  await chat.sendMessage({ text: "Do it" });
  const running = chat.chunks.filter(
    (chunk) => chunk.type === "tool-output-available" && chunk.preliminary,
  );
  for (const chunk of running) expect(JSON.stringify(chunk).length).toBeLessThan(10_000);
  expect(outputIn(chat.parts)).toContain("ended");
  expect(chat.text).toBe("A lot.");
});

describe("a request", () => {
  test("without the media type is told which one to send", async () => {
    const body = JSON.stringify({ id: "a", messages: [said("Do it")] });
    const response = await rein.fetch("/api/chat", { method: "POST", body });
    expect(response.status).toBe(400);
    expect(await response.text()).toContain(uiStreamType);
  });

  test("that is refused is an error in words", async () => {
    const chat = new UiChat(rein, { provider: "none" });
    await chat.sendMessage({ text: "Do it" });
    expect(chat.errors.map(({ message }) => message)).toEqual([
      expect.stringMatching(/^[A-Z][^{}]*none[^{}]*\.$/),
    ]);
  });

  const user = said("Do it");
  test.each<[title: string, body: object, status: number]>([
    ["without messages", { id: "a", messages: [] }, 400],
    ["with an id that is a path", { id: "../a", messages: [user] }, 400],
    ["with an unknown field", { id: "a", messages: [user], more: 1 }, 400],
    [
      "with a last message of the system",
      { id: "a", messages: [{ ...user, role: "system" }] },
      400,
    ],
    ["with nothing in its message", { id: "a", messages: [{ ...user, parts: [] }] }, 400],
    [
      "with a reply in a session that is not there",
      { id: "a", messages: [{ ...user, role: "assistant" }] },
      404,
    ],
    [
      "with a file elsewhere",
      { id: "a", messages: [{ ...user, parts: [{ type: "file", url: "http://127.0.0.1:1/x" }] }] },
      400,
    ],
    [
      "with a file that is none",
      {
        id: "a",
        messages: [{ ...user, parts: [{ type: "file", url: "data:image/png;base64,AAAA" }] }],
      },
      415,
    ],
  ])("%s is refused, and begins nothing", async (_title, body, status) => {
    const response = await rein.fetch("/api/chat", {
      method: "POST",
      headers: { Accept: uiStreamType },
      body: JSON.stringify(body),
    });
    expect(response.status).toBe(status);
    expect(await rein.json("/api/sessions")).toEqual({ sessions: [] });
  });
});

/** Posts over a connection of its own, reads the answer to its end, and closes; resolves with the answer once it is closed. */
async function postAndClose(body: object): Promise<string> {
  let answer = "";
  const closed = Promise.withResolvers<void>();
  const socket = await connect(
    (text) => {
      answer += text;
      const isRefused = !answer.startsWith("HTTP/1.1 200");
      if (isRefused || answer.includes("\r\n0\r\n\r\n")) socket.terminate();
    },
    () => closed.resolve(),
  );
  socket.write(requestOf(body));
  await within("the end of the connection", closed.promise);
  return answer;
}

/** Posts all but the last byte. */
async function holdBack(body: object) {
  const closed = Promise.withResolvers<void>();
  const socket = await connect(
    () => {},
    () => closed.resolve(),
  );
  const text = requestOf(body);
  socket.write(text.slice(0, -1));
  return {
    async finishAndClose() {
      socket.write(text.slice(-1));
      socket.end();
      await within("the end of the connection", closed.promise);
    },
    [Symbol.dispose]: () => socket.terminate(),
  };
}

function connect(onText: (text: string) => void, onClose: () => void) {
  const { hostname, port } = new URL(rein.url);
  return Bun.connect({
    hostname,
    port: Number(port),
    socket: { data: (_socket, bytes) => onText(bytes.toString()), close: onClose },
  });
}

function requestOf(body: object): string {
  const json = JSON.stringify(body);
  const head = [
    "POST /api/chat HTTP/1.1",
    `Host: ${new URL(rein.url).host}`,
    `Authorization: Bearer ${rein.token}`,
    `Accept: ${uiStreamType}`,
    `Content-Length: ${Buffer.byteLength(json)}`,
  ];
  return `${head.join("\r\n")}\r\n\r\n${json}`;
}

function said(words: string) {
  return { id: "u", role: "user", parts: [{ type: "text", text: words }] };
}

/** As JSON has it, where absent and undefined mean the same. */
function plain(message: UIMessage | undefined): unknown {
  return JSON.parse(JSON.stringify(message));
}

function askedIn(chat: UiChat) {
  const found = chat.parts.find(
    (part) => part.type === "dynamic-tool" && part.state === "approval-requested",
  );
  if (found?.type !== "dynamic-tool" || found.state !== "approval-requested")
    throw new Error("Nothing is asked.");
  return found;
}

/** The output of its last call. */
function outputIn(parts: UIMessage["parts"]): string {
  const call = parts.findLast((part) => part.type === "dynamic-tool");
  return (call?.output as { output: string } | undefined)?.output ?? "";
}

function newCookie(): string {
  return String(Math.trunc(Math.random() * 1e9) + 1e9);
}

const dot =
  "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
