/** Tools of MCP servers in Rein's own loop: called, asked about, shown while they run, and ended by a stop over both transports. */
import { afterAll, describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { toolCallsOf } from "../shared/message-parts";
import type { ProcessLook, ToolCallPart } from "../shared/protocol";
import { apiScene } from "./api-scene";
import { isAlive } from "./machine-facts";
import type { Chat } from "./rein";
import { text, toolCall } from "./upstream/upstream";
import { until } from "./within";

const directory = mkdtempSync(join(tmpdir(), "rein-mcp-calls-"));
const script = join(import.meta.dir, "agents", "lying-mcp-server.ts");
const { rein, upstream, send, stop } = apiScene();
const httpServers: Bun.Subprocess[] = [];
afterAll(() => {
  for (const one of httpServers) one.kill();
  rmSync(directory, { recursive: true, force: true });
});

interface Logged {
  pid: number;
  method: string;
}

function newLog() {
  const log = join(directory, `${crypto.randomUUID()}.log`);
  const messages = (): Logged[] =>
    existsSync(log)
      ? readFileSync(log, "utf8")
          .split("\n")
          .filter(Boolean)
          .map((line) => JSON.parse(line) as Logged)
      : [];
  const has = (method: string) => messages().some((one) => one.method === method);
  const pids = () => [...new Set(messages().map(({ pid }) => pid))];
  return { log, messages, has, pids };
}

function program(mode = "", name = "lying") {
  const logged = newLog();
  const args = [script, logged.log, mode];
  const server = { type: "stdio" as const, name, command: process.execPath, args, env: {} };
  return { ...logged, server };
}

async function service() {
  const logged = newLog();
  const portFile = `${logged.log}.port`;
  const child = Bun.spawn([process.execPath, script, logged.log, "", portFile]);
  httpServers.push(child);
  await until(() => existsSync(portFile) && readFileSync(portFile, "utf8") !== "");
  const url = `http://127.0.0.1:${readFileSync(portFile, "utf8")}/mcp`;
  return { ...logged, server: { type: "http" as const, name: "lying", url, headers: {} } };
}

const lastCall = (chat: Chat): ToolCallPart =>
  chat.session.messages.flatMap(toolCallsOf).at(-1) as ToolCallPart;
const callOf = (tool: string, input: Record<string, unknown> = { word: "hello" }) =>
  toolCall(`mcp__lying__${tool}`, input);

describe.each([
  ["stdio", async () => program()],
  ["http", service],
])("over %s", (transport, make) => {
  test("a tool is called, and its words are marked as the server's", async () => {
    const { server } = await make();
    upstream.script([callOf("echo")], [text("Fine.")]);
    const chat = send({ permissions: "all", mcpServers: [server] });
    await chat.ended;
    const { state, output } = lastCall(chat);
    expect(state).toBe("done");
    expect(output).toContain("words of the MCP server lying, not of the user");
    expect(output).toContain("It says hello");
    expect(output).not.toContain("again");
  });

  test("a stop of a call that ignores it leaves nothing, and the next message works", async () => {
    const { server, has, pids } = await make();
    upstream.script([callOf("hang")]);
    const chat = send({ permissions: "all", mcpServers: [server] });
    await until(() => has("tools/call"));
    await stop(chat);
    await chat.ended;
    await until(() => has("notifications/cancelled"));
    const call = chat.session.runs.at(-1)!.receipt!.toolCalls[0]!;
    expect(call.outcome).toBe("stopped");
    if (transport === "stdio") {
      expect(call.proof).toBe("proven");
      expect(call.told).toBeUndefined();
      expect(pids().filter((pid) => isAlive(pid))).toEqual([]);
    } else {
      expect(call.told).toBe(true);
      await until(() => has("closed hang"), "the end of the call's exchange");
    }
    upstream.script([callOf("echo")], [text("Fine.")]);
    const next = send({ sessionId: chat.session.id, permissions: "all" });
    await next.ended;
    expect(lastCall(next).output).toContain("It says hello");
    expect(pids()).toHaveLength(transport === "stdio" ? 2 : 1);
  });

  test("progress is shown while the call runs, and is gone after it", async () => {
    const { server } = await make();
    upstream.script([callOf("progress")]);
    const chat = send({ permissions: "all", mcpServers: [server] });
    const shown = await chat.until((event) => event.type === "tool-progress");
    expect(shown).toMatchObject({ progress: "1 of 2: halfway" });
    await stop(chat);
    await chat.ended;
    expect(lastCall(chat).progress).toBeUndefined();
  });

  test.each(["broken", "cut"])("an answer that is none fails its call alone: %s", async (tool) => {
    const { server } = await make();
    upstream.script([callOf(tool)], [callOf("echo")], [text("Fine.")]);
    const chat = send({ permissions: "all", mcpServers: [server] });
    await chat.ended;
    const [bad, echo] = chat.session.messages.flatMap(toolCallsOf);
    expect(bad).toMatchObject({ state: "failed", error: expect.not.stringMatching(/[[{]/) });
    expect(echo?.output).toContain("It says hello");
  });

  test("a tool that failed says so to the model", async () => {
    const { server } = await make();
    upstream.script([callOf("fail")], [text("I see.")]);
    const chat = send({ permissions: "all", mcpServers: [server] });
    await chat.ended;
    expect(lastCall(chat)).toMatchObject({ state: "failed" });
    expect(lastCall(chat).output).toContain("no such thing");
  });
});

test("a call is asked about, with its whole input", async () => {
  const { server, has } = program();
  upstream.script([callOf("echo")]);
  const chat = send({ permissions: "ask", mcpServers: [server] });
  await chat.until((event) => event.type === "approval-request");
  expect(lastCall(chat).approval).toMatchObject({
    kind: "tool",
    tool: "mcp__lying__echo",
    subject: '{\n  "word": "hello"\n}',
  });
  expect(has("tools/call")).toBe(false);
  await stop(chat);
});

test("a stop of one of two calls to a server fails the other honestly", async () => {
  const { server, messages } = program();
  upstream.script([callOf("hang"), callOf("progress")], [text("I see.")]);
  const chat = send({ permissions: "all", mcpServers: [server] });
  await until(() => messages().filter(({ method }) => method === "tools/call").length === 2);
  const calls = () => chat.session.messages.flatMap(toolCallsOf);
  await until(() => calls().every(({ state }) => state === "running") && calls().length === 2);
  const [first, second] = calls() as [ToolCallPart, ToolCallPart];
  await rein.stop(chat.sessionId, { toolCallId: first.id });
  await chat.ended;
  const other = calls().find(({ id }) => id === second.id);
  expect(other).toMatchObject({ state: "failed" });
  expect(other?.error).toContain("ended by a stop of another call");
});

test("a server that dies in a call costs that call, and is started again", async () => {
  const { server, pids } = program();
  upstream.script([callOf("crash")], [callOf("echo")], [text("Fine.")]);
  const chat = send({ permissions: "all", mcpServers: [server] });
  await chat.ended;
  const [crashed, echoed] = chat.session.messages.flatMap(toolCallsOf);
  expect(crashed?.error).toContain("the lying server gives up");
  expect(echoed?.output).toContain("It says hello");
  expect(pids()).toHaveLength(2);
});

test("an answer with more values than can be read fails its call, and the next use works", async () => {
  const { server } = program();
  upstream.script([callOf("many")], [callOf("echo")], [text("Fine.")]);
  const chat = send({ permissions: "all", mcpServers: [server] });
  await chat.ended;
  const [many, echo] = chat.session.messages.flatMap(toolCallsOf);
  expect(many).toMatchObject({ state: "failed" });
  expect(many?.error).toContain("cannot be read");
  expect(echo?.output).toContain("It says hello");
});

test.each(["crash-initialize", "crash-list", "endless", "flood"])(
  "a server that does this at its start costs nothing else: %s",
  async (mode) => {
    const bad = program(mode);
    const good = program("", "good");
    upstream.script([toolCall("mcp__good__echo", { word: "hello" })], [text("Fine.")]);
    const chat = send({ permissions: "all", mcpServers: [bad.server, good.server] });
    await chat.ended;
    expect(lastCall(chat).output).toContain("It says hello");
  },
);

test.each(["hang-initialize", "hang-list"])(
  "a stop ends the wait for a start: %s",
  async (mode) => {
    const { server, has } = program(mode);
    upstream.script([text("Never.")]);
    const chat = send({ permissions: "all", mcpServers: [server] });
    await until(() => has(mode === "hang-list" ? "tools/list" : "initialize"));
    await stop(chat);
    await chat.ended;
    expect(chat.session.runs.at(-1)!.outcome).toBe("stopped");
  },
);

test("a tool that a server adds in a call is there in the next turn", async () => {
  const { server } = program("changing");
  upstream.script([callOf("echo")], [callOf("new-0")], [text("Fine.")]);
  const chat = send({ permissions: "all", mcpServers: [server] });
  await chat.ended;
  expect(lastCall(chat)).toMatchObject({ name: "mcp__lying__new-0", state: "done" });
});

test("a server is listed with the processes of its session, is stopped alone, and is started again", async () => {
  const { server, pids } = program();
  upstream.script([callOf("echo")], [text("Fine.")], [callOf("echo")], [text("Fine.")]);
  const chat = send({ permissions: "all", mcpServers: [server] });
  await chat.ended;
  const path = `/api/sessions/${chat.session.id}/processes`;
  const { processes } = await rein.json<{ processes: ProcessLook[] }>(path);
  expect(processes).toMatchObject([{ command: "MCP server lying", mcpServer: true }]);
  expect(chat.session.processes ?? []).toEqual([]);
  await rein.fetch(`${path}/${processes[0]!.id}/stop`, { method: "POST" });
  expect(pids().some((pid) => isAlive(pid))).toBe(false);
  const next = send({ sessionId: chat.session.id, permissions: "all" });
  await next.ended;
  expect(lastCall(next).output).toContain("It says hello");
  expect(pids()).toHaveLength(2);
});

test("the deletion of a session ends its servers", async () => {
  const { server, pids } = program();
  upstream.script([callOf("echo")], [text("Fine.")]);
  const chat = send({ permissions: "all", mcpServers: [server] });
  await chat.ended;
  expect(pids().every((pid) => isAlive(pid))).toBe(true);
  await rein.fetch(`/api/sessions/${chat.session.id}`, { method: "DELETE" });
  expect(pids().some((pid) => isAlive(pid))).toBe(false);
});
