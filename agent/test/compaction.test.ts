/** A conversation that nearly fills its model's window is summed up: visibly, stoppably, and nothing of it is lost. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { transcript } from "../server/transcript";
import { type Message, interruptionText } from "../shared/protocol";
import { type Chat, type Rein, startRein } from "./rein";
import { faultsOf } from "./sweep/valid";
import {
  failure,
  makeGate,
  startUpstream,
  text,
  toolCall,
  type Upstream,
  usage,
} from "./upstream/upstream";

let upstream: Upstream;
let rein: Rein;
beforeEach(async () => {
  upstream = startUpstream();
  rein = await startRein({
    environment: {
      ANTHROPIC_API_KEY: "scripted-key",
      ANTHROPIC_BASE_URL: upstream.baseUrls.anthropic,
    },
  });
  // Windows are known once the models have been listed.
  await rein.json("/api/models");
});
afterEach(async () => {
  await rein[Symbol.asyncDispose]();
  await upstream.close();
});

const full = usage(170_000, 1000);

describe("near the limit of the window", () => {
  test("the conversation is summed up before the next question, which the model gets whole", async () => {
    const chat = await begun();
    upstream.script([text("In short: ", "blue.")], [text("Green.")]);
    const next = await send({ sessionId: chat.sessionId, message: "And then?" });
    expect(next.session.runs.at(-1)).toMatchObject({ outcome: "done" });
    const [, asked, answered] = upstream.requests;
    expect(told(asked!)).toContain("My question");
    expect(told(asked!)).toContain("Blue it is.");
    expect(asked!.body.tools ?? []).toEqual([]);
    expect(told(answered!)).toContain("In short: blue.");
    expect(told(answered!)).toContain("And then?");
    expect(told(answered!)).not.toContain("Blue it is.");
    // For people everything stays.
    const kept = next.session.messages.map(({ role, summary }) => (summary ? "summary" : role));
    expect(kept).toEqual(["user", "assistant", "user", "summary", "assistant"]);
    expect(await rein.session(chat.sessionId)).toEqual(next.session);
    expect(faultsOf(next.session)).toEqual([]);
  });

  test("it is summed up in the middle of a run too, and the work goes on", async () => {
    upstream.script(
      [toolCall("bash", { command: "echo from-the-shell" }), full],
      [text("In short: the shell spoke.")],
      [text("Done.")],
    );
    const chat = await send({ permissions: "all" });
    expect(chat.session.runs[0]).toMatchObject({ outcome: "done" });
    const [, asked, went] = upstream.requests;
    expect(told(asked!)).toContain("from-the-shell");
    expect(told(went!)).toContain("the shell spoke");
    expect(told(went!)).not.toContain("from-the-shell");
    expect(went!.refusal).toBeUndefined();
  });

  test("what came after a summary is told whole in later runs, and a second summary holds the first", async () => {
    const chat = await begun();
    const { sessionId } = chat;
    upstream.script([text("In short: blue.")], [text("Green."), full]);
    await send({ sessionId, message: "And then?" });
    upstream.script([text("In short: blue, green.")], [text("Red.")]);
    await send({ sessionId, message: "And now?" });
    const [second, last] = upstream.requests.slice(-2);
    expect(told(second!)).toContain("In short: blue.");
    expect(told(second!)).toContain("Green.");
    expect(told(last!)).toContain("In short: blue, green.");
    expect(told(last!)).not.toContain("Green.");
  });

  test("a stop while it is summed up closes the socket, and the next message is told everything", async () => {
    const chat = await begun();
    upstream.script([text("In short: ", makeGate())]);
    const next = open({ sessionId: chat.sessionId, message: "And then?" });
    await next.until((event) => event.type === "part-delta");
    expect(await rein.stop(chat.sessionId)).toMatchObject({ stopped: true, outcome: "stopped" });
    expect(await upstream.requests[1]!.ended).toBe("client");
    await next.ended;
    expect(next.session.messages.at(-1)).toMatchObject({ outcome: "stopped", summary: {} });
    // The same is due again, and is made anew.
    upstream.script([text("In short: blue.")], [text("Green.")]);
    await send({ sessionId: chat.sessionId, message: "Go on" });
    const [again, last] = upstream.requests.slice(-2);
    expect(told(again!)).toContain("Blue it is.");
    expect(told(again!)).not.toContain("In short: ");
    expect(told(again!)).toContain(interruptionText("user"));
    expect(last!.refusal).toBeUndefined();
  });

  test("a summary that fails does not keep the question from being answered", async () => {
    const chat = await begun();
    upstream.script([failure("invalid-request")], [text("Green.")]);
    const next = await send({ sessionId: chat.sessionId, message: "And then?" });
    expect(next.session.runs.at(-1)).toMatchObject({ outcome: "done" });
    expect(told(upstream.requests.at(-1)!)).toContain("Blue it is.");
  });
});

test("a service that says it was too much is asked again with a summary", async () => {
  const chat = await begun(usage(10, 10));
  upstream.script([failure("context-length")], [text("In short: blue.")], [text("Green.")]);
  const next = await send({ sessionId: chat.sessionId, message: "And then?" });
  expect(next.session.runs.at(-1)).toMatchObject({ outcome: "done" });
  expect(told(upstream.requests.at(-1)!)).toContain("In short: blue.");
  expect(told(upstream.requests.at(-1)!)).toContain("And then?");
});

test("a first question that is too long for the model is said to be, once", async () => {
  upstream.script([failure("context-length")]);
  const chat = await send();
  expect(chat.session.runs[0]).toMatchObject({
    outcome: "failed",
    error: { code: "context-length" },
  });
  expect(upstream.requests.length).toBe(1);
});

test("it is summed up when a person asks for it, in a run that can be stopped", async () => {
  const chat = await begun(usage(10, 10));
  const path = `/api/sessions/${chat.sessionId}/compact`;
  const gate = makeGate();
  upstream.script([text("In short: ", gate, "blue.")]);
  const asked = rein.json(path, { method: "POST", body: "{}" });
  await gate.reached;
  expect((await rein.fetch(path, { method: "POST", body: "{}" })).status).toBe(409);
  expect(await rein.stop(chat.sessionId)).toMatchObject({ stopped: true });
  expect(await asked).toMatchObject({ outcome: "stopped" });
  upstream.script([text("In short: blue.")], [text("Green.")]);
  const again = await rein.json(path, { method: "POST", body: "{}" });
  expect(again).toMatchObject({ outcome: "done" });
  await send({ sessionId: chat.sessionId, message: "And then?" });
  const last = told(upstream.requests.at(-1)!);
  expect(last).toContain("In short: blue.");
  expect(last).not.toContain("Blue it is.");
});

test("the text that is to be summed up keeps its first and its newest messages when it is too long", () => {
  const messages = Array.from({ length: 50 }, (_, index) =>
    said(`Message ${index}. ${"x".repeat(100)}`),
  );
  const text = transcript(messages, 1500);
  expect(text.length).toBeLessThan(1700);
  expect(text).toContain("Message 0.");
  expect(text).toContain("Message 49.");
  expect(text).not.toContain("Message 20.");
  expect(text).toMatch(/\d+ messages are left out here/);
});

/** A session with one question and its answer. */
async function begun(counted = full): Promise<Chat> {
  upstream.script([text("Blue it is."), counted]);
  return send();
}

function open(request: Partial<Parameters<Rein["chat"]>[0]> = {}): Chat {
  return rein.chat({
    message: "My question",
    provider: "anthropic",
    model: "claude-sonnet-4-5",
    onDisconnect: "continue",
    ...request,
  });
}

async function send(request: Parameters<typeof open>[0] = {}): Promise<Chat> {
  const chat = open(request);
  if (request.sessionId) Object.assign(chat.session, await rein.session(request.sessionId));
  await chat.ended;
  return chat;
}

function told({ body }: { body: Record<string, unknown> }): string {
  return JSON.stringify(body.messages).replaceAll("\\n", "\n");
}

function said(words: string): Message {
  const part = { type: "text" as const, id: words, text: words };
  return { id: words, runId: "run", role: "user", parts: [part], createdAt: 0 };
}
