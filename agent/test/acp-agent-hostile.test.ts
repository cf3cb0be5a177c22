/** `rein acp` against an editor, a model and a server that send what they should not, or nothing. */
import { expect, test } from "bun:test";
import { join } from "node:path";
import type { NewSessionRequest } from "@agentclientprotocol/sdk";
import { toolCard } from "../cli/acp/tool-card";
import { editorScene, failureOf, spawnAcp, startEditor } from "./acp-editor";
import { apiScene, everyWire } from "./api-scene";
import { startRein } from "./rein";
import { makeGate, text, toolCall } from "./upstream/upstream";
import { untilAsync, within } from "./within";

const scene = apiScene({
  environment: everyWire,
  settings: { provider: "openai-chat", model: "local-model" },
});
const { upstream } = scene;
const editors = editorScene(scene);

interface Answer {
  method?: string;
  id?: unknown;
  result?: { sessionId?: string };
  error?: { code: number; message: string };
}

const initialize = `{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":1}}`;

/** By lines, as a program writes them that has no SDK. */
function byLines() {
  const child = spawnAcp(scene.rein);
  const lines = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  const send = async (line: string) => {
    await child.stdin.write(`${line}\n`);
    await child.stdin.flush();
  };
  return {
    child,
    send,
    /** The next answer; updates are passed over. */
    async next(): Promise<Answer> {
      for (;;) {
        const end = rest.indexOf("\n");
        if (end >= 0) {
          const message = JSON.parse(rest.slice(0, end)) as Answer;
          rest = rest.slice(end + 1);
          if (message.method === undefined) return message;
          continue;
        }
        const { done, value } = await within("an answer", lines.read());
        if (done) throw new Error("it has closed its output");
        rest += value;
      }
    },
    initialize: () => send(initialize),
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await child.exited;
    },
  };
}

test("lines that are no requests get an error, and change nothing", async () => {
  await using editor = byLines();
  await editor.send("none");
  expect(await editor.next()).toMatchObject({ error: { code: -32700 } });
  await editor.send("[]");
  expect(await editor.next()).toMatchObject({ error: { code: -32600 } });
  await editor.send(
    `{"jsonrpc":"2.0","id":1,"method":"session/new","params":{"cwd":"/","mcpServers":[]}}`,
  );
  expect(await editor.next()).toMatchObject({ id: 1, error: { code: -32600 } });
  await editor.initialize();
  expect(await editor.next()).toMatchObject({ id: 0, result: { protocolVersion: 1 } });
  await editor.send(`{"jsonrpc":"2.0","method":"session/cancel","params":{"sessionId":"none"}}`);
  await editor.send(`{"jsonrpc":"2.0","method":"session/cancel","params":5}`);
  await editor.send(`{"jsonrpc":"2.0","method":"$/cancel_request","params":{"requestId":99}}`);
  await editor.send(`{"jsonrpc":"2.0","id":2,"method":"session/none","params":{}}`);
  expect(await editor.next()).toMatchObject({ id: 2, error: { code: -32601 } });
  await editor.send(
    `{"jsonrpc":"2.0","id":3,"method":"session/prompt","params":{"sessionId":"x"}}`,
  );
  expect(await editor.next()).toMatchObject({ id: 3, error: { code: -32602 } });
  await editor.child.stdin.end();
  expect(await editor.child.exited).toBe(0);
});

test("what is written at once, with the end of the input behind it, is answered in order", async () => {
  const child = spawnAcp(scene.rein);
  const params = JSON.stringify({ cwd: scene.rein.cwd, mcpServers: [] });
  void child.stdin.write(
    `${initialize}\n{"jsonrpc":"2.0","id":1,"method":"session/new","params":${params}}`,
  );
  void child.stdin.end();
  const lines = (await Bun.readableStreamToText(child.stdout)).trim().split("\n");
  expect(await child.exited).toBe(0);
  const answers = lines.map((line) => JSON.parse(line) as Answer);
  expect(answers.filter(({ method }) => method === undefined)).toMatchObject([
    { id: 0, result: { protocolVersion: 1 } },
    { id: 1, result: { sessionId: expect.any(String) } },
  ]);
});

