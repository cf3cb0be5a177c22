/** Options of a model are chosen for a session, for new sessions and for roles of subagents, and count from the next request. */
import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Models, Session } from "../shared/protocol";
import { apiScene } from "./api-scene";
import { makeGate, text, toolCall } from "./upstream/upstream";

const { upstream, rein, send, start, restart, dataDir } = apiScene({
  request: { permissions: "all" },
});

const claude = { provider: "anthropic", model: "claude-haiku-4-5" } as const;

test("a session keeps its options over a restart and another model, and a change counts from the next request of a run", async () => {
  const gate = makeGate();
  upstream.script([gate, toolCall("bash", { command: "true" })], [text("Done.")]);
  const options = { effort: "high", maxOutputTokens: 9000 } as const;
  const chat = send({ ...claude, options });
  await gate.reached;
  await change(chat.sessionId, { options: { effort: "off" } });
  gate.open();
  await chat.ended;
  const [before, after] = upstream.requests.map(({ body }) => body);
  expect(before).toMatchObject({ thinking: { budget_tokens: 4500 }, max_tokens: 9000 });
  expect(after).not.toHaveProperty("thinking");
  expect(after).toMatchObject({ max_tokens: 64_000 });

  await restart();
  upstream.script([text("Still here.")]);
  await send({ sessionId: chat.sessionId, ...claude, model: "claude-opus-5-5" }).ended;
  // This one always thinks.
  expect(upstream.requests.at(-1)!.body).toMatchObject({ thinking: { type: "adaptive" } });
  expect((await rein.session(chat.sessionId)).options).toEqual({ effort: "off" });
  expect(upstream.requests.filter(({ refusal }) => refusal)).toEqual([]);
});

test("new sessions and subagents begin with what the settings say for them", async () => {
  const roles = {
    simple: { provider: "anthropic", model: "claude-opus-5-5", options: { effort: "low" } },
  };
  const settings = await save({ options: { effort: "medium" }, roles });
  expect(settings).toMatchObject({ options: { effort: "medium" }, roles });
  const subagents = ["simple", "complex"].map((role) =>
    toolCall("subagent", { role, title: role, task: role }),
  );
  upstream.route(({ body }) => {
    const isMain = JSON.stringify(body).includes("Do it");
    return isMain ? undefined : [text("Found.")];
  });
  upstream.script(subagents, [text("Done.")]);
  const chat = send({ provider: "openai", model: "gpt-5.4" });
  await chat.ended;
  const asked = upstream.requests.map(({ model, body }) => {
    const { output_config, reasoning } = body as Record<string, { effort?: string } | undefined>;
    return `${model} ${(output_config ?? reasoning)?.effort}`;
  });
  expect(asked.toSorted()).toEqual([
    "claude-opus-5-5 low",
    "gpt-5.4 medium",
    "gpt-5.4 medium",
    "gpt-5.4 medium",
  ]);
  expect((await save({ roles: { simple: {} }, options: {} })).roles).toEqual({});
});

test("choices that no model has are refused", async () => {
  const refused = [
    { options: { depth: 3 } },
    { options: { effort: "enormous" } },
    { options: { temperature: 2.5 } },
    { options: { maxOutputTokens: 3 } },
    { options: { serviceTier: "a b" } },
    { roles: { simple: { model: "of no provider" } } },
    { roles: { simple: { provider: "nobody" } } },
    { roles: { "King!": {} } },
  ];
  for (const body of refused) {
    const init = { method: "PUT", body: JSON.stringify(body) };
    expect([body, (await rein.fetch("/api/settings", init)).status]).toEqual([body, 400]);
  }
});

