/** MCP servers over HTTP that forget sessions, send elsewhere or do not end, and servers that change or are ended while they work. */
import { afterAll, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { McpServer } from "../shared/requests";
import { boundedFetch } from "../server/mcp/bounded-fetch";
import type { ConfiguredServer } from "../server/mcp/configured-server";
import { RecentIds } from "../server/mcp/recent-ids";
import { McpServers, type McpParts, type McpSession } from "../server/mcp/mcp-servers";
import type { Tool, ToolContext } from "../server/tools/tool";
import { noOutputs } from "./no-context";
import { isAlive } from "./machine-facts";
import { testJobs } from "./processes-bench";
import { until, untilAsync } from "./within";

const directory = mkdtempSync(join(tmpdir(), "rein-mcp-http-"));
const script = join(import.meta.dir, "agents", "lying-mcp-server.ts");
const jobs = testJobs();
const children: Bun.Subprocess[] = [];
const all: McpServers[] = [];
const signal = new AbortController().signal;
let count = 0;

afterAll(async () => {
  await Promise.all(all.map((one) => one.close()));
  for (const one of children) one.kill();
  rmSync(directory, { recursive: true, force: true });
});

interface Made {
  server: McpServer;
  methods: () => string[];
  pids: () => number[];
}

function logOf(log: string): Omit<Made, "server"> {
  const read = () =>
    existsSync(log)
      ? readFileSync(log, "utf8")
          .split("\n")
          .filter(Boolean)
          .map((line) => JSON.parse(line) as { pid: number; method: string })
      : [];
  return {
    methods: () => read().map(({ method }) => method),
    pids: () => [...new Set(read().map(({ pid }) => pid))],
  };
}

function program(mode = "", name = "lying"): Made {
  const log = join(directory, `${count++}.log`);
  const args = [script, log, mode];
  return {
    server: { type: "stdio", name, command: process.execPath, args, env: {} },
    ...logOf(log),
  };
}

async function service(mode = ""): Promise<Made> {
  const log = join(directory, `${count++}.log`);
  const portFile = `${log}.port`;
  children.push(Bun.spawn([process.execPath, script, log, mode, portFile]));
  await until(() => existsSync(portFile) && readFileSync(portFile, "utf8") !== "");
  const url = `http://127.0.0.1:${readFileSync(portFile, "utf8")}/mcp`;
  const headers = { Authorization: "Bearer a-secret-token" };
  return { server: { type: "http", name: "lying", url, headers }, ...logOf(log) };
}

/** `servers`: as they are configured at each look. */
function scene(servers: () => ConfiguredServer[], parts: Partial<McpParts> = {}) {
  const configured = async () => servers();
  const mcp = new McpServers({ jobs, configured, isWatched: () => false, ...parts });
  all.push(mcp);
  const session: McpSession = { id: `s${count++}`, cwd: directory, servers: [] };
  return { mcp, session };
}

const configured = ({ server }: Made, digest = "1"): ConfiguredServer => ({
  name: server.name,
  origin: "settings",
  server,
  digest,
  standing: "on",
  offTools: new Set(),
});

function call(
  tools: Tool[],
  name: string,
  signals: { stop?: AbortSignal; hard?: AbortSignal } = {},
) {
  let output = "";
  const ends: unknown[] = [];
  const found = tools.find((one) => one.name === `mcp__lying__${name}`);
  if (found === undefined) throw new Error(`there is no ${name}`);
  const context = {
    output: (text: string) => void (output += text),
    progress: () => {},
    stopped: (what: unknown) => void ends.push(what),
    hardSignal: signals.hard ?? signal,
    outputs: noOutputs,
    files: {
      whyNotTaken: () => undefined,
      keep: async () => ({ mediaType: "image/png", bytes: 70, hash: "a" }),
    },
  } as unknown as ToolContext;
  const done = (async () => {
    const prepared = await found.prepare({ word: "hello" }, context, signals.stop ?? signal);
    return prepared.run();
  })();
  return { done, ends, output: () => output };
}

test("a session that a service has lost is begun anew, and the call runs once", async () => {
  const made = await service("forgetful");
  const { mcp, session } = scene(() => [configured(made)]);
  const tools = await mcp.tools(session, signal);
  await call(tools, "forget").done;
  const echo = call(tools, "echo");
  await echo.done;
  expect(echo.output()).toContain("It says hello");
  const methods = made.methods();
  expect(methods.filter((one) => one === "initialize")).toHaveLength(2);
  expect(methods.filter((one) => one === "tools/call")).toHaveLength(2);
});

test("a redirect to another origin is not followed, and the token stays", async () => {
  let asked = 0;
  using other = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: () => new Response(String(asked++)),
  });
  const made = await service(`redirect:http://127.0.0.1:${other.port}/mcp`);
  const { mcp, session } = scene(() => [configured(made)]);
  expect(await mcp.tools(session, signal)).toEqual([]);
  const [view] = await mcp.view(directory, session, signal);
  expect(view).toMatchObject({ state: "failed" });
  expect(view?.reason).toContain("redirect");
  expect(asked).toBe(0);
});

