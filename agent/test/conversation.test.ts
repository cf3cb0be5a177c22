/** A conversation without stops: readable failures, retries, limits and approvals. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ApprovalReply, Models, SessionEvent, ToolCallPart } from "../shared/protocol";
import { apiScene } from "./api-scene";
import { allowing, replyTo } from "./control-api";
import { allowProject } from "./definition-scene";
import { type Chat, type Rein, startRein } from "./rein";
import { cut, failure, finish, makeGate, reset, text, toolCall, usage } from "./upstream/upstream";

const model = { provider: "openai-chat", model: "scripted-model" };
const { upstream, rein, send, start } = apiScene({ request: model });

test("a new session has the id that the caller has chosen; one that there is is refused", async () => {
  upstream.script([text("First.")], [text("Not sent.")]);
  const newSessionId = `chosen-${process.pid}`;
  const chat = send({ newSessionId });
  await chat.ended;
  expect(chat.sessionId).toBe(newSessionId);
  const body = JSON.stringify({ message: "Again", newSessionId });
  const again = await rein.fetch("/api/chat", { method: "POST", body });
  expect([again.status, await again.json()]).toMatchObject([
    409,
    { error: { code: "session-exists" } },
  ]);
  expect((await rein.session(newSessionId)).runs.length).toBe(1);
});

describe("a failure", () => {
  for (const [kind, code] of [
    ["authentication", "authentication"],
    ["model-not-found", "model-not-found"],
    ["context-length", "context-length"],
    ["invalid-request", "invalid-request"],
  ] as const)
    test(`of kind ${kind} is shown in the conversation, and the conversation continues`, async () => {
      upstream.script([failure(kind)], [text("Fine now.")]);
      const chat = send();
      await chat.ended;
      expect(chat.session.runs[0]).toMatchObject({ outcome: "failed", error: { code } });
      expect(chat.session.messages[1]!.error!.message).not.toContain("scripted-key");
      const next = send({ sessionId: chat.sessionId });
      await next.ended;
      expect(next.session.runs.at(-1)).toMatchObject({ outcome: "done" });
    });

  test("in the middle of an answer keeps the text written so far, and the answer goes on", async () => {
    const gate = makeGate();
    upstream.script([text("Half of ", gate), reset], [text("the story.")], [text("Fine.")]);
    const chat = send();
    await chat.until((event) => event.type === "part-delta");
    gate.open();
    await chat.ended;
    expect(chat.session.runs[0]).toMatchObject({ outcome: "done" });
    expect(chat.session.messages.slice(1)).toMatchObject([
      {
        outcome: "failed",
        parts: [{ text: "Half of " }, { type: "interruption", error: { code: "cut" } }],
      },
      { outcome: "done", parts: [{ text: "the story." }] },
    ]);
    const exported = await (await rein.fetch(`/api/sessions/${chat.sessionId}/export`)).text();
    expect(exported).toContain("[cut off: ");
    await rein.json("/api/sessions");
    rein.signal("SIGKILL");
    await rein.exited;
    const second = await start();
    const { messages } = await second.session(chat.sessionId);
    expect(messages).toEqual(chat.session.messages);
    await second.chat({ ...model, message: "Next", sessionId: chat.sessionId }).ended;
    expect(upstream.requests[2]!.refusal).toBeUndefined();
    expect(JSON.stringify(upstream.requests[2]!.body)).toContain("Half of");
  });

  test("of a stream that ends early but cleanly is not treated as an answer, and its tool call is not run", async () => {
    upstream.script([toolCall("bash", { command: "touch never" }), cut], [text("I give up.")]);
    const chat = send({ permissions: "all" });
    await chat.ended;
    expect(chat.session.messages[1]).toMatchObject({
      outcome: "failed",
      parts: [{ state: "failed" }, { type: "interruption", error: { code: "cut" } }],
    });
    expect(existsSync(join(rein.cwd, "never"))).toBe(false);
  });

  test("that is temporary is retried visibly, after the time in Retry-After", async () => {
    upstream.script(
      [failure("rate-limit", { headers: { "retry-after": "0" } })],
      [failure("overloaded", { headers: { "retry-after": "0" } })],
      [text("At last.")],
    );
    const chat = send();
    await chat.ended;
    const retries = chat.events.filter((event) => event.type === "retry-start");
    expect(retries.map((event) => event.retry.attempt)).toEqual([2, 3]);
    expect(chat.session.runs[0]).toMatchObject({ outcome: "done" });
    expect(chat.session.messages[1]!.parts).toMatchObject([{ text: "At last." }]);
  });

  test("is retried after two minutes when Retry-After says so", async () => {
    upstream.script([failure("rate-limit", { headers: { "retry-after": "120" } })]);
    const before = Date.now();
    const chat = send();
    const started = await chat.until(({ type }) => type === "retry-start");
    const { at } = (started as Extract<SessionEvent, { type: "retry-start" }>).retry;
    expect(at).toBeGreaterThanOrEqual(before + 120_000);
    expect(at).toBeLessThanOrEqual(Date.now() + 120_000);
    await rein.stop(chat.sessionId);
    await chat.ended;
    expect(chat.session.runs[0]).toMatchObject({ stop: { point: "retry" } });
    expect(upstream.requests.length).toBe(1);
  });

  test("with a Retry-After above the minutes of the settings is shown at once, without a retry", async () => {
    upstream.script([failure("rate-limit", { headers: { "retry-after": "3600" } })]);
    const chat = send();
    await chat.ended;
    expect(chat.session.runs[0]).toMatchObject({
      outcome: "failed",
      error: { code: "rate-limit" },
    });
  });

  test("by the length limit or a refusal is named and keeps the text", async () => {
    for (const reason of ["length", "refusal"] as const) {
      upstream.script([text("Some words"), finish(reason)]);
      const chat = send();
      await chat.ended;
      expect(chat.session.runs[0]).toMatchObject({ outcome: "failed", error: { code: reason } });
      expect(chat.session.messages[1]!.parts[0]).toMatchObject({
        text: expect.stringMatching(/^Some words/),
      });
    }
  });

  test("of a provider without a key names the variable to set", async () => {
    const chat = send({ provider: "xai", model: "grok" });
    await chat.ended;
    expect(chat.session.runs[0]!.error!.message).toContain("XAI_API_KEY");
  });
});

describe("the loop", () => {
  test("gives a tool's result to the model, and counts both turns", async () => {
    upstream.script(
      [toolCall("bash", { command: "echo from-the-shell" }), usage(100, 10)],
      [text("Good."), usage(150, 5)],
    );
    const chat = send({ permissions: "all" });
    await chat.ended;
    expect(JSON.stringify(upstream.requests[1]!.body)).toContain("from-the-shell");
    expect(chat.session.usage).toMatchObject({
      inputTokens: 250,
      outputTokens: 15,
      estimated: false,
    });
    expect(chat.session.context).toMatchObject({ usedTokens: 155 });
  });

  test("runs the calls of one turn side by side", async () => {
    upstream.script(
      [
        toolCall("bash", { command: "mkfifo a b; echo x > a; cat b" }),
        toolCall("bash", { command: "until [ -p b ]; do :; done; cat a; echo y > b" }),
      ],
      [text("Both.")],
    );
    const chat = send({ permissions: "all" });
    await chat.ended;
    const calls = callsOf(chat);
    expect(calls.map((call) => [call.state, call.output.trim()])).toEqual([
      ["done", "y"],
      ["done", "x"],
    ]);
  });

  test("stops a call that the model repeats three times in a row", async () => {
    const again = toolCall("bash", { command: "echo x >> count" });
    upstream.script([again], [again], [again], [text("Never reached.")]);
    const chat = send({ permissions: "all" });
    await chat.ended;
    expect(chat.session.runs[0]).toMatchObject({
      outcome: "failed",
      error: { code: "repetition" },
    });
    expect(await Bun.file(join(rein.cwd, "count")).text()).toBe("x\nx\n");
    expect(callsOf(chat).map((call) => call.state)).toEqual(["done", "done", "failed"]);
  });

  test("reports an unknown tool and an invalid input to the model, and continues", async () => {
    upstream.script(
      [
        toolCall("fly", {}),
        toolCall("bash", { cmd: "ls" }),
        toolCall("bash", ["{not json"]),
        toolCall("mcp__slow__look", {}),
      ],
      [text("I see.")],
    );
    const chat = send({ permissions: "all" });
    await chat.ended;
    expect(chat.session.runs[0]).toMatchObject({ outcome: "done" });
    const requestText = JSON.stringify(upstream.requests[1]!.body);
    expect(requestText).toContain("There is no tool named fly");
    expect(requestText).toContain("not ready can be there in a later turn");
    expect(requestText).toContain("does not fit bash");
    expect(requestText).toContain("not valid JSON");
  });

  test("gives the model the project's AGENTS.md and CLAUDE.md once a person has allowed them", async () => {
    writeFileSync(join(rein.cwd, "AGENTS.md"), "Speak of otters.");
    writeFileSync(join(rein.cwd, "CLAUDE.md"), "Never of weasels.");
    upstream.script([text("Yes.")], [text("Of otters.")]);
    const chat = send();
    await chat.ended;
    const asked = JSON.stringify(upstream.requests[0]!.body);
    expect(asked).toContain("AGENTS.md, CLAUDE.md are files with instructions that the person has");
    expect(asked).not.toMatch(/otters|weasels/);
    await allowProject(rein);
    await send({ sessionId: chat.sessionId }).ended;
    const allowed = JSON.stringify(upstream.requests[1]!.body);
    expect(allowed).toContain("Speak of otters.");
    expect(allowed).toContain("Never of weasels.");
    expect(allowed).not.toContain("has not allowed");
  });

  test("gives the model the instructions up to the repository's root, and none from above it", async () => {
    const cwd = join(rein.cwd, "repository/packages/one");
    mkdirSync(cwd, { recursive: true });
    mkdirSync(join(rein.cwd, "repository/.git"));
    writeFileSync(join(rein.cwd, "AGENTS.md"), "Speak of weasels.");
    writeFileSync(join(rein.cwd, "repository/AGENTS.md"), "Speak of otters.");
    writeFileSync(join(cwd, "AGENTS.md"), "And of seals.");
    await allowProject({ sdk: rein.sdk, cwd });
    upstream.script([text("Yes.")]);
    await send({ cwd }).ended;
    const requestText = JSON.stringify(upstream.requests[0]!.body);
    expect(requestText).toMatch(
      /\(AGENTS\.md\):\\nSpeak of otters\..*\(packages\/one\/AGENTS\.md\):\\nAnd of seals\./,
    );
    expect(requestText).not.toContain("weasels");
  });

  test("gives a subagent a fresh context, its own limit of turns, and no subagent tool", async () => {
    const subagentInput = { role: "researcher", title: "look", task: "Look it up.", maxTurns: 1 };
    upstream.script(
      [toolCall("subagent", subagentInput)],
      [toolCall("glob", { pattern: "*" })],
      [text("So be it.")],
    );
    const chat = send();
    await chat.ended;
    const tools = (upstream.requests[1]!.body.tools as { function: { name: string } }[]).map(
      (tool) => tool.function.name,
    );
    expect(tools).toEqual(["read", "glob", "grep", "fetch"]);
    expect(JSON.stringify(upstream.requests[1]!.body)).not.toContain("Do it");
    const [call] = callsOf(chat);
    expect(call).toMatchObject({ state: "failed", error: expect.stringContaining("1 turns") });
    expect(chat.session.runs[0]).toMatchObject({ outcome: "done" });
  });
});

describe("an approval", () => {
  test("given once allows only this call", async () => {
    upstream.script(
      [toolCall("bash", { command: "echo ran" })],
      [toolCall("bash", { command: "echo ran" })],
      [text("Done.")],
    );
    const chat = send();
    await reply(chat, 0, "once");
    await reply(chat, 1, "once");
    await chat.ended;
    expect(callsOf(chat).map((call) => call.output.trim())).toEqual(["ran", "ran"]);
  });

  test("given for the session is not asked again for the same command", async () => {
    upstream.script(
      [toolCall("bash", { command: "echo ran" })],
      [toolCall("bash", { command: "echo ran" })],
      [text("Done.")],
    );
    const chat = send();
    await reply(chat, 0, "session");
    await chat.ended;
    expect(chat.events.filter((event) => event.type === "approval-request").length).toBe(1);
    expect(callsOf(chat).map((call) => call.state)).toEqual(["done", "done"]);
  });

  test("given for the session does not apply to another session", async () => {
    const command = "echo ran";
    upstream.script([toolCall("bash", { command })], [toolCall("bash", { command })]);
    const [first, second] = [send(), send()];
    await Promise.all(
      [first, second].map((chat) => chat.until(({ type }) => type === "approval-request")),
    );
    upstream.script([text("Done.")], [text("Done.")]);
    await reply(first, 0, "session");
    await first.ended;
    await reply(second, 0, { decision: "deny" });
    await second.ended;
    expect(callsOf(first)).toMatchObject([{ state: "done" }]);
    expect(callsOf(second)).toMatchObject([{ state: "failed" }]);
  });

  test("denied with a message runs nothing and sends the message to the model", async () => {
    upstream.script([toolCall("bash", { command: "touch never" })], [text("I see.")]);
    const chat = send();
    await reply(chat, 0, { decision: "deny", message: "use make instead" });
    await chat.ended;
    expect(existsSync(join(rein.cwd, "never"))).toBe(false);
    expect(JSON.stringify(upstream.requests[1]!.body)).toContain("use make instead");
    expect(callsOf(chat)[0]).toMatchObject({ state: "failed" });
  });

  test("that is pending is resolved when the session is allowed everything", async () => {
    upstream.script([toolCall("bash", { command: "echo ran" })], [text("Done.")]);
    const chat = send();
    await chat.until((event) => event.type === "approval-request");
    expect((await rein.session(chat.sessionId)).runs[0]!.state).toBe("waiting");
    await rein.json(`/api/sessions/${chat.sessionId}`, {
      method: "PATCH",
      body: '{"permissions":"all"}',
    });
    await chat.ended;
    expect(callsOf(chat)[0]).toMatchObject({ state: "done" });
  });

  test("is required for a path outside the working directory, even through a symbolic link", async () => {
    await Bun.$`ln -s /etc ${join(rein.cwd, "inside")}`.quiet();
    upstream.script([toolCall("read", { path: "inside/hostname" })], [text("Done.")]);
    const chat = send({ permissions: "edits" });
    const asked = await chat.until((event) => event.type === "approval-request");
    expect(asked).toMatchObject({ approval: { kind: "read", outside: true } });
    await rein.stop(chat.sessionId);
    await chat.ended;
  });
});

describe("an invalid request", () => {
  test("gets a clear error and changes nothing", async () => {
    const bad: [string, string, unknown, number, string][] = [
      ["POST", "/api/chat", { message: "" }, 400, "expected some text"],
      ["POST", "/api/chat", { message: "x", sessionId: "none" }, 404, "no session none"],
      ["POST", "/api/chat", { message: "x", provider: "none" }, 400, "no provider named"],
      ["POST", "/api/chat", { message: "x", cwd: "/does/not/exist" }, 400, "There is no directory"],
      ["POST", "/api/chat", { message: "x", colour: "red" }, 400, "colour"],
      ["POST", "/api/stop", { everything: true }, 400, "everything"],
      ["POST", "/api/nothing", {}, 404, "no POST /api/nothing"],
      [
        "PUT",
        "/api/settings",
        { providers: { openai: { baseUrl: "ftp://x" } } },
        400,
        "“ftp://x” is no web address",
      ],
    ];
    for (const [method, path, body, status, words] of bad) {
      const response = await rein.fetch(path, { method, body: JSON.stringify(body) });
      expect([path, response.status, await response.text()]).toEqual([
        path,
        status,
        expect.stringContaining(words),
      ]);
    }
    const broken = await rein.fetch("/api/chat", { method: "POST", body: "{" });
    expect(broken.status).toBe(400);
    expect(await rein.json<object>("/api/sessions")).toEqual({ sessions: [] });
  });

  test("that is a second message to a running session is refused, and the run continues", async () => {
    upstream.script([toolCall("bash", { command: "echo ran" })], [text("Done.")]);
    const chat = send();
    await chat.until((event) => event.type === "approval-request");
    const second = await rein.fetch("/api/chat", {
      method: "POST",
      body: JSON.stringify({ message: "And this", sessionId: chat.sessionId }),
    });
    expect(second.status).toBe(409);
    await reply(chat, 0, "once");
    await chat.ended;
    expect(chat.session.runs[0]).toMatchObject({ outcome: "done" });
  });
});

test("a model's price is looked up by its first run, even if the list of models was never requested", async () => {
  let costUsd: number | undefined;
  // The run does not wait for the look-up: a run that ends before it has no cost yet.
  for (let runs = 0; costUsd === undefined && runs < 1000; runs++) {
    upstream.script([text("Blue."), usage(1_000_000, 1000)]);
    const chat = rein.chat({ message: "Hi", provider: "anthropic", model: "claude-sonnet-4-5" });
    await chat.ended;
    costUsd = chat.session.runs[0]!.usage.costUsd;
  }
  // Above 200,000 tokens this model costs twice as much.
  expect(costUsd).toBeCloseTo(6 + 1000 * 22.5e-6, 9);
});

describe("settings", () => {
  let second: Rein;
  beforeAll(async () => {
    second = await startRein();
  });
  afterAll(() => second[Symbol.asyncDispose]());

  test("without a key and a network the demo is selected, and the other providers say what they need", async () => {
    const models = await second.json<Models>("/api/models");
    expect(models.default).toEqual({ provider: "demo", model: "scripted" });
    const anthropic = models.providers.find((one) => one.id === "anthropic");
    expect(anthropic).toMatchObject({
      ready: false,
      key: "none",
      reason: expect.stringContaining("ANTHROPIC_API_KEY"),
    });
  });

  test("a key is stored in a file that only its owner can read, and is never returned", async () => {
    const providers = {
      "openai-chat": { apiKey: "a-secret-key", baseUrl: upstream.baseUrls["openai-chat"] },
    };
    const response = await second.fetch("/api/settings", {
      method: "PUT",
      body: JSON.stringify({ providers, provider: "openai-chat" }),
    });
    const answer = await response.text();
    expect(answer).not.toContain("a-secret-key");
    const models = JSON.parse(answer) as Models;
    expect(models.default.provider).toBe("openai-chat");
    expect(models.providers.find((one) => one.id === "openai-chat")).toMatchObject({
      ready: true,
      key: "settings",
    });
    const file = Bun.file(join(second.dataDir, "settings.json"));
    expect((await file.stat()).mode & 0o777).toBe(0o600);
    upstream.script([text("With the key.")]);
    const chat = second.chat({ message: "Hi" });
    await chat.ended;
    expect(upstream.requests[0]!.key).toBe("a-secret-key");
    expect(JSON.stringify(chat.events)).not.toContain("a-secret-key");
  });
});

/** Answers the n-th approval request. */
async function reply(
  chat: Chat,
  index: number,
  by: "once" | "session" | Extract<ApprovalReply, { decision: "deny" }>,
): Promise<void> {
  const asked = () => chat.events.filter((event) => event.type === "approval-request");
  await chat.until((event: SessionEvent) => event === asked()[index]);
  const { approval } = asked()[index]!;
  await replyTo(rein, approval, typeof by === "string" ? allowing(approval, by) : by);
}

function callsOf(chat: Chat): ToolCallPart[] {
  return chat.session.messages.flatMap((message) =>
    message.parts.filter((part) => part.type === "tool-call"),
  );
}
