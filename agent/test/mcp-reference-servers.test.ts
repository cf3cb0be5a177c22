/** MCP's own reference servers in Rein's own loop: their tools are called, and a stop is true at each moment of a long call. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { toolCallsOf } from "../shared/message-parts";
import type { ToolCallPart } from "../shared/protocol";
import type { McpServer } from "../shared/requests";
import { apiScene } from "./api-scene";
import { freePort } from "./free-port";
import { pidsWith } from "./machine-facts";
import type { Chat } from "./rein";
import { text, toolCall } from "./upstream/upstream";
import { until } from "./within";

const directory = mkdtempSync(join(tmpdir(), "rein-mcp-reference-"));
const entry = (name: string) =>
  join(import.meta.dir, `../../node_modules/@modelcontextprotocol/server-${name}/dist/index.js`);
const { rein, upstream, send, stop } = apiScene();
let service: Bun.Subprocess;
let port: number;

beforeAll(async () => {
  port = await freePort();
  service = Bun.spawn([process.execPath, entry("everything"), "streamableHttp"], {
    env: { ...process.env, PORT: String(port) },
    stdout: "ignore",
    stderr: "pipe",
  });
  const { value } = await (service.stderr as ReadableStream<Uint8Array>).getReader().read();
  expect(new TextDecoder().decode(value)).toContain(`listening on port ${port}`);
});
afterAll(async () => {
  service.kill();
  await service.exited;
  rmSync(directory, { recursive: true, force: true });
});

/** A reference server as a session uses it, and what reaches it. */
interface Reached extends Disposable {
  server: McpServer;
  /** How many messages with this method have been sent to it. */
  count: (method: string) => number;
  /** Nothing more of what is sent to it is delivered. */
  hold: () => void;
  release: () => void;
  /** Of its program's processes. */
  pids: () => number[];
}

function counting(log: string): Reached["count"] {
  return (method) =>
    existsSync(log) ? readFileSync(log, "utf8").split(`"method":"${method}"`).length - 1 : 0;
}

/** Its input passes through a file that this test reads. */
const piped = `tee -a "$0" | { while [ -e "$0.hold" ]; do sleep 0.01; done; exec "$@"; }`;

function program(name = "everything", ...args: string[]): Reached {
  const log = join(directory, `${crypto.randomUUID()}.log`);
  const command = [process.execPath, entry(name), ...(args.length > 0 ? args : ["stdio", log])];
  return {
    server: { type: "stdio", name, command: "sh", args: ["-c", piped, log, ...command], env: {} },
    count: counting(log),
    hold: () => writeFileSync(`${log}.hold`, ""),
    release: () => rmSync(`${log}.hold`, { force: true }),
    pids: () => pidsWith(log),
    [Symbol.dispose]: () => {},
  };
}

/** The service of all tests, behind a proxy of this test's own. */
function proxied(): Reached {
  const log = join(directory, `${crypto.randomUUID()}.log`);
  let held = Promise.withResolvers<void>();
  held.resolve();
  const proxy = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    idleTimeout: 0,
    async fetch(request) {
      const body = await request.text();
      appendFileSync(log, `${body}\n`);
      await held.promise;
      const { method, headers, signal } = request;
      // The service closes connections that rest, and a request may be on its way in that moment.
      const sent = { method, headers, signal, keepalive: false, ...(body !== "" && { body }) };
      return fetch(`http://127.0.0.1:${port}/mcp`, sent);
    },
  });
  return {
    server: { type: "http", name: "everything", url: `${proxy.url.origin}/mcp`, headers: {} },
    count: counting(log),
    hold: () => (held = Promise.withResolvers()),
    release: () => held.resolve(),
    pids: () => [],
    [Symbol.dispose]: () => void proxy.stop(true),
  };
}

const callsOf = (chat: Chat): ToolCallPart[] => chat.session.messages.flatMap(toolCallsOf);
const receiptOf = (chat: Chat) => chat.session.runs[0]!.receipt!;
const call = (tool: string, input: Record<string, unknown> = {}) =>
  toolCall(`mcp__everything__${tool}`, input);
const long = (duration: number, steps: number) =>
  call("trigger-long-running-operation", { duration, steps });

/** The next message of the session finds the server working. */
async function expectWorks(chat: Chat): Promise<void> {
  upstream.script([call("get-sum", { a: 40, b: 2 })], [text("Fine.")]);
  const next = send({ sessionId: chat.session.id, permissions: "all" });
  await next.ended;
  expect(callsOf(next).at(-1)).toMatchObject({ name: "mcp__everything__get-sum", state: "done" });
  expect(callsOf(next).at(-1)!.output).toContain("The sum of 40 and 2 is 42");
}