test.each(["text/event-stream", "application/json"])(
  "an answer without an end is cut: %s",
  async (type) => {
    const chunk = new Uint8Array(4_000_000).fill(120);
    using endless = Bun.serve({
      hostname: "127.0.0.1",
      port: 0,
      fetch: () =>
        new Response(new ReadableStream({ pull: (controller) => controller.enqueue(chunk) }), {
          headers: { "Content-Type": type },
        }),
    });
    const response = await boundedFetch(`http://127.0.0.1:${endless.port}/`);
    expect(await response.text().catch(String)).toContain("more than Rein can take");
  },
);

const event = (json: string) => `data: {}\n\ndata: ${json}\n\n`;

test.each([
  ["application/json", "too deep", "[".repeat(600)],
  ["application/json", "too many values", `[${"0,".repeat(400_000)}0]`],
  ["text/event-stream", "too deep", event("[".repeat(600))],
  ["text/event-stream", "too many values", event(`[${"0,".repeat(400_000)}0]`)],
])("an answer that would hold the server is cut: %s, %s", async (type, _, body) => {
  using hostile = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: () => new Response(body, { headers: { "Content-Type": type } }),
  });
  const response = await boundedFetch(`http://127.0.0.1:${hostile.port}/`);
  expect(await response.text().catch(String)).toContain("more than Rein can take");
});

test("events that are each within the bounds are taken, however many there are", async () => {
  const body = event(`[${"0,".repeat(100_000)}0]`).repeat(4);
  using service = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: () => new Response(body, { headers: { "Content-Type": "text/event-stream" } }),
  });
  const response = await boundedFetch(`http://127.0.0.1:${service.port}/`);
  expect(await response.text()).toBe(body);
});

test("a service that asks without an end has few answers under way, and its calls end", async () => {
  const made = await service("asking");
  const { mcp, session } = scene(() => [configured(made)]);
  const tools = await mcp.tools(session, signal);
  for (let at = 0; at < 3; at++) await call(tools, "echo").done;
  const answers = made.methods().filter((method) => method === undefined);
  expect(answers.length).toBeLessThanOrEqual(8);
});

test("a stream of notices that ends is not opened again at once, whatever the service says", async () => {
  const made = await service("retry");
  const { mcp, session } = scene(() => [configured(made)]);
  const tools = await mcp.tools(session, signal);
  await until(() => made.methods().includes("GET"));
  for (let at = 0; at < 20; at++) await call(tools, "echo").done;
  expect(made.methods().filter((method) => method === "GET").length).toBeLessThanOrEqual(2);
});

test("a token that a service says again is not shown, and a start that is not as it should be is a sentence", async () => {
  const denied = await service("denied");
  const bare = program("bare-initialize", "bare");
  const { mcp, session } = scene(() => [configured(denied), configured(bare)]);
  expect(await mcp.tools(session, signal)).toEqual([]);
  const views = await mcp.view(directory, session, signal);
  const [second, first] = views.map(({ reason }) => reason);
  expect(first).toContain("No: •••");
  expect(first).not.toContain("a-secret-token");
  expect(second).toContain("It did not answer as the protocol says (protocolVersion");
});

test("of ended sessions the last are remembered, and no more", () => {
  const ids = new RecentIds();
  for (let at = 0; at < 5_000; at++) ids.add(String(at));
  expect([ids.has("4999"), ids.has("0")]).toEqual([true, false]);
  expect(ids.size).toBeLessThanOrEqual(1_000);
});

test("a stop ends the start of a service that does not answer", async () => {
  const made = await service("hang-initialize");
  const { mcp, session } = scene(() => [configured(made)]);
  const controller = new AbortController();
  const tools = mcp.tools(session, controller.signal);
  await until(() => made.methods().includes("initialize"));
  controller.abort(new Error("stopped"));
  expect(await tools.catch(String)).toBe("Error: stopped");
  await mcp.close();
});

