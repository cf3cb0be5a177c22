/**
 * The MCP server of the sweep: `bun scripted-mcp.ts LOG` over standard input and output, or served by this process. Its one
 * tool says how far it is, answers a moment later, and takes no notice of a cancel; as a program it starts one that leaves its tree.
 */
import { spawn } from "node:child_process";
import { appendFileSync, existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { McpServer } from "../../shared/requests";

export type McpTransport = McpServer["type"];

/** As the model calls it. */
export const slowTool = "mcp__scripted__slow";

interface Message {
  id?: number | string;
  method?: string;
  params?: { protocolVersion?: string; _meta?: { progressToken?: number | string } };
}

interface Taken {
  method: string;
  pid: number;
}

export interface ScriptedMcp extends Disposable {
  servers: Record<McpTransport, McpServer>;
  /** The methods of what it was sent since `forget`, and by which process of it. */
  taken(): Taken[];
  forget(): void;
}

/** Serves HTTP until it is disposed; its programs are started by Rein, and write to a file in the directory. */
export function startScriptedMcp(directory: string): ScriptedMcp {
  const log = join(directory, "scripted-mcp.log");
  const service = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    idleTimeout: 0,
    async fetch(request) {
      if (request.method !== "POST") return new Response(null, { status: 405 });
      const message = (await request.json()) as Message;
      if (message.id === undefined) take(message, log, () => {});
      if (message.id === undefined) return new Response(null, { status: 202 });
      const { readable, writable } = new TransformStream<string, string>();
      const writer = writable.getWriter();
      // Whoever has gone away reads nothing more.
      const write = (sent: object) =>
        void writer.write(`data: ${JSON.stringify(sent)}\n\n`).catch(() => undefined);
      take(message, log, write);
      return new Response(readable.pipeThrough(new TextEncoderStream()), {
        headers: { "Content-Type": "text/event-stream" },
      });
    },
  });
  const name = "scripted";
  return {
    servers: {
      stdio: {
        type: "stdio",
        name,
        command: process.execPath,
        args: [import.meta.path, log],
        env: {},
      },
      http: { type: "http", name, url: `${service.url.origin}/mcp`, headers: {} },
    },
    taken: () =>
      existsSync(log)
        ? readFileSync(log, "utf8")
            .split("\n")
            .filter(Boolean)
            .map((line) => JSON.parse(line) as Taken)
        : [],
    forget: () => rmSync(log, { force: true }),
    [Symbol.dispose]: () => void service.stop(true),
  };
}

function take({ id, method, params }: Message, log: string, write: (sent: object) => void): void {
  appendFileSync(log, `${JSON.stringify({ method, pid: process.pid })}\n`);
  if (id === undefined) return;
  const answer = (result: object) => write({ jsonrpc: "2.0", id, result });
  const inputSchema = { type: "object", properties: {} };
  if (method === "initialize") {
    const { protocolVersion } = params ?? {};
    const serverInfo = { name: "scripted", version: "1" };
    answer({ protocolVersion, serverInfo, capabilities: { tools: {} } });
  } else if (method === "tools/list")
    answer({ tools: [{ name: "slow", description: "Takes a moment", inputSchema }] });
  else if (method === "tools/call") {
    const progress = { progressToken: params?._meta?.progressToken, progress: 1, total: 2 };
    write({ jsonrpc: "2.0", method: "notifications/progress", params: progress });
    setTimeout(() => answer({ content: [{ type: "text", text: "It took a moment." }] }), 20);
  } else answer({});
}

if (import.meta.main) {
  const [, , log = "/dev/null"] = process.argv;
  process.on("SIGTERM", () => {});
  setTimeout(() => process.exit(99), 120_000);
  createInterface({ input: process.stdin }).on("line", (line) => {
    const message = JSON.parse(line) as Message;
    if (message.method === "tools/call")
      spawn("sleep", ["60"], { detached: true, stdio: "ignore" });
    take(message, log, (sent) => void process.stdout.write(`${JSON.stringify(sent)}\n`));
  });
}