test("a line that is too long ends the connection, in words", async () => {
  await using editor = byLines();
  await editor.initialize();
  await editor.next();
  const piece = "x".repeat(1 << 20);
  for (let i = 0; i < 33; i++) {
    // Its end is closed when it has had enough.
    await Promise.resolve(editor.child.stdin.write(piece)).catch(() => undefined);
  }
  expect(await within("its end", editor.child.exited)).toBe(1);
  expect(await Bun.readableStreamToText(editor.child.stderr)).toContain("more than 32 MB");
});

test("what a session cannot be opened with is refused in words", async () => {
  const editor = await editors.open();
  const { cwd } = scene.rein;
  const load = (sessionId: string, where = cwd) =>
    editor.agent.request("session/load", { sessionId, cwd: where, mcpServers: [] });
  expect(await failureOf(editor.newSession("relative"))).not.toBe("");
  expect(await failureOf(editor.newSession(`${cwd}/none`))).toContain("no directory");
  expect(await failureOf(load("none"))).toContain("no session");
  expect(await failureOf(load("../limits?x="))).toContain("no session");
  expect(await failureOf(editor.prompt("none", "Hi"))).toContain("no session");
  const { sessionId } = await editor.newSession();
  expect(await failureOf(load(sessionId))).toContain("no session");
  expect(
    await failureOf(editor.agent.request("session/set_mode", { sessionId, modeId: "root" })),
  ).toContain("no mode");
  expect(await failureOf(editor.agent.request("authenticate", { methodId: "any" }))).toContain(
    "sign in",
  );
  expect(await failureOf(editor.agent.request("session/list", { cursor: "-1" }))).toContain(
    "cursor",
  );
  upstream.script([text("Yes.")]);
  await editor.prompt(sessionId, "Hi");
  expect(await failureOf(load(sessionId, "/"))).toContain(`This session works in ${cwd}`);
});

test("a prompt that is too long is refused, and the next one is answered", async () => {
  const editor = await editors.open();
  const { sessionId } = await editor.newSession();
  expect(await failureOf(editor.prompt(sessionId, "x".repeat(1_000_001)))).not.toBe("");
  upstream.script([text("Yes.")]);
  expect(await editor.prompt(sessionId, "Hi")).toMatchObject({ stopReason: "end_turn" });
});

test("no control character of a model or a command reaches the editor", async () => {
  const editor = await editors.open();
  const { sessionId } = await editor.newSession();
  await editor.agent.request("session/set_mode", { sessionId, modeId: "all" });
  upstream.script(
    [
      text("red \u001b[31m and \u009b2J, title \u001b]0;x\u0007"),
      toolCall("bash", { command: "printf 'a\\033[2Jb\\a```c' # \u001b[2J" }),
    ],
    [text("Done.")],
  );
  await editor.prompt(sessionId, "Go \u001b[2J");
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  const controls = /[\0-\x08\x0B-\x1F\x7F-\x9F]/;
  const strings = JSON.stringify(editor.updates, (key, value: unknown) =>
    key === "rawInput" ? undefined : value,
  );
  JSON.parse(strings, (_key, value: unknown) => {
    if (typeof value === "string") expect(value).not.toMatch(controls);
    return value;
  });
  expect(editor.text(sessionId)).toContain("red ␛[31m");
  expect(strings).toContain("````");
});

test("MCP servers of the editor are used by Rein’s own loop, and those that no session takes are said once", async () => {
  const editor = await editors.open();
  const server = { name: "two words", command: "/bin/none", args: [], env: [] };
  const { cwd } = scene.rein;
  const script = join(import.meta.dir, "agents", "scripted-mcp-server.ts");
  const words = { ...server, name: "words", command: process.execPath, args: [script] };
  const request: NewSessionRequest = { cwd, mcpServers: [server, words] };
  const { sessionId } = await editor.agent.request("session/new", request);
  upstream.script([text("Yes.")]);
  await editor.prompt(sessionId, "Hi");
  expect(JSON.stringify(upstream.requests.at(-1)?.body)).toContain("mcp__words__echo");
  expect(editor.text(sessionId)).toMatch(
    /^MCP servers of the editor that are not used: two words\. Rein takes servers by stdio and HTTP, whose names are letters, digits, - and single _\.\n\nYes\.$/,
  );
});