test("a server that does not start holds no turn longer than the wait, and others are there", async () => {
  const [slow, good] = [program("hang-initialize", "slow"), program()];
  const { mcp, session } = scene(() => [configured(slow), configured(good)], { waitMs: 0 });
  expect(await mcp.tools(session, signal)).toEqual([]);
  await until(() => good.methods().includes("resources/list") && slow.methods().length > 0);
  let tools: Tool[] = [];
  await untilAsync(
    async () => (tools = await mcp.tools(session, signal)).length > 0,
    "the tools of the one that works",
  );
  expect(tools.every(({ name }) => name.startsWith("mcp__lying__"))).toBe(true);
});

test("a changed server ends with its open call, and the next call is of the new one", async () => {
  const [old, fresh] = [program(), program()];
  let now = configured(old);
  const { mcp, session } = scene(() => [now]);
  const controller = new AbortController();
  const open = call(await mcp.tools(session, signal), "late", { stop: controller.signal });
  await until(() => old.methods().includes("tools/call"));
  now = configured(fresh, "2");
  const echo = call(await mcp.tools(session, signal), "echo");
  await echo.done;
  expect(fresh.methods()).toContain("tools/call");
  expect(old.pids().every((pid) => isAlive(pid))).toBe(true);
  controller.abort(new Error("stopped"));
  await open.done.catch(() => {});
  expect(old.pids().some((pid) => isAlive(pid))).toBe(false);
});

test("a changed server ends when its last call has ended by itself", async () => {
  const old = program("", "lying");
  let now: ConfiguredServer[] = [configured(old)];
  const { mcp, session } = scene(() => now);
  const tools = await mcp.tools(session, signal);
  const crash = call(tools, "progress");
  await until(() => old.methods().includes("tools/call"));
  now = [];
  mcp.outdate();
  const late = call(tools, "echo");
  expect(await late.done.catch(String)).toContain("There is no MCP server named lying");
  process.kill(old.pids()[0]!, "SIGKILL");
  expect(await crash.done.catch(String)).toContain("lying");
  await until(() => !old.pids().some((pid) => isAlive(pid)));
});

test("a stop that wants no time to be given ends a server that is cleaning up, and no other", async () => {
  const slow = { jobs: testJobs({ graceMs: 10_000 }) };
  const stopped = async () => {
    const made = program();
    const { mcp, session } = scene(() => [configured(made)], slow);
    const [stop, hard] = [new AbortController(), new AbortController()];
    const tools = await mcp.tools(session, signal);
    const { done, ends } = call(tools, "hang", { stop: stop.signal, hard: hard.signal });
    await until(() => made.methods().includes("tools/call"));
    stop.abort(new Error("stopped"));
    return { made, hard, ends, ended: done.catch(() => {}) };
  };
  const polite = await stopped();
  const one = await stopped();
  one.hard.abort();
  await one.ended;
  expect(one.ends).toMatchObject([{ proof: "proven", signalName: "SIGKILL" }]);
  expect(polite.made.pids().every((pid) => isAlive(pid))).toBe(true);
  polite.hard.abort();
  await polite.ended;
});

test("prompts and resources are listed and read; what cannot be read is left out", async () => {
  const made = program();
  const { mcp, session } = scene(() => [configured(made)]);
  expect(await mcp.listPrompts(session, signal)).toMatchObject([
    { server: "lying", name: "greet", arguments: [{ name: "who", isRequired: true }] },
  ]);
  const prompt = await mcp.getPrompt(session, "lying", "greet", { who: "Ann" }, signal);
  expect(prompt.text).toBe("Greet Ann.");
  expect(await mcp.listResources(session, signal)).toMatchObject([{ uri: "lie://one" }]);
  const [words, picture] = (await mcp.readResource(session, "lying", "lie://one", signal)) ?? [];
  expect(Buffer.from(words!.content).toString()).toBe("words");
  expect(picture!.content.length).toBeGreaterThan(60);
  expect(mcp.getPrompt(session, "none", "greet", {}, signal)).rejects.toThrow("no MCP server");
});

test("a picture is a file, and a huge result is bounded", async () => {
  const made = program();
  const { mcp, session } = scene(() => [configured(made)]);
  const tools = await mcp.tools(session, signal);
  expect((await call(tools, "picture").done).files).toMatchObject([{ mediaType: "image/png" }]);
  const long = call(tools, "long");
  await long.done;
  expect(long.output().length).toBeLessThan(40_000);
});

test("servers that nobody uses are ended, but not under somebody's eyes or in a call", async () => {
  const made = program();
  let isWatched = true;
  let looks = 0;
  const { mcp, session } = scene(() => [configured(made)], {
    idleMs: 1,
    isWatched: () => (looks++, isWatched),
  });
  await mcp.tools(session, signal);
  await until(() => looks > 2);
  expect(made.pids().every((pid) => isAlive(pid))).toBe(true);
  isWatched = false;
  await until(() => !made.pids().some((pid) => isAlive(pid)));
});
