/** MCP servers that a program gives the engine of its session: what reaches the engine, what is asked, what a stop ends, and that none of it is kept. */
import { afterAll, expect, test } from "bun:test";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { textOf, toolCallsOf } from "../shared/message-parts";
import type { McpConfigurationAnswer, McpServerView } from "../shared/protocol";
import { mcpServers } from "../shared/requests";
import type { NewSessionResponse, SetSessionConfigOptionResponse } from "@agentclientprotocol/sdk";
import { editorScene } from "./acp-editor";
import { play, scriptedAgent } from "./agents/agent-script";
import { apiScene, everyWire } from "./api-scene";
import type { Chat } from "./rein";
import { isAlive } from "./machine-facts";
import { text, toolCall } from "./upstream/upstream";
import { until } from "./within";

const directory = mkdtempSync(join(tmpdir(), "rein-mcp-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
const script = (name: string) => join(import.meta.dir, "agents", name);
writeFileSync(
  join(directory, "claude"),
  `#!/bin/sh\nexec "${process.execPath}" "${script("scripted-claude.ts")}" "$@"\n`,
);
chmodSync(join(directory, "claude"), 0o755);

const scene = apiScene({
  environment: (upstream) => ({
    ...everyWire(upstream),
    PATH: `${directory}:${process.env["PATH"]}`,
  }),
  request: { engine: "claude", provider: "anthropic", model: "claude-sonnet-4-5" },
});
const { send, stop } = scene;
const editors = editorScene(scene);

const secret = `secret-${crypto.randomUUID()}`;

/** In the place of the secret where the scripted engine answers with what it was given. */
const shown = "shown";

/** A server that writes what it gets to a file in the test's directory. */
function writing(name: string, value = secret) {
  const log = join(scene.rein.cwd, `${name}.log`);
  const server = {
    type: "stdio" as const,
    name,
    command: process.execPath,
    args: [script("scripted-mcp-server.ts"), log],
    env: { SCRIPTED_SECRET: value },
  };
  const calls = () => read(log).filter(({ method }) => method === "tools/call");
  return { server, calls };
}

function read(log: string): { pid: number; method: string; secret?: string }[] {
  try {
    return readFileSync(log, "utf8")
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line));
  } catch {
    return []; // it has written nothing yet
  }
}

function answerOf({ session }: Chat): string {
  return textOf(session.messages.at(-1)!, "");
}

/** With its variables and headers, as the engine was given it. */
const http = {
  type: "http" as const,
  name: "far",
  url: "http://127.0.0.1:9/mcp",
  headers: { "x-key": secret },
};

test("a call of a server’s tool is asked for, and a stop ends the server with the engine", async () => {
  const { server, calls } = writing("files");
  const chat = send("mcp files hang", { mcpServers: [server] });
  await chat.until(({ type }) => type === "approval-request");
  const [call] = chat.session.messages.flatMap(toolCallsOf);
  expect(call).toMatchObject({ name: "mcp__files__hang", input: { word: "w" }, state: "waiting" });
  expect(calls()).toEqual([]);
  const { id, digest } = call!.approval!;
  await scene.post(`/api/approvals/${id}`, { decision: "once", digest });
  await until(() => calls().length > 0, "the call");
  const [{ pid, ...called } = { pid: 0 }] = calls();
  expect(called).toMatchObject({ secret });
  expect(await stop(chat)).toMatchObject({ receipt: { survivors: [] } });
  expect(isAlive(pid)).toBe(false);
});

test("the engine is told to ask before all of a server by its name, and neither its arguments nor its variables have a secret", async () => {
  const chat = send("args", { mcpServers: [writing("files").server, http] });
  await chat.ended;
  const settings = /--settings=(\{.*?\})"/.exec(answerOf(chat))![1]!.replaceAll('\\"', '"');
  const { permissions } = JSON.parse(settings) as { permissions: { ask: string[] } };
  expect(permissions.ask).toEqual(expect.arrayContaining(["mcp__files", "mcp__far"]));
  expect(permissions.ask).toContain("ReadMcpResourceTool");
  expect(answerOf(chat)).not.toContain(secret);
});

