/**
 * An MCP server that misbehaves, for tests: `bun lying-mcp-server.ts LOG MODE [PORT-FILE]`. It adds each message that it gets
 * to the log, with its process id. With a PORT-FILE it speaks streamable HTTP, and writes its port there. MODE:
 * hang-initialize, hang-list, crash-initialize, crash-list, bare-initialize (tells nothing of itself), flood, endless, huge, odd,
 * changing, asking (over HTTP: 100 questions in each call, whose answers it does not accept), retry (over HTTP: its stream of
 * notices ends at once, to be opened again at once), forgetful (over HTTP it forgets its sessions at each call of `forget`), denied
 * (over HTTP it refuses, and repeats the token), redirect:URL; anything else behaves. Its tools: echo, hang (ignores a cancel and
 * SIGTERM, and starts children, one of which has left its parent), crash, progress, late (answers after its cancel), fail,
 * picture, long, many, forget, broken (its answer is none), cut (its answer ends in the middle), talk (goes on telling).
 */
import { spawn } from "node:child_process";
import { appendFileSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";

const [, , log = "/dev/null", mode = "", portFile] = process.argv;

interface Message {
  id?: number | string;
  method?: string;
  params?: {
    protocolVersion?: string;
    name?: string;
    arguments?: Record<string, unknown>;
    requestId?: number | string;
    _meta?: { progressToken?: number | string };
  };
}
type Write = (message: object) => void;

setTimeout(() => process.exit(99), 300_000);
const late = new Map<number | string, () => void>();
let extra = 0;

const toolNames =
  "echo hang crash progress late fail picture long many forget broken cut talk".split(" ");
const pixel =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
const schema = { type: "object", properties: { word: { type: "string" } } };
const named = (name: string) => ({ name, description: `The tool ${name}`, inputSchema: schema });

function tools(): unknown[] {
  if (mode === "huge") return Array.from({ length: 900 }, (_, at) => named(`tool-${at}`));
  if (mode === "odd")
    return [
      named("echo"),
      named("echo"),
      named("naïve tool"),
      named(`long-${"x".repeat(200)}`),
      { ...named("union"), inputSchema: { anyOf: [{ type: "string" }, { type: "number" }] } },
      { ...named("lost"), inputSchema: { type: "object", properties: { a: { $ref: "#/no" } } } },
      { ...named("circle"), inputSchema: circle },
      { description: "nameless" },
      "no tool",
    ];
  const all = toolNames.map(named);
  return [...all, ...Array.from({ length: extra }, (_, at) => named(`new-${at}`))];
}

const circle = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  type: "object",
  properties: { node: { $ref: "#/$defs/node" } },
  $defs: { node: { type: "object", properties: { next: { $ref: "#/$defs/node" } } } },
};

function take({ id, method, params }: Message, write: Write): void {
  // Before the log says so: whoever reads it stops the call.
  if (method === "tools/call" && params?.name === "hang") resistEnd();
  appendFileSync(log, `${JSON.stringify({ pid: process.pid, method, params })}\n`);
  const answer = (result: object) => write({ jsonrpc: "2.0", id, result });
  if (method === "notifications/cancelled" && params?.requestId !== undefined)
    late.get(params.requestId)?.();
  if (id === undefined) return;
  if (mode === `hang-${method?.split("/").at(-1)}`) return;
  if (mode === `crash-${method?.split("/").at(-1)}`) die();
  if (mode === "bare-initialize") answer({});
  else if (method === "initialize") {
    const { protocolVersion } = params ?? {};
    const serverInfo = { name: "lying", version: "1" };
    const capabilities = { tools: { listChanged: true }, prompts: {}, resources: {} };
    answer({ protocolVersion, serverInfo, capabilities });
  } else if (method === "tools/list") answer({ tools: tools() });
  else if (method === "tools/call") call(id, params, answer, write);
  else if (method === "prompts/list")
    answer({
      prompts: [{ name: "greet", arguments: [{ name: "who", required: true }] }, { no: 1 }],
    });
  else if (method === "prompts/get") {
    const content = { type: "text", text: `Greet ${String(params?.arguments?.["who"])}.` };
    answer({ messages: [{ role: "user", content }] });
  } else if (method === "resources/list")
    answer({ resources: [{ uri: "lie://one", name: "one" }, "no resource"] });
  else if (method === "resources/read")
    answer({
      contents: [
        { uri: "lie://one", text: "words" },
        { uri: "lie://one", blob: pixel },
      ],
    });
  else answer({});
}