test("a model whose name is blank or has a line break is refused in a sentence, wherever one can be chosen", async () => {
  upstream.script([text("Hello.")]);
  const chat = send(claude);
  await chat.ended;
  const { sessionId } = chat;
  const of = { provider: "anthropic" };
  for (const model of ["", "  ", "\t\n", "a\nb", "x".repeat(201)]) {
    const named = { ...of, model };
    const calls: [call: string, body: object][] = [
      ["POST /api/chat", { message: "Hello", ...named }],
      ["POST /api/chat", { message: "Hello", sessionId, model, interrupt: true }],
      ["POST /api/chat", { sessionId, retryOf: chat.runId, model }],
      [`PATCH /api/sessions/${sessionId}`, { model }],
      ["PUT /api/settings", named],
      ["PUT /api/settings", { roles: { simple: named } }],
      ["PUT /api/settings", { models: { anthropic: { [model]: { contextTokens: 1 } } } }],
    ];
    for (const [call, body] of calls) {
      const [method, path] = call.split(" ") as [string, string];
      const response = await rein.fetch(path, { method, body: JSON.stringify(body) });
      const { error } = (await response.json()) as { error: { message: string } };
      expect([call, model, response.status]).toEqual([call, model, 400]);
      expect(error.message).toMatch(/: expected (some text|200 characters|a name|another form)/);
    }
  }
  expect(upstream.requests.length).toBe(1);
  expect(await rein.session(sessionId)).toMatchObject(claude);
  // A name is taken as it was meant.
  await change(sessionId, { model: " claude-of-tomorrow " });
  expect((await rein.session(sessionId)).model).toBe("claude-of-tomorrow");
});

test("nothing is sent, queued or summarized in a session that has lost its model, until one is named", async () => {
  upstream.script([text("Hello.")]);
  const chat = send(claude);
  await chat.ended;
  const { sessionId } = chat;
  rein.signal("SIGTERM");
  await rein.exited;
  const database = new Database(join(dataDir(), "rein.db"));
  database.run("UPDATE sessions SET data = json_set(data, '$.model', ' ') WHERE id = ?", [
    sessionId,
  ]);
  database.close();
  // As an older version took it.
  const file = join(dataDir(), "settings.json");
  writeFileSync(file, JSON.stringify({ model: "", roles: { simple: { ...claude, model: " " } } }));
  await start();
  expect((await rein.json<Models>("/api/models")).roles).toEqual({
    simple: { provider: "anthropic" },
  });
  const message = "Hello";
  for (const [path, body] of [
    ["/api/chat", { sessionId, message }],
    ["/api/chat", { sessionId, retryOf: chat.runId }],
    [`/api/sessions/${sessionId}/queue`, { message }],
    [`/api/sessions/${sessionId}/queue`, { message, waitsFor: "turn" }],
    [`/api/sessions/${sessionId}/compact`, {}],
  ] as const) {
    const response = await rein.fetch(path, { method: "POST", body: JSON.stringify(body) });
    expect([path, response.status]).toEqual([path, 400]);
    expect(await response.text()).toContain("No model is chosen");
  }
  expect((await rein.session(sessionId)).runs.length).toBe(1);
  await change(sessionId, { model: claude.model });
  upstream.script([text("Here again.")]);
  await rein.chat({ sessionId, message }).ended;
  expect(upstream.requests.map(({ model }) => model)).toEqual([claude.model, claude.model]);
});

test("a subagent whose model is left blank by the model that calls it has its session's", async () => {
  const blank = { role: "simple", title: "Look", task: "Look", provider: " ", model: "" };
  upstream.script([toolCall("subagent", blank)], [text("Found.")], [text("Done.")]);
  const chat = send(claude);
  await chat.ended;
  expect(upstream.requests.map(({ model }) => model)).toEqual(Array(3).fill(claude.model));
  expect(chat.session.runs.at(-1)?.outcome).toBe("done");
});

test("a message without a model is refused with what to name, and makes no session", async () => {
  const before = await rein.json<{ sessions: object[] }>("/api/sessions");
  for (const body of [{ provider: "xai" }, { provider: "openrouter", files: [] }]) {
    const init = { method: "POST", body: JSON.stringify({ message: "Hello", ...body }) };
    const response = await rein.fetch("/api/chat", init);
    expect(response.status).toBe(400);
    expect(await response.text()).toContain("name one as `model`");
  }
  expect(await rein.json<{ sessions: object[] }>("/api/sessions")).toEqual(before);
  expect(upstream.requests).toEqual([]);
});

function change(id: string, patch: object): Promise<Session> {
  return rein.json(`/api/sessions/${id}`, { method: "PATCH", body: JSON.stringify(patch) });
}

function save(settings: object): Promise<Models> {
  return rein.json("/api/settings", { method: "PUT", body: JSON.stringify(settings) });
}