test("later messages of the session keep its servers, and one that names others begins with those", async () => {
  const { server } = writing("one", shown);
  const remote = { ...http, headers: { "x-key": shown } };
  const first = send("servers", { mcpServers: [server, remote] });
  await first.ended;
  const { name: _one, ...one } = server;
  const { name: _far, ...far } = remote;
  expect(JSON.parse(answerOf(first))).toEqual({ one, far });
  const { sessionId } = first;
  const second = send("servers", { sessionId });
  await second.ended;
  expect(answerOf(second)).toBe(answerOf(first));
  const third = send("servers", { sessionId, mcpServers: [remote] });
  await third.ended;
  expect(JSON.parse(answerOf(third))).toEqual({ far });
  const last = send("servers", { sessionId, mcpServers: [] });
  await last.ended;
  expect(answerOf(last)).toBe("{}");
});

test("a server that does not start is named to people, without what it was given", async () => {
  const { server } = writing("files");
  const chat = send("say Hello", { mcpServers: [{ ...server, command: "/bin/none" }] });
  await chat.ended;
  expect(answerOf(chat)).toContain("Hello");
  const told = JSON.stringify(chat.events);
  expect(told).toContain("The MCP server files could not be started or reached.");
  expect(told).not.toContain(secret);
});

const stdio = { type: "stdio", name: "s", command: "/bin/true" };
const bad: [string, unknown][] = [
  ["a relative program", [{ ...stdio, command: "./server" }]],
  ["a NUL in an argument", [{ ...stdio, args: ["a\0b"] }]],
  ["a NUL in a variable", [{ ...stdio, env: { A: "a\0b" } }]],
  ["the name of a variable", [{ ...stdio, env: { "A=B": "" } }]],
  ["a name that another server’s tools could have", [{ ...stdio, name: "a__b" }]],
  ["a name with a line end", [{ ...stdio, name: "a\n" }]],
  ["two servers with one name", [stdio, stdio]],
  ["an unknown field", [{ ...stdio, cwd: "/" }]],
  ["another transport", [{ type: "sse", name: "s", url: "http://a/" }]],
  ["an address that is none of HTTP", [{ ...http, url: "file:///etc/passwd" }]],
  ["a header with a line end", [{ ...http, headers: { a: "b\r\nc: d" } }]],
  ["the name of a header", [{ ...http, headers: { "a b": "c" } }]],
  ["too many", Array.from({ length: 31 }, (_, index) => ({ ...stdio, name: `s${index}` }))],
  ["too long an argument", [{ ...stdio, args: ["a".repeat(10_000)] }]],
];
for (const [name, servers] of bad)
  test(`a server is refused: ${name}`, () => {
    expect(mcpServers.safeParse(servers).success).toBe(false);
  });

test("a message with servers is refused by an engine that takes none", async () => {
  const { server } = writing("files");
  const own = { "own-scripted": scriptedAgent() };
  const settings = { method: "PUT", body: JSON.stringify({ engines: { own } }) };
  await scene.rein.json("/api/settings", settings);
  const of = (request: object) =>
    scene.rein.fetch("/api/chat", {
      method: "POST",
      body: JSON.stringify({ message: "Hi", mcpServers: [server], ...request }),
    });
  for (const request of [{ engine: "own-scripted" }]) {
    const response = await of(request);
    expect(response.status).toBe(400);
    const answer = await response.text();
    expect(answer).toContain("takes no MCP servers");
    expect(answer).not.toContain(secret);
  }
});

test("an editor’s servers reach the engine, those that cannot are named, and a loaded session gets the editor’s anew", async () => {
  const editor = await editors.open();
  const { cwd } = scene.rein;
  const { name, command, args } = writing("files").server;
  const given = { name, command, args, env: [{ name: "SCRIPTED_SECRET", value: shown }] };
  const mcpServers = [given, { ...given, name: "not a name\u001b[2J" }];
  const begun: NewSessionResponse = await editor.agent.request("session/new", { cwd, mcpServers });
  const { sessionId } = begun;
  const choose = (configId: string, value: string): Promise<SetSessionConfigOptionResponse> =>
    editor.agent.request("session/set_config_option", { sessionId, configId, value });
  const { configOptions } = await choose("engine", "claude");
  const models = JSON.stringify(configOptions);
  await choose("model", /"(anthropic\/[^"]+)"/.exec(models)![1]!);
  await editor.prompt(sessionId, "servers");
  const text = editor.text(sessionId);
  expect(text).toContain(JSON.stringify(args));
  expect(text).toMatch(/not used: not a name⟨ESC⟩\[2J\. Rein takes servers/);
  await editor.agent.request("session/close", { sessionId });
  editor.updates.length = 0;
  await editor.agent.request("session/resume", { sessionId, cwd, mcpServers: [] });
  await editor.prompt(sessionId, "servers");
  expect(editor.text(sessionId)).toBe("{}");
});