describe.each([
  ["stdio", program],
  ["streamable HTTP", proxied],
])("server-everything over %s", (transport, reach) => {
  const isProgram = transport === "stdio";

  test("its tools are listed, and each that needs no more than an answer is called", async () => {
    using reached = reach();
    const calls: [string, Record<string, unknown>, string][] = [
      ["echo", { message: "hello" }, "Echo: hello"],
      ["get-sum", { a: 1, b: 2 }, "is 3"],
      ["get-annotated-message", { messageType: "error", includeImage: true }, "Error"],
      ["get-env", {}, "PATH"],
      ["get-resource-links", { count: 2 }, "demo://resource"],
      ["get-resource-reference", { resourceType: "Text", resourceId: 1 }, "demo://resource"],
      ["get-structured-content", { location: "Chicago" }, "temperature"],
      ["get-tiny-image", {}, "image"],
      ["toggle-simulated-logging", {}, "logging"],
      ["toggle-subscriber-updates", {}, "updates"],
      ["trigger-long-running-operation", { duration: 0.01, steps: 2 }, "completed"],
    ];
    upstream.script(
      calls.map(([tool, input]) => call(tool, input)),
      [text("Seen.")],
    );
    const chat = send({ permissions: "all", mcpServers: [reached.server] });
    await chat.ended;
    const listed = JSON.stringify(upstream.requests[0]!.body);
    for (const [tool] of calls) expect(listed).toContain(`"mcp__everything__${tool}"`);
    const made = callsOf(chat).map(({ name, state, output }) => ({ name, state, output }));
    expect(made).toEqual(
      calls.map(([tool, , said]) => ({
        name: `mcp__everything__${tool}`,
        state: "done",
        output: expect.stringContaining(said),
      })),
    );
  });

  test("a stop before the message starts nothing", async () => {
    using reached = reach();
    const runId = `run-${crypto.randomUUID()}`;
    await rein.json("/api/stop", { method: "POST", body: JSON.stringify({ runId }) });
    const chat = send({ runId, permissions: "all", mcpServers: [reached.server] });
    await chat.ended;
    expect(chat.session.runs[0]!.outcome).toBe("stopped");
    expect(reached.count("initialize")).toBe(0);
    expect(reached.pids()).toEqual([]);
    await expectWorks(chat);
  });

  test("a stop during the server's start ends the wait, and the next message has the server", async () => {
    using reached = reach();
    reached.hold();
    const chat = send({ permissions: "all", mcpServers: [reached.server] });
    await until(() => reached.count("initialize") === 1, "it is asked to begin");
    await stop(chat);
    await chat.ended;
    expect(chat.session.runs[0]!.outcome).toBe("stopped");
    expect(receiptOf(chat).toolCalls).toEqual([]);
    reached.release();
    await expectWorks(chat);
  });

  test("a stop during a long call is true, and the server is used again", async () => {
    using reached = reach();
    upstream.script([long(60, 600)]);
    const chat = send({ permissions: "all", mcpServers: [reached.server] });
    const shown = await chat.until(({ type }) => type === "tool-progress");
    expect(shown).toMatchObject({ progress: "1 of 600" });
    const before = reached.pids();
    await stop(chat);
    await chat.ended;
    const ended = receiptOf(chat).toolCalls[0]!;
    expect(ended.outcome).toBe("stopped");
    expect(isProgram ? ended : { proof: "proven" }).toMatchObject({ proof: "proven" });
    expect(ended.told).toBe(isProgram ? undefined : true);
    // A program is ended with the file through which its input passes.
    if (!isProgram) await until(() => reached.count("notifications/cancelled") === 1, "it is told");
    expect(before.length > 0).toBe(isProgram);
    expect(reached.pids()).toEqual([]);
    await expectWorks(chat);
    expect(reached.count("initialize")).toBe(isProgram ? 2 : 1);
  });

  test("a stop as a long call ends takes nothing back, and claims nothing", async () => {
    using reached = reach();
    upstream.script([long(0.02, 1)]);
    const chat = send({ permissions: "all", mcpServers: [reached.server] });
    // Its answer comes in the same moment: either may be first.
    await chat.until(({ type }) => type === "tool-progress");
    await stop(chat);
    await chat.ended;
    const [made] = callsOf(chat);
    const ended = receiptOf(chat).toolCalls[0];
    if (made!.state === "done") {
      expect(made!.output).toContain("Long running operation completed");
      expect(ended?.told).toBeUndefined();
    } else {
      expect(made!.state).toBe("stopped");
      expect(ended).toMatchObject(isProgram ? { proof: "proven" } : { told: true });
    }
    await expectWorks(chat);
    const isStopped = made!.state === "stopped";
    expect(reached.count("initialize")).toBe(isProgram && isStopped ? 2 : 1);
  });

  test("a stop after a long call leaves the server, which answers the next message", async () => {
    using reached = reach();
    upstream.script([long(0.02, 1)]);
    const chat = send({ permissions: "all", mcpServers: [reached.server] });
    await chat.until(({ type }) => type === "tool-end");
    await stop(chat);
    await chat.ended;
    expect(callsOf(chat)[0]).toMatchObject({ state: "done" });
    expect(receiptOf(chat).toolCalls[0]?.told).toBeUndefined();
    await expectWorks(chat);
    expect(reached.count("initialize")).toBe(1);
    expect(reached.count("notifications/cancelled")).toBe(0);
  });
});

test("server-filesystem writes, reads and lists in its directory, and refuses what is outside", async () => {
  const root = mkdtempSync(join(directory, "root-"));
  using reached = program("filesystem", root);
  const file = (tool: string, input: Record<string, unknown>) =>
    toolCall(`mcp__filesystem__${tool}`, input);
  const path = join(root, "a.txt");
  upstream.script(
    [file("write_file", { path, content: "written" })],
    [
      file("read_text_file", { path }),
      file("list_directory", { path: root }),
      file("read_text_file", { path: "/etc/hostname" }),
    ],
    [text("Seen.")],
  );
  const chat = send({ permissions: "all", mcpServers: [reached.server] });
  await chat.ended;
  const calls = callsOf(chat);
  expect(calls.map(({ state }) => state)).toEqual(["done", "done", "done", "failed"]);
  expect(readFileSync(path, "utf8")).toBe("written");
  expect(calls[1]!.output).toContain("written");
  expect(calls[2]!.output).toContain("a.txt");
  expect(calls[3]!.output).toContain("outside allowed directories");
});