function resistEnd(): void {
  process.on("SIGTERM", () => {});
  spawn("sleep", ["300"], { detached: true, stdio: "ignore" });
  spawn("sh", ["-c", "setsid sh -c 'setsid sleep 300 & echo' &"], { stdio: "ignore" });
}

function call(
  id: number | string,
  params: Message["params"],
  answer: (result: object) => void,
  write: Write,
): void {
  const words = (said: string) => ({ content: [{ type: "text", text: said }] });
  switch (params?.name) {
    case "hang":
      return;
    case "late":
      late.set(id, () => answer(words("too late")));
      return;
    case "broken":
      write({ jsonrpc: "2.0", id, result: "words" });
      if (portFile !== undefined) cut();
      return;
    case "cut":
      return cut();
    case "talk":
      setInterval(() => write({ jsonrpc: "2.0", method: "notifications/message", params: {} }), 1);
      return;
    case "crash":
      return die();
    case "picture":
      return answer({ content: [{ type: "image", data: pixel, mimeType: "image/png" }] });
    case "long":
      return answer(words("x".repeat(5_000_000)));
    case "many":
      return answer({ content: Array.from({ length: 400_000 }, () => ({})) });
    case "forget":
      sessions.clear();
      return answer(words("forgotten"));
    case "fail":
      return answer({ ...words("no such thing"), isError: true });
    case "progress": {
      const progressToken = params._meta?.progressToken;
      const progress = { progressToken, progress: 1, total: 2, message: "halfway" };
      write({ jsonrpc: "2.0", method: "notifications/progress", params: progress });
      return;
    }
    default:
      if (mode === "asking")
        for (let at = 0; at < 100; at++) write({ jsonrpc: "2.0", id: `ask-${at}`, method: "ping" });
      if (mode === "changing") {
        extra++;
        write({ jsonrpc: "2.0", method: "notifications/tools/list_changed" });
      }
      answer(words(`It says ${String(params?.arguments?.["word"])}`));
      // Twice, and an answer without a question.
      answer(words("again"));
      write({ jsonrpc: "2.0", id: 99_999, result: {} });
  }
}

/** The end of the answer that is being written; over lines, of the program in the middle of one. */
let cut = (): void => {
  process.stdout.write('{"jsonrpc":"2.0","id":', () => process.exit(0));
};

function die(): never {
  process.stderr.write("fatal: the lying server gives up\n");
  process.exit(3);
}

function serveLines(): void {
  if (mode === "endless") setInterval(() => process.stdout.write("x".repeat(1_000_000)), 1);
  if (mode === "flood") setInterval(() => process.stdout.write("[1]\n".repeat(500_000)), 1);
  process.stdout.write("Welcome! This is no JSON.\n");
  createInterface({ input: process.stdin }).on("line", (line) =>
    take(JSON.parse(line) as Message, (message) => {
      process.stdout.write(`${JSON.stringify(message)}\n`);
    }),
  );
}

/** Known ids of sessions over HTTP. */
const sessions = new Set<string>();

function serveHttp(file: string): void {
  const { port } = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    idleTimeout: 0,
    async fetch(request) {
      if (mode === "denied")
        return new Response(`No: ${request.headers.get("Authorization")}`, { status: 403 });
      if (mode.startsWith("redirect:")) return Response.redirect(mode.slice(9), 307);
      if (mode === "retry" && request.method === "GET") {
        take({ method: "GET" }, () => {});
        return new Response("retry: 0\nid: 1\n\n", {
          headers: { "Content-Type": "text/event-stream" },
        });
      }
      if (request.method !== "POST") return new Response(null, { status: 405 });
      const message = (await request.json()) as Message;
      const headers: Record<string, string> = { "Content-Type": "text/event-stream" };
      if (mode === "forgetful" && message.method === "initialize") {
        const id = crypto.randomUUID();
        sessions.add(id);
        headers["Mcp-Session-Id"] = id;
      } else if (mode === "forgetful" && !sessions.has(request.headers.get("Mcp-Session-Id") ?? ""))
        return new Response("Session not found", { status: 404 });
      if (message.id === undefined) {
        take(message, () => {});
        return new Response(null, { status: 202 });
      }
      let send: Write = () => {};
      const body = new ReadableStream({
        start(controller) {
          send = (sent) => controller.enqueue(`data: ${JSON.stringify(sent)}\n\n`);
          cut = () => controller.close();
          take(message, send);
        },
        cancel: () => take({ method: `closed ${message.params?.name}` }, () => {}),
      });
      return new Response(body, { headers });
    },
  });
  writeFileSync(file, String(port));
}

if (portFile === undefined) serveLines();
else serveHttp(portFile);