test("an editor’s servers are used by Rein’s own loop, which an editor’s person is asked about", async () => {
  const editor = await editors.open();
  const { cwd } = scene.rein;
  const { server, calls } = writing("files");
  const { name, command, args, env } = server;
  const given = { name, command, args, env: pairs(env) };
  const place = { cwd, mcpServers: [given] };
  const begun: NewSessionResponse = await editor.agent.request("session/new", place);
  scene.upstream.script([toolCall("mcp__files__echo", { word: "w" })], [text("Done.")]);
  const prompt = editor.prompt(begun.sessionId, "Go");
  (await editor.untilAsked()).choose("allow_once");
  await prompt;
  expect(editor.text(begun.sessionId)).toBe("Done.");
  expect(calls()).toEqual([expect.objectContaining({ secret })]);
  expect(await view(begun.sessionId)).toMatchObject([{ origin: "session", state: "ready" }]);
});

const pairs = (all: Record<string, string>) =>
  Object.entries(all).map(([name, value]) => ({ name, value }));

async function view(sessionId: string): Promise<McpServerView[]> {
  const path = `/api/mcp?${new URLSearchParams({ sessionId })}`;
  return (await scene.rein.json<McpConfigurationAnswer>(path)).servers;
}

const change = (settings: object) =>
  scene.rein.json("/api/settings", { method: "PUT", body: JSON.stringify(settings) });

test("an engine is given the servers of the settings, without those that are off", async () => {
  const { server } = writing("files", shown);
  const { name: _name, ...own } = server;
  const servers = {
    kept: { server: own, isOn: true, offTools: ["hang"] },
    away: { server: own, isOn: false },
  };
  await change({ mcp: { servers } });
  const chat = send("servers", { mcpServers: [] });
  await chat.ended;
  expect(JSON.parse(answerOf(chat))).toEqual({ kept: own });
  expect(await view(chat.sessionId)).toMatchObject([
    { name: "away", state: "off" },
    { name: "kept", state: "not-started", reason: expect.stringContaining("by itself") },
  ]);
  await change({ mcp: { servers: { kept: { isOn: false } } } });
  const after = send("servers", { sessionId: chat.sessionId });
  await after.ended;
  expect(answerOf(after)).toBe("{}");
  await change({ mcp: { servers: { kept: null, away: null } } });
});

test("the engine of a subagent is given the session’s servers", async () => {
  const role = { engine: "claude", provider: "anthropic", model: "claude-sonnet-4-5" };
  await change({ roles: { simple: role } });
  const { server } = writing("files", shown);
  const input = { role: "simple", title: "Look", task: "servers" };
  scene.upstream.script([toolCall("subagent", input)], [text("Fine.")]);
  const { rein } = scene;
  const { provider, model } = role;
  const request = { provider, model, mcpServers: [server] };
  const chat = rein.chat({ message: "Go", permissions: "all", ...request });
  await chat.ended;
  const { name: _name, ...own } = server;
  const [call] = chat.session.messages.flatMap(toolCallsOf);
  expect(JSON.parse(call!.output)).toEqual({ files: own });
  await change({ roles: { simple: {} } });
});

test("of an engine that takes no servers, those of the settings are shown as not used", async () => {
  await change({
    mcp: { servers: { kept: { server: { type: "stdio", command: "none" }, isOn: true } } },
    engines: { own: { "own-scripted": scriptedAgent() } },
  });
  const chat = scene.rein.chat({ message: play({ text: "Hi" }), engine: "own-scripted" });
  await chat.ended;
  expect(await view(chat.sessionId)).toMatchObject([
    { state: "not-started", reason: expect.stringContaining("takes no MCP servers: it is not") },
  ]);
  await change({ mcp: { servers: { kept: null } } });
});

test("nothing of a server is stored, exported or listed", async () => {
  const { server, calls } = writing("files");
  const chat = send("mcp files echo", { mcpServers: [server, http], permissions: "all" });
  await until(() => calls().length > 0, "the call");
  await stop(chat);
  await chat.ended;
  const { rein } = scene;
  const dataDir = scene.dataDir();
  for (const path of ["", "/export"]) {
    const response = await rein.fetch(`/api/sessions/${chat.sessionId}${path}`);
    expect(await response.text()).not.toContain(secret);
  }
  rein.signal("SIGTERM");
  await rein.exited;
  const { stdout } = Bun.spawnSync(["grep", "-rla", secret, dataDir]);
  expect(stdout.toString()).toBe("");
});