test.each([
  null,
  { nothing: 1 },
  { outcome: "selected" },
  { outcome: { outcome: "later", optionId: "once" } },
  { outcome: { outcome: "selected" } },
])("an answer that ACP does not have denies what was asked: %j", async (answer) => {
  const editor = await editors.open();
  const { sessionId } = await editor.newSession();
  upstream.script([toolCall("bash", { command: "echo hi" })], [text("Not then.")]);
  const prompt = editor.prompt(sessionId, "Run it");
  (await editor.untilAsked()).reply(answer as never);
  expect(await prompt).toMatchObject({ stopReason: "end_turn" });
  expect(JSON.stringify(upstream.requests[1]!.body)).toContain("none of what was offered");
});

test("an editor that does not read its input is stopped nevertheless", async () => {
  await using editor = byLines();
  await editor.initialize();
  await editor.next();
  const params = JSON.stringify({ cwd: scene.rein.cwd, mcpServers: [] });
  await editor.send(`{"jsonrpc":"2.0","id":1,"method":"session/new","params":${params}}`);
  const { sessionId = "" } = (await editor.next()).result ?? {};
  const gate = makeGate();
  // More than all the pipes between them hold.
  upstream.script([text(...Array.from({ length: 60 }, () => "word ".repeat(10_000)), gate)]);
  const prompt = { sessionId, prompt: [{ type: "text", text: "Go" }] };
  await editor.send(
    `{"jsonrpc":"2.0","id":2,"method":"session/prompt","params":${JSON.stringify(prompt)}}`,
  );
  const session = () => scene.rein.session(sessionId).catch(() => undefined);
  await untilAsync(
    async () => JSON.stringify((await session())?.messages ?? "").length > 3_000_000,
    "all of the text on the server",
  );
  await editor.send(
    `{"jsonrpc":"2.0","method":"session/cancel","params":{"sessionId":"${sessionId}"}}`,
  );
  await untilAsync(async () => (await session())?.runs[0]?.state === "settled", "the end");
  expect(await editor.next()).toMatchObject({ id: 2, result: { stopReason: "cancelled" } });
});

test("a refused token is said, and nothing is written to the editor", async () => {
  const { url, cwd } = scene.rein;
  const child = spawnAcp({ url, cwd, token: "wrong" });
  const [out, errors] = await Promise.all([
    Bun.readableStreamToText(child.stdout),
    Bun.readableStreamToText(child.stderr),
  ]);
  expect(out).toBe("");
  expect(errors).toContain("refused the token");
  expect(await child.exited).toBe(1);
});

test("a server that ends is said", async () => {
  await using rein = await startRein({ environment: everyWire(upstream) });
  await using editor = await startEditor(rein);
  const { sessionId } = await editor.newSession();
  const model = { sessionId, configId: "model", value: "openai-chat/local-model" };
  await editor.agent.request("session/set_config_option", model);
  const gate = makeGate();
  upstream.script([text("Begun.", gate)]);
  const prompt = editor.prompt(sessionId, "Go");
  await editor.until(() => editor.text(sessionId) || undefined, "its text");
  rein.signal("SIGKILL");
  expect(await failureOf(prompt)).toContain("server");
  expect(await failureOf(editor.prompt(sessionId, "Go"))).toContain("server cannot be reached");
});

test("a tool whose name every object has as a key is a tool like any other", () => {
  const call = { type: "tool-call", id: "a", callId: "b", inputText: "{}", output: "" } as const;
  for (const name of ["constructor", "__proto__"])
    expect(toolCard({ ...call, name, state: "done" }, "/").kind).toBe("other");
});
