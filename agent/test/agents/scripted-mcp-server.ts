/**
 * An MCP server over standard input and output, for tests: `bun scripted-mcp-server.ts LOG`. It adds each request that it gets to
 * the file, with its process id and the variable SCRIPTED_SECRET, a line each. Its tools say of themselves that they only read;
 * `hang` never answers.
 */
import { appendFileSync } from "node:fs";
import { createInterface } from "node:readline";

const [, , log = "/dev/null"] = process.argv;
const secret = process.env["SCRIPTED_SECRET"];

const readOnly = { readOnlyHint: true, destructiveHint: false, openWorldHint: false };
const inputSchema = { type: "object", properties: { word: { type: "string" } } };
const tools = ["echo", "hang"].map((name) => ({
  name,
  description: `The tool ${name}`,
  inputSchema,
  annotations: readOnly,
}));

interface Request {
  id?: number | string;
  method: string;
  params?: { protocolVersion?: string; name?: string; arguments?: { word?: string } };
}

setTimeout(() => process.exit(99), 300_000);
// A server that does not end with its input, as some do.
process.on("SIGTERM", () => {});
createInterface({ input: process.stdin }).on("line", (line) => answer(JSON.parse(line) as Request));

function answer({ id, method, params }: Request): void {
  appendFileSync(log, `${JSON.stringify({ pid: process.pid, method, params, secret })}\n`);
  if (id === undefined || (method === "tools/call" && params?.name === "hang")) return;
  process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", id, ...resultOf(method, params) })}\n`);
}

function resultOf(method: string, params: Request["params"]): object {
  switch (method) {
    case "initialize":
      return {
        result: {
          protocolVersion: params?.protocolVersion,
          serverInfo: { name: "scripted", version: "1" },
          capabilities: { tools: {}, resources: {} },
        },
      };
    case "tools/list":
      return { result: { tools } };
    case "tools/call":
      return {
        result: { content: [{ type: "text", text: `It says ${params?.arguments?.word}` }] },
      };
    case "resources/list":
      return { result: { resources: [{ uri: "scripted://one", name: "one" }] } };
    case "resources/read":
      return { result: { contents: [{ uri: "scripted://one", text: "the resource" }] } };
    case "ping":
      return { result: {} };
    default:
      return { error: { code: -32_601, message: "No such method" } };
  }
}
