/** Options of a model are chosen for a session, for new sessions and for roles of subagents, and count from the next request. */
import { expect, test } from "bun:test";
import type { Models, Session } from "../shared/protocol";
import { apiScene } from "./api-scene";
import { makeGate, text, toolCall } from "./upstream/upstream";

const { upstream, rein, send, restart } = apiScene({ request: { permissions: "all" } });

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
  expect((await save({ roles: { simple: {} }, options: {} })).roles).toEqual({ simple: {} });
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
    { roles: { king: {} } },
  ];
  for (const body of refused) {
    const init = { method: "PUT", body: JSON.stringify(body) };
    expect([body, (await rein.fetch("/api/settings", init)).status]).toEqual([body, 400]);
  }
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
