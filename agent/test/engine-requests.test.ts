/** The requests about a session's engine, on a server: each refusal says what to do. */
import { expect, test } from "bun:test";
import { join } from "node:path";
import type { EngineInfo } from "../shared/protocol";
import { play } from "./agents/agent-script";
import { apiScene } from "./api-scene";

const { rein } = apiScene();

const program = join(import.meta.dir, "agents/scripted-acp-agent.ts");
const helper = { name: "Helper", command: [process.execPath, program] };

async function refusal(method: string, path: string, body?: object): Promise<string> {
  const answer = await rein.fetch(path, { method, ...(body && { body: JSON.stringify(body) }) });
  if (answer.ok) return "none";
  const { error } = (await answer.json()) as { error: { code: string; message: string } };
  return `${answer.status} ${error.code}: ${error.message}`;
}

async function save(engines: object): Promise<void> {
  expect(await refusal("PUT", "/api/settings", { engines })).toBe("none");
}

test("an engine is chosen with the first message, by what the settings say, and stays", async () => {
  await save({
    paths: { "gemini-cli": "/no/such/gemini" },
    own: { "own-helper": helper, "own-other": { ...helper, name: "Other" } },
  });
  const listed = await rein.json<EngineInfo[]>("/api/engines");
  const gemini = listed.find(({ id }) => id === "gemini-cli")!;
  expect(gemini).toMatchObject({ state: "missing", enteredPath: "/no/such/gemini" });
  const listedHelper = listed.find(({ id }) => id === "own-helper");
  // That of Bun, which runs it, would say nothing.
  expect(listedHelper).not.toHaveProperty("version");
  expect(listedHelper).toMatchObject({
    name: "Helper",
    state: "ready",
    own: { command: helper.command, variables: [] },
  });
  const chat = (more: object) => refusal("POST", "/api/chat", { message: "Hello", ...more });
  expect(await chat({ engine: "nobody" })).toStartWith("400 engine: There is no engine");
  expect(await chat({ engine: "gemini-cli" })).toEndWith(`Install it with: ${gemini.install}`);
  expect(await chat({ engine: "own-helper", provider: "openai" })).toStartWith("400 provider:");
  expect(await chat({ engine: "own-helper", options: { effort: "low" } })).toStartWith("400 opti");

  const message = play({ text: "Hello." });
  const first = rein.chat({ message, engine: "own-helper", onDisconnect: "continue" });
  await first.ended;
  const { sessionId } = first;
  const session = await rein.session(sessionId);
  expect(session).toMatchObject({
    engine: { id: "own-helper", version: "1.2.3" },
    provider: "own-helper",
    model: "default",
  });
  expect(session).not.toHaveProperty("options");
  expect(JSON.stringify(session.messages)).toContain("Hello.");

  expect(await chat({ sessionId, engine: "own-other" })).toStartWith("409 engine-fixed: ");
  const patch = (body: object) => refusal("PATCH", `/api/sessions/${sessionId}`, body);
  expect(await patch({ provider: "openai" })).toStartWith("409 engine-fixed: ");
  expect(await patch({ options: { effort: "low" } })).toBe("400 options: Helper takes no options.");
  expect(await patch({ model: "another" })).toBe("none");
  expect(await refusal("POST", `/api/sessions/${sessionId}/compact`, {})).toBe(
    "409 engine: Helper sums up its conversation by itself.",
  );
});

test("no engine has the name of a provider: with that, a session says that it uses its engine's own log-in", async () => {
  const { providers } = await rein.json<{ providers: { id: string }[] }>("/api/models");
  const engines = await rein.json<EngineInfo[]>("/api/engines");
  const ids = new Set(providers.map(({ id }) => id));
  expect(ids.size).toBeGreaterThan(5);
  expect(engines.filter(({ id }) => ids.has(id))).toEqual([]);
});

test("a role of subagents can name an agent of the same request, and none that it removes", async () => {
  const put = (engines: object) =>
    refusal("PUT", "/api/settings", { engines, roles: { simple: { engine: "own-new" } } });
  expect(await put({ own: { "own-new": { ...helper, name: "New" } } })).toBe("none");
  expect(await put({ own: { "own-new": null } })).toBe(
    "400 engine: There is no engine named “own-new”.",
  );
  expect(await refusal("PUT", "/api/settings", { roles: { simple: {} } })).toBe("none");
});
